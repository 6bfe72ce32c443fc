"""LiveCodeBench: recent contest problems, by release (Jain et al. 2024)."""

from __future__ import annotations

import base64
import io
import json
import pickle
import re
import zlib
from dataclasses import replace
from typing import Any

from tasks.code import CodeTask, UnusableTests, with_types
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
    r"""``--source`` is a release, a difficulty, or both ("release_v5-hard").

    A row::

        {"question_content": "Add two numbers.", "difficulty": "easy", "starter_code": "", "metadata": "{}",
         "public_test_cases": "[{\"input\": \"1 2\", \"output\": \"3\", \"testtype\": \"stdin\"}]"}
    """

    name = "LiveCodeBench"
    version = 1
    hub = SOURCES["LiveCodeBench"]
    required = ("question_content", "public_test_cases")
    question_field = "question_content"
    texts = ("public_test_cases",)
    default_source = "release_v2"
    default_temperature = 0.0

    def hub_source(self, selection: Selection) -> HubSource:
        files = release_files(parts(selection.source)[0])
        return replace(self.hub, files={"test": files}, rows={"test": sum(FILES[name] for name in files)})

    def matches(self, row: Row, source: str) -> bool:
        release, difficulty = parts(source)
        release_files(release)  # the files are the release; a wrong name is refused
        return difficulty is None or row.get("difficulty") == difficulty

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
        return Tests([str(case["input"]) for case in cases], [str(case["output"]) for case in cases])

    def call_target(self, row: Row) -> str | None:
        function = _function(row)
        if function is None:
            return None
        return (
            f"method `{function}` of `class Solution`"
            if "class Solution" in str(row.get("starter_code"))
            else f"function `{function}`"
        )


def parts(source: str) -> tuple[str, str | None]:
    """Release and difficulty of "release_v5", "hard" (of the default release) or "release_v5-hard"."""
    release, _, difficulty = source.rpartition("-")
    if difficulty not in DIFFICULTIES:
        return source, None
    return release or LiveCodeBenchTask.default_source, difficulty


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
            f"all; each also with a difficulty ({', '.join(DIFFICULTIES)}), as in release_v2-hard."
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
    """Test cases from JSON, or from JSON inside base64(zlib(pickle(text)))."""
    if not text:
        return []
    if isinstance(text, list):
        return text
    try:
        cases = json.loads(text)
    except ValueError:
        try:
            packed = zlib.decompress(base64.b64decode(text))
            cases = json.loads(_PlainUnpickler(io.BytesIO(packed)).load())
        except (ValueError, zlib.error, pickle.UnpicklingError, EOFError, TypeError) as error:
            raise UnusableTests(f"the tests cannot be decoded ({error})") from error
    if not isinstance(cases, list):
        raise UnusableTests("the tests are not a list")
    return cases


class _PlainUnpickler(pickle.Unpickler):
    """Unpickles texts and nothing that has a class."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} is refused")


def _values(text: str) -> list[Any]:
    return [_value(line) for line in text.split("\n") if line.strip()]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UnusableTests(f"a test value is not JSON ({error})") from error
