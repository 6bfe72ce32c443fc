"""The judge's processes: many solutions, kills, load, containers, secrets of the scripts themselves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.other_user import AS_OTHER, environment, interpreter_for_others
from support.scripts import ROOT

from benchmarks import judge_endurance as endurance
from util.code.judge import close_boxes
from util.system import arguments

NO_UNSHARE = """
import os, struct, sys
sys.path.insert(0, os.path.join({root!r}, "util", "code"))
from inside import bpf, confine
import platform
number = {{"x86_64": 272, "aarch64": 97}}[platform.machine()]
confine.no_new_privileges()
confine.seccomp(bpf._step(0x20, 0) + bpf._jump(0x15, number, 0, 1) + bpf._step(6, 0x50001) + bpf._step(6, 0x7FFF0000))
os.execv(sys.executable, [sys.executable, "-B", "-m", "util.code", "--self-test", *sys.argv[1:]])
"""
"""A machine that refuses namespaces, as Docker's default profile does."""


def self_test(*options: str) -> subprocess.CompletedProcess[str]:
    python = interpreter_for_others() or sys.executable
    user = AS_OTHER if os.getuid() == 0 and interpreter_for_others() else {}
    return subprocess.run(
        [python, "-c", NO_UNSHARE.format(root=str(ROOT)), *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environment(),
        **user,
    )


@pytest.fixture(autouse=True)
def _no_other_sandbox() -> None:
    """What is left is counted: the sandboxes of other tests in this process must not be among it."""
    close_boxes()


def test_a_container_without_namespaces_is_strong() -> None:
    done = self_test()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("sandbox: strong: ")
    assert "namespaces unavailable (unshare: Operation not permitted)" in done.stdout
    assert "all canaries got the expected verdict" in done.stdout


def test_full_is_refused_where_it_cannot_be_had() -> None:
    done = self_test("--sandbox", "full")
    assert done.returncode == 1
    assert "does not reach --sandbox full" in done.stderr
    assert "Operation not permitted" in done.stderr


def test_many_solutions_leave_nothing() -> None:
    result = endurance.endure(1000)
    assert result["wrong"] == 0
    assert result["growth"] < 0.05
    assert result["left"] == 0
    late, early = result["at the end"], result["after a tenth"]
    assert (late["descriptors"], late["zombies"]) == (early["descriptors"], 0)


def test_kills_change_no_verdict() -> None:
    result = endurance.kill_some(1000, 50)
    assert sum(result["killed"].values()) >= 45
    assert (result["wrong"], result["left"]) == (0, 0)


def test_a_busy_machine_makes_no_right_solution_slow() -> None:
    assert endurance.under_load(8)["wrong"] == []


def test_scripts_hide_memory_and_environment() -> None:
    """Another process of the same user cannot read them (root can read everything)."""
    program = (
        "import os, sys\nfrom util.system import cli\n"
        "def main(arguments):\n    print(os.getpid(), flush=True)\n    sys.stdin.readline()\n"
        "cli.run(main)"
    )
    python = interpreter_for_others() or sys.executable
    user = AS_OTHER if os.getuid() == 0 and interpreter_for_others() else {}
    for options, readable in (([], False), (["--debug"], True)):
        script = subprocess.Popen(
            [python, "-B", "-c", program, *options],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"KEY": "only-here"},
            **user,
        )
        assert script.stdin is not None
        assert script.stdout is not None
        pid = script.stdout.readline().strip()
        look = subprocess.run(["cat", f"/proc/{pid}/environ"], capture_output=True, text=True, check=False, **user)
        script.stdin.close()
        script.wait()
        assert ("only-here" in look.stdout) is (readable if user or os.getuid() else True)


def test_checkers_have_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    from support.behaves import Behaves

    from util.checks.pool import CheckerPool

    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    pool = CheckerPool(Behaves(), 1)
    try:
        verdict = asyncio.run(pool.check({}, "environment"))
    finally:
        pool.close()
    assert "OPENAI_API_KEY" not in verdict.reason
    assert "PATH" in verdict.reason


def test_options_reach_the_judge(tmp_path: Path) -> None:
    row = {
        "question": "q",
        "input_output": json.dumps({"inputs": ["", ""], "outputs": ["1 2", "1 2"]}),
        "difficulty": "x",
    }
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    result = {
        **row,
        "prompt": "p",
        "responses": {"0.7": [{"content": "```python\nprint('2 1')\n```"}]},
        "token_usages": {},
    }
    path = tmp_path / "m_APPS_test_all_0_-1.json"
    path.write_text(json.dumps({"q": result}))
    command = [
        sys.executable,
        "inference_and_check.py",
        "--dataset",
        "APPS",
        "--model",
        "x/m",
        "--split",
        "test",
        "--check",
    ]
    command += ["--result-dir", str(tmp_path), "--recheck"]
    for options, correct in ((["--all-tests"], False), (["--judge", "compat"], True)):
        done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "sandbox: " in done.stderr
        [response] = json.loads(path.read_text())["q"]["responses"]["0.7"]
        assert response["correctness"] is correct
        assert response["evidence"]["sandbox"] in ("full", "strong")
        if not correct:
            assert response["evidence"]["failed"] == [[1, "wrong answer"], [2, "wrong answer"]]
    journal = (tmp_path / "m_APPS_test_all_0_-1.journal.jsonl").read_text().splitlines()
    assert "seccomp" in json.loads(journal[0])["checks"]["sandbox"]["layers"]


def test_bad_check_options_are_refused() -> None:
    with pytest.raises(Exception, match="must be a number above 0"):
        arguments.positive_float("0")
