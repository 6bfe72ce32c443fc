"""The sandboxed server: it forks one child per request, watches it and cleans up after it.

It receives code and inputs, never expected outputs. It is started by ``util.code.launch``: as a process of its own,
or as a fork of a template (see ``template``) that has imported everything already.
"""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import gc
import importlib
import json
import os
import resource
import socket
import sys
from typing import Any, NoReturn

from . import bpf, confine, modules, namespaces, program
from .child import Setup, address_space, run_child
from .wire import SOCKET, request, send


def main() -> NoReturn:
    """argv: the control socket's descriptor, a JSON configuration."""
    only_socket(int(sys.argv[1]))
    warm()
    start(json.loads(sys.argv[2]))


def only_socket(fd: int) -> None:
    """Move the control socket to ``SOCKET`` and close every other descriptor above standard error.

    Whatever number it had, a child closes it: the numbers that a child uses itself are 61 to 63.
    """
    if fd != SOCKET:
        os.dup2(fd, SOCKET)
    os.closerange(SOCKET + 1, _highest())


def _highest() -> int:
    """A number above every open descriptor."""
    for folder in ("/proc/self/fd", "/dev/fd"):
        with contextlib.suppress(OSError, ValueError):
            return max(map(int, os.listdir(folder))) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return hard if 0 < hard < 2**20 else 2**20


def warm() -> None:
    """Import what programs commonly import, once for all children."""
    for name in modules.PRELOADED:
        with contextlib.suppress(ImportError):  # numpy may not be installed
            importlib.import_module(name)
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(0)  # tests contain integers with thousands of digits


def start(config: dict[str, Any]) -> NoReturn:
    """Set up the layers of ``config`` and serve requests until the worker closes the socket."""
    sock = socket.socket(fileno=SOCKET)
    if sys.platform == "linux":
        confine.die_with_parent()
    layers: dict[str, str] = {}
    try:
        try:
            setup = _set_up(config, layers)
        except OSError as error:
            send(sock, json.dumps({"error": error.strerror or str(error)}).encode())
            os._exit(1)
        send(sock, json.dumps({"layers": layers, "version": _version()}).encode())
        _serve(sock, setup)
    except ConnectionError:
        os._exit(0)  # the worker ended


def _version() -> str:
    return f"{sys.implementation.name} {'.'.join(map(str, sys.version_info[:3]))}"


def _set_up(config: dict[str, Any], layers: dict[str, str]) -> Setup:
    """Set up every layer that children inherit; ``layers`` gets "on" or the reason why not, by name."""
    root, linux = os.getuid() == 0, sys.platform == "linux"
    work_dir, readable = config["work_dir"], config["readable"]
    if config["namespaces"]:
        namespaces.unshare(as_root=root)
        pid = os.fork()
        if pid:
            _wait_for(pid)
        confine.die_with_parent()
        namespaces.tiny_root(readable)
        work_dir = namespaces.WORK_DIR
    layers["namespaces"] = "on" if config["namespaces"] else config["without_namespaces"]
    base_memory = address_space()
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
    faulthandler.enable(2, all_threads=False)  # says where a program ran out of stack
    if hasattr(atexit, "_clear"):
        atexit._clear()
    gc.collect()
    if hasattr(gc, "freeze"):
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
    os.close(SOCKET)
    _, status = os.waitpid(pid, 0)
    os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1)


def _serve(sock: socket.socket, setup: Setup) -> NoReturn:
    while True:
        asked = request(sock)
        if "stop" in asked:
            continue  # for a run that has ended meanwhile
        if asked["op"] == "usage":
            own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
            used = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
            send(sock, json.dumps([used]).encode())
            continue
        run_child(sock, asked, setup)
