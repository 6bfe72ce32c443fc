"""Decontamination by words: which copies of a benchmark question are found, and which other problems are kept."""

from __future__ import annotations

import doctest
import textwrap
import time

import pytest

from util.training import contamination_words
from util.training.contamination import Benchmarks
from util.training.contamination_words import signed, signs, words

LONG = (
    r"Let $\dfrac{1}{2}\left(x_{1}+\alpha\right)\leq 3 \cdot 10^{3}$ and let $\theta = 60^\circ$ be an angle of $\triangle ABC$. "
    r"Find the number of \textbf{twenty-five} rows whose sum is at most 1{,}000 when $\sqrt{2}xy \neq \text{five}$."
)
SHORT = r"Compute $\frac{3}{4} \times 12 - 5$."


@pytest.mark.parametrize(
    "copy",
    [
        "\n".join(textwrap.wrap(LONG, 20, break_long_words=False)),
        "\n".join("  " + word for word in LONG.split(" ")),
        LONG.replace(" ", "\u00a0\u2009"),
        LONG.replace(r"\dfrac{1}{2}", "½").replace(r"\left(", "(").replace(r"\right)", " )"),
        LONG.replace("$", "").replace(r"\cdot", r"\times").replace(r"10^{3}", "10^3"),
        LONG.replace(r"\alpha", "α").replace(r"\theta", "θ").replace(r"\leq", "≤").replace(r"\neq", "≠"),
        LONG.replace(r"60^\circ", "60°").replace(r"\triangle ABC", "△ABC").replace("xy", r"x\,y"),
        LONG.replace(r"\textbf{twenty-five}", "**25**").replace("1{,}000", "1000").replace(r"\text{five}", "5"),
        LONG.replace("$", r"\(", 1).replace("$", r"\)", 1).replace("number", "num-\nber"),
        LONG.replace("Find", "## Find").replace("rows", "<b>rows</b>").replace("sum", "_sum_").replace("x_{1}", "x₁"),
        LONG.upper().replace(r"\DFRAC{1}{2}", "1/2").replace(r"\LEFT(", "(").replace(r"\RIGHT)", ")"),
    ],
)
def test_a_copy_in_another_layout_has_the_same_words(copy: str) -> None:
    joined = copy.replace("num-\nber", "number")
    assert words(signs(joined)) == words(signs(LONG))
    assert Benchmarks([("AIME", LONG)]).source("Solve this. " + copy + " Show your work.") == "AIME"
    assert Benchmarks([("AIME", copy)]).source(LONG) == "AIME"


@pytest.mark.parametrize(
    ("copy", "same"),
    [
        ("compute (3)/(4)*12-5", True),
        (r"Compute $ \tfrac 34 \cdot 12\, -\, 5 $", True),
        ("Compute ¾ × 12 − 5", True),
        ("Compute three/four times twelve minus five.", True),
        ("Compute **¾** * 12 - 5!", True),
        (r"Compute $\frac{3}{4} \times 12 + 5$.", False),
        (r"Compute $\frac{3}{4} \times 12 - 6$.", False),
        (r"Compute $\frac{4}{3} \times 12 - 5$.", False),
        (r"Compute $\frac{3}{4} + 12 - 5$.", False),
    ],
)
def test_short_questions_are_compared_with_their_operators(copy: str, same: bool) -> None:
    found = Benchmarks([("GSM8K", SHORT)])
    assert (found.source(copy) == "GSM8K") is same
    assert (found.source("Answer in a box. " + copy) == "GSM8K") is same


def test_a_longer_formula_is_another_question() -> None:
    found = Benchmarks([("GSM8K", "How much is two plus two?")])
    assert found.source("Think. How much is 2 + 2? Answer in a box.") == "GSM8K"
    assert found.source("Think. How much is 2 + 2 + 5?") is None
    half = Benchmarks([("GSM8K", r"What is $\frac{1}{2}$?")])
    assert half.source("What is one / two") == "GSM8K"
    assert half.source("What is ½ of 10?") is None


def test_numbers_in_words_end_where_another_begins() -> None:
    text = (
        "one hundred and five, twenty-one, two three, three hundred thousand and seven, zero, the third and the second"
    )
    assert words(signs(text)) == [
        *("105", "21", "2", "3", "300", "007", "0", "the", "3", "rd", "and", "the", "second"),
    ]  # fmt: skip
    assert words(signs("a 300-page book, a_1 and b 2")) == ["a", "300", "page", "book", "a1", "and", "b2"]
    assert signed(signs("well-known 3-digit numbers over time")) == [
        *("well", "known", "3", "digit", "numbers", "over", "time"),
    ]  # fmt: skip


def test_a_choice_is_found_with_and_without_its_options() -> None:
    found = Benchmarks([("MMLU", "Which animal barks?", "Cat Dog Fish Bird")])
    assert found.source("which animal barks") == "MMLU"
    assert found.source("Which animal barks? Cat Dog Fish Bird") == "MMLU"
    assert found.source("Which animal barks? Fox Seal") is None
    assert found.sizes == {"MMLU": 1}


def test_a_question_without_words_overlaps_with_nothing() -> None:
    assert Benchmarks([("MATH500", r"\[ \left( \right) \]")]).source("...") is None


@pytest.mark.parametrize("part", [r"\frac{", "<b>", "[[](", "**x* ", "-\n a", "x ", "{\\frac12}", "a & b; ", "twenty "])
def test_hostile_text_takes_linear_time(part: str) -> None:
    text = part * (200_000 // len(part))
    start = time.process_time()
    signs(text)
    assert time.process_time() - start < 3


def test_the_examples_of_the_docs() -> None:
    assert doctest.testmod(contamination_words).failed == 0
