"""The sandboxed server: it forks one child per request, watches it and cleans up after it.

``util.code.box`` starts it with ``python -c``. argv: the control socket's descriptor
and a JSON configuration. It receives code and inputs, never expected outputs. Requests
are marshalled (the worker is trusted); replies are a fixed header and raw bytes.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import marshal
import os
import resource
import socket
import struct
import sys
import time
from dataclasses import dataclass
from typing import Any, NoReturn

from . import bpf, confine, namespaces, program
from .watch import DIRTY, clean, watch

LENGTH = struct.Struct("<Q")
REPLY = struct.Struct("<iBddQQQQ")
"""Wait status, flags, CPU and wall seconds, peak memory, lengths of stdout, stderr, report."""

STDERR_TAIL = 4000
MODULES = [
    "array",
    "bisect",
    "cmath",
    "collections",
    "copy",
    "datetime",
    "decimal",
    "fractions",
    "functools",
    "heapq",
    "io",
    "itertools",
    "json",
    "math",
    "operator",
    "queue",
    "random",
    "re",
    "statistics",
    "string",
    "textwrap",
    "threading",
    "time",
    "types",
    "typing",
    "numpy",
]


@dataclass
class Setup:
    """Settings that are the same for every child of this zygote."""

    work_dir: str
    namespaces: bool
    seccomp: bool
    base_memory: int
    processes: int | None


def main() -> NoReturn:
    sock = socket.socket(fileno=int(sys.argv[1]))
    config: dict[str, Any] = json.loads(sys.argv[2])
    if sys.platform == "linux":
        confine.die_with_parent()
    try:
        _set_up_and_serve(sock, config)
    except ConnectionError:
        os._exit(0)  # the worker ended


def _set_up_and_serve(sock: socket.socket, config: dict[str, Any]) -> NoReturn:
    layers: dict[str, str] = {}
    try:
        setup = _set_up(config, layers)
    except OSError as error:
        _send(sock, json.dumps({"error": error.strerror or str(error)}).encode())
        os._exit(1)
    _send(sock, json.dumps({"layers": layers}).encode())
    _serve(sock, setup)


def _set_up(config: dict[str, Any], layers: dict[str, str]) -> Setup:
    """Set up every layer that children inherit; ``layers`` gets "on" or the reason why not, by name."""
    root, linux = os.getuid() == 0, sys.platform == "linux"
    work_dir, readable = config["work_dir"], config["readable"]
    if config["namespaces"]:
        namespaces.unshare(as_root=root)
        if pid := os.fork():
            _wait_for(pid)
        confine.die_with_parent()
        namespaces.tiny_root(readable)
        work_dir = namespaces.WORK_DIR
    layers["namespaces"] = "on" if config["namespaces"] else config["without_namespaces"]
    for name in MODULES:
        with contextlib.suppress(ImportError):  # numpy may not be installed
            importlib.import_module(name)
    sys.set_int_max_str_digits(0)  # tests contain integers with thousands of digits
    base_memory = _address_space()
    if linux:
        confine.small_thread_stacks()
        confine.drop_to(config["uid"] if root else None)
        confine.die_with_parent()
        confine.hide_memory()
        confine.no_new_privileges()
        layers["uid"] = ("on" if config["uid"] else config["without_uid"]) if root else "on"
        layers["landlock"] = _landlock(config, readable, work_dir)
    os.chdir(work_dir)
    confine.limit_for_good()
    program.open_streams()
    program.prepare()
    atexit._clear()
    gc.collect()
    gc.freeze()
    seccomp = linux and config["seccomp"] and bpf.supported()
    if seccomp:
        confine.seccomp(bpf.base_filter())
    layers["seccomp"] = "on" if seccomp else "switched off" if bpf.supported() else "not supported on this architecture"
    # The kernel counts all threads of a uid, so the limit needs a uid that no other process has.
    own_uid = (root and bool(config["uid"])) or config["namespaces"]
    return Setup(work_dir, config["namespaces"], seccomp, base_memory, 200 if own_uid else None)


def _landlock(config: dict[str, Any], readable: list[str], work_dir: str) -> str:
    if not config["landlock"]:
        return "switched off"
    devices = [f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom")]
    try:
        confine.landlock([*readable, *devices], work_dir)
    except OSError as error:
        return error.strerror or str(error)
    return "on"


def _wait_for(pid: int) -> NoReturn:
    """Wait outside the new PID namespace until the zygote inside it ends; exit with its status."""
    os.closerange(3, 1024)
    _, status = os.waitpid(pid, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _serve(sock: socket.socket, setup: Setup) -> NoReturn:
    while True:
        header = _receive(sock, LENGTH.size)
        request = marshal.loads(_receive(sock, LENGTH.unpack(header)[0]))
        if request["op"] == "usage":
            own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
            _send(sock, json.dumps([own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime]).encode())
            continue
        for part in _run_child(sock, request, setup):
            sock.sendall(part)


def _run_child(sock: socket.socket, request: dict[str, Any], setup: Setup) -> list[bytes]:
    files = [_memory_file() for _ in range(4)]  # stdin, stdout, stderr, report
    try:
        if request["function"] is None and request["tests"]:
            _fill(files[0], request["tests"][0])
        start = time.monotonic()
        pid = os.fork()
        if pid == 0:
            _child(request, files, setup)
        flags = watch(pid, sock, request["wall"], setup.work_dir, own_disk=setup.namespaces)
        _, status, usage = os.wait4(pid, 0)
        wall = time.monotonic() - start
        flags |= DIRTY * clean(setup.work_dir, own_processes=setup.namespaces)
        stdout = os.pread(files[1], request["output"] + 1, 0)
        stderr = os.pread(files[2], STDERR_TAIL, max(0, os.fstat(files[2]).st_size - STDERR_TAIL))
        report = os.pread(files[3], request["output"] + 1, 0)
        cpu = usage.ru_utime + usage.ru_stime
        peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        head = REPLY.pack(status, flags, cpu, wall, peak, len(stdout), len(stderr), len(report))
        return [head, stdout, stderr, report]
    finally:
        for fd in files:
            os.close(fd)


def _child(request: dict[str, Any], files: list[int], setup: Setup) -> NoReturn:
    try:
        os.setsid()
        pid = os.getpid()
        if sys.platform == "linux":
            confine.die_with_parent()
        for source, target in zip(files, (0, 1, 2, program.REPORT), strict=True):
            os.dup2(source, target)
        os.closerange(3, program.INPUT_KEPT)
        os.dup2(0, program.INPUT_KEPT)
        os.dup2(1, program.OUTPUT_KEPT)
        confine.limit(request["cpu"], setup.base_memory + request["memory"], request["output"], setup.processes)
        if setup.seccomp:
            confine.seccomp(bpf.child_filter(pid))
        program.run(request)
    finally:
        os._exit(70)


def _address_space() -> int:
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


def _send(sock: socket.socket, data: bytes) -> None:
    sock.sendall(LENGTH.pack(len(data)) + data)


def _receive(sock: socket.socket, size: int) -> bytes:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        count = sock.recv_into(view)
        if not count:
            raise ConnectionResetError
        view = view[count:]
    return bytes(data)
