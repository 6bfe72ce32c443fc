"""Comparisons that a row can ask for by name: any order, letters' case, a tolerance, one of several outputs.

A row names them in its field ``checker``, as words separated by spaces or commas::

    lines-any-order    the expected lines in any order
    tokens-any-order   the tokens of each line in any order
    output-any-order   all tokens in any order, however they are spread over lines
    ignore-case        upper and lower case are equal
    tolerance=1e-4     numbers may differ that much, relatively or absolutely
    one-of             each expected output is a list of outputs, one of which must be given
    any-answer         other answers may be right: one that differs is neither right nor wrong

In any order, every expected line or token must be there as often as expected. For calls, the elements of a returned
list stand for the lines, and those of lists in it for the tokens. All take time linear in the output, but for sorting.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Any

from util.code import call_values, compare
from util.code.compare_values import ValueRules, same_value
from util.code.outcome import Outcome
from util.code.problem import Tests

ANOTHER_ANSWER = "another answer"
"""The kind of an outcome that is neither right nor wrong."""

UNDECIDED = "several answers are right, and this one is not the reference's"
"""The reason of a verdict that such outcomes leave open."""

WORDS = ("lines-any-order", "tokens-any-order", "output-any-order", "ignore-case", "one-of", "any-answer")
_TOLERANCE = "tolerance="
_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


@dataclass(frozen=True)
class NamedChecker:
    """A comparison by the words of the field ``checker`` (see the module's text)."""

    lines: bool = False
    tokens: bool = False
    everything: bool = False
    one_of: bool = False

    def outcome(self, tests: Tests, index: int, data: bytes, rules: compare.Rules) -> Outcome:
        expected = tests.outputs[index]
        listed = expected if self.one_of else [expected]
        if tests.function is None:
            return self._of_output([_encoded(text) for text in listed], data, rules)
        return self._of_value(tests, expected, listed, data)

    def _of_output(self, listed: list[bytes], data: bytes, rules: compare.Rules) -> Outcome:
        ordered = [self._ordered_text(text, rules) for text in listed]
        if all(compare.far_longer(text, data) for text in listed):
            return Outcome("wrong answer", f"{len(data)} bytes, far more than the expected output has")
        actual = self._ordered_text(data, rules)
        if any(compare.same_output(text, actual, rules) for text in ordered):
            return Outcome("passed")
        if len(listed) > 1:
            return Outcome("wrong answer", f"none of the {len(listed)} listed outputs")
        how = ", both sorted" if self.lines or self.tokens or self.everything else ""
        return Outcome("wrong answer", f"{compare.difference(ordered[0], actual, rules)}{how}")

    def _ordered_text(self, text: bytes, rules: compare.Rules) -> bytes:
        if not (self.lines or self.tokens or self.everything):
            return text
        key = _numeric_key if rules.tolerance is not None else _text_key
        rows = [line.split() for line in (_folded(text) if rules.ignore_case else text).split(b"\n")]
        while rows and not rows[-1]:
            rows.pop()
        if self.everything:
            rows = [[token for row in rows for token in row]]
        if self.tokens or self.everything:
            rows = [sorted(row, key=key) for row in rows]
        if self.lines:
            rows.sort(key=lambda row: [key(token) for token in row])
        return b"\n".join(b" ".join(row) for row in rows)

    def _of_value(self, tests: Tests, expected: Any, listed: list[Any], data: bytes) -> Outcome:
        if not call_values.within(data, expected):
            return Outcome("wrong answer", f"a result of {len(data)} bytes, far longer than the expected one")
        try:
            value = call_values.loads(data)
        except ValueError as error:
            return Outcome("wrong answer", str(error)[:200])
        if tests.wrapped:
            listed = [*listed, *(item[0] for item in listed if isinstance(item, list) and len(item) == 1)]
        actual = self._ordered_value(value, tests.ignore_case)
        values = ValueRules(compare.TOLERANCE if tests.tolerance is None else tests.tolerance, booleans=tests.booleans)
        for item in listed:
            wanted = self._ordered_value(item, tests.ignore_case)
            if same_value(wanted, actual, values):
                return Outcome("passed")
        shown = call_values.shown(expected)
        return Outcome("wrong answer", f"expected {shown}, got {call_values.shown(value)}")

    def _ordered_value(self, value: Any, ignore_case: bool) -> Any:
        value = _folded_value(value) if ignore_case else value
        if not isinstance(value, list | tuple):
            return value
        if self.tokens:
            value = [sorted(item, key=value_key) if isinstance(item, list | tuple) else item for item in value]
        return sorted(value, key=value_key) if self.lines else value


def with_checker(tests: Tests, words: Any) -> Tests:
    """``tests`` with what the field ``checker`` of a row asks for; None and "" ask for nothing.

    Raises:
        ValueError: a word is unknown, the tolerance is not a number of at least 0, "output-any-order" is asked of a
            call, or "one-of" where an output is not a list of outputs.
    """
    if words is None or words == "":
        return tests
    if not isinstance(words, str):
        raise ValueError(f"the field 'checker' must be a text, not {type(words).__name__}")
    named = set(words.replace(",", " ").split())
    tolerances = {word for word in named if word.startswith(_TOLERANCE)}
    if unknown := sorted(named - tolerances - set(WORDS)):
        raise ValueError(f"the checker {unknown[0]!r} is unknown; there are {', '.join(WORDS)}, {_TOLERANCE}NUMBER")
    if len(tolerances) > 1:
        raise ValueError(f"the checker has {len(tolerances)} tolerances")
    if tests.function is not None and "output-any-order" in named:
        raise ValueError("the checker 'output-any-order' is for programs that print; a call has 'lines-any-order'")
    if "one-of" in named and not all(isinstance(output, list) and output for output in tests.outputs):
        raise ValueError("the checker 'one-of' needs a list of outputs for each test")
    lines, tokens, everything = (f"{name}-any-order" in named for name in ("lines", "tokens", "output"))
    return replace(
        tests,
        checker=NamedChecker(lines, tokens, everything, "one-of" in named),
        ignore_case=tests.ignore_case or "ignore-case" in named,
        tolerance=next(map(_tolerance, tolerances), tests.tolerance),
        any_answer=tests.any_answer or "any-answer" in named,
    )


def _tolerance(word: str) -> float:
    try:
        number = float(word.removeprefix(_TOLERANCE))
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise ValueError(f"the checker {word!r} does not name a number of at least 0")
    return number


def opened(outcome: Outcome, tests: Tests, data: bytes) -> Outcome:
    """A wrong answer where other answers may be right, as neither right nor wrong; other outcomes as they are.

    A program that prints nothing, or a function that returns None, stays wrong: it gives no answer.
    """
    nothing = not data.strip() if tests.function is None else data.strip() == b"null"
    if not tests.any_answer or outcome.kind != "wrong answer" or nothing:
        return outcome
    return Outcome(ANOTHER_ANSWER, outcome.detail)


def undecided(outcome: Outcome) -> bool:
    """Whether a test's outcome is neither right nor wrong."""
    return outcome.kind == ANOTHER_ANSWER


def value_key(value: Any) -> tuple[Any, ...]:
    """A key that sorts plain values of all types: equal values get equal keys, near numbers stand side by side."""
    if isinstance(value, bool):
        return (1, value)
    if isinstance(value, int | float):
        return (2, 0) if value != value else (0, value)
    if isinstance(value, str):
        return (3, value)
    if isinstance(value, list | tuple):
        return (4, *(value_key(item) for item in value))
    if isinstance(value, dict):
        return (5, *sorted((value_key(key), value_key(item)) for key, item in value.items()))
    return (6,)


def _text_key(token: bytes) -> Any:
    return token


def _numeric_key(token: bytes) -> Any:
    """Numbers by value, so that those within a tolerance stand side by side; other tokens by their text."""
    if len(token) <= compare.MAX_NUMBER and _NUMBER.fullmatch(token):
        return (0, float(token), token)
    return (1, 0.0, token)


def _encoded(text: Any) -> bytes:
    return str(text).encode("utf-8", "surrogatepass")


def _folded(text: bytes) -> bytes:
    return text.decode("utf-8", "surrogateescape").casefold().encode("utf-8", "surrogateescape")


def _folded_value(value: Any) -> Any:
    if isinstance(value, str):
        return value.casefold()
    if isinstance(value, list | tuple):
        return [_folded_value(item) for item in value]
    return value
