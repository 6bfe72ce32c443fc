"""Shared code of the pipeline benchmarks: an engine, prompts and one timed run."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samples import model
from util.checks.pool import CheckerPool
from util.engines.base import Sampling
from util.engines.options import PARTIAL_TOKENS, VllmOptions
from util.engines.vllm.engine import VllmEngine
from util.records import Row, Usage
from util.results.store import ResultStore
from util.run.pipeline import generate, run_async
from util.run.progress import Progress
from util.run.rows import RowIndex
from util.run.work import Work

SEED = 1


def load_engine(max_num_seqs: int | None = None) -> VllmEngine:
    """vLLM with the embedded model."""
    return VllmEngine(str(model.prepare()), VllmOptions(max_num_seqs=max_num_seqs))


def make_work(prompts: int, max_tokens: int, instruction: str, **sampling: Any) -> Work:
    """Different small problems, with one greedy response each. sampling: further parameters by vLLM's names."""

    def rows() -> Iterator[tuple[str, Row]]:
        for i in range(prompts):
            yield f"What is {i} + {3 * i + 1}?", {"problem": f"What is {i} + {3 * i + 1}? {instruction}"}

    index = RowIndex(rows(), Path(tempfile.gettempdir()))
    how = Sampling(0.0, max_tokens=max_tokens, args=sampling)
    return Work(index, lambda row: str(row["problem"]), [], [0.0], 1, how, SEED)


@dataclass(frozen=True)
class TimedRun:
    """The result of one run. check_seconds: sum of the times that timed checks report."""

    seconds: float
    tokens: int
    truncated: int
    judged: int
    check_seconds: float


def run_once(
    work: Work, engine: VllmEngine, pool: CheckerPool | None = None, partial_tokens: int = PARTIAL_TOKENS
) -> TimedRun:
    """Time one run, with the journals and the checkers of ``pool``."""
    engine.llm.reset_prefix_cache()  # so that every run starts with an empty cache
    with tempfile.TemporaryDirectory() as folder:
        store = ResultStore(Path(folder) / "result.json", partial_tokens=partial_tokens)
        store.begin({"settings": {}})
        progress = Progress("pipeline", len(work.rows), 0)
        start = time.perf_counter()
        run_async(generate(work, store, engine, pool, "timed", progress))
        seconds = time.perf_counter() - start
        progress.close()
        entries = [store.entry(key, row, "") for key, row in work.rows.items()]
        store.close()
    responses = [response for entry in entries for _, response in entry.samples()]
    verdicts = [response.verdict for response in responses if response.verdict is not None]
    return TimedRun(
        seconds,
        sum((response.usage or Usage()).completion_tokens for response in responses),
        truncated=sum(response.truncated for response in responses),
        judged=len(verdicts),
        check_seconds=sum(verdict.evidence.get("seconds", 0.0) for verdict in verdicts),
    )
