"""LiveCodeBench: recent contest problems, by release (Jain et al. 2024)."""

from __future__ import annotations

import calendar
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from tasks.code import CodeTask, UnusableTests, with_types
from tasks.packed_tests import unpacked
from util.code.problem import Tests
from util.hub import SOURCES, HubSource
from util.records import Row
from util.system.errors import UserError
from util.task import Selection

FILES = {
    "test.jsonl": 400,
    "test2.jsonl": 111,
    "test3.jsonl": 101,
    "test4.jsonl": 101,
    "test5.jsonl": 167,
    "test6.jsonl": 175,
}
"""File -> its rows; release N is the first N files."""


DIFFICULTIES = ("easy", "medium", "hard")


class LiveCodeBenchTask(CodeTask):
    r"""``--source`` is a release, a window of contest dates, a difficulty, or several of them.

    "release_v5", "2024-08..2025-05", "hard", "release_v5-hard", "2024-08..2025-05-hard",
    "release_v6:2024-08..2025-05-hard". A month in a window is whole; a window without a
    release is of all releases, a difficulty alone is of release_v2.

    A row::

        {"question_content": "Add two numbers.", "difficulty": "easy", "starter_code": "", "metadata": "{}",
         "public_test_cases": "[{\"input\": \"1 2\", \"output\": \"3\", \"testtype\": \"stdin\"}]"}
    """

    name = "LiveCodeBench"
    version = 2
    hub = SOURCES["LiveCodeBench"]
    required = ("question_content", "public_test_cases")
    question_field = "question_content"
    texts = ("public_test_cases",)
    default_source = "release_v2"
    source_names = ("release", "difficulty", "dates")
    default_temperature = 0.0

    def hub_source(self, selection: Selection) -> HubSource:
        files = part_of(selection.source).files
        return replace(self.hub, files={"test": files}, rows={"test": sum(FILES[name] for name in files)})

    def source_of(self, words: Sequence[str]) -> str:
        """Release, window and difficulty in any order, or a whole source."""
        if len(words) == 1:
            part_of(words[0])
            return words[0]
        difficulties = [word for word in words if word in DIFFICULTIES]
        windows = [word for word in words if ".." in word]
        releases = [word for word in words if word not in difficulties and word not in windows]
        for release in releases:
            release_files(release)
        if max(map(len, (difficulties, windows, releases))) > 1:
            raise UserError(
                f"{self.name} takes one release, one window of dates and one difficulty, as in {self.name}:v6:hard, "
                f"not {':'.join(words)}."
            )
        source = "-".join([":".join([*releases, *windows]), *difficulties])
        part_of(source)
        return source

    def matches(self, row: Row, source: str) -> bool:
        part = part_of(source)  # its files are the release; a wrong name is refused
        if part.difficulty is not None and row.get("difficulty") != part.difficulty:
            return False
        return part.first is None or part.last is None or part.first <= contest_date(row) <= part.last

    def prepare(self, row: Row) -> Row:
        return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}

    def tests(self, row: Row) -> Tests:
        cases = _cases(row["public_test_cases"]) + _cases(row.get("private_test_cases"))
        if not cases:
            raise UnusableTests("the row has no tests")
        function = _function(row)
        if any(case.get("testtype") == "functional" for case in cases):
            if function is None:
                raise UnusableTests("functional tests, but no function is named")
            tests = Tests(
                [_values(case["input"]) for case in cases],
                [_value(case["output"]) for case in cases],
                function,
                booleans="declared",
            )
            return with_types(tests, str(row.get("starter_code") or ""))
        return Tests([case["input"] for case in cases], [case["output"] for case in cases])

    def call_target(self, row: Row) -> str | None:
        function = _function(row)
        if function is None:
            return None
        return (
            f"method `{function}` of `class Solution`"
            if "class Solution" in str(row.get("starter_code"))
            else f"function `{function}`"
        )


@dataclass(frozen=True)
class BenchmarkPart:
    """The problems of a ``--source``: of these files, this difficulty, and contests from ``first`` to ``last``."""

    files: tuple[str, ...]
    difficulty: str | None = None
    first: date | None = None
    last: date | None = None


@lru_cache
def part_of(source: str) -> BenchmarkPart:
    """What a ``--source`` names (see ``LiveCodeBenchTask``).

    Raises:
        UserError: there is no such release, or the window is malformed.
    """
    rest, _, difficulty = source.rpartition("-")
    if difficulty not in DIFFICULTIES:
        rest, difficulty = source, ""
    release, colon, window = rest.rpartition(":")
    if not colon and ".." not in window:
        release, window = window or LiveCodeBenchTask.default_source, ""
    elif colon and ".." not in window:
        raise UserError(f"--source {source}: {window!r} is not a window of dates. {_WINDOW}")
    files = release_files(release or "all")
    return BenchmarkPart(files, difficulty or None, *(_bounds(window) if window else (None, None)))


_WINDOW = "Write two months or days with two dots between, as in 2024-08..2025-05 or 2024-08-15..2025-01-31."


def _bounds(window: str) -> tuple[date, date]:
    """The first and the last day of "2024-08..2025-05"."""
    match = re.fullmatch(r"(\d{4}-\d{2})(-\d{2})?\.\.(\d{4}-\d{2})(-\d{2})?", window, re.ASCII)
    try:
        if match is None:
            raise ValueError("it does not have that form")
        first = date.fromisoformat(match[1] + (match[2] or "-01"))
        last = date.fromisoformat(match[3] + (match[4] or "-01"))
    except ValueError as error:
        raise UserError(f"{window!r} is not a window of contest dates ({error}). {_WINDOW}") from error
    if match[4] is None:
        last = last.replace(day=calendar.monthrange(last.year, last.month)[1])
    if first > last:
        raise UserError(f"The window {window!r} ends before it begins. {_WINDOW}")
    return first, last


def contest_date(row: Row) -> date:
    """The day of a row's contest.

    Raises:
        UserError: the row has none, which a window of dates needs.
    """
    found = row.get("contest_date")
    try:
        return date.fromisoformat(str(found)[:10])  # a text, or a date that the reader has made of it
    except ValueError as error:
        raise UserError(
            f"A row has no readable contest_date ({str(found)[:40]!r}), so no window of dates can be taken. "
            "Leave the dates out of --source."
        ) from error


def release_files(source: str) -> tuple[str, ...]:
    """The files of a release: "release_v2", "v2" (that increment alone) or "all".

    Raises:
        UserError: there is no such release.
    """
    if source in ("all", "release_latest"):
        return tuple(FILES)
    match = re.fullmatch(r"(release_)?v([1-6])", source)
    if match is None:
        raise UserError(
            f"LiveCodeBench has no release {source!r}. There are: release_v1 to release_v6, v1 to v6, "
            f"all; each also with a window of dates and a difficulty ({', '.join(DIFFICULTIES)}), as in release_v2-hard, "
            "2024-08..2025-05 or release_v6:2024-08..2025-05-hard."
        )
    number = int(match[2])
    return tuple(FILES)[:number] if match[1] else tuple(FILES)[number - 1 : number]


def _function(row: Row) -> str | None:
    metadata = row.get("metadata") or "{}"
    try:
        data = json.loads(metadata) if isinstance(metadata, str) else metadata
    except ValueError:
        return None
    return (data.get("func_name") or None) if isinstance(data, dict) else None


def _cases(text: Any) -> list[dict[str, Any]]:
    """Test cases from JSON, or from packed JSON."""
    if not text:
        return []
    cases = text
    if isinstance(text, str):
        sys.set_int_max_str_digits(0)  # some tests hold integers of thousands of digits
        cases = _json(text if text.lstrip().startswith(("[", "{")) else unpacked(text))
    if not isinstance(cases, list):
        raise UnusableTests("the tests are not a list")
    for case in cases:
        if (
            not isinstance(case, dict)
            or not isinstance(case.get("input"), str)
            or not isinstance(case.get("output"), str)
        ):
            raise UnusableTests("a test is not an object with the texts 'input' and 'output'")
    return cases


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnusableTests(f"the tests are not JSON ({error})") from error


def _values(text: str) -> list[Any]:
    return [_value(line) for line in text.split("\n") if line.strip()]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnusableTests(f"a test value is not JSON ({error})") from error
