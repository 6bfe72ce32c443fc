"""Every handler of the project: its docstring's row goes through selection, prompt and check; its version is its own."""

from __future__ import annotations

import argparse
import contextlib
import inspect
import io
import json
import re
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest
from support.faulty_server import FaultyServer
from support.scripts import script

import inference_and_check
from tasks import TASK_HANDLERS
from util.hub import HubSource
from util.run.options import FileOptions, RunOptions, add_run_options, run_options
from util.task import CheckOptions, Selection

ADDS = "```python\nprint(sum(map(int, input().split())))\n```"
SUBTRACTS = "```python\na, b = map(int, input().split())\nprint(a - b)\n```"
REPLIES = {"math": (r"\boxed{42}", r"\boxed{41}"), "choice": (r"\boxed{B}", r"\boxed{C}"), "code": (ADDS, SUBTRACTS)}
"""Kind -> a right and a wrong response to the docstrings' rows."""
DOUBLES = "```python\ndef double(x):\n    return x + x\n```"
SQUARES = "```python\ndef double(x):\n    return x * x\n```"
OWN_REPLIES = {
    "OlympiadBench": (r"\boxed{-2, 2}", r"\boxed{2}"),
    "HumanEvalPlus": (DOUBLES, SQUARES),
    "MBPPPlus": (DOUBLES, SQUARES),
    "IFEval": ("As blue as the sky", "Blue, as the sky"),
}


def example(name: str) -> dict[str, Any]:
    """The row in a handler's docstring."""
    text = inspect.getdoc(TASK_HANDLERS[name]) or ""
    _, marker, row = text.partition("A row::")
    assert marker, f"{name} shows no row"
    found: dict[str, Any] = json.loads(row)
    return found


def selected(name: str, folder: Path) -> tuple[str, dict[str, Any]]:
    """Key and row of the example, as a run gets it from a file."""
    path = folder / "rows.jsonl"
    path.write_text(json.dumps(example(name)) + "\n")
    handler = TASK_HANDLERS[name]()
    [found] = handler.select(Selection(handler.default_split, handler.default_source, dataset_path=path))
    return found


@pytest.mark.parametrize("name", list(TASK_HANDLERS))
def test_the_docstrings_row_goes_through_the_handler(name: str, tmp_path: Path) -> None:
    handler = TASK_HANDLERS[name]()
    key, row = selected(name, tmp_path)
    assert key == row[handler.question_field]
    prompt = handler.prompt(row)
    assert key in prompt
    assert not re.search(r"\{(question|choices|target|starter)\}", prompt)
    assert handler.prompt_texts()
    source = handler.hub_source(Selection(handler.default_split, handler.default_source))
    assert isinstance(source, HubSource)
    assert source.split or handler.default_split in {part.partition(":")[0] for part in source.rows} | set(source.files)
    right, wrong = OWN_REPLIES.get(name) or REPLIES[handler.kind]
    if name.startswith("GPQA"):  # the options are shuffled
        right, wrong = rf"\boxed{{{row['answer']}}}", rf"\boxed{{{'ABCD'[row['answer'] == 'A']}}}"
    checker = handler.checker(CheckOptions())
    assert checker.rules
    assert checker.deadline(row) > 0
    verdicts = [checker.check(row, response) for response in (right, wrong)]
    assert [verdict.correct for verdict in verdicts] == [True, False]
    nothing = checker.check(row, "I do not know.")
    assert nothing.correct is False


@pytest.mark.parametrize("name", list(TASK_HANDLERS))
def test_a_handler_has_a_version_of_its_own(name: str) -> None:
    handler = TASK_HANDLERS[name]
    assert handler.name == name
    assert isinstance(vars(handler).get("version"), int)


def test_benchmarks_alone_are_not_sampled_for_training() -> None:
    """A default temperature above 0 also brings the system prompt of distillation for models without a profile."""
    assert {name for name in TASK_HANDLERS if TASK_HANDLERS[name].default_temperature} == {"NUMINA", "APPS", "TACO"}


@pytest.mark.parametrize("name", ["MATH500", "APPS", "MMLU-Pro"])
def test_a_manifest_names_task_and_version(name: str, tmp_path: Path) -> None:
    selected(name, tmp_path)
    server = FaultyServer(lambda body, before: 200)
    try:
        done = script(
            "inference_and_check.py", "--dataset", name, "--model", "openai/m", "--base-url", server.url, "--inference",
            "--dataset-path", tmp_path / "rows.jsonl", "--result-dir", tmp_path, env={"OPENAI_API_KEY": "k"},
        )  # fmt: skip
    finally:
        server.close()
    assert done.returncode == 0, done.stderr
    [journal] = tmp_path.glob(f"m_{name}_*.journal.jsonl")
    first = journal.read_text().splitlines()[0]
    version = TASK_HANDLERS[name].version
    assert f'"task":{{"name":"{name}","version":{version}}}' in first.replace(": ", ":").replace(", ", ",")


def test_names_are_known_before_a_handler_is_imported() -> None:
    code = (
        "import sys\nfrom tasks import TASK_HANDLERS\n"
        "assert 'MMLU-Pro' in TASK_HANDLERS and len(list(TASK_HANDLERS)) == len(TASK_HANDLERS)\n"
        "loaded = lambda: sorted(m for m in sys.modules if m.startswith('tasks.'))\n"
        "print(loaded())\nTASK_HANDLERS['GSM8K']\nprint(loaded())"
    )
    done = script("-c", code)
    before, after = done.stdout.splitlines()
    assert before == "['tasks.registry']", done.stderr
    assert "tasks.gsm8k" in after
    assert "tasks.taco" not in after


def test_run_options_default_to_what_the_handler_says(tmp_path: Path) -> None:
    """Of the command line without any option, and of the records that hold it."""
    parser = argparse.ArgumentParser()
    add_run_options(parser)
    args = parser.parse_args(["--model", "openai/some-model"])
    for name in TASK_HANDLERS:
        handler = TASK_HANDLERS[name]
        assert run_options(args, handler.default_temperature).sampling.temperatures == [handler.default_temperature]
    found = run_options(args, 0.0)
    assert found.checks == CheckOptions()
    assert found.files == FileOptions()
    assert {
        item.name for item in fields(RunOptions) if item.default is MISSING and item.default_factory is MISSING
    } == {
        "engine",
        "sampling",
    }


@pytest.mark.parametrize("name", list(TASK_HANDLERS))
def test_a_plan_without_options_uses_the_handlers_defaults(name: str, tmp_path: Path) -> None:
    selected(name, tmp_path)
    handler, printed = TASK_HANDLERS[name], io.StringIO()
    words = ["--dataset", name, "--model", "openai/m", "--dataset-path", str(tmp_path / "rows.jsonl"), "--dry-run"]
    with contextlib.redirect_stdout(printed):
        assert inference_and_check.main(words) == 0
    shown = printed.getvalue()
    assert f"{name}, split {handler.default_split}, source {handler.default_source}\n" in shown
    assert f"temperature {handler.default_temperature:g})" in shown
