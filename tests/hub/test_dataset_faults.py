"""Which rows a selection takes, against a reference in plain Python; handlers in a user's own file."""

from __future__ import annotations

import json
import random
import textwrap
from pathlib import Path
from typing import Any

import pytest
from support.scripts import script

from tasks import TASK_HANDLERS
from tasks.numina import DEFAULT_BOUNDS
from util.system.errors import UserError
from util.task import Selection

SOURCES = ("math", "amc_aime", "olympiads", "gsm8k")


def numina_rows(rng: random.Random) -> list[dict[str, Any]]:
    return [
        {
            "source": rng.choice(SOURCES),
            "problem": f"p{rng.randrange(40)}",  # some questions come twice
            "solution": rng.choice([r"so \boxed{1}", "no answer", r"\fbox{2}", r"\boxed{"]),
            "gpt_difficulty_parsed": rng.choice([-1, 1, 3.5, 4, 6, 8.5, 9, 10, None]),
        }
        for _ in range(rng.randrange(1, 60))
    ]


def numina_reference(rows: list[dict[str, Any]], selection: Selection) -> list[str]:
    """Source, then slice, then box, then difficulty; both bounds belong to the range."""
    taken = [row for row in rows if selection.source in ("all", row["source"])]
    taken = taken[selection.start :] if selection.end == -1 else taken[selection.start : selection.end]
    taken = [row for row in taken if "boxed" in row["solution"]]
    low, high = DEFAULT_BOUNDS.get(selection.source, (1, 10))
    if selection.lower is not None or selection.upper is not None:
        low = 1 if selection.lower is None else selection.lower
        high = 10 if selection.upper is None else selection.upper
    elif not selection.filter_difficulty:
        return [row["problem"] for row in taken]
    return [row["problem"] for row in taken if (row["gpt_difficulty_parsed"] or -1) > 0 and low <= row["gpt_difficulty_parsed"] <= high]  # fmt: skip


def selected(name: str, selection: Selection, field: str) -> list[str]:
    try:
        return [row[field] for _, row in TASK_HANDLERS[name]().select(selection)]
    except UserError as error:
        if "empty" in str(error) or "No row of" in str(error):
            return []
        raise


@pytest.mark.parametrize("seed", range(150))
def test_numina_takes_the_rows_of_the_reference(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    rows = numina_rows(rng)
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    bounds = rng.choice([(None, None), (4.0, 9.0), (None, 6.0), (8.5, None), (9.0, 9.0)])
    selection = Selection(
        "train", rng.choice(("all", *SOURCES)), rng.choice((0, 0, 1, 5, 70)), rng.choice((-1, -1, 1, 7, 100)),
        rng.random() < 0.5, *bounds, dataset_path=path,
    )  # fmt: skip
    if selection.end != -1 and selection.end <= selection.start:
        selection = Selection("train", selection.source, 0, selection.end, dataset_path=path)
    # Rows without a label of their own would be looked up on the Hub.
    labelled = [row for row in rows if (row["gpt_difficulty_parsed"] or -1) >= 0]
    if len(labelled) < len(rows) and (selection.filter_difficulty or bounds != (None, None)):
        path.write_text("".join(json.dumps(row) + "\n" for row in labelled))
        rows = labelled
    assert selected("NUMINA", selection, "problem") == (numina_reference(rows, selection) if rows else [])


@pytest.mark.parametrize("name", ["APPS", "TACO"])
@pytest.mark.parametrize("seed", range(30))
def test_code_sets_are_filtered_by_difficulty_and_sliced(name: str, seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    rows = [
        {"question": f"q{i}", "input_output": rng.choice(["", "{}", "{}"]), "difficulty": rng.choice(["EASY", "MEDIUM"])}
        for i in range(rng.randrange(1, 30))
    ]  # fmt: skip
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    source, start, end = rng.choice(["all", "EASY", "MEDIUM"]), rng.choice([0, 0, 3]), rng.choice([-1, 4, 50])
    expected = [row["question"] for row in rows if source in ("all", row["difficulty"])]
    expected = expected[start:] if end == -1 else expected[start:end]
    selection = Selection("train", source, start, end, filter_difficulty=True, dataset_path=path)
    assert selected(name, selection, "question") == expected


OWN = """
from tasks.math import MathTask
from util.hub import HubSource

class OwnTask(MathTask):
    name = "OWN"
    hub = HubSource("me/own", rows={"test": 1})
    required = ("problem", "answer")
    source_field = "subject"
"""


def own(tmp_path: Path, text: str, name: str = "own_task.py", *more: object) -> Any:
    (tmp_path / name).write_text(textwrap.dedent(text))
    rows = [{"problem": f"p{i}", "answer": "2", "subject": "ab"[i % 2]} for i in range(4)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return script(
        "inference_and_check.py", "--dataset", "OWN", "--task-file", tmp_path / name, "--model", "Qwen/QwQ-32B-Preview",
        "--dataset-path", tmp_path / "rows.jsonl", "--result-dir", tmp_path, "--source", "a", *more,
    )  # fmt: skip


def test_a_handler_of_ones_own_plans_and_checks(tmp_path: Path) -> None:
    done = own(tmp_path, OWN, "own_task.py", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "2 selected" in done.stdout
    responses = [{"content": r"\boxed{2}"}, {"content": r"\boxed{3}"}]
    entry = {"problem": "p0", "answer": "2", "responses": {"0": responses}}
    (tmp_path / "QwQ-32B-Preview_OWN_test_a_0_-1.json").write_text(json.dumps({"p0": entry}))
    done = own(tmp_path, OWN, "own_task.py", "--check")
    assert done.returncode == 0, done.stderr
    assert '{"acc": 0.5}' in done.stdout


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("x = 1", "own_task.py", "defines no TaskHandler"),
        ("1 / 0", "own_task.py", "ZeroDivisionError"),
        (OWN, "json.py", "another name"),
        (OWN, "own-task.py", "Python name"),
    ],
)
def test_a_bad_task_file_is_one_message(text: str, name: str, message: str, tmp_path: Path) -> None:
    done = own(tmp_path, text, name, "--dry-run")
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
