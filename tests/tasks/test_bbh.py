"""BIG-Bench Hard: one strict rule for each kind of target."""

from __future__ import annotations

import pytest

from tasks.bbh import CLOSERS, LETTER, OTHER, WORD, WORDS, BbhTask, kind_of
from util.records import NO_FINAL_ANSWER, Row, Verdict
from util.system.errors import UserError
from util.task import CheckOptions

OPTIONS = "Which is it?\nOptions:\n(A) red\n(B) blue\n(C) green"
SORT = "Sort the following words alphabetically: List: syndrome Therefrom scan"
DYCK = "Complete the rest of the sequence, making sure that the parentheses are closed properly. Input: { < [ ] ("

CASES: list[tuple[str, str, str, list[str], list[str]]] = [
    (LETTER, OPTIONS, "(B)", [r"\boxed{B}", r"\boxed{(B)}", "The answer is (B).", r"\boxed{\text{(B) blue}}"], [r"\boxed{A}", "So red.", r"\boxed{D}"]),
    (LETTER, OPTIONS, "blue", [r"\boxed{B}"], [r"\boxed{C}"]),
    (WORD, "Is it so?\nOptions:\n- Yes\n- No", "No", [r"\boxed{No}", r"\boxed{\text{no}.}", r"\boxed{\text{No, it is not}}", "The answer is no."], [r"\boxed{Yes}", r"\boxed{\text{yes and no}}", r"\boxed{\text{not so}}"]),
    (WORD, "Is it valid?\nOptions:\n- valid\n- invalid", "invalid", [r"\boxed{invalid}", r"\boxed{\textbf{Invalid}}"], [r"\boxed{valid}", r"\boxed{\text{not valid}}"]),
    (WORD, "not ( True ) and ( True ) is", "False", [r"\boxed{False}", "#### false"], [r"\boxed{True}", r"\boxed{0}"]),
    (
        WORDS, SORT, "scan syndrome therefrom",
        [r"\boxed{scan syndrome therefrom}", r"\boxed{\text{scan, syndrome, Therefrom}}", r"\boxed{\text{scan}\ \text{syndrome}\ \text{therefrom}}"],
        [r"\boxed{syndrome scan therefrom}", r"\boxed{scan syndrome}", r"\boxed{scan syndrome syndrome therefrom}"],
    ),
    (
        CLOSERS, DYCK, ") > }",
        ["Think.\nAnswer: ) > }", "Answer:\n```\n) > }\n```", r"The final answer is \boxed{) > \}}.", "**Answer:** `)>}`", r"Answer: $) \rangle \}$", "Answer: { < [ ] ( ) > }", "Step 1.\n\n) > }"],
        ["Answer: > ) }", "Answer: ) >", "Answer: ) > } or } > )", "[ ] ( ) > }", "Answer: ) > } ]"],
    ),
    (OTHER, "((-1 + 2) * 3) =", "3", [r"\boxed{3}", r"The answer is $3$."], [r"\boxed{-3}", r"\boxed{3.5}"]),
]  # fmt: skip


def judged(row: Row, response: str) -> Verdict:
    return BbhTask().checker(CheckOptions()).check(row, response)


@pytest.mark.parametrize(("kind", "question", "target", "right", "wrong"), CASES)
def test_a_kind_of_target(kind: str, question: str, target: str, right: list[str], wrong: list[str]) -> None:
    row = {"input": question, "target": target}
    assert kind_of(row) == kind
    assert {text: judged(row, text).correct for text in right} == dict.fromkeys(right, True)
    assert {text: judged(row, f"<think>{right[0]}</think>{text}").correct for text in wrong} == dict.fromkeys(
        wrong, False
    )
    assert judged(row, f"<think>{right[0]}").correct is False
    shown = BbhTask().example(row)
    assert shown is not None
    assert judged(row, shown).correct is True
    assert question in BbhTask().prompt(row)


def test_a_target_that_is_no_option_is_null() -> None:
    found = judged({"input": OPTIONS, "target": "(D)"}, r"\boxed{B}")
    assert found.correct is None
    assert found.reason == "not judgeable: the target '(D)' is none of the question's options"


def test_brackets_without_an_answer_are_no_answer() -> None:
    assert judged({"input": DYCK, "target": ") > }"}, "I cannot tell.").reason == NO_FINAL_ANSWER


def test_sets_are_named_in_any_form() -> None:
    task = BbhTask()
    assert task.source_of(["BBH_Word Sorting"]) == task.source_of(["word-sorting"]) == "word_sorting"
    with pytest.raises(UserError, match=r"did you mean snarks\?"):
        task.source_of(["snark"])
