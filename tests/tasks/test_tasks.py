"""Handlers: rows, keys, prompts and checks on their real schemas, from local files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tasks import TASK_HANDLERS, taco
from tasks.gpqa import shuffled_order
from tasks.taco_judges import SPECIAL
from util.system.errors import UserError
from util.task import CheckOptions, Selection

ROWS = {
    "NUMINA": {"source": "math", "problem": "1+1?", "solution": r"\boxed{2}"},
    "AIME": {"id": 1, "problem": "1+1?", "answer": "002", "url": "https://x/2024_AIME_I_Problems/Problem_1"},
    "MATH500": {"problem": "1+1?", "answer": "2", "subject": "Algebra", "level": 1, "solution": ""},
    "MMLU": {"question": "1+1?", "choices": ["1", "2", "3", "4"], "answer": 1, "subject": "math"},
}
GOOD = {"NUMINA": r"\boxed{2}", "AIME": r"\boxed{2}", "MATH500": r"\boxed{2}", "MMLU": r"\boxed{B}"}


def write(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def chosen(name: str, path: Path, **options: object) -> list[tuple[str, dict]]:
    handler = TASK_HANDLERS[name]()
    selection = Selection("train", dataset_path=path, **options)  # type: ignore[arg-type]
    return list(handler.select(selection))


@pytest.mark.parametrize("name", list(ROWS))
def test_a_row_goes_through_prompt_and_check(name: str, tmp_path: Path) -> None:
    handler = TASK_HANDLERS[name]()
    [(key, row)] = chosen(name, write(tmp_path / "r.jsonl", [ROWS[name]]))
    assert key == "1+1?"
    prompt = handler.prompt(row)
    assert "1+1?" in prompt
    assert r"\boxed{}" in prompt
    assert "{{" not in prompt
    assert handler.checker(CheckOptions()).check(row, GOOD[name]).correct is True
    assert handler.checker(CheckOptions()).check(row, r"\boxed{9}").correct is False


def test_numina_selection_slices_before_it_filters(tmp_path: Path) -> None:
    rows = [
        {
            "source": "math" if i % 2 else "gsm8k",
            "problem": f"p{i}",
            "solution": r"\boxed{1}" if i % 3 else "none",
            "gpt_difficulty_parsed": i,
        }
        for i in range(1, 13)
    ]
    path = write(tmp_path / "r.jsonl", rows)
    of_source = [row for row in rows if row["source"] == "math"][1:5]
    expected = [r["problem"] for r in of_source if "boxed" in r["solution"] and 4 <= r["gpt_difficulty_parsed"] <= 9]
    got = chosen("NUMINA", path, source="math", start=1, end=5, filter_difficulty=True)
    assert [key for key, _ in got] == expected
    bounded = chosen("NUMINA", path, source="all", lower=11, upper=11)
    assert [key for key, _ in bounded] == ["p11"]


def test_wrong_source_names_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"'nope'.*math"):
        chosen("NUMINA", write(tmp_path / "r.jsonl", [ROWS["NUMINA"]]), source="nope")


def test_the_last_row_is_included_and_an_empty_selection_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", [ROWS["MATH500"], ROWS["MATH500"] | {"problem": "2"}])
    assert len(chosen("MATH500", path)) == 2
    with pytest.raises(UserError, match="empty"):
        chosen("MATH500", path, start=5)


def test_equal_questions_get_distinct_keys(tmp_path: Path) -> None:
    keys = [key for key, _ in chosen("MMLU", write(tmp_path / "r.jsonl", [ROWS["MMLU"]] * 3))]
    assert len(set(keys)) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"problem": "x", "answer": "1"}\n{"problem": oops\n', "line 2"),
        ('{"problem": "x"}\n', "'answer' is missing"),
        ('{"problem": 3, "answer": "1"}\n', "must be a text"),
        ("[1]\n", "expected an object"),
    ],
)
def test_malformed_rows_are_named(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        chosen("MATH500", path)


def test_gpqa_letters_depend_on_the_question_alone() -> None:
    handler = TASK_HANDLERS["GPQADiamond"]()
    rows = dict(handler.select(Selection("train", "diamond", dataset_path=Path("samples/gpqa.jsonl"))))
    sliced = dict(handler.select(Selection("train", "diamond", start=10, dataset_path=Path("samples/gpqa.jsonl"))))
    assert len({row["answer"] for row in rows.values()}) == 4
    for key, row in sliced.items():
        assert row["choices"] == rows[key]["choices"]
        assert row["choices"]["ABCD".index(row["answer"])] == row["Correct Answer"]
        assert handler.prepare(row) == row
    assert sorted(shuffled_order("x")) == [0, 1, 2, 3]


def test_aime_takes_its_year(tmp_path: Path) -> None:
    other = ROWS["AIME"] | {"problem": "old", "url": "https://x/2023_AIME_I_Problems/Problem_1"}
    path = write(tmp_path / "r.jsonl", [ROWS["AIME"], other])
    assert [key for key, _ in chosen("AIME", path, source="2024")] == ["1+1?"]


def test_taco_limits_and_special_judges() -> None:
    assert [list(SPECIAL.values()).count(kind) for kind in (1, 2, 3, 0)] == [137, 42, 37, 2]
    handler = TASK_HANDLERS["TACO"]()
    base = {
        "question": "q",
        "input_output": json.dumps({"inputs": ["1"], "outputs": ["Yes"]}),
        "time_limit": "2.0 seconds",
        "memory_limit": "256.0 megabytes",
    }
    tests = handler.tests(base)
    assert (tests.cpu, tests.memory, tests.ignore_case, tests.tolerance) == (2.0, 256 * 2**20, False, None)
    any_case = handler.annotated(base, "test", 20)
    assert handler.checker(CheckOptions()).check(any_case, "```python\nprint('YES')\n```").correct is True
    assert handler.checker(CheckOptions()).check(base, "```python\nprint('YES')\n```").correct is False
    assert handler.tests(handler.annotated(base, "test", 18)).tolerance == 1e-6
    assert handler.annotated(base, "train", 5) is base
    assert handler.annotated(base, "test", None) is base


@pytest.mark.parametrize(
    ("text", "seconds", "size"),
    [("", None, None), (None, None, None), ("500 ms", 0.5, None), ("1.5 GiB", 1.5, 3 * 2**29)],
)
def test_limits_are_read_in_their_units(text: str | None, seconds: float | None, size: int | None) -> None:
    assert taco.seconds(text) == seconds
    assert size is None or taco.byte_count(text) == size


def test_livecodebench_functional_and_packed_tests() -> None:
    import base64
    import pickle
    import zlib

    handler = TASK_HANDLERS["LiveCodeBench"]()
    private = json.dumps([{"input": "[2, 2]", "output": "4", "testtype": "functional"}])
    row = {
        "question_content": "sum",
        "starter_code": "class Solution:\n    def total(self, x):\n        ",
        "metadata": json.dumps({"func_name": "total"}),
        "public_test_cases": json.dumps([{"input": "[1, 2]", "output": "3", "testtype": "functional"}]),
        "private_test_cases": base64.b64encode(zlib.compress(pickle.dumps(private))).decode(),
    }
    good = "```python\nclass Solution:\n    def total(self, x):\n        return sum(x)\n```"
    assert handler.checker(CheckOptions()).check(row, good).correct is True
    assert len(handler.tests(row)) == 2
    row["private_test_cases"] = base64.b64encode(zlib.compress(pickle.dumps(print))).decode()
    assert handler.checker(CheckOptions()).check(row, good).correct is None


@pytest.mark.parametrize(
    "tests", ["", "{}", '{"inputs": ["1"], "outputs": []}', '{"inputs": ["1"], "outputs": ["1","2"]}', "oops"]
)
def test_rows_without_usable_tests_are_never_a_pass(tests: str) -> None:
    handler = TASK_HANDLERS["APPS"]()
    assert (
        handler.checker(CheckOptions())
        .check({"question": "q", "input_output": tests}, "```python\nprint(1)\n```")
        .correct
        is None
    )
