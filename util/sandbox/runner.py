"""Start a solution's process, wait for it under a wall clock, read what it left."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from util.processes import die_with_parent

CHILD = Path(__file__).with_name("child.py")
BASE_MEMORY = 400 * 2**20
"""Address space of an interpreter with numpy, on top of a solution's own limit."""

_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}


@dataclass(frozen=True)
class Limits:
    """Per test: CPU and wall seconds, bytes of memory, bytes of output."""

    cpu: float = 6.0
    wall: float = 15.0
    memory: int = 2**30
    output: int = 16 * 2**20


@dataclass(frozen=True)
class Run:
    """What one process left. status: exit code, negative for a signal."""

    status: int
    timed_out: bool
    stdout: bytes
    stderr: bytes
    report: dict[str, Any]
    cpu: float
    wall: float


def run(
    code: str,
    limits: Limits,
    *,
    stdin: str = "",
    function: str | None = None,
    arguments: list[Any] | None = None,
    confine: bool = True,
) -> Run:
    """Run ``code`` once: as a program on ``stdin``, or by one call of ``function``."""
    work_dir = tempfile.mkdtemp(prefix="solution-")
    job: dict[str, Any] = {
        "code": code,
        "cpu": limits.cpu,
        "memory": limits.memory + BASE_MEMORY,
        "output": limits.output,
        "work_dir": work_dir,
        "confine": confine,
        "readable": _readable(),
    }
    if function is not None:
        job |= {"function": function, "arguments": arguments or []}
    files = {name: _memory_file(name) for name in ("stdin", "stdout", "stderr", "job", "report")}
    try:
        _fill(files["stdin"], stdin.encode("utf-8", "surrogatepass"))
        _fill(files["job"], json.dumps(job).encode("utf-8", "surrogatepass"))
        status, timed_out, cpu, wall = _execute(files, limits)
        return Run(
            status,
            timed_out,
            _content(files["stdout"], limits.output),
            _content(files["stderr"], limits.output)[-4000:],
            _reports(_content(files["report"], limits.output + 1024)),
            cpu,
            wall,
        )
    finally:
        for fd in files.values():
            os.close(fd)
        shutil.rmtree(work_dir, ignore_errors=True)


def _execute(files: dict[str, int], limits: Limits) -> tuple[int, bool, float, float]:
    parent = os.getpid()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-I", "-B", str(CHILD), str(files["job"]), str(files["report"])],
        stdin=files["stdin"],
        stdout=files["stdout"],
        stderr=files["stderr"],
        pass_fds=(files["job"], files["report"]),
        env=_ENVIRONMENT,
        preexec_fn=lambda: _before_exec(parent),
    )
    timed_out = False
    try:
        process.wait(limits.wall)
    except subprocess.TimeoutExpired:
        timed_out = True
    finally:
        process.kill()
        process.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    over_cpu = process.returncode in (-signal.SIGXCPU, -signal.SIGKILL) and cpu >= limits.cpu * 0.95
    return process.returncode, timed_out or over_cpu, cpu, time.monotonic() - start


def _before_exec(parent: int) -> None:
    os.setsid()
    die_with_parent(parent)
    # Deep recursion needs stack; the limit must stand before the interpreter starts.
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    wanted = 512 * 2**20
    resource.setrlimit(resource.RLIMIT_STACK, (wanted if hard < 0 else min(wanted, hard), hard))


def _readable() -> list[str]:
    places = {sys.prefix, sys.base_prefix, os.path.realpath(sys.executable), str(CHILD.parent)}
    places |= {path for path in sysconfig.get_paths().values() if os.path.isdir(path)}
    return sorted(places)


def _memory_file(name: str) -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create(name)
    return os.dup(tempfile.TemporaryFile().fileno())


def _fill(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
    os.lseek(fd, 0, os.SEEK_SET)


def _content(fd: int, size: int) -> bytes:
    return os.pread(fd, size + 1, 0)


def _reports(data: bytes) -> dict[str, Any]:
    """The harness's reports, first word first: a solution may write there as well."""
    report: dict[str, Any] = {}
    for line in data.split(b"\n"):
        try:
            record = json.loads(line) if line else {}
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            report = record | report
    return report
