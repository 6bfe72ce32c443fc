"""What --evals names: parts of benchmarks, groups, names in any case."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.scripts import SAMPLES

from tasks import TASK_HANDLERS
from tasks import benchmark_parts as parts
from tasks.questions import parse_benchmarks
from util.system.errors import UserError
from util.task import Selection


def write(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize(
    ("text", "label", "source", "columns"),
    [
        ("AIME", "AIME", "2024", ()),
        ("aime:2023", "AIME:2023", "2023", ()),
        ("AIME:year=2023", "AIME:year=2023", "2023", ()),
        ("mmlu:subject=law", "MMLU:subject=law", "law", ()),
        ("gpqa_diamond:main", "GPQADiamond:main", "main", ()),
        ("Math-500:level=5:subject=Algebra", "MATH500:level=5:subject=Algebra", "Algebra", (("level", "5"),)),
        ("LiveCodeBench:v6:hard", "LiveCodeBench:v6:hard", "v6-hard", ()),
        ("livecodebench:difficulty=hard:release=v6", "LiveCodeBench:difficulty=hard:release=v6", "v6-hard", ()),
        (
            "LiveCodeBench:release_v6:2024-08..2025-05:hard",
            "LiveCodeBench:release_v6:2024-08..2025-05:hard",
            "release_v6:2024-08..2025-05-hard",
            (),
        ),
        (
            "LiveCodeBench:platform=leetcode",
            "LiveCodeBench:platform=leetcode",
            "release_v2",
            (("platform", "leetcode"),),
        ),
    ],
)
def test_a_part_is_a_source_and_columns(text: str, label: str, source: str, columns: tuple) -> None:
    [found] = parts.chosen(text)
    assert (found.label, found.source, found.columns) == (label, source, columns)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("AIMEE", "did you mean AIME?"),
        ("MMLU,mth500", "did you mean MATH500?"),
        ("maths", "did you mean math?"),
        ("livecodebnch:v6", "did you mean LiveCodeBench?"),
        (" , ", "no benchmark is named"),
        ("math:2024", "a group, which has no parts"),
        ("GSM8K:hard", "GSM8K has no sources"),
        ("AIME:2023:2024", "one source at a time"),
        ("AIME:year=", "nothing left empty"),
        ("MATH500:level=1:level=2", "names a column twice"),
        ("LiveCodeBench:v9", "There are: release_v1 to release_v6"),
        ("LiveCodeBench:v6:hrd", "no release 'hrd'"),
        ("LiveCodeBench:easy:hard", "one difficulty"),
    ],
)
def test_what_names_no_part_is_refused(text: str, words: str) -> None:
    with pytest.raises(UserError, match=words.replace("?", r"\?")):
        parts.chosen(text)


def test_groups_name_benchmarks_and_their_settings() -> None:
    for group in parts.GROUPS:
        assert len(parts.chosen(group)) == len(parts.GROUPS[group]) >= 2
    found = {each.label: dict(each.settings) for each in parts.chosen("Open-R1")}
    assert found == {
        "AIME": {"n": "64"}, "MATH500": {"n": "4"}, "GPQADiamond": {"n": "8"}, "LiveCodeBench": {"n": "16"},
    }  # fmt: skip
    both = parts.chosen("math,AIME:2024,open-r1")  # each part once, with the settings of every group
    assert len(both) == len(parts.GROUPS["math"]) + 2
    assert {each.label: dict(each.settings) for each in both}["AIME"] == {"n": "64"}


def checked(text: str, path: Path) -> None:
    for each in parts.chosen(text):
        parts.check_rows(each, path)


def test_unknown_values_and_columns_are_refused_with_the_known_ones() -> None:
    mmlu = SAMPLES / "mmlu.jsonl"
    checked("MMLU:subject=biology,MMLU:answer=1", mmlu)
    for text, words in {
        "MMLU:subject=biolgy": "Did you mean biology. There are: art, astronomy, biology",
        "MMLU:subjet=biology": "has no column 'subjet'. Did you mean subject",
        "MMLU:answer=9": "has answer=9. There are: 0, 1, 2, 3",
    }.items():
        with pytest.raises(UserError, match=words):
            checked(text, mmlu)
    with pytest.raises(UserError, match="There are: 2022, 2023, 2024"):
        parts.check_rows(parts.chosen("AIME:2019")[0], None)


def test_rows_that_do_not_tell_their_source_are_no_part(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", [{"problem": "1+1?", "answer": "2"}])
    checked("AIME", path)
    with pytest.raises(UserError, match="do not tell their source"):
        checked("AIME:year=2023", path)
    gpqa = dict.fromkeys(("Correct Answer", *(f"Incorrect Answer {n}" for n in (1, 2, 3))), "x") | {"Question": "?"}
    with pytest.raises(UserError, match="do not tell their source"):
        checked("GPQADiamond:main", write(tmp_path / "gpqa.jsonl", [gpqa]))
    row = {"question_content": "?", "public_test_cases": "[]", "difficulty": "hard"}
    checked("LiveCodeBench:v6:hard", write(tmp_path / "lcb.jsonl", [row]))  # a local file is its release


def test_a_column_filter_keeps_its_rows_before_the_slice(tmp_path: Path) -> None:
    rows = [{"problem": f"p{n}", "answer": "1", "level": n % 3, "extra": "x"} for n in range(9)]
    del rows[4]["extra"]  # not every row of JSON lines has every field
    path, handler = write(tmp_path / "rows.jsonl", rows), TASK_HANDLERS["MATH500"]()

    def keys(**selection: object) -> list[str]:
        return [key for key, _ in handler.select(Selection("test", dataset_path=path, **selection))]  # type: ignore[arg-type]

    assert keys(columns=(("level", "1"),)) == ["p1", "p4", "p7"]
    assert keys(columns=(("level", "1"),), start=1, end=3) == ["p4", "p7"]
    assert keys(columns=(("level", "1"), ("extra", "x"))) == ["p1", "p7"]
    with pytest.raises(UserError, match=r"There are: 0, 1, 2"):
        keys(columns=(("level", "5"),))


def test_names_of_parts_are_distinct_and_safe_in_file_names() -> None:
    assert Selection("test", "law").part == "law"
    assert Selection("test", columns=(("level", "5"), ("a", "1"))).part == "all+a=1+level=5"
    strange = [Selection("test", columns=(("c", value),)).part for value in ("a/b", "a b", "a:b", "x" * 500, "x" * 501)]
    assert len(set(strange)) == len(strange)
    assert not any(set(name) & set("/: ") or len(name) > 100 for name in strange)


def test_names_in_any_case_for_decontamination() -> None:
    assert parse_benchmarks("aime, Math-500=rows.jsonl") == {"AIME": None, "MATH500": Path("rows.jsonl")}
    with pytest.raises(UserError, match=r"did you mean GSM8K\?"):
        parse_benchmarks("gsm8")
