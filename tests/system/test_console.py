"""What a script does to its terminal: closed and full streams, Ctrl-C at the start, foreign characters, secrets."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.scripts import ROOT, script

PLAN = "inference_and_check.py --dataset NUMINA --model openai/m --dataset-path samples/numina.jsonl --dry-run --result-dir"
RUN = "from util.system import cli\nfrom util.system.errors import UserError\n"


def shell(command: str) -> subprocess.CompletedProcess[str]:
    line = f"{shlex.quote(sys.executable)} {command}"
    return subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize(
    ("redirection", "status", "message"),
    [
        (">/dev/full", 1, "standard output cannot be written (No space left on device)"),
        (">&-", 1, "standard output cannot be written (Bad file descriptor)"),
        ("1</dev/null", 1, "standard output cannot be written (Bad file descriptor)"),
        ("2>&-", 0, ""),
        ("2>/dev/full", 0, ""),
        ("<&-", 0, ""),
        ("<&- >&- 2>&-", 1, ""),
        (">/dev/full 2>&1", 1, ""),
    ],
)
@pytest.mark.parametrize("command", ["eval.py --help", f"{PLAN} /tmp", "convert_to_data.py --help"])
def test_streams_that_cannot_be_written(command: str, redirection: str, status: int, message: str) -> None:
    done = shell(f"{command} {redirection}")
    assert done.returncode == status
    assert message in done.stderr
    assert not any(word in done.stdout + done.stderr for word in ("Traceback", "Exception ignored"))


def test_status_messages_that_are_lost_do_not_end_a_run(tmp_path: Path) -> None:
    """Nor do they reach standard output, or a file that has got the number of a closed stream."""
    program = tmp_path / "p.py"
    program.write_text(
        "import sys\nsys.path.insert(0, '.')\nfrom util.system import cli\n"
        "def main(arguments):\n"
        f"    with open({str(tmp_path / 'file')!r}, 'w') as file:\n"
        "        for _ in range(3): print('status ' * 5000, file=sys.stderr)\n"
        "        import os; os.write(2, b'library')\n"
        "        file.write('content')\n    print('result')\n"
        "cli.run(main)\n"
    )
    for redirection in ("2>&-", "2>/dev/full", "0<&- 2>&-"):
        done = shell(f"{program} {redirection}")
        assert (done.returncode, done.stdout) == (0, "result\n")
        assert (tmp_path / "file").read_text() == "content"


def test_a_reader_that_ends_ends_the_script_quietly() -> None:
    code = f"{RUN}import sys\ndef main(a):\n    for i in range(10**7): print(i)\n    print('not reached', file=sys.stderr)\ncli.run(main)"
    done = shell(f"-c {shlex.quote(code)} | head -1; exit ${{PIPESTATUS[0]}}")
    assert (done.returncode, done.stdout, done.stderr) == (1, "0\n", "")


# -- Ctrl-C


def interrupted(folder: Path, module: str, *words: object) -> subprocess.CompletedProcess[str]:
    """Run a script in which ``module``, when it is imported, waits; press Ctrl-C there."""
    mark = folder / "importing"
    (folder / f"{module}.py").write_text(f"import time\nopen({str(mark)!r}, 'w').close()\ntime.sleep(60)\n")
    process = subprocess.Popen(
        [sys.executable, *map(str, words)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(folder)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    while not mark.exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


SCRIPTS = ("inference_and_check", "convert_format", "convert_to_data", "label_math_difficulty", "eval")


@pytest.mark.parametrize("name", SCRIPTS)
def test_ctrl_c_while_a_script_imports(name: str, tmp_path: Path) -> None:
    done = interrupted(tmp_path, "argparse", f"{name}.py", "--help")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted: nothing was started\n")


def test_ctrl_c_while_main_imports(tmp_path: Path) -> None:
    done = interrupted(tmp_path, "msgspec", *PLAN.split(), tmp_path)
    assert done.returncode == 130
    assert done.stderr.splitlines()[-1].startswith("interrupted: finished results are kept")
    assert "Traceback" not in done.stderr


# -- foreign text


def test_messages_and_tracebacks_are_printed_without_control_characters_and_secrets() -> None:
    for kind in ("UserError", "ValueError"):
        code = (
            f"{RUN}from util.system.credentials import secret\n"
            f"def main(a): raise {kind}('\\x1b[2J\\x07\\r\\u202e ' + secret('X_API_KEY'))\ncli.run(main)"
        )
        for debug in ([], ["--debug"]):
            done = script("-c", code, *debug, env={"X_API_KEY": "topsecret-1"})
            assert done.returncode == 1
            assert "\\x1b[2J\\x07\\r\\u202e ***" in done.stderr
            assert not any(character in done.stderr for character in "\x1b\x07\r\u202e")
    done = script("eval.py", "--evals", "\x1b[31mX", "--model", "m", "--n", "sk-abcdefghijklmnopqrst")
    assert done.returncode == 2
    assert "\x1b" not in done.stderr
    assert "sk-abc" not in done.stderr


def test_every_text_that_a_script_prints_passes_the_mask() -> None:
    """Also of libraries: warnings, logs, threads that fail."""
    code = (
        f"{RUN}import logging, sys, threading, warnings\nfrom util.system.credentials import secret\n"
        "def main(a):\n    s = secret('X_API_KEY')\n    print(s)\n    print('a', s, file=sys.stderr)\n    warnings.warn(s)\n"
        "    logging.error(s)\n    t = threading.Thread(target=int, args=(s,)); t.start(); t.join()\n    sys.stdout.writelines([s])\n"
        "cli.run(main)"
    )
    done = script("-c", code, env={"X_API_KEY": "topsecret-1"})
    assert done.returncode == 0
    assert (done.stdout + done.stderr).count("***") >= 6
    assert "topsecret" not in done.stdout + done.stderr


def test_a_plan_shows_foreign_texts_as_they_are(tmp_path: Path) -> None:
    row = {
        "problem": "1\x1b]0;owned\x07+1?",
        "solution": "\\boxed{2}",
        "source": "math",
        "answer": "2",
        "question": "1\x1b[2J",
    }
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    done = script(
        "inference_and_check.py",
        "--dataset",
        "NUMINA",
        "--model",
        "m",
        "--dataset-path",
        tmp_path / "rows.jsonl",
        "--dry-run",
    )
    assert done.returncode == 0
    assert "1\\x1b]0;owned\\x07+1?" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
