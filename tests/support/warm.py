"""Starts the project's scripts in forks of a process that has imported vLLM, which takes 10 of an engine start's 17 s of CPU.

The parent imports nothing of the project, has one thread, and does nothing else; a fork gets arguments, environment,
streams and session of its own, and ends as any script does. Where the imports have started threads (a fork may then hang),
scripts are started as usual. Not for tests of the start itself, nor with variables that vLLM reads at its import.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
MOST = 1 << 20
"""Bytes of a message, at most: mostly environment variables."""


@dataclass
class Forked:
    """A script in a fork, with the parts of ``subprocess.Popen`` that tests use. pid: also that of its process group."""

    parent: socket.socket
    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        """The exit status, or None while it runs; until this has told it, the process id is not used again."""
        if self.returncode is None:
            self.returncode = ask(self.parent, {"poll": self.pid})
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit status.

        Raises:
            subprocess.TimeoutExpired: it still runs after ``timeout`` seconds.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            time.sleep(0.02)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def ask(parent: socket.socket, message: dict[str, Any], *files: IO[Any]) -> Any:
    """Send a message with open files; returns the answer."""
    socket.send_fds(parent, [json.dumps(message).encode()], [file.fileno() for file in files])
    answer = parent.recv(MOST)
    assert answer, "the parent of the forks has died"
    return json.loads(answer)


@functools.cache
def warm_parent() -> socket.socket | None:
    """The socket of this process's parent of forks; None where it must not fork."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen(
        [sys.executable, __file__, str(theirs.fileno())], cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
        env={**os.environ, "VLLM_LOGGING_LEVEL": "ERROR"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    theirs.close()

    def close() -> None:
        ours.close()
        process.wait()

    atexit.register(close)
    threads = json.loads(ours.recv(MOST) or "0")
    return ours if threads == 1 else None


def start(arguments: list[str], output: IO[Any], errors: IO[Any]) -> Forked | subprocess.Popen[bytes]:
    """Start ``python *arguments``, a script of the project, in the project's folder and a session of its own."""
    parent = warm_parent()
    if parent is None:
        return subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
            start_new_session=True,
        )  # fmt: skip
    message = {"arguments": arguments, "environment": dict(os.environ)}
    return Forked(parent, ask(parent, message, output, errors))


def warm_script(*arguments: object, timeout: float = 600) -> subprocess.CompletedProcess[str]:
    """Run ``python *arguments``, as ``support.scripts.script`` does.

    Raises:
        subprocess.TimeoutExpired: it still runs after ``timeout`` seconds; it is killed.
    """
    words = list(map(str, arguments))
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = start(words, output, errors)
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(words, status, output.read(), errors.read())


# -- the parent of the forks -------------------------------------------------------------------------------------------


def serve(client: socket.socket) -> dict[str, Any] | None:
    """Fork as asked; returns the message in a fork, and None in the parent, once nobody asks any more."""
    while True:
        data, files, *_ = socket.recv_fds(client, MOST, 2)
        if not data:
            return None
        message: dict[str, Any] = json.loads(data)
        if "poll" in message:
            pid, status = os.waitpid(message["poll"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            answer = os.fork()
            if not answer:
                client.close()
                os.setsid()
                for number, file in enumerate(files, 1):
                    os.dup2(file, number)
            for file in files:
                os.close(file)
            if not answer:
                return message
        client.send(json.dumps(answer).encode())


def imported() -> int:
    """Import what engines need; returns the number of threads afterwards."""
    import gc

    import vllm.model_executor.models.llama
    import vllm.v1.engine.core
    from vllm import LLM  # noqa: F401
    from vllm.platforms import current_platform

    if current_platform.is_cpu():
        import vllm.v1.worker.cpu_worker  # noqa: F401
    gc.freeze()
    return len(os.listdir("/proc/self/task"))


def main() -> None:
    client = socket.socket(fileno=int(sys.argv[1]))
    client.send(json.dumps(imported()).encode())
    message = serve(client)
    if message is None:
        return
    os.environ.clear()
    os.environ.update(message["environment"])
    sys.argv[:] = message["arguments"]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.path[0] = str(ROOT)
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    sys.path[0] = str(ROOT)  # not the folder of this file, whose modules have names of others
    main()
