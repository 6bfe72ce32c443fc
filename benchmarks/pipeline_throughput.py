"""What the measurements of the street share: an engine, prompts and one timed run."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samples import model as embedded
from util.checks.pool import CheckerPool
from util.engines.base import Sampling
from util.engines.vllm.engine import VllmEngine
from util.engines.vllm.load_model import VllmConfig
from util.results.store import ResultStore
from util.run.pipeline import Work, generate, run_street
from util.run.progress import Progress

SEED = 1


def load_engine(max_num_seqs: int | None = None) -> VllmEngine:
    return VllmEngine(VllmConfig(str(embedded.prepare()), max_num_seqs=max_num_seqs))


def make_work(prompts: int, max_tokens: int, instruction: str) -> Work:
    """Small problems that differ, one greedy response each."""

    def rows() -> Iterator[tuple[str, dict[str, Any]]]:
        for i in range(prompts):
            yield f"What is {i} + {3 * i + 1}?", {"problem": f"What is {i} + {3 * i + 1}? {instruction}"}

    return Work(rows, lambda row: str(row["problem"]), [], [0.0], 1, Sampling(0.0, max_tokens=max_tokens), SEED)


@dataclass(frozen=True)
class Run:
    """One timed run; check_seconds is what timed checks say they took, added up."""

    seconds: float
    tokens: int
    truncated: int
    judged: int
    check_seconds: float


def run_once(work: Work, engine: VllmEngine, pool: CheckerPool | None = None) -> Run:
    """One run through journal and checkers."""
    engine.forget_prompts()
    with tempfile.TemporaryDirectory() as folder:
        store = ResultStore(Path(folder) / "result.json")
        store.begin({"settings": {}})
        progress = Progress("street", sum(1 for _ in work.rows()), 0)
        start = time.perf_counter()
        run_street(generate(work, store, engine, pool, progress))
        seconds = time.perf_counter() - start
        progress.close()
        entries = [store.entry(key, row, "") for key, row in work.rows()]
        store.close()
    tokens = sum(usage["completion_tokens"] for entry in entries for usage in entry["token_usages"]["0"])
    responses = [response for entry in entries for response in entry["responses"]["0"]]
    return Run(
        seconds,
        tokens,
        truncated=sum(response["finish_reason"] == "length" for response in responses),
        judged=sum("reason" in response for response in responses),
        check_seconds=sum(response.get("evidence", {}).get("seconds", 0.0) for response in responses),
    )
