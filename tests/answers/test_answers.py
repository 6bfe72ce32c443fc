"""Final answers: what is found, what is equal, what must never be accepted, how long it takes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from support.hostile_answers import CODE, HOSTILE

from util.answers import compare, verify
from util.answers.chosen_option import choose
from util.answers.explanation import comparison_lines, extraction_lines
from util.answers.extract import extract, extract_answer
from util.answers.policy import Policy
from util.answers.second_opinion import SecondOpinion
from util.answers.values.rounding import ROUNDED, significant

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "answers" / "cases"
SECONDS = 0.5


def cases(*names: str) -> list[dict[str, Any]]:
    return [json.loads(line) for name in names for line in (CASES / f"{name}.jsonl").read_text().splitlines()]


PAIRS = cases(*sorted(p.stem for p in CASES.glob("*.jsonl") if p.stem not in ("responses", "choices", "endings")))
GOLDS = sorted({case["gold"] for case in PAIRS})


def test_there_are_cases_of_every_kind() -> None:
    assert len(PAIRS) >= 1100
    assert sum(not case["same"] for case in PAIRS) >= 500
    assert all(case["why"] for case in PAIRS)


@pytest.mark.parametrize("kind", sorted({case["kind"] for case in PAIRS}))
def test_pairs(kind: str) -> None:
    wrong = [
        (case["gold"], case["answer"], case["same"], compare(case["gold"], case["answer"]).reason)
        for case in PAIRS
        if case["kind"] == kind and (compare(case["gold"], case["answer"]).correct is True) != case["same"]
    ]
    assert wrong == []


@pytest.mark.parametrize("case", cases("responses"), ids=lambda case: case["why"])
def test_responses(case: dict[str, Any]) -> None:
    verdict = verify(case["response"], case["gold"])
    assert (verdict.correct is True) == case["same"], verdict
    assert verdict.reason


@pytest.mark.parametrize("case", cases("choices"), ids=lambda case: case["why"])
def test_choices(case: dict[str, Any]) -> None:
    assert choose(case["response"], case["options"]).letter == case["letter"]


def test_every_gold_equals_itself() -> None:
    assert [gold for gold in GOLDS if compare(gold, gold).correct is not True] == []


def test_most_golds_are_read_and_not_only_matched_as_text() -> None:
    """Another spelling of each gold, so that the canonical text alone cannot decide."""
    verdicts = [compare(gold, f"{{{gold}}}").correct for gold in GOLDS]
    assert sum(verdict is True for verdict in verdicts) > 0.75 * len(GOLDS)


LAYOUTS = {
    "spaces": lambda text: f"  {text}  ",
    "dollars": lambda text: f"${text}$",
    "period": lambda text: f"{text}.",
    "left and right": lambda text: re.sub(
        r"(?<!\\)([(\[])", r"\\left\1", re.sub(r"(?<!\\)([)\]])", r"\\right\1", text)
    ),
    "thin spaces": lambda text: text.replace("=", r"\,=\,").replace("+", r"\;+\;"),
    "displaystyle": lambda text: rf"\displaystyle {text}",
    "dfrac": lambda text: text.replace(r"\frac", r"\dfrac"),
    "bold": lambda text: f"**{text}**",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_changes_nothing(layout: str) -> None:
    changed = [
        (gold, LAYOUTS[layout](gold))
        for gold in GOLDS
        if "$" not in gold and "boxed" not in gold and not gold.endswith(("...", "*"))
    ]
    assert [pair for pair in changed if compare(*pair).correct is not True] == []


def test_symmetric_where_no_side_is_rounded() -> None:
    exact = [c for c in PAIRS if "." not in c["gold"] + c["answer"]]
    assert len(exact) > 700
    differ = []
    for case in exact:
        any_form = Policy(unevaluated=True)
        there, back = (
            compare(one, other, any_form)
            for one, other in ((case["gold"], case["answer"]), (case["answer"], case["gold"]))
        )
        if None not in (there.correct, back.correct) and there.correct != back.correct:
            differ.append((case["gold"], case["answer"]))
    # What the gold answer says of its form counts more than what the answer adds: "m + n = 26" answers "find m + n",
    # but 26 is no equation; 101_2 may drop its base; an answer may not add a condition.
    sided = ("=", "\\pmod", "_", "\\%", "if", "for", "where", "\\text", "<", ">", "\\le", "\\ge", "\\ne")
    assert [pair for pair in differ if not any(word in "".join(pair) for word in sided)] == []


EXPRESSION = st.recursive(
    st.one_of(
        st.integers(0, 99).map(str),
        st.sampled_from(["x", "y", r"\pi", r"\sqrt{2}", r"\sqrt{3}"]),
        st.tuples(st.integers(1, 9), st.integers(2, 9)).map(lambda p: rf"\frac{{{p[0]}}}{{{p[1]}}}"),
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-"]), inner).map(lambda p: f"({p[0]}{p[1]}{p[2]})"),
        st.tuples(inner, inner).map(lambda p: rf"({p[0]}) \cdot ({p[1]})"),
        inner.map(lambda p: f"({p})^{{2}}"),
    ),
    max_leaves=5,
)


@given(EXPRESSION)
@settings(max_examples=150, deadline=None)
def test_an_expression_equals_itself_however_it_is_arranged(text: str) -> None:
    assert compare(text, f"{text}+0").correct is True
    assert compare(text, rf"\left({text}\right)").correct is True
    assert compare(text, rf"2 \cdot ({text}) - ({text})").correct is True


@given(EXPRESSION, st.integers(1, 9))
@example(r"(1) \cdot ((2) \cdot (0))", 1)
@settings(max_examples=150, deadline=None)
def test_an_expression_never_equals_itself_plus_something(text: str, more: int) -> None:
    assert compare(text, f"{text}+{more}").correct is False
    assert compare(text, rf"{text}-\sqrt{{{more}}}").correct is False


@given(st.integers(1, 10**9), st.integers(0, 8))
@settings(max_examples=200, deadline=None)
def test_another_digit_is_another_number(value: int, place: int) -> None:
    digits = str(value)
    assume(place < len(digits))
    changed = digits[:place] + str((int(digits[place]) + 1) % 10) + digits[place + 1 :]
    assume(int(changed) != value)
    for form in ("{}", "-{}", r"\frac{{{}}}{{7}}", "{}x", r"\sqrt{{{}}}+1", "({}, 1)", "0.{}1"):
        assert compare(form.format(digits), form.format(changed)).correct is False
    assert compare(digits, f"-{digits}").correct is False
    assert compare(f"{value:,}", digits).correct is True


@given(st.fractions(min_value=-1000, max_value=1000, max_denominator=500))
@example(Fraction(1, 101))
@settings(max_examples=200, deadline=None)
def test_fractions_and_decimals(value: Fraction) -> None:
    written = rf"\frac{{{value.numerator}}}{{{value.denominator}}}"
    assert compare(written, f"{value.numerator}/{value.denominator}").correct is True
    places = 4
    rounded = f"{float(value):.{places}f}"
    if abs(value * 10**places - round(value * 10**places)) != Fraction(1, 2):
        # A gold decimal of one or two significant digits is exact.
        enough = significant(Fraction(rounded), places) >= ROUNDED
        assert compare(rounded, written).correct is (enough or Fraction(rounded) == value)
    short = f"{float(value):.1f}"
    assert compare(written, short).correct is (Fraction(short) == value)


@given(st.text(alphabet=r"0123456789xyn+-*/^_=<>(){}[]|,.;:!%$\ abcdefrqstimpl&~'" + "√π½²≤∪", max_size=60))
@settings(max_examples=1500, deadline=None)
def test_no_text_breaks_or_stalls_the_verifier(text: str) -> None:
    for gold, answer in ((text, "x+1"), ("(1,2)", text), (text, text)):
        start = time.thread_time()
        compare(gold, answer)
        assert time.thread_time() - start < SECONDS


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_answers_end_soon_and_are_not_accepted(number: int, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    text = HOSTILE[number]
    for gold in ("7", r"\frac{1}{2}", "x+1", "(1,2)"):
        for pair in ((gold, text), (text, gold)):
            start = time.thread_time()
            assert compare(*pair).correct is not True
            assert time.thread_time() - start < SECONDS
    start = time.thread_time()
    verify(rf"So \boxed{{{text}}}", "7")
    assert time.thread_time() - start < SECONDS
    assert list(tmp_path.iterdir()) == []


def test_code_is_never_run_in_a_response(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    for code in CODE:
        assert verify(rf"\boxed{{{code}}}", "x").correct is not True
        assert verify(f"The answer is {code}", "x+1").correct is not True
    assert list(tmp_path.iterdir()) == []


def test_unreadable_gold_is_no_verdict() -> None:
    for gold in (" ", r"\unknowncommand{7}", "7" * 5000):
        assert verify(r"\boxed{7}", gold).correct is None


def test_evidence_names_the_answer_and_the_deciding_layer() -> None:
    """Also the order of the keys, which is that of the result files."""
    for gold, response, answer, layer in (
        ("7", r"\boxed{7}", "7", "text"),
        (r"\frac{1}{2}", r"\boxed{0.5}", "0.5", "number"),
        ("x+1", r"\boxed{1+x}", "1+x", "exact"),
        (r"\cos 2x", r"\boxed{1-2\sin^2 x}", r"1-2\sin^2 x", "points"),
        (r"\sqrt{2}", r"\boxed{1.41421356}", "1.41421356", "rounding"),
        ("x+1", r"\boxed{\text{no}}", r"\text{no}", "mathematics"),
        (r"\unknowncommand{7}", r"\boxed{7}", "7", ""),
        ("7", r"\boxed{\unknowncommand}", r"\unknowncommand", ""),
        ("7", "I do not know.", None, ""),
        (" ", r"\boxed{7}", None, ""),
    ):
        assert list(verify(response, gold).evidence.items()) == [("answer", answer), ("layer", layer)]
    too_long = compare("7", "7" * 5000)
    assert (too_long.correct, too_long.evidence) == (False, {"answer": "7" * 100, "layer": ""})


def test_verdicts_share_no_evidence() -> None:
    first, second = verify("I do not know.", "7"), verify("I do not know.", "7")
    first.evidence["answer"] = "8"
    assert second.evidence == {"answer": None, "layer": ""}


def test_lenient_extraction_is_asked_for() -> None:
    assert extract_answer("It must be $12$, I think.") is None
    assert verify("It must be $12$, I think.", "12", Policy(lenient=True)).correct is True
    assert verify("So x is 12 and y is 13.", "13", Policy(lenient=True)).correct is True


def test_fallback_reads_what_the_parser_cannot_and_overturns_nothing() -> None:
    unread = r"\operatorname{W}(1)"
    assert compare("x", unread).correct is False
    assert compare(r"x+1", r"x+2", Policy(fallback=True)).correct is False
    worker = SecondOpinion()
    try:
        assert worker.equal("x+1", "1+x") in (True, None)
        assert worker.equal("10^{10^{10^{10}}}", "1.5E999999999") is not True
        assert worker.equal("2", "2") in (True, None)  # a new worker after a kill
    finally:
        worker.close()


def test_importing_costs_nothing_heavy() -> None:
    code = (
        "import sys, time; t = time.process_time(); from util.answers import verify; "
        "s = time.process_time() - t; verify('The answer is 7', '7'); "
        "print(s, any(m in sys.modules for m in ('torch', 'vllm', 'sympy', 'mpmath', 'transformers')))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(3)
    ]
    assert min(float(seconds) for seconds, _ in runs) < 0.1
    assert {heavy for _, heavy in runs} == {"False"}


def test_explaining(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "util.answers", r"\frac{1}{2}", "0.5"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "gold read:   Div(1, 2)" in done.stdout
    assert "verdict:     right: the number equals the gold answer" in done.stdout


@pytest.mark.parametrize(
    ("gold", "answer", "line"),
    [
        ("5", r"500\text{ cm}", r"answer text: 500\text{ cm}"),
        ("[1,2)", r"1 \le x < 2", "gold read:   [1, 2)"),
        ("[1,2)", r"1 \le x < 2", "answer read: 1 <= x < 2"),
        ("7", "-0.050", "answer read: -0.050"),
        ("(1,234)", "7", "gold read:   (1, 234)"),
        ("1, 2", "2", "gold read:   List(1, 2)"),
        (r"\text{Yes}", "no", "answer read: words 'no'"),
        ("C", "(D) 5", "answer read: option D with content '5'"),
        ("", "5", "gold read:   nothing: the text is empty"),
        (r"\unknowncommand{7}", "7", "to do:       write the gold answer in a form that can be read, or try --fallback"),
        ("7", r"\unknowncommand{7}", "answer read: cannot be read: the command \\unknowncommand"),
        ("7", r"\unknowncommand{7}", "compared:    none: nothing could be compared"),
        (r"\cos 2x", r"1-2\sin^2 x", "compared:    the values of the expressions at many points (not a proof)"),
        (r"\cos 2x", r"1-2\sin^2 x", "to do:       --doubtful null, in a run, gives no verdict where such a rule decides"),
        (r"\frac{1}{3}", "0.333", "to do:       for an exact gold answer a decimal needs six significant digits"),
        ("385", r"\sum_{k=1}^{10}k^2", "to do:       --unevaluated accept accepts computations"),
    ],
)  # fmt: skip
def test_the_explanation_says_what_was_read_and_what_to_do(gold: str, answer: str, line: str) -> None:
    _, lines = comparison_lines(gold, answer, Policy())
    assert [text for text in lines if text.startswith(line)], lines


def test_the_explanation_of_a_response_says_why_nothing_was_extracted() -> None:
    lines = list(extraction_lines(extract("It must be $5$.")))
    assert lines[:2] == ["extracted:   nothing: nothing states an answer", "verdict:     wrong: no final answer found"]
    assert "--lenient" in lines[2]
    denied = list(extraction_lines(extract(r"The answer is not $\boxed{5}$.")))
    assert denied[0] == "candidate:   '5' (box, character 19): its sentence denies it"


def test_a_box_that_is_taken_back_is_no_answer_even_leniently() -> None:
    assert extract_answer(r"\boxed{5}. Wait, that is wrong.", lenient=True) is None
    assert verify(r"\boxed{$5$}. Wait, that is wrong; it is not $5$", "5", Policy(lenient=True)).correct is False
