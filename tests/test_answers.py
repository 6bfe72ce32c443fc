"""Final answers: what is found, what is equal, what must never be accepted."""

from __future__ import annotations

import pytest

from util.answers import verify
from util.answers.choice import extract_choice
from util.answers.extract import extract_answer


@pytest.mark.parametrize(
    ("response", "gold"),
    [
        (r"So \boxed{42}.", "42"),
        ("The answer is 7.", "7"),
        (r"\boxed{\frac{1}{2}}", "0.5"),
        (r"\boxed{\dfrac12}", r"\frac{1}{2}"),
        (r"\boxed{2x+1}", "1+2x"),
        (r"\boxed{2} and $\boxed{-2}$", "2,-2"),
        (r"<think>\boxed{8}</think> \boxed{7}", "7"),
        (r"\boxed{5.}", "5"),
        (r"\boxed{x=3}", "3"),
        (r"\boxed{25\%}", "25"),
        ("#### 1,234", "1234"),
        (r"\boxed{3.14159}", "3.14"),
        (r"\boxed{\text{yes}}", "Yes"),
        (r"first \boxed{3}, no: the final answer is \boxed{4}", "4"),
    ],
)
def test_right_answers_are_accepted(response: str, gold: str) -> None:
    assert verify(response, gold).correct is True


@pytest.mark.parametrize(
    ("response", "gold"),
    [
        ("I think 7", "7"),
        (r"<think>\boxed{7}", "7"),
        (r"<|begin_of_thought|> \boxed{7}", "7"),
        (r"\boxed{3.14}", "3.14159"),
        (r"\boxed{(1,2)}", "(2,1)"),
        ("The answer is not 7", "7"),
        (r"\boxed{7 or 8}", "7"),
        (r"\boxed{0.5}", "50"),
        (r"\boxed{100}", "1"),
        (r"\boxed{3.1415}", "3.14159"),
        (r"\boxed{10^{10^{10^{10}}}}", "10^{10}"),
        (r"\boxed{}", "7"),
        (r"\boxed{7", "7"),
    ],
)
def test_wrong_or_doubtful_answers_are_rejected_with_a_reason(response: str, gold: str) -> None:
    verdict = verify(response, gold)
    assert verdict.correct is False
    assert verdict.reason


def test_unusable_gold_is_no_verdict() -> None:
    assert verify(r"\boxed{7}", " ").correct is None


def test_model_text_is_never_run(tmp_path) -> None:
    target = tmp_path / "made"
    verify(rf"\boxed{{__import__('os').mkdir('{target}')}}", "x")
    verify(rf'\boxed{{open("{target}","w")}}', "x+1")
    assert not target.exists()


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("The answer is (B). A is wrong.", "B"),
        (r"\boxed{C}", "C"),
        (r"\boxed{\text{(D)}}", "D"),
        ("A triangle. So the answer is: B", "B"),
        ("The answer is Paris", "B"),
        ("I like a triangle", None),
        (r"<think>\boxed{A}", None),
        ("<think>the answer is A</think>\nThe answer is **D**.", "D"),
    ],
)
def test_choice_letters(response: str, letter: str | None) -> None:
    assert extract_choice(response, ["Rome", "Paris", "Oslo", "Bonn"]) == letter


def test_boxes_are_joined_only_across_list_connectors() -> None:
    assert extract_answer(r"\boxed{1}, \boxed{2}") == "1, 2"
    assert extract_answer(r"Trying \boxed{1}. That was wrong; the value is \boxed{2}") == "2"
