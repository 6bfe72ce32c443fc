"""Count the tokens that vLLM makes, per response and attempt, in files that survive SIGKILL.

``count`` hooks into vLLM's output processor, which receives every token of the engine, in process, in a Ray replica and in
a server alike. ``count_arrivals`` counts what has reached the client of a server. Each process writes to a memory-mapped
file; what it has counted remains when it is killed.
"""

from __future__ import annotations

import mmap
import os
import re
import runpy
import secrets
import struct
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial, wraps
from pathlib import Path
from typing import Any

from util.system.project import ROOT

FOLDER = "SKY_T1_COUNTED"
"""Environment variable: the folder of the files."""
ARRIVED = "arrived"
"""The folder within it for what has reached the client of a server."""
RECORD = struct.Struct("qqqd")
MOST = 8192
"""Attempts of one process."""
PROBLEM = re.compile(r"Problem (\d+)")
PROMPT_END = "<|im_start|>assistant\n"


@dataclass(frozen=True)
class Attempt:
    """A response from a start or restart on. start: tokens that it had; now: tokens at the last step; begun: Unix time."""

    problem: int
    start: int
    now: int
    begun: float


class Counter:
    """The file of this process: one record per attempt."""

    def __init__(self, folder: Path) -> None:
        path = folder / f"{os.getpid()}-{secrets.token_hex(4)}.counts"
        with path.open("x+b") as file:
            file.truncate(MOST * RECORD.size)
            self._memory = mmap.mmap(file.fileno(), MOST * RECORD.size)
        self._used = 0
        self._attempts: dict[str, tuple[int, Attempt]] = {}

    def begin(self, name: str, problem: int, start: int) -> None:
        """A request has been handed to the engine under a name."""
        attempt = Attempt(problem, start, start, time.time())
        self._attempts[name] = self._used, attempt
        self._used += 1
        self.add(name, 0)

    def add(self, name: str, tokens: int) -> None:
        """The engine has made tokens for it."""
        place, last = self._attempts[name]
        found = Attempt(last.problem, last.start, last.now + tokens, last.begun)
        self._attempts[name] = place, found
        RECORD.pack_into(self._memory, place * RECORD.size, found.problem, found.start, found.now, found.begun)


def count(folder: Path) -> None:
    """Count in this process from now on. Chat prompts must contain a problem's number and end with ``PROMPT_END``."""
    from vllm.v1.engine.output_processor import OutputProcessor

    counter = Counter(folder)
    add_request, process_outputs = OutputProcessor.add_request, OutputProcessor.process_outputs

    @wraps(add_request)
    def adding(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        ids = list(request.prompt_token_ids)
        own = _own_length(ids, self.tokenizer.encode(PROMPT_END, add_special_tokens=False))
        found = PROBLEM.search(self.tokenizer.decode(ids[:own]))
        assert found is not None
        counter.begin(request.request_id, int(found[1]), len(ids) - own)
        return add_request(self, request, *args, **kwargs)

    @wraps(process_outputs)
    def processing(self: Any, engine_core_outputs: Any, *args: Any, **kwargs: Any) -> Any:
        for output in engine_core_outputs:
            counter.add(output.request_id, len(output.new_token_ids))
        return process_outputs(self, engine_core_outputs, *args, **kwargs)

    OutputProcessor.add_request = adding
    OutputProcessor.process_outputs = processing


def count_arrivals(folder: Path) -> None:
    """Count the tokens that reach this process from a server; the last ones may be missing where they bring no text."""
    from util.engines.openai.resuming import Keeper

    counter, gained = Counter(folder), Keeper.gained
    arrived: dict[int, int] = {}
    kept: list[Keeper] = []  # alive, so that no other gets the same id

    @wraps(gained)
    def gaining(self: Keeper, streamed: Any) -> None:
        name, tokens = str(id(self)), self._tokens(streamed.heard)
        if id(self) not in arrived:
            found = PROBLEM.search(self.request.sample.key)
            assert found is not None
            counter.begin(name, int(found[1]), self.rest.base.tokens if self.rest is not None else 0)
            kept.append(self)
        counter.add(name, tokens - arrived.get(id(self), 0))
        arrived[id(self)] = tokens
        gained(self, streamed)

    Keeper.gained = gaining  # type: ignore[method-assign]


def _own_length(ids: Sequence[int], end: Sequence[int]) -> int:
    """The length of a prompt without the tokens of its response so far."""
    for place in range(len(ids) - len(end) + 1):
        if ids[place : place + len(end)] == end:
            return place + len(end)
    raise AssertionError("the prompt is not as the chat template makes it")


def attempts(folder: Path) -> list[Attempt]:
    """All attempts for which the engine has made a token, in the order of time."""
    found = []
    for path in folder.glob("*.counts"):
        records = [Attempt(*fields) for fields in RECORD.iter_unpack(path.read_bytes())]
        found += [record for record in records if record.now > record.start]
    return sorted(found, key=lambda attempt: attempt.begun)


def made(folder: Path) -> int:
    """Tokens that were made so far."""
    return sum(attempt.now - attempt.start for attempt in attempts(folder))


def at_death(folder: Path, before: Mapping[tuple[int, float], int]) -> dict[tuple[int, float], int]:
    """(problem, begun) -> tokens of each attempt now, or ``before`` where it is there: replicas and servers go on for a
    moment with the requests of a script that was killed."""
    return {(found.problem, found.begun): found.now for found in attempts(folder)} | dict(before)


def losses(folder: Path, final: Mapping[int, int], ends: Mapping[tuple[int, float], int]) -> list[int]:
    """The tokens that each interruption of a response cost: made before it, and not there after it.

    final: tokens of each problem's response. ends: see ``at_death``. A negative number is a restart behind tokens that were
    never made.
    """
    by_problem: dict[int, list[Attempt]] = defaultdict(list)
    for attempt in attempts(folder):
        now = ends.get((attempt.problem, attempt.begun), attempt.now)
        by_problem[attempt.problem].append(replace(attempt, now=now))
    found = []
    for problem, tokens in final.items():
        tried = by_problem[problem]
        kept = [*(attempt.start for attempt in tried), tokens]
        first, *lost = kept[0], *(attempt.now - after for attempt, after in zip(tried, kept[1:], strict=True))
        assert first == 0
        last = lost.pop()
        found += lost + ([last] if last else [])  # the last attempt is the response itself, unless its end was lost
    return found


# -- the processes that count ------------------------------------------------------------------------------------------


def script() -> None:
    """Run ``inference_and_check.py`` with the arguments of this process; its engine, or its Ray replicas, count."""
    folder = Path(os.environ[FOLDER])
    if "ray" in sys.argv:
        _count_in_replicas(folder)
    elif "--base-url" in sys.argv:
        count_arrivals(folder / ARRIVED)
    else:
        count(folder)
    sys.argv[0] = "inference_and_check.py"
    runpy.run_path(str(ROOT / "inference_and_check.py"), run_name="__main__")


def server() -> None:
    """Run vLLM's server with the arguments of this process; it counts."""
    count(Path(os.environ[FOLDER]))
    sys.argv[0] = "api_server"
    runpy.run_module("vllm.entrypoints.openai.api_server", run_name="__main__", alter_sys=True)


def _count_in_replicas(folder: Path) -> None:
    from util.engines.ray import cluster
    from util.engines.ray.engine import RayEngine

    own = cluster.runtime_env()
    own["py_modules"].append(str(ROOT / "benchmarks"))
    cluster.runtime_env = lambda: own
    RayEngine.__init__ = partial_init(RayEngine.__init__, partial(counting_engine, folder))  # type: ignore[method-assign]


def partial_init(init: Any, make: Any) -> Any:
    """An ``__init__`` of RayEngine whose replicas make their engines with ``make``."""

    @wraps(init)
    def initialized(self: Any, *args: Any) -> None:
        init(self, *args, make=make)

    return initialized


def counting_engine(folder: Path, model: str, options: Any) -> Any:
    """The engine of a replica, which counts."""
    from util.engines.ray.cluster import vllm_engine

    count(folder)
    return vllm_engine(model, options)
