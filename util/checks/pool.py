"""A pool of worker processes that check responses, each under a hard deadline.

Checks never run in the engine's process. A worker that hangs, crashes or grows is
killed from outside and replaced, so that a run always ends. What a checker could not
finish is no verdict on the response: it stays unjudged, with the reason, and the next
run tries it again.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import queue
import signal
import sys
import tempfile
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Protocol

from util.records import Verdict
from util.system.errors import UserError
from util.system.processes import SECRETS, die_with_parent, hide_memory, private_folder, remove_tree, resident_bytes

START_SECONDS = 60.0
ATTEMPTS = 5
"""Starts of a check whose worker crashes, before it is given up."""
MEMORY_LIMIT = 2 * 2**30
"""Resident bytes above which a worker is replaced after its check."""


class Checker(Protocol):
    """The part of a task handler that a worker needs. It must be picklable."""

    def check(self, row: dict[str, Any], response: str) -> Verdict: ...

    def deadline(self, row: dict[str, Any]) -> float: ...


class Checks(Protocol):
    """Anything that judges responses side by side: the pool here, or those of a cluster's nodes."""

    async def check(self, row: dict[str, Any], text: str) -> Verdict: ...

    def close(self) -> None: ...


@dataclass
class _Job:
    row: dict[str, Any]
    text: str
    deadline: float
    result: Future[Verdict]


class CheckerPool:
    """``workers`` processes, each fed by a thread of this one."""

    def __init__(self, checker: Checker, workers: int) -> None:
        self._checker = checker
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._folder = private_folder("checkers")
        self._keepers = [_Keeper(checker, self._jobs, self._folder) for _ in range(workers)]

    async def check(self, row: dict[str, Any], text: str) -> Verdict:
        """Judge one response; returns within the deadline of ``row``, queueing aside."""
        job = _Job(row, text, self._checker.deadline(row), Future())
        self._jobs.put(job)
        return await asyncio.wrap_future(job.result)

    def close(self) -> None:
        """Kill the workers. Checks under way are abandoned."""
        for _ in self._keepers:
            self._jobs.put(None)
        for keeper in self._keepers:
            keeper.close()
        remove_tree(self._folder)


class _Keeper(threading.Thread):
    """Keeps one worker process alive and hands it one job at a time."""

    def __init__(self, checker: Checker, jobs: queue.Queue[_Job | None], folder: str) -> None:
        super().__init__(name="checker-keeper", daemon=True)
        self._checker = checker
        self._jobs = jobs
        self._folder = folder
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None
        self._closing = False
        self.start()

    def run(self) -> None:
        while (job := self._jobs.get()) is not None and not self._closing:
            if not job.result.set_running_or_notify_cancel():
                continue  # nobody waits for it any more
            try:
                verdict = self._judge(job)
            except BaseException as error:  # handed to the one who waits, whatever it is
                job.result.set_exception(error)
            else:
                job.result.set_result(verdict)
        self._stop()

    def close(self) -> None:
        self._closing = True
        process = self._process
        if process is not None and process.pid is not None and process.is_alive():
            process.kill()
        self.join(10)

    def _judge(self, job: _Job) -> Verdict:
        for attempt in range(1, ATTEMPTS + 1):
            if self._closing:
                break
            pipe = self._ready()
            try:
                pipe.send((job.row, job.text))
                if not pipe.poll(job.deadline):
                    self._stop()
                    return Verdict(None, f"timeout: the check took over {job.deadline:g} s")
                record = json.loads(pipe.recv_bytes())
            except (EOFError, OSError):
                self._stop()
                if self._closing or attempt == ATTEMPTS:
                    return Verdict(None, f"the checker crashed {ATTEMPTS} times on this response")
                continue
            self._replace_if_large()
            return Verdict(record["correctness"], record["reason"], record.get("evidence", {}))
        return Verdict(None, "the run ended before the check")

    def _ready(self) -> Connection:
        if self._process is not None and self._process.is_alive() and self._pipe is not None:
            return self._pipe
        for _ in range(ATTEMPTS):
            self._stop()
            if (pipe := self._start_worker()) is not None:
                return pipe
            if self._closing:
                raise UserError("The run ended while a checker started.")
        raise UserError("No checker process would start. Run with --debug and look above.")

    def _start_worker(self) -> Connection | None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_work, args=(theirs, self._checker, os.getpid(), self._folder), name="checker", daemon=False
        )
        self._process.start()
        theirs.close()
        try:
            return self._pipe if self._pipe.poll(START_SECONDS) and self._pipe.recv_bytes() == b"ready" else None
        except (EOFError, OSError):
            return None  # it ended while it started

    def _replace_if_large(self) -> None:
        if self._process is not None and resident_bytes(self._process.pid or 0) > MEMORY_LIMIT:
            self._stop()

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None


def _work(pipe: Connection, checker: Checker, parent: int, folder: str) -> None:
    """A worker's life: one check after another until its pipe closes.

    folder: for its temporary files; the parent removes it, since a killed worker cannot.
    """
    tempfile.tempdir = folder
    die_with_parent(parent)
    hide_memory()
    for name in SECRETS:
        os.environ.pop(name, None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sys.set_int_max_str_digits(0)  # tests hold integers of more than 4,300 digits
    pipe.send_bytes(b"ready")
    while True:
        try:
            row, text = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            record = checker.check(row, text).record()
        except Exception as error:  # a fault of the checker is no verdict on the response
            record = Verdict(None, f"checker fault: {type(error).__name__}: {error}"[:500]).record()
        pipe.send_bytes(json.dumps(record).encode("utf-8", "surrogatepass"))
