"""Which text of a response is its final answer: styles of writing, denials, hostile texts, and the table of the docs."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from support.endings import ENDINGS, LENIENT_ENDINGS

from util.answers import compare, verify
from util.answers.chosen_option import choose
from util.answers.extract import extract, extract_answer, last_boxed
from util.answers.extraction.commitment import DENIED, TAKEN_BACK
from util.answers.policy import Policy
from util.records import NO_FINAL_ANSWER

ROOT = Path(__file__).resolve().parents[2]
ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (ROOT / "tests/answers/cases/endings.jsonl").read_text().splitlines()
]
SECONDS = 0.5


def rows(table: str) -> list[dict[str, Any]]:
    return [row for row in ROWS if row["table"] == table]


def wrong_verdicts(cases: list[dict[str, Any]]) -> list[tuple[str, str, str | None, str]]:
    """(response, gold, extracted answer, its reason) of the cases that are judged wrongly."""
    found = []
    for case in cases:
        if (verify(case["response"], case["gold"]).correct is True) != case["right"]:
            extraction = extract(case["response"])
            found.append((case["response"], case["gold"], extraction.answer, extraction.reason))
    return found


def test_the_tables_are_as_large_as_they_claim() -> None:
    assert len(rows("corpus")) >= 300
    assert len({row["style"] for row in rows("corpus")}) >= 30
    assert len(rows("denied")) >= 80
    assert len(rows("stated")) >= 80
    assert len(rows("golds")) >= 60
    assert len(ENDINGS) >= 40


@pytest.mark.parametrize("style", sorted({row["style"] for row in rows("corpus")}))
def test_endings_of_many_styles(style: str) -> None:
    assert wrong_verdicts([row for row in rows("corpus") if row["style"] == style]) == []


@pytest.mark.parametrize("table", ["denied", "stated"])
def test_denied_hedged_retracted_and_glued_statements(table: str) -> None:
    assert wrong_verdicts(rows(table)) == []


@pytest.mark.parametrize("name", [*ENDINGS, *LENIENT_ENDINGS])
def test_a_style_changes_no_verdict(name: str) -> None:
    """Each gold in each ending: the right answer stays right, the wrong one wrong."""
    lenient = name in LENIENT_ENDINGS
    template = {**ENDINGS, **LENIENT_ENDINGS}[name]
    changed = []
    for row in rows("golds"):
        for answer, right in ((row["written"], True), (row["wrong"], False)):
            response = template.replace("@", answer.replace("\\", "\\\\") if name == "json" else answer)
            if (verify(response, row["gold"], Policy(lenient=lenient)).correct is True) != right:
                changed.append((row["gold"], response, extract_answer(response, lenient=lenient)))
    assert changed == []


def documented() -> list[tuple[str, str]]:
    """(ending, what is taken) of the table in docs/answers.md; "none" stands for no answer."""
    section = (ROOT / "docs/answers.md").read_text().partition("## Which text is the answer")[2].partition("\n## ")[0]
    found = []
    for line in section.splitlines():
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        if len(cells) >= 3 and cells[-2].startswith("`"):
            found.append((cells[-2].strip("`").replace("⏎", "\n"), cells[-1].strip("`")))
    return found


def test_the_documented_grammar_is_the_one_that_runs() -> None:
    table = documented()
    assert len(table) >= 25
    differ = []
    for ending, taken in table:
        answer = extract_answer(ending)
        same = answer is None if taken == "none" else answer is not None and compare(taken, answer).correct is True
        if not same:
            differ.append((ending, taken, answer))
    assert differ == []


def test_the_reason_of_a_missing_answer_is_in_the_evidence_and_the_count_stays() -> None:
    denied = verify(r"The answer is not $\boxed{5}$.", "5")
    assert (denied.correct, denied.reason) == (False, NO_FINAL_ANSWER)
    assert denied.evidence == {"answer": None, "layer": "", "why": DENIED}
    assert verify(r"\boxed{5}. Wait, that is wrong.", "5").evidence["why"] == TAKEN_BACK
    assert "why" not in verify("I do not know.", "5").evidence


def test_candidates_have_kind_place_and_fault() -> None:
    text = r"The answer is 4. Wait, that is wrong. \boxed{5} is wrong, too. #### 6"
    found = extract(text)
    assert (found.answer, found.kind) == ("6", "hashes")
    assert [(c.kind, c.text, bool(c.fault)) for c in found.candidates] == [
        ("phrase", "4", False), ("box", "5", True), ("hashes", "6", False)
    ]  # fmt: skip
    assert all(text[c.start :].startswith(("The answer", r"\boxed", "####")) for c in found.candidates)


def test_last_boxed_ignores_what_is_said_about_the_box() -> None:
    assert last_boxed(r"$-\boxed{\frac{1}{2}}$ is wrong") == r"\frac{1}{2}"
    assert last_boxed(r"\boxed{1") is None


def test_more_options_than_letters_are_an_error() -> None:
    with pytest.raises(ValueError, match="27 options"):
        choose("The answer is B.", [str(number) for number in range(27)])


HOSTILE_UNITS = (
    "ox", r"\boxed{", r"\boxed{5} ", "The answer is ", "The answer is 5. ", "#### 5 ", "####", "<answer>", "$", r"\(", r"\[", "{", "(",
    "*", r"\quad ", r"\,", "\n- ", "\n", " ", "Final Answer\n", "答案是 ", "Wait, ", "that is wrong. ", "not ", "if ", "or 5 ", "</s>",
    "5,", r"\frac{", "- $1$\n", "; ", "the a is b is ", '"answer": "', "|", "-", "Ans. ", "\nA: ",
)  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE_UNITS)
def test_a_megabyte_of_anything_is_read_soon(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    for response in (text, rf"\boxed{{5}} {text}", f"The answer is {text}"):
        start = time.thread_time()
        extract(response, lenient=True)
        assert time.thread_time() - start < SECONDS
