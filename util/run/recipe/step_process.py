"""Run one command of a recipe as a child process that Ctrl-C ends cleanly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType

from util.system.credentials import environment_with_secrets
from util.system.processes import die_with_parent
from util.system.project import ROOT

INTERRUPTED = 130
"""Exit status of a script that Ctrl-C ended."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True)
class StepEnd:
    """status: exit status of the child, negative for a signal. interrupted: the run shall end."""

    status: int
    interrupted: bool

    @property
    def described(self) -> str:
        if self.status >= 0:
            return f"ended with status {self.status}"
        name = signal.Signals(-self.status).name
        why = ", which the kernel also sends when memory runs out" if name == "SIGKILL" else ""
        return f"was ended by {name}{why}"


def run_child(words: Sequence[str]) -> StepEnd:
    """Run ``python *words`` with this process's output and without standard input; wait until it ends.

    Ctrl-C and SIGTERM are passed on, each time once: the child is in a process group of its own, so that a terminal's
    Ctrl-C does not reach it twice, which would mean "stop without waiting". If this process is killed, the child gets
    SIGTERM.
    """
    parent, received = os.getpid(), []
    child: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, _: FrameType | None) -> None:
        received.append(number)
        if child is not None:
            child.send_signal(number)

    before = {
        number: signal.signal(number, pass_on)
        for number in _SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN  # under nohup: the child ignores it, too
    }
    try:
        sys.stdout.flush()
        child = subprocess.Popen(
            [sys.executable, *words],
            stdin=subprocess.DEVNULL,
            env=environment_with_secrets() | _path_of_suite(),
            process_group=0,
            preexec_fn=lambda: die_with_parent(parent, signal.SIGTERM),
        )
        for number in list(received):  # between the handler and the start
            child.send_signal(number)
        status = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return StepEnd(status, bool(received) or status == INTERRUPTED)


def suite_environment() -> dict[str, str]:
    """This process's environment, without credentials; the suite's modules are found from any folder."""
    return {**os.environ, **_path_of_suite()}


def _path_of_suite() -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))}
