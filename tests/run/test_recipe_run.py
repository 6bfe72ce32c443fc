"""A recipe that runs: through a server that answers, to its end, interrupted, with a failure, and once more."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.faulty_server import FaultyServer, answer
from support.scripts import ROOT, script
from support.waiting import wait_for

STEPS = """
folder = "{folder}"
[models]
teacher = "openai/m"
[vars]
n = 1
select = "all"
[selections.one]
end = 1
[selections.two]
start = 1
end = 3
[steps.generate]
run = "inference_and_check.py"
each = "selections"
dataset = "MATH500"
dataset-path = "{rows}"
model = "${{teacher}}"
base-url = "{url}"
n = "${{n}}"
temperatures = 0.7
result-dir = "${{folder}}/responses"
[steps.convert]
run = "convert_format.py"
input-dir = "${{folder}}/responses"
rewriter = "rules"
[steps.check]
like = "generate"
check = true
[steps.data]
run = "convert_to_data.py"
decontaminate = "AIME={benchmark},MMLU=samples/mmlu.jsonl"
input-dir = ["${{folder}}/responses"]
output = "${{folder}}/train.json"
select = "${{select}}"
"""
QUESTIONS = ("What is 1 + 1?", "How many wheels has a bicycle?", "Which prime number is even?")


class Lab:
    """A recipe whose model is a server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "data"
        self.rows, self.recipe, self.benchmark = (folder / name for name in ("rows.jsonl", "r.toml", "aime.jsonl"))
        self.open = threading.Event()
        self.open.set()
        self.asked: list[str] = []
        self.server = FaultyServer(self._behaviour)
        self.rows.write_text("".join(json.dumps({"problem": q, "answer": "2"}) + "\n" for q in QUESTIONS))
        self.benchmark.write_text(json.dumps({"Problem": "What is 9 + 9?", "Answer": 18, "Year": 2024}) + "\n")
        self.write(STEPS)

    def write(self, text: str) -> None:
        self.text = text
        self.recipe.write_text(
            text.format(folder=self.folder, rows=self.rows, url=self.server.url, benchmark=self.benchmark)
        )

    def _behaviour(self, body: dict[str, Any], before: int) -> dict[str, Any]:
        question = next(q for q in QUESTIONS if q in body["messages"][-1]["content"])
        self.asked.append(question)
        if question == QUESTIONS[2]:
            self.open.wait(60)
        found = answer(body)
        thought = f"Let me think about the question. {question} One more makes two, and that is a number I know well."
        found["choices"][0]["message"]["content"] = f"<think>\n{thought}\n</think>\n\nThe answer is $\\boxed{{2}}$."
        return found

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return script("-m", "util.run.recipe", self.recipe, *arguments)

    def started(self) -> subprocess.Popen[str]:
        words = [sys.executable, "-m", "util.run.recipe", str(self.recipe)]
        return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab(tmp_path)
    yield lab
    lab.open.set()
    lab.server.close()


def table(output: str) -> dict[str, str]:
    """Step -> what became of it, in the table at the end."""
    lines = output.rpartition("\nstep ")[2].splitlines()[1:]
    return {line.split()[0]: " ".join(line.split()[2:]) for line in lines if line.strip()}


def read_until(process: subprocess.Popen[str], wanted: str) -> str:
    """The output up to the line that contains ``wanted``."""
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or wanted not in lines[-1]:
        lines.append(process.stdout.readline())
        assert lines[-1], f"it ended without {wanted!r}: {lines}"
    return "".join(lines)


def reasons(output: str) -> dict[str, str]:
    """Command -> why it runs, in a dry run."""
    return dict(line[2:].split(": ", 1) for line in output.splitlines() if line.startswith("# "))


def test_a_recipe_runs_once_and_again_only_what_has_changed(lab: Lab) -> None:
    first = lab.run()
    assert first.returncode == 0, first.stderr
    assert table(first.stdout) == {"generate": "done", "convert": "done", "check": "done", "data": "done", "all": ""}
    assert len(json.loads((lab.folder / "train.json").read_text())) == 3
    assert sorted(lab.asked) == sorted(QUESTIONS)

    again = lab.run()
    assert again.returncode == 0, again.stderr
    assert {*table(again.stdout).values()} == {"complete before", ""}
    assert "== step" not in again.stdout

    changed = reasons(lab.run("--set", "select=shortest", "--dry-run").stdout)
    assert changed == {
        **dict.fromkeys(
            ("generate (one)", "generate (two)", "convert", "check (one)", "check (two)"), "complete, not run again"
        ),
        "data": "changed: --select all -> --select shortest",
    }

    lab.write(STEPS.replace("[selections.two]", "[selections.other]"))
    assert {*reasons(lab.run("--dry-run").stdout).values()} == {"complete, not run again"}  # another name alone
    lab.write(STEPS.replace("end = 3", "end = 2"))
    fewer = lab.run("--only", "generate")
    assert fewer.returncode == 0, fewer.stderr
    fewer = lab.run("--dry-run")
    assert "selections that the recipe no longer has" in fewer.stderr
    assert "m_MATH500_test_all_1_3.json" in fewer.stderr
    assert "m_MATH500_test_all_1_2.json" not in fewer.stderr
    for path in (lab.folder / "responses").glob("*_1_2.*"):
        path.unlink()
    lab.write(STEPS)

    aime = lab.benchmark.read_text()
    lab.benchmark.write_text(aime.replace("18", "19"))
    assert reasons(lab.run("--dry-run").stdout)["data"] == f"{lab.benchmark} has changed"
    lab.benchmark.write_text(aime)

    lab.rows.write_text(lab.rows.read_text() + json.dumps({"problem": "What is 5 - 3?", "answer": "2"}) + "\n")
    (lab.folder / "train.json").unlink()
    planned = lab.run("--dry-run")
    assert "no longer has" not in planned.stderr
    found = reasons(planned.stdout)
    assert found["generate (one)"] == f"{lab.rows} has changed"
    assert found["check (two)"] == f"{lab.rows} has changed"
    assert found["convert"].startswith("step generate ")
    assert found["data"] == f"{lab.folder / 'train.json'} is gone"


def test_ctrl_c_ends_the_step_cleanly_and_the_same_command_goes_on(lab: Lab) -> None:
    lab.open.clear()
    process = lab.started()
    wait_for(lambda: QUESTIONS[2] in lab.asked, what="the question that the server does not answer yet")
    process.send_signal(signal.SIGINT)
    output = read_until(process, "stopping: waiting")
    lab.open.set()  # the script waits for answers that are paid for
    output += process.communicate(timeout=120)[0]
    assert process.returncode == 130, output
    assert table(output)["generate"] in ("interrupted", "complete")
    assert table(output)["data"] == "not run"
    assert output.count("stopping: waiting") == 1  # one signal, not two
    again = lab.run()
    assert again.returncode == 0, again.stderr
    assert len(json.loads((lab.folder / "train.json").read_text())) == 3
    assert sorted(lab.asked) == sorted(QUESTIONS)  # nothing was asked twice


def test_a_killed_runner_takes_its_step_with_it(lab: Lab) -> None:
    lab.open.clear()
    process = lab.started()
    wait_for(lambda: QUESTIONS[2] in lab.asked)
    process.kill()
    output = read_until(process, "stopping: waiting")
    lab.open.set()
    output += process.communicate(timeout=120)[0]  # ends when the child has closed the pipe, too
    assert "interrupted: finished results are kept" in output
    again = lab.run()
    assert again.returncode == 0, again.stderr
    assert sorted(lab.asked) == sorted(QUESTIONS)


FAILING = """
folder = "{folder}"
[steps.a]
run = "convert_format.py"
input-dir = "${{folder}}/nothing"
rewriter = "rules"
[steps.b]
run = "util.report"
arguments = ["{rows}"]
output = "${{folder}}/b.html"
[steps.c]
after = []
run = "label_math_difficulty.py"
source = "math"
dataset-path = "samples/numina.jsonl"
dry-run = true
"""


def test_changed_settings_are_refused_by_the_script_until_overwrite(lab: Lab) -> None:
    text = STEPS.replace("[selections.two]\nstart = 1\nend = 3\n", "")
    lab.write(text[: text.index("[steps.convert]")])
    assert lab.run("--only", "generate").returncode == 0
    lab.write(lab.text.replace("temperatures = 0.7", "temperatures = 0.7\nseed = 5"))
    refused = lab.run("--only", "generate")
    assert refused.returncode == 1
    assert "add --overwrite generate" in refused.stderr
    done = lab.run("--overwrite", "generate")
    assert done.returncode == 0, done.stderr
    assert [*(lab.folder / "responses").glob("*_0_1.json.bak")]
    assert table(lab.run().stdout)["generate"] == "complete before"


def test_a_failure_ends_the_run_and_says_how_to_repeat_it(lab: Lab) -> None:
    lab.write(FAILING)
    done = lab.run()
    assert done.returncode == 1
    assert table(done.stdout) == {
        "a": "failed: status 1", "b": "not run, because a failed", "c": "not run, because a failed", "all": "",
    }  # fmt: skip
    assert (
        f"this command alone: python convert_format.py --input-dir {lab.folder}/nothing --rewriter rules" in done.stderr
    )
    assert "rerun the same command" in done.stderr
    going = lab.run("--keep-going")
    assert going.returncode == 1
    assert table(going.stdout) == {
        "a": "failed: status 1", "b": "not run, because a failed", "c": "done", "all": "",
    }  # fmt: skip


def test_chosen_steps(lab: Lab) -> None:
    lab.write(FAILING)
    assert reasons(lab.run("--only", "c", "--dry-run").stdout) == {
        "a": "not run: left out by --from or --only", "b": "not run: left out by --from or --only", "c": "--only",
    }  # fmt: skip
    done = lab.run("--only", "c")
    assert done.returncode == 0, done.stderr
    assert table(done.stdout) == {"a": "not chosen", "b": "not chosen", "c": "done", "all": ""}
    assert reasons(lab.run("--from", "b", "--dry-run").stdout)["b"] == "--from b"
    wrong = lab.run("--from", "bb")
    assert wrong.returncode == 1
    assert "--from bb: " in wrong.stderr
    assert "did you mean b?" in wrong.stderr
    assert "convert_format.py has no --overwrite" in lab.run("--overwrite", "a").stderr


def test_examples_are_printed() -> None:
    done = script("-m", "util.run.recipe", "--example", "preview")
    assert done.stdout == (ROOT / "examples/preview.toml").read_text(encoding="utf-8")
    wrong = script("-m", "util.run.recipe", "--example", "previw")
    assert "did you mean preview?" in wrong.stderr
    assert wrong.returncode == 1
    assert script("-m", "util.run.recipe").returncode == 2
