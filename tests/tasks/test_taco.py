"""TACO's special judges, and comparisons that a row names itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tasks import TASK_HANDLERS
from tasks.taco import special_judge
from util.task import CheckOptions

ROW = {"question": "q", "input_output": json.dumps({"inputs": ["2\n", "3\n"], "outputs": ["1 2\n", "2 3\n"]})}
ANY = {"special_judge": True, "case": 1}


def check(row: dict[str, Any], code: str, name: str = "TACO") -> bool | None:
    return TASK_HANDLERS[name]().checker(CheckOptions()).check(row, f"```python\n{code}\n```").correct


REFERENCE = "n = int(input())\nprint(n - 1, n)"
REVERSED = "n = int(input())\nprint(n, n - 1)"


@pytest.mark.parametrize("fields", [ANY, ANY | {"case": 0}, ANY | {"case": None}, ANY | {"case": 7}, {"special_judge": "true", "case": "1"}])  # fmt: skip
def test_any_answer_rows_accept_the_reference_and_reject_failures(fields: dict[str, Any]) -> None:
    row = ROW | fields
    assert check(row, REFERENCE) is True
    assert check(row, REVERSED) is None
    assert check(row, "n = int(input())\nprint(n - 1, n if n == 2 else 9)") is None
    assert check(row, REVERSED + "\nif n == 3: raise ValueError") is False
    assert check(row, "print(") is False
    assert check(row, "pass") is False
    assert TASK_HANDLERS["TACO"]().checker(CheckOptions()).check(row, "no code").correct is False


def test_rows_of_the_hub_know_their_judge_by_position() -> None:
    handler = TASK_HANDLERS["TACO"]()
    for position, verdict in ((5, None), (382, None), (0, False)):
        row = handler.annotated(ROW, "test", position)
        assert check(row, REFERENCE) is True
        assert check(row, REVERSED) is verdict


@pytest.mark.parametrize(
    ("fields", "kind"),
    [({}, None), ({"special_judge": False, "case": 1}, None), (ANY, 1), (ANY | {"case": 2.0}, 2), (ANY | {"case": "3"}, 3), (ANY | {"case": "x"}, 1)],
)  # fmt: skip
def test_kinds_of_special_judges(fields: dict[str, Any], kind: int | None) -> None:
    assert special_judge(ROW | fields) == kind


@pytest.mark.parametrize("name", ["TACO", "APPS"])
def test_a_row_names_its_checker(name: str) -> None:
    row = ROW | ANY | {"checker": "tokens-any-order"}
    assert check(row, REVERSED, name) is True
    assert check(row, "print(7)", name) is False
    assert check(row | {"checker": "tokens-any-order any-answer"}, "print(7)", name) is None
    unknown = TASK_HANDLERS[name]().checker(CheckOptions()).check(row | {"checker": "in any order"}, f"```python\n{REFERENCE}\n```")  # fmt: skip
    assert unknown.correct is None
    assert "the checker 'any' is unknown; there are lines-any-order" in unknown.reason


@pytest.mark.parametrize("name", ["TACO", "APPS"])
def test_a_row_lists_several_right_outputs(name: str) -> None:
    listed = json.dumps({"inputs": ["2\n"], "outputs": [["1 2\n", "3\n"]]})
    row = {"question": "q", "input_output": listed, "checker": "one-of"}
    assert [check(row, f"print({printed!r})", name) for printed in ("1 2", "3", "1 2\n3", "4")] == [
        True,
        True,
        False,
        False,
    ]
    assert check(row | {"checker": None}, "print('1 2')\nprint()\nprint(3)", name) is True  # lines of one output
