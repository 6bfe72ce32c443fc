"""A process that has imported everything and forks one zygote per request, so that workers do not import it again.

It listens on a socket in a private folder and holds nothing secret. It ends when its owner does.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
from typing import NoReturn

from . import confine, zygote

MESSAGE = 2**17
"""Bytes of a configuration."""

BACKLOG = 64


def main() -> NoReturn:
    """argv: descriptors of the listening socket and of a pipe that closes when the owner ends."""
    listener, owner = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
    if sys.platform == "linux":
        confine.die_with_parent()
    zygote.warm()
    gc.collect()
    if hasattr(gc, "freeze"):
        gc.freeze()
    signal.signal(signal.SIGCHLD, _reap)
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    poll.register(owner, select.POLLIN)
    while True:
        events = dict(poll.poll())
        if owner in events:
            os._exit(0)
        connection, _ = listener.accept()
        with connection:
            _answer(connection)


def _reap(signum: int, frame: object) -> None:
    """Collect the zygotes that have ended, with their CPU time."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _answer(connection: socket.socket) -> None:
    """Fork a zygote with the configuration and the control socket of one message; reply with its process id."""
    connection.settimeout(5)  # the sender may be killed at any time
    try:
        data, descriptors, _, _ = socket.recv_fds(connection, MESSAGE, 1)
    except OSError:
        return
    if not descriptors:
        return
    pid = os.fork()
    if pid == 0:
        try:
            _become_zygote(data, descriptors[0])
        finally:
            os._exit(70)
    os.close(descriptors[0])
    try:
        connection.sendall(str(pid).encode())
    except OSError:
        os.kill(pid, signal.SIGKILL)


def _become_zygote(data: bytes, fd: int) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    zygote.only_socket(fd)
    config = json.loads(data)
    if config["work_dir"] != "/":
        os.environ["TMPDIR"] = config["work_dir"]
    zygote.start(config)
