"""What libraries and engines print is in a log file, in whatever way they print; what the scripts say is on the console."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from support.scripts import ROOT

from util.system import noise
from util.system.noise import EngineLog, log_beside

LIBRARY = """
import ctypes, logging, os, subprocess, sys, threading, warnings

def load():
    print("noise: print")
    print("noise: stderr", file=sys.stderr)
    global logger
    logger = logging.getLogger("library")
    logger.addHandler(logging.StreamHandler())
    logger.setLevel("INFO")
    logger.info("noise: logger at load")
    raw()

def raw():
    os.write(1, b"noise: descriptor 1\\n")
    os.write(2, b"noise: descriptor 2, key sk-abcdefgh12345678 of a worker\\n")
    ctypes.CDLL(None).puts(b"noise: from C")
    ctypes.CDLL(None).fflush(None)
    subprocess.run([sys.executable, "-c", "import sys; print('noise: child'); print('noise: child', file=sys.stderr)"], check=True)

def work():
    logger.info("noise: logger at work")
    logging.getLogger("other").warning("noise: last resort")
    warnings.warn("noise: warning")
    thread = threading.Thread(target=print, args=("noise: of a worker on Ray",), name="ray_print_logs")
    thread.start(); thread.join()
    raw()
"""

SCRIPT = """
import sys
sys.path[:0] = [{folder!r}, {root!r}]
from pathlib import Path
from util.system import cli
from util.system.errors import UserError
from util.system.messages import tell
from util.system.noise import captured, explained, show_all
import library

def main(arguments):
    show_all("--debug" in arguments)
    print("own: before", file=sys.stderr)
    with captured(Path({log!r})):
        library.load()
        tell("own: while it loads")
        {loading}
    library.work()
    print("own: at work", file=sys.stderr)
    {working}
    print("result")

cli.run(main)
"""


def run(
    folder: Path, *words: str, loading: str = "pass", working: str = "pass", redirection: str = "", log: str = "r.log"
) -> subprocess.CompletedProcess[str]:
    (folder / "library.py").write_text(LIBRARY)
    path = folder / "script.py"
    path.write_text(
        SCRIPT.format(folder=str(folder), root=str(ROOT), log=str(folder / log), loading=loading, working=working)
    )
    line = f"{shlex.join([sys.executable, str(path), *words])} {redirection}"
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False, timeout=120)


def test_noise_of_every_kind_is_in_the_log_alone(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert (done.returncode, done.stdout) == (0, "result\n")
    log = tmp_path / "r.log"
    assert done.stderr.splitlines() == [
        "own: before", f"output of the engine: {log}", "own: while it loads", "own: at work",
    ]  # fmt: skip
    text = log.read_text()
    assert re.match(r"== \d{4}-\d\d-\d\dT\S+ python ", text)
    for part in ("print", "stderr", "logger at load", "logger at work", "last resort", "warning", "of a worker on Ray"):
        assert text.count(f"noise: {part}\n") == 1, (part, text)
    for part in ("descriptor 1", "from C"):
        assert text.count(f"noise: {part}\n") == 2
    assert text.count("noise: child\n") == 4
    assert "sk-abc" not in text  # though a worker has written it
    assert text.count("descriptor 2, key *** of a worker") == 2
    assert run(tmp_path).returncode == 0
    assert log.read_text().startswith(text)  # appended
    shown = run(tmp_path, "--debug")
    assert shown.returncode == 0
    assert (shown.stdout.count("noise:"), shown.stderr.count("noise:")) == (8, 10)
    assert "output of the engine" not in shown.stderr


@pytest.mark.parametrize(
    ("redirection", "status"), [("2>&-", 0), ("2>/dev/full", 0), (">&- 2>&-", 1), (">/dev/full", 1), ("<&-", 0)]
)
def test_closed_and_full_streams(tmp_path: Path, redirection: str, status: int) -> None:
    done = run(tmp_path, redirection=redirection)
    assert done.returncode == status
    assert "noise" not in done.stdout + done.stderr
    assert (tmp_path / "r.log").read_text().count("noise: descriptor 1\n") == 2


def test_an_error_says_what_the_log_says_of_its_cause(tmp_path: Path) -> None:
    fault = "os.write(2, b'(Worker pid=7) ERROR 11-28 04:49:28 [core.py:1] RuntimeError: no kernel \\x1b[31mfor it\\n')"
    loading = f"import os; {fault}; {fault}; raise UserError('The model cannot be loaded. Check it.')"
    done = run(tmp_path, loading=loading)
    assert done.returncode == 1
    assert done.stderr.splitlines()[3:] == [
        "error: The model cannot be loaded. Check it.",
        "The last lines of the engine that name a fault:",
        "  RuntimeError: no kernel for it",
        f"All output of the engine: {tmp_path / 'r.log'}",
    ]
    working = f"import os; {fault}; raise explained(UserError('The engine died: RuntimeError: no kernel for it'))"
    done = run(tmp_path, working=working)
    assert done.stderr.splitlines()[-2:] == [
        "error: The engine died: RuntimeError: no kernel for it", f"All output of the engine: {tmp_path / 'r.log'}",
    ]  # fmt: skip


@pytest.mark.parametrize("moment", ["loading", "working"])
def test_tracebacks_and_interrupts_reach_the_user(tmp_path: Path, moment: str) -> None:
    done = run(tmp_path, **{moment: "raise KeyError('a bug')"})
    assert done.returncode == 1
    assert "Traceback (most recent call last)" in done.stderr
    assert "KeyError: 'a bug'" in done.stderr
    done = run(tmp_path, **{moment: "import os, signal; os.kill(os.getpid(), signal.SIGINT)"})
    assert done.returncode == 130
    assert done.stderr.splitlines()[-1].startswith("interrupted: finished results are kept")


def test_a_log_that_cannot_be_written_does_not_end_the_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    done = run(tmp_path, log="file/r.log")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "result")
    assert "note: no log of the engine: " in done.stderr


def test_a_log_does_not_grow_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "MOST_BYTES", 10_000)
    monkeypatch.setattr(noise, "KEPT_BYTES", 2_000)
    log = EngineLog(tmp_path / "r.log")
    child = os.open(log.path, os.O_WRONLY | os.O_APPEND)  # as a worker that has inherited it
    for number in range(3000):
        os.write(child, b"line %d\n" % number)
        log.bound()
    os.write(child, b"RuntimeError: at the end\n")
    assert log.path.stat().st_size < 10_100
    assert log.path.read_text().endswith("line 2999\nRuntimeError: at the end\n")
    assert log.path.read_text().startswith("== 20")
    assert (tmp_path / "r.log.old").stat().st_size == 2_000
    assert log.causes() == ["RuntimeError: at the end"]


def test_no_other_file_is_written_to(tmp_path: Path) -> None:
    own = ".engine.log"
    assert log_beside(tmp_path / "results.log").name == f"results{own}"  # the results themselves
    assert log_beside(tmp_path / "a.json").name == "a.log"
    (tmp_path / "a.log").write_text("my notes")
    assert log_beside(tmp_path / "a.json").name == f"a{own}"
    (tmp_path / "a.log").write_text("== 2026-11-28T04:49:28+0000 python eval.py\n")
    assert log_beside(tmp_path / "a.json").name == "a.log"
    code = "import sys; sys.path.insert(0, '.'); from pathlib import Path; from util.system.noise import log_beside; print(log_beside(Path(sys.argv[1])).name)"
    line = f"{shlex.join([sys.executable, '-c', code, str(tmp_path / 'b.txt')])} > {tmp_path / 'b.log'}"
    subprocess.run(["bash", "-c", line], check=True, cwd=ROOT)
    assert (tmp_path / "b.log").read_text() == f"b{own}\n"  # where the output goes


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_lines_stay_in_order_where_output_is_moved(unbuffered: str) -> None:
    """On a pipe without PYTHONUNBUFFERED Python holds standard output back until the end; with it, each line goes at once."""
    code = (
        "import os, sys; from util.system.streams import guard_streams; guard_streams(); sys.stdout.move(); "
        "print('first'); os.write(2, b'second\\n'); print('third')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True, cwd=ROOT,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
    )  # fmt: skip
    assert done.stdout.split() == (["first", "second", "third"] if unbuffered else ["second", "first", "third"])
