"""The examples in docs/answers.md are right."""

from __future__ import annotations

import re
from functools import cache

import pytest
from support.scripts import ROOT

from util.answers import compare
from util.answers.syntax.vocabulary import FUNCTIONS
from util.answers.values.complexes import FUNCTIONS as EVALUATED

_CODE = re.compile(r"`([^`]+)`")


@cache
def rows() -> list[tuple[str, list[str], list[str]]]:
    """(gold, right answers, wrong answers) of each row of a table with these columns."""
    found, within = [], False
    for line in (ROOT / "docs" / "answers.md").read_text().splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells[-3:] == ["gold", "right", "wrong"]:
            within = True
        elif not line.startswith("|"):
            within = False
        elif within and not line.startswith("| ---"):
            gold, right, wrong = ([code.replace(r"\|", "|") for code in _CODE.findall(cell)] for cell in cells[-3:])
            found.append((gold[0], right, wrong))
    return found


def test_every_table_is_read() -> None:
    assert len(rows()) >= 50
    assert all(right and wrong for _, right, wrong in rows())


@pytest.mark.parametrize("number", range(70))
def test_examples(number: int) -> None:
    if number >= len(rows()):
        pytest.skip("no such row")
    gold, right, wrong = rows()[number]
    assert [answer for answer in right if compare(gold, answer).correct is not True] == []
    assert [answer for answer in wrong if compare(gold, answer).correct is not False] == []


def test_the_evaluator_has_every_function_of_the_grammar() -> None:
    assert set(FUNCTIONS) - set(EVALUATED) == {"det"}
