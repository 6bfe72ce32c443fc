"""Outputs of programs: white space beyond ASCII, numbers with a sign of percent or currency, linear time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from util.code import compare, lenient
from util.code.compare import difference, rules_for, same_output
from util.code.judge import judge
from util.code.outcome import comparison_for
from util.code.problem import Judging, Tests

MIB = 2**20


def same(expected: str, actual: str) -> bool:
    """Whether an output is right in a problem with this expected output."""
    return same_output(expected.encode(), actual.encode(), rules_for([expected.encode()]))


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("1 2\n", "1 2\n"),
        ("1\xa02\n", "1 2\n"),
        ("1\xa0\n2\n", "1\n2\n"),
        ("1\u30002", "1 2"),
        ("1\u20092\u202f3\u205f4\u16805", "1 2 3 4 5"),
        ("\u200b5\u200b\n", "5\n"),
        ("a\u200bb", "a b"),
        ("5\u200e\n", "5\n"),
        ("\u200d5 \u2060 6\u200c", "5 6"),
        ("5", "\ufeff5"),
        ("5 6\n7", "\ufeff5 6\n7\n"),
        ("\ufeff5", "5"),
        ("5", "5\x0b\x0c\r\n\xa0\n\u3000\n"),
        ("可\xa0以", "可 以"),
        ("5\u2028", "5"),
        ("5\x85", "5"),
    ],
)
def test_white_space_of_unicode_counts_as_white_space(expected: str, actual: str) -> None:
    assert same(expected, actual)
    assert same(actual, expected)
    for wrong in (
        actual + "x",
        "x" + actual,
        actual.replace("5", "6").replace("2", "3").replace("b", "c").replace("以", "可"),
    ):
        assert not same(expected, wrong)
        assert not same(wrong, expected)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("12", "1\u200d2"),
        ("12", "1\u200b2"),
        ("12", "1\ufeff2"),
        ("ab", "a\u00adb"),
        ("5", "\ufeff\n5"),
        ("1 2", "1\u20282\n3"),
        ("1\n2", "1\u20282"),
        ("1\n2", "1\x852"),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\U0001f469"),
        ("1", "\uff11"),
        ("5", "\u0663"),
        ("é", "e\u0301"),
    ],
    ids=ascii,
)
def test_these_texts_are_different(expected: str, actual: str) -> None:
    assert not same(expected, actual)
    assert not same(actual, expected)


@pytest.mark.parametrize("sign", ["%", "$", "€", "£", "¥", "₹", "¢", "‰"])
def test_decimals_with_a_sign_are_numbers(sign: str) -> None:
    others = [other for other in ("%", "$", "€", "") if other != sign]
    for form in ("{1}{0}", "{0}{1}", "-{0}{1}", "{0}-{1}"):
        if form == "{1}{0}":
            expected, actual = f"33.3333333334{sign}", f"33.333333333{sign}"
        else:
            expected, actual = form.format(sign, "33.3333333334"), form.format(sign, "33.333333333")
        assert rules_for([expected.encode()]).tolerance == compare.TOLERANCE
        assert same(expected, actual)
        assert same(f"a {expected}\nb", f"a {actual}\nb")
        assert not same(expected, actual.replace("33.33", "33.34"))
        for other in others:
            assert not same(expected, actual.replace(sign, other))
        assert not same(expected, actual + sign)
        assert not same(expected, actual.lstrip("-") if "-" in actual else "-" + actual) or form == "{0}-{1}"
    assert same(f"50{sign} 0.5", f"50.0{sign} 0.5")
    assert not same(f"50{sign}", f"50.0{sign}")
    assert not same(f"0.5 {sign}5", f"0.5 {sign}6")


def test_two_signs_are_no_number() -> None:
    for wrong in ("-$-5.0", "$$5.00", "5.00%%", "5.0.0%", "%", "$5.00$%"):
        assert not same("$5.0", wrong)
        assert not same(wrong, "$5.0")
    assert same("-$5.0", "$-5.00")
    assert not same("-$5.0", "$5.00")
    assert not same("1e400%", "1e401%")
    assert not same("0.5%", "5e-1")


def test_tolerance_needs_a_decimal_token() -> None:
    for text in ("1 2", "a.b", "e5", "1.2.3", "v1.0", "x=0.5", "...", "1e", "0.5,", "", "5 .", "12:30.5"):
        assert rules_for([text.encode()]).tolerance is None, text
    for text in ("0.5", "a 1. b", ".5", "1e5", "-2.5E-3", "+1.0", "a\n0.5%", "$0.5", "1\xa00.5\xa02"):
        assert rules_for([b"1", text.encode()]).tolerance == compare.TOLERANCE, text


def test_programs_print_byte_order_marks_and_wide_spaces() -> None:
    tests = Tests(["", ""], ["1 2\n", "1\xa02\n"])
    for text in ("\\ufeff1 2", "1\\u30002\\u200b", "1 2"):
        assert judge(f"print('{text}')", tests).correct is True
    for text in ("\\ufeff1 3", "1\\u200d2", "12"):
        assert judge(f"print('{text}')", tests).correct is False


def test_the_message_names_the_first_difference() -> None:
    rules = rules_for([b"1 2\n3\n"])
    assert difference(b"1 2\n3\n", b"1  2\n4\n", rules) == "line 2: expected '3', got '4'"
    assert difference(b"1 2\n3\n", b"1 2\n", rules) == "expected 2 lines, got 1"
    assert difference(b"1 2\n3\n", b"1 2\n3\n4\n", rules) == "expected 2 lines, got 3"
    assert difference(b"1", b"2" * 100_000, rules) == "expected 1 bytes, got 100000"
    assert difference(b"1", b"", rules) == "line 1: expected '1', got ''"
    assert len(difference(b"x" * 10**6, b"y" * 10**6, rules) or "") < 250


LINES = st.lists(st.lists(st.text("ab1.-%$é\u200d", min_size=1, max_size=4), max_size=4), max_size=4)
SPACES = st.sampled_from([" ", "  ", "\t", "\xa0", "\u3000", " \u200b", "\r", "\x0b"])


@given(LINES, SPACES, st.sampled_from(["", "\n", " \n\n", "\xa0\n\ufeff\n"]), st.sampled_from(["", "\ufeff"]))
def test_space_never_decides(lines: list[list[str]], space: str, end: str, start: str) -> None:
    expected = "\n".join(" ".join(line) for line in lines)
    actual = start + "\n".join(space + space.join(line) + space for line in lines) + end
    assert same(expected, actual)


@given(LINES, st.integers(0, 100))
def test_a_changed_token_is_never_right(lines: list[list[str]], place: int) -> None:
    tokens = [(row, column) for row, line in enumerate(lines) for column in range(len(line))]
    expected = "\n".join(" ".join(line) for line in lines)
    if tokens:
        row, column = tokens[place % len(tokens)]
        lines[row][column] += "c"
    else:
        lines = [["c"]]
    assert not same(expected, "\n".join(" ".join(line) for line in lines))


OUTPUTS = {
    "short lines": b"1\n" * (2 * MIB),
    "tokens": b"1 " * (2 * MIB),
    "white space": b" " * (4 * MIB) + b"x",
    "empty lines": b"\n" * (4 * MIB) + b"x",
    "one number": b"1" * (4 * MIB),
    "one decimal": b"0." + b"1" * (4 * MIB),
    "long lines": (b"1" * MIB + b"\n") * 4,
    "numbers of 300 digits": (b"0." + b"1" * 300 + b"\n") * 14_000,
    "no-break spaces": b"\xc2\xa0" * (2 * MIB) + b"x",
    "joiners": b"\xe2\x80\x8d" * (MIB) + b"x",
    "numbers with one hash": b" ".join(b"%d" % (number * (2**61 - 1)) for number in range(1, 100_000)),
    "signs": b"$" * (4 * MIB) + b"1.5",
    "invalid bytes": b"\xe2\x80" * (2 * MIB),
}


@pytest.mark.parametrize("use_lenient", [False, True], ids=["strict", "compat"])
@pytest.mark.parametrize("name", OUTPUTS)
def test_large_outputs_are_compared_in_linear_time(name: str, use_lenient: bool) -> None:
    data = OUTPUTS[name]
    for expected in (b"0.5\n" * (len(data) // 38), b"0.5 " * (len(data) // 38), b"7"):
        comparison = comparison_for(Tests([""], [""]), [expected], use_lenient=use_lenient)
        start = time.process_time()
        outcome = comparison.outcome(0, data)
        assert time.process_time() - start < 4
        assert outcome.kind in ("wrong answer", "judge limit")
        assert outcome.kind == "wrong answer" or use_lenient


@pytest.mark.parametrize(
    ("expected", "actual", "right"),
    [
        ("1 2\n3\n", "3\n2 1 1\n", True),
        ("0.5\n", "0.500001\n", True),
        ("0.5\n", "0.51\n", False),
        ("0.12341 5\n", "5 0.12342\n", True),
        ("0.1234 5\n", "5 0.1239\n", False),
        ("-0.0001 1\n", "1 0.0001\n", True),
        ("1 nan\n", "nan 1\n", True),
        ("1 nan\n", "1.0 nan\n", False),
        ("inf\n", "1e999\n", False),
        ("0." + "3" * 600, "0." + "3" * 500, True),
        ("0." + "3" * 600, "0." + "4" * 500, False),
        ("1" * 500, "1" * 501, False),
        ("a\n\nb\n", "  a\nb  \n\n\n", True),
        ("", "", True),
        ("x", "", False),
    ],
)
def test_published_rules_are_those_of_apps(expected: str, actual: str, right: bool) -> None:
    assert lenient.same_output(expected, actual) is right
    verdict = judge(f"print({actual!r}, end='')", Tests([""], [expected]), Judging(lenient=True))
    assert verdict.correct is right
