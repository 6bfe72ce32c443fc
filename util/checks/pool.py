"""A pool of worker processes that check responses, each check with a hard deadline.

Checks never run in the engine's process. A worker that hangs, crashes or uses too much memory is
killed and replaced, so that a run always ends. A response whose check did not finish stays unjudged,
with the reason, and the next run checks it again.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import queue
import signal
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

import msgspec

from util.checks.worker import work
from util.records import Row, Verdict
from util.system.errors import UserError
from util.system.noise import log_path
from util.system.processes import private_folder, remove_tree, resident_bytes

if TYPE_CHECKING:
    from util.task import Checker

START_SECONDS = 60.0
ATTEMPTS = 5
"""Maximum attempts at a check whose worker crashes, and at starting a worker."""
MEMORY_LIMIT = 2 * 2**30
"""A worker with more resident bytes is replaced after its check."""


@dataclass
class _Job:
    row: Row
    text: str
    deadline: float
    result: Future[Verdict]


class CheckerPool:
    """``workers`` processes, each supervised by a thread of this process."""

    def __init__(self, checker: Checker, workers: int) -> None:
        self._checker = checker
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._folder = private_folder("checkers")
        self._supervisors = [_Supervisor(checker, self._jobs, self._folder) for _ in range(workers)]

    async def check(self, row: Row, text: str) -> Verdict:
        """Judge one response, within the deadline of ``row`` plus the time in the queue."""
        job = _Job(row, text, self._checker.deadline(row), Future())
        self._jobs.put(job)
        return await asyncio.wrap_future(job.result)

    def close(self) -> None:
        """Kill the workers and abandon running checks."""
        for _ in self._supervisors:
            self._jobs.put(None)
        for supervisor in self._supervisors:
            supervisor.close()
        remove_tree(self._folder)


class _Supervisor(threading.Thread):
    """Keeps one worker process running and sends it one job at a time."""

    def __init__(self, checker: Checker, jobs: queue.Queue[_Job | None], folder: str) -> None:
        super().__init__(name="checker-supervisor", daemon=True)
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
                continue  # cancelled
            try:
                verdict = self._judge(job)
            except BaseException as error:  # re-raised where the verdict is awaited
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
            return msgspec.convert(record, Verdict)
        return Verdict(None, "the run ended before the check")

    def _ready(self) -> Connection:
        if self._process is not None and self._process.is_alive() and self._pipe is not None:
            return self._pipe
        for _ in range(ATTEMPTS):
            self._stop()
            if (pipe := self._start_worker()) is not None:
                return pipe
            if self._closing:
                raise UserError("The run ended while a checker process was starting.")
        where = f"in {log_path()}" if log_path() is not None else "printed above"
        raise UserError(f"No checker process starts. Its error is {where}; rerun with --debug for details.")

    def _start_worker(self) -> Connection | None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=work, args=(theirs, self._checker, os.getpid(), self._folder), name="checker", daemon=False
        )
        # The worker inherits the mask: Ctrl-C reaches it, too, and while it imports would end it with a traceback.
        resource_tracker.ensure_running()  # unblocks the signal in this thread when it starts
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        self._process.start()
        theirs.close()
        try:
            return self._pipe if self._pipe.poll(START_SECONDS) and self._pipe.recv_bytes() == b"ready" else None
        except (EOFError, OSError):
            return None  # it ended during its start

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
