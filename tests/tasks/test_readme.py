"""tasks/README.md works as printed: its files are written and its commands are run, section by section."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.faulty_server import FaultyServer, answer
from support.hub_server import README, HubServer, Repo
from support.scripts import ROOT, results_in

pytest.importorskip("datasets")

GUIDE = (ROOT / "tasks" / "README.md").read_text()
SECTIONS = {part.split("\n", 1)[0]: part for part in re.split(r"(?m)^## ", GUIDE)[1:]}
HMMT = "MathArena/hmmt_feb_2025"
REPLIES = {
    "3/4 of 1000": r"\boxed{750}",
    "x^2 = 4": r"\boxed{-2}",
    "print their sum": "```python\nprint(sum(map(int, input().split())))\n```",
    "largest element": "```python\ndef largest(items):\n    return max(items + [0])\n```",
    "red disc": r"\boxed{A}",
    "maple leaf": r"\boxed{C}",
    "sky blue": "Short wavelengths scatter more.",
    "ice float": "Ice is lighter.",
}
"""Part of a question -> the response. Each section has a right and a wrong one; the others get \\boxed{2}."""


@dataclass(frozen=True)
class Step:
    """A fenced block. kind: its language. target: the file that the text before it names."""

    kind: str
    text: str
    target: str | None


def steps(section: str) -> list[Step]:
    """The blocks of a section, in order."""
    found, end = [], 0
    for block in re.finditer(r"(?ms)^```(\w+)\n(.*?)^```$", section):
        paragraph = section[end : block.start()].strip().rsplit("\n\n", 1)[-1].replace("\n", " ")
        named = re.search(r"(?:Write|table of) `([\w./]+)`", paragraph)
        found.append(Step(block[1], block[2], named[1] if named else None))
        end = block.end()
    return found


def reply(body: dict[str, Any], before: int) -> dict[str, Any]:
    whole = answer(body)
    asked = body["messages"][-1]["content"]
    for part, text in REPLIES.items():
        if part in asked:
            whole["choices"][0]["message"]["content"] = text
    return whole


@dataclass
class World:
    """A user's home, a stub of the API and a small Hub. cwd: where the next command runs."""

    home: Path
    tools: Path
    api: FaultyServer
    hub: HubServer
    cwd: Path

    def run(self, command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run shell commands; the folder in which they end is the next ones'."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "PYTHONPATH"))}
        environment |= {
            "HOME": str(self.home), "TOOLS": str(self.tools), "HF_ENDPOINT": self.hub.url, "OPENAI_API_KEY": "k",
            "OPENAI_BASE_URL": self.api.url, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **more,
        }  # fmt: skip
        place = self.home / ".cwd"
        done = subprocess.run(
            ["bash", "-ec", f"{command}\npwd > {place}"], cwd=self.cwd, env=environment, capture_output=True, text=True,
            timeout=600, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        if done.returncode == 0:
            self.cwd = Path(place.read_text().strip())
        return done

    def take(self, step: Step, printed: str) -> str:
        """Take one step of the guide; returns what it prints. printed: what the step before printed."""
        if step.kind == "bash":
            done = self.run(step.text)
            assert done.returncode == 0, done.stdout + done.stderr
            assert "Traceback" not in done.stderr
            return done.stdout + done.stderr
        if step.kind == "text":
            for line in step.text.splitlines():
                assert line in printed
            return printed
        assert step.target is not None, step.text
        path = (self.tools if "/" in step.target else self.cwd) / step.target
        if path.exists():
            enter(path, step.text)
        else:
            path.write_text(step.text)
        return ""


def enter(path: Path, line: str) -> None:
    """Add a line to the table of a file."""
    text = path.read_text()
    table = re.search(r"(?m)^(?:SOURCES: .* )?(?:    )?\{\n", text)
    assert table is not None
    path.write_text(text[: table.end()] + line + text[table.end() :])


def copied(folder: Path) -> Path:
    """The checkout's code in a folder where files may be added."""
    for name in ("util", "tasks", "samples"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.glob("*.py"):
        shutil.copy(path, folder)
    return folder


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    rows = [{"problem_idx": i, "problem": f"Find {i}.", "answer": str(i)} for i in range(1, 31)]
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    api, hub = FaultyServer(reply), HubServer(repos={HMMT: Repo({"README.md": README, "train.jsonl": data})})
    home = tmp_path / "home"
    home.mkdir()
    yield World(home, ROOT, api, hub, home)
    api.close()
    hub.close()


def verdicts(path: Path) -> list[bool | None]:
    """Of a result file, in the order of its problems."""
    return [
        score["correctness"]
        for entry in results_in(path).values()
        for responses in entry["responses"].values()
        for score in responses
    ]


@pytest.mark.parametrize("title", [title for title in SECTIONS if title[0].isdigit()])
def test_a_section_works_as_printed(title: str, world: World, tmp_path: Path) -> None:
    if "In the project" in title:
        world.tools = copied(tmp_path / "checkout")
    printed, outputs = "", []
    for step in steps(SECTIONS[title]):
        printed = world.take(step, printed)
        outputs.append(printed)
    judged = [line for line in "".join(outputs).splitlines() if line.startswith(('{"acc"', '{"HMMT"', '{"QUIZ"'))]
    assert judged
    assert all(": 0.5}" in line for line in judged), judged
    results = [*world.home.rglob("data/gpt-4o-mini_*_0_2.json"), *world.home.rglob("data/gpt-4o-mini_*_0_-1.json")]
    for path in results:
        assert sorted(verdicts(path), key=str) == [False, True], path
    assert results


def test_every_section_is_run_and_every_block_has_a_part_in_it() -> None:
    numbered = [title for title in SECTIONS if title[0].isdigit()]
    assert len(numbered) == 6
    found = [step for title in numbered for step in steps(SECTIONS[title])]
    assert len(found) == GUIDE.count("\n```") // 2
    assert {step.kind for step in found} == {"bash", "text", "python", "json"}
    commands = [line for step in found if step.kind == "bash" for line in step.text.splitlines()]
    for part in ("--dry-run", "--check --recheck", "eval.py --task-file", "convert_to_data.py --task-file", "util.hub"):
        assert any(part in command for command in commands), part


def test_training_data_has_the_right_response_alone(world: World) -> None:
    printed = ""
    for step in steps(SECTIONS["1. Mathematics, rows from the Hub"]):
        printed = world.take(step, printed)
    rows = json.loads((world.home / "hmmt" / "train.json").read_text())
    assert len(rows) == 1
    assert "Find 2." in json.dumps(rows)


PLAN = "--dataset QUIZ --dataset-path {rows} --model openai/m --result-dir {results}"


def quiz(world: World, folder: Path) -> Path:
    """The guide's quiz.py and its rows in a folder; returns the rows' path."""
    folder.mkdir(parents=True, exist_ok=True)
    for step in steps(SECTIONS["2. Rows of your own"]):
        if step.target:
            (folder / step.target).write_text(step.text)
    return folder / "quiz.jsonl"


@pytest.mark.parametrize("place", ["elsewhere", "root", "tasks", "folder of its name"])
def test_verdicts_are_real_wherever_the_file_is(place: str, world: World, tmp_path: Path) -> None:
    """Beside the scripts, among modules that are named like those of Python (tasks/math.py), and below the current folder."""
    world.tools = copied(tmp_path / "checkout")
    folder, cwd = {
        "elsewhere": (tmp_path / "elsewhere", tmp_path),
        "root": (world.tools, world.tools),
        "tasks": (world.tools / "tasks", world.tools),
        "folder of its name": (world.tools / "quiz", world.tools),
    }[place]
    rows = quiz(world, folder)
    world.cwd = cwd
    given = os.path.relpath(folder / "quiz.py", cwd)
    options = PLAN.format(rows=rows, results=tmp_path / "r")
    done = world.run(f"python {world.tools}/inference_and_check.py --task-file {given} {options}")
    assert done.returncode == 0, done.stderr
    assert verdicts(tmp_path / "r" / "m_QUIZ_test_all_0_-1.json") == [True, False]


@pytest.mark.engine
@pytest.mark.xdist_group("ray")
def test_verdicts_are_real_on_a_cluster(world: World, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    rows = quiz(world, tmp_path / "elsewhere")
    options = PLAN.format(rows=rows, results=tmp_path / "r")
    command = f"python $TOOLS/inference_and_check.py --task-file {rows.parent}/quiz.py {options} --check-on-cluster"
    done = world.run(f"{command} --check-workers 1")
    assert done.returncode == 0, done.stderr
    assert verdicts(tmp_path / "r" / "m_QUIZ_test_all_0_-1.json") == [True, False]


def test_rows_that_are_nowhere_are_one_message(world: World) -> None:
    quiz(world, world.home)
    plan = world.run(
        "python $TOOLS/inference_and_check.py --task-file quiz.py --dataset QUIZ --model openai/m --dry-run"
    )
    assert plan.returncode == 1
    assert plan.stderr.count("error: ") == 1
    assert "QUIZ has no repository on the Hub" in plan.stderr
    assert "--dataset-path" in plan.stderr
    world.cwd = ROOT
    hub = world.run(f"python -m util.hub --check QUIZ --task-file {world.home}/quiz.py")
    assert hub.returncode == 2
    assert "python -m util.hub: error: QUIZ has no repository on the Hub" in hub.stderr
    assert "Traceback" not in plan.stderr + hub.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("from tasks.choice import ChoiceTask\nclass T(ChoiceTask):\n    name = 'T'\n", "class T does not define required, question_field, letter()"),
        (
            "from tasks.math import MathTask\nclass T(MathTask):\n    name = 'T'\n    required = ()\n"
            "    def check(self, row, response): ...\n",
            "T.check is never called",
        ),
        ("from util.task import TaskHandler\nclass T(TaskHandler):\n    name = 'T'\n", "does not define kind, version, template"),
        ("import package_that_nobody_has\n", "No module named 'package_that_nobody_has'"),
    ],
)  # fmt: skip
def test_an_incomplete_class_is_one_message(text: str, message: str, world: World) -> None:
    (world.home / "mine.py").write_text(text)
    done = world.run("python $TOOLS/eval.py --task-file mine.py --evals T --model openai/m")
    assert done.returncode == 1
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
