"""The examples in docs/judge.md are right."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from functools import cache

import pytest
from support.scripts import ROOT

from util.code.checkers import with_checker
from util.code.extract_code import extract_code
from util.code.judge import judge
from util.code.problem import Judging, Limits, Tests

_CODE = re.compile(r"(`+) ?(.+?) ?\1(?!`)")
QUICK = Judging(limits=Limits(cpu=2, wall=10))
BOOLEANS = {"own": "exact", "APPS": "equal", "LiveCodeBench": "declared", "": "exact"}


@cache
def table(*columns: str) -> list[list[str]]:
    """The rows of the table with these columns."""
    found, within = [], False
    for line in (ROOT / "docs" / "judge.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if tuple(cells) == columns:
            within = True
        elif not line.startswith("|"):
            within = False
        elif within and not line.startswith("| ---"):
            found.append(cells)
    return found


def codes(cell: str) -> list[str]:
    """The texts between backticks, with ``\\n`` and ``\\uXXXX`` replaced."""
    plain = re.compile(r"\\n|\\u[0-9a-f]{4}")
    return [plain.sub(lambda match: ast.literal_eval(f'"{match[0]}"'), found[1]) for found in _CODE.findall(cell)]


def rows(*columns: str) -> list[pytest.param]:  # type: ignore[valid-type]
    return [pytest.param(cells, id=str(number)) for number, cells in enumerate(table(*columns), 1)]


def test_every_table_is_read() -> None:
    sizes = [len(table(*columns)) for columns in (PROGRAMS, OUTPUTS, CHECKERS, VALUES, RESPONSES)]
    assert all(size >= least for size, least in zip(sizes, (12, 10, 5, 11, 12), strict=True)), sizes


PROGRAMS = ("program", "tests", "verdict")


@pytest.mark.parametrize("cells", rows(*PROGRAMS))
def test_programs(cells: list[str]) -> None:
    [code], [given, expected] = codes(cells[0]), codes(cells[1])
    assert judge(code, Tests([given], [expected]), QUICK).reason == cells[2]


OUTPUTS = ("rule", "expected", "right", "wrong")


@pytest.mark.parametrize("cells", rows(*OUTPUTS))
def test_outputs(cells: list[str]) -> None:
    [expected] = codes(cells[1])
    assert_outputs(Tests([""], [expected]), codes(cells[2]), codes(cells[3]))


CHECKERS = ("checker", "expected", "right", "wrong")


@pytest.mark.parametrize("cells", rows(*CHECKERS))
def test_checkers(cells: list[str]) -> None:
    [words], [expected] = codes(cells[0]), codes(cells[1])
    assert_outputs(with_checker(Tests([""], [expected]), words), codes(cells[2]), codes(cells[3]))


def assert_outputs(tests: Tests, right: list[str], wrong: list[str]) -> None:
    assert right
    assert wrong
    for outputs, correct in ((right, True), (wrong, False)):
        for output in outputs:
            assert judge(f"print({output!r})", tests, QUICK).correct is correct, output


VALUES = ("data set", "rule", "expected", "right", "wrong")


@pytest.mark.parametrize("cells", rows(*VALUES))
def test_values(cells: list[str]) -> None:
    [expected] = codes(cells[2])
    tests = replace(Tests([[1]], [ast.literal_eval(expected)], "f"), booleans=BOOLEANS[cells[0]])
    for values, correct in ((codes(cells[3]), True), (codes(cells[4]), False)):
        assert values
        for value in values:
            assert judge(f"def f(x): return {value}", tests, QUICK).correct is correct, value


RESPONSES = ("rule", "response", "program")


@pytest.mark.parametrize("cells", rows(*RESPONSES))
def test_responses(cells: list[str]) -> None:
    [response] = codes(cells[1])
    found = extract_code(response)
    assert ([] if found is None else [found.strip()]) == codes(cells[2])
