"""What a caller may choose about verdicts."""

from __future__ import annotations

import pytest

from tasks.math500 import Math500Task
from util.answers import compare
from util.answers.extraction.commitment import DENIED
from util.answers.layers import INEXACT
from util.answers.policy import Policy
from util.task import CheckOptions

SUM = r"\sum_{k=1}^{10}k^2"


@pytest.mark.parametrize(
    ("gold", "computation"),
    [
        ("385", SUM), ("2", r"\int_0^{\pi}\sin x\,dx"), ("1", r"\lim_{x\to 0}\frac{\sin x}{x}"), ("120", r"\prod_{k=1}^{5}k"),
        ("2x", r"\frac{d}{dx}x^2"), ("13", r"\begin{vmatrix}2&5\\1&9\end{vmatrix}"), ("6227020800", "13!"),
        ("1267650600228229401496703205376", "2^{100}"),
    ],
)  # fmt: skip
def test_a_computation_is_right_only_if_asked_for(gold: str, computation: str) -> None:
    rejected = compare(gold, computation)
    assert rejected.correct is False
    assert rejected.reason.endswith("where the gold answer is its value")
    assert compare(gold, computation, Policy(unevaluated=True)).correct is True
    assert compare(computation, gold).correct is True
    assert compare(computation, computation + "+0").correct is True


@pytest.mark.parametrize(("gold", "value"), [("1000", "10^3"), ("8", "2^3"), ("720", "6!"), ("252", r"\binom{10}{5}")])
def test_short_forms_of_a_number_are_answers(gold: str, value: str) -> None:
    assert compare(gold, value).correct is True


@pytest.mark.parametrize(
    ("gold", "answer"), [(r"\cos 2x", r"1-2\sin^2 x"), (r"\frac{1}{3}", "0.333333"), ("3.14", r"\pi")]
)
def test_no_verdict_where_a_rule_that_is_not_exact_decides(gold: str, answer: str) -> None:
    accepted = compare(gold, answer)
    assert accepted.correct is True
    assert accepted.evidence["layer"] in INEXACT
    doubtful = compare(gold, answer, Policy(certain=True))
    assert doubtful.correct is None
    assert "not exact" in doubtful.reason
    assert compare("(x+1)^2", "x^2+2x+1", Policy(certain=True)).correct is True
    assert compare(r"\cos 2x", r"1-\sin^2 x", Policy(certain=True)).correct is False


def test_the_options_of_a_check_reach_the_verdict_and_name_its_rules() -> None:
    task = Math500Task()
    row = {"answer": "385"}
    usual, accepting = task.checker(CheckOptions()), task.checker(CheckOptions(unevaluated="accept"))
    assert usual.check(row, rf"\boxed{{{SUM}}}").correct is False
    assert accepting.check(row, rf"\boxed{{{SUM}}}").correct is True
    certain = task.checker(CheckOptions(doubtful="null"))
    assert certain.check({"answer": "3.14"}, r"\boxed{\pi}").correct is None
    assert len({checker.rules for checker in (usual, accepting, certain)}) == 3


def test_a_check_says_why_a_statement_is_no_answer() -> None:
    found = Math500Task().checker(CheckOptions()).check({"answer": "5"}, r"The answer is not $\boxed{5}$.")
    assert found.correct is False
    assert found.evidence == {"answer": None, "gold": "5", "layer": "", "why": DENIED}
