"""One request: fork a child, watch it, send what it reports, and remove what it leaves."""

from __future__ import annotations

import os
import resource
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Any, NoReturn

from . import bpf, confine, program
from .watch import DIRTY, Watched, clean, cpu_seconds
from .wire import REPLY, request

STDERR_TAIL = 12_000


@dataclass
class Setup:
    """Settings that are the same for every child of this zygote."""

    work_dir: str
    namespaces: bool
    seccomp: bool
    base_memory: int
    processes: int | None


@dataclass
class Streams:
    """The child's standard streams and its report, as files in memory: they need no reader and cannot block."""

    output_limit: int
    report_limit: int
    files: list[int] = field(default_factory=list)
    sent_output: int = 0
    sent_report: int = 0

    def __post_init__(self) -> None:
        self.files = [_memory_file() for _ in range(4)]

    def new_output(self) -> bytes:
        data = os.pread(self.files[1], self.output_limit + 1 - self.sent_output, self.sent_output)
        self.sent_output += len(data)
        return data

    def new_report(self) -> bytes:
        data = os.pread(self.files[3], self.report_limit - self.sent_report, self.sent_report)
        self.sent_report += len(data)
        return data

    def has_news(self) -> bool:
        return self.sent_report < min(self.report_limit, os.fstat(self.files[3]).st_size)

    def errors(self) -> bytes:
        return os.pread(self.files[2], STDERR_TAIL, max(0, os.fstat(self.files[2]).st_size - STDERR_TAIL))

    def close(self) -> None:
        for fd in self.files:
            os.close(fd)


def run_child(sock: socket.socket, asked: dict[str, Any], setup: Setup) -> None:
    """Run one request and send its replies."""
    streams = Streams(asked["output"], _report_limit(asked))
    try:
        if asked["function"] is None and asked["tests"]:
            _fill(streams.files[0], asked["tests"][0])
        start = time.monotonic()
        zygote = os.getpid()
        pid = os.fork()
        if pid == 0:
            _become_program(asked, streams.files, setup, zygote)

        def news() -> float | None:
            if not streams.has_news():
                return None
            report, output = streams.new_report(), streams.new_output()
            cpu = cpu_seconds(pid)  # after reading, so that it is at least what it was when the child wrote
            sock.sendall(REPLY.pack(1, 0, 0, cpu, 0.0, 0, len(output), 0, len(report)) + output + report)
            return cpu

        disk = None if setup.namespaces else setup.work_dir
        flags = Watched(
            pid, sock, asked["cpu"], asked["wall"], disk, len(asked["tests"]), news, lambda: _stops(sock, asked["run"])
        ).until_the_end()
        _, status, usage = os.wait4(pid, 0)
        wall = time.monotonic() - start
        flags |= DIRTY * clean(setup.work_dir, own_processes=setup.namespaces)
        parts = streams.new_output(), streams.errors(), streams.new_report()
        cpu = usage.ru_utime + usage.ru_stime
        peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        sock.sendall(REPLY.pack(0, status, flags, cpu, wall, peak, *map(len, parts)) + b"".join(parts))
    finally:
        streams.close()


def _report_limit(asked: dict[str, Any]) -> int:
    """Bytes of a report that are read: marks have a fixed size, results of calls may be long."""
    if asked["op"] == "run" and asked["function"] is None:
        return 2**12 + len(asked["tests"]) * (program.HEADER.size + program.MARK.size)
    return int(asked["output"])


def _stops(sock: socket.socket, run: int) -> bool:
    """Whether the worker's message ends this run. One that came too late for an earlier run does not."""
    return request(sock).get("stop") == run


def _become_program(asked: dict[str, Any], files: list[int], setup: Setup, zygote: int) -> NoReturn:
    try:
        os.setsid()
        pid = os.getpid()
        if sys.platform == "linux":
            confine.die_with_parent()
            if os.getppid() != zygote:
                os._exit(70)  # it was killed before, and nothing would limit this process
        for source, target in zip(files, (0, 1, 2, program.REPORT)):
            os.dup2(source, target)
        os.closerange(3, program.INPUT_KEPT)
        os.dup2(0, program.INPUT_KEPT)
        os.dup2(1, program.OUTPUT_KEPT)
        confine.limit(
            asked["cpu"], setup.base_memory + asked["memory"], asked["stack"], asked["output"], setup.processes
        )
        if setup.seccomp:
            confine.seccomp(bpf.child_filter(pid))
        program.run(asked)
    except BaseException as error:  # of the harness: shown, so that it is not taken for the program's
        os.write(2, f"the harness failed: {type(error).__name__}: {error}".encode("utf-8", "replace"))
    finally:
        os._exit(70)


def address_space() -> int:
    """Bytes of address space of this process."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 2**29


def _memory_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("stream")
    import tempfile

    with tempfile.TemporaryFile(dir=".") as file:
        return os.dup(file.fileno())


def _fill(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
    os.lseek(fd, 0, os.SEEK_SET)
