"""What the measurements of the street share: an engine, prompts and one timed run."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from util import embedded
from util.checking import CheckerPool
from util.engines.base import Sampling
from util.engines.vllm_local import VllmConfig, VllmEngine
from util.pipeline import Work, generate, run_street
from util.progress import Progress
from util.store import ResultStore

PROMPTS = 256
SEED = 1


def load_engine() -> VllmEngine:
    return VllmEngine(VllmConfig(str(embedded.prepare())))


def make_work(max_tokens: int, *, offset: int = 0) -> Work:
    """256 small problems, one greedy response each; other offsets, other problems."""

    def rows() -> Iterator[tuple[str, dict[str, Any]]]:
        for i in range(offset, offset + PROMPTS):
            yield f"What is {i} + {3 * i + 1}?", {"problem": f"What is {i} + {3 * i + 1}? Explain each step."}

    return Work(rows, lambda row: str(row["problem"]), [], [0.0], 1, Sampling(0.0, max_tokens=max_tokens), SEED)


def run_once(work: Work, engine: VllmEngine, pool: CheckerPool | None = None) -> tuple[float, int]:
    """(seconds, completion tokens) of one run through journal and checkers."""
    engine.forget_prompts()
    with tempfile.TemporaryDirectory() as folder:
        store = ResultStore(Path(folder) / "result.json")
        store.begin({"settings": {}})
        progress = Progress("street", PROMPTS, 0)
        start = time.perf_counter()
        run_street(generate(work, store, engine, pool, progress))
        seconds = time.perf_counter() - start
        progress.close()
        entries = [store.entry(key, row, "") for key, row in work.rows()]
        store.close()
    tokens = sum(usage["completion_tokens"] for entry in entries for usage in entry["token_usages"]["0"])
    return seconds, tokens


__all__ = ["PROMPTS", "load_engine", "make_work", "run_once"]
