"""How EvalPlus compares results (Liu et al. 2023), on results with their types (see ``typed_results``).

Facts from evalplus 0.3.1 (evalplus/eval/__init__.py and _special_oracle.py, Apache-2.0): results are equal as Python
values, or numbers within ``atol + 1e-7 * |expected|``, element by element, where both have one type. ``atol`` is the
problem's; if that is 0, 1e-6 for an expected float or a non-empty list or tuple of floats. Some problems have a rule of
their own, below. Stricter than there: ``are_equivalent`` and ``sum_div`` take answers that the reference does not give,
whatever the input; here such an answer is neither right nor wrong. NaN equals NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from util.code import call_values
from util.code.checkers import ANOTHER_ANSWER
from util.code.compare import Rules
from util.code.outcome import Outcome
from util.code.problem import Tests
from util.code.typed_results import is_number, key, number

RELATIVE = 1e-7
FLOATS = 1e-6

AS_SETS = frozenset((
    "similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly", "larg_nnum", "intersection_array",
    "find_dissimilar", "Diff",
))  # fmt: skip
"""MBPP functions whose results are compared as sets."""

NOT_NONE = frozenset(("check_str", "text_match_three", "text_starta_endb"))
"""MBPP functions of which only counts whether they return something; a returned boolean says it itself."""

OPEN = frozenset(("are_equivalent",))
OPEN_AT_ZERO = frozenset(("sum_div",))
"""MBPP functions of which EvalPlus takes any answer, or any 0, since the statement leaves it open."""


@dataclass(frozen=True)
class EvalPlusRules:
    """Compares the results of one problem. function: its name. mbpp: of MBPP+, else of HumanEval+."""

    function: str
    atol: float
    mbpp: bool

    def outcome(self, tests: Tests, index: int, data: bytes, rules: Rules) -> Outcome:
        expected = tests.outputs[index]
        if not call_values.within(data, expected):
            return Outcome("wrong answer", f"a result of {len(data)} bytes, far longer than the expected one")
        try:
            value = call_values.loads(data)
            kind = self._kind(value, expected, tests.inputs[index])
        except (ValueError, RecursionError) as error:
            return Outcome("wrong answer", str(error)[:200])
        if kind == "passed":
            return Outcome(kind)
        return Outcome(kind, f"expected {shown(expected)}, got {shown(value)}")

    def _kind(self, value: Any, expected: Any, arguments: Any) -> str:
        if not self.mbpp and self.function == "find_zero":
            return _kind(_is_root(arguments, value, self.atol))
        if self.mbpp and self.function in AS_SETS:
            return _kind(_same_sets(value, expected))
        if self.mbpp and self.function in NOT_NONE:
            there = expected if isinstance(expected, bool) else expected is not None
            return _kind(there == (value if isinstance(value, bool) else value is not None))
        if same(value, expected, self.atol):
            return "passed"
        if self.mbpp and (self.function in OPEN or (self.function in OPEN_AT_ZERO and key(value) == key(0))):
            return ANOTHER_ANSWER
        other = _OTHER_READINGS.get(self.function) if self.mbpp else None
        return _kind(other is not None and is_number(value) and _fits(value, other, arguments, self.atol))


def same(value: Any, expected: Any, atol: float) -> bool:
    """Whether an encoded result equals the expected one, exactly or within the tolerance.

    >>> same(0.3, 0.1 + 0.2, 0), same(["l", 1], ["t", 1], 0), same(2, 2.0000001, 1e-6)
    (True, False, False)
    """
    if key(value) == key(expected):
        return True
    allowed = atol or (FLOATS if _is_floats(expected) else 0)
    return allowed > 0 and type(value) is type(expected) and _close(value, expected, allowed)


def _is_floats(expected: Any) -> bool:
    if isinstance(expected, list) and expected[:1] in (["l"], ["t"]):
        return len(expected) > 1 and all(isinstance(item, float) for item in expected[1:])
    return isinstance(expected, float)


def _close(value: Any, expected: Any, atol: float) -> bool:
    """Numbers in one arrangement, each within the tolerance; anything else is not close."""
    if is_number(value) and is_number(expected):
        a, b = number(value), number(expected)
        try:
            return bool(a == b or abs(a - b) <= atol + RELATIVE * abs(b) < math.inf) or (a != a and b != b)
        except OverflowError:
            return False
    if not isinstance(value, list) or not isinstance(expected, list) or len(value) != len(expected):
        return False
    one_kind = value[:1] == expected[:1] and value[:1] in (["l"], ["t"], ["n"])
    return one_kind and all(_close(a, b, atol) for a, b in zip(value[1:], expected[1:], strict=True))


def _same_sets(value: Any, expected: Any) -> bool:
    try:
        return _elements(value) == _elements(expected)
    except TypeError:  # no collection, or elements that a set cannot hold
        return False


def _elements(value: Any) -> list[tuple[Any, ...]]:
    if isinstance(value, str):
        return sorted({(3, letter) for letter in value})
    if not isinstance(value, list) or value[:1] not in (["l"], ["t"], ["s"]):
        raise TypeError("not a collection")
    if any(isinstance(item, list) and item[:1] in (["l"], ["d"], ["n"]) for item in value[1:]):
        raise TypeError("unhashable elements")
    found: list[tuple[Any, ...]] = []
    for item in sorted(key(item) for item in value[1:]):
        if not found or found[-1] != item:
            found.append(item)
    return found


def _is_root(arguments: Any, value: Any, atol: float) -> bool:
    """Whether ``value`` is a zero of the polynomial with these coefficients, the constant one first."""
    if not isinstance(value, bool | int | float):
        return False
    try:
        total = sum(coefficient * math.pow(value, power) for power, coefficient in enumerate(arguments[0]))
    except (OverflowError, ValueError, TypeError, LookupError):
        return False
    return bool(abs(total) <= atol)


def _fits(value: Any, other: Callable[..., float], arguments: Any, atol: float) -> bool:
    """Whether a number is the result of the statement's other reading."""
    try:
        return bool(abs(number(value) - other(*arguments)) <= atol)
    except (ArithmeticError, ValueError, TypeError):
        return False


def _pyramid_surface(edge: float, height: float) -> int:
    """Surface of a square pyramid whose height is that of its apex above the base, rounded (MBPP 581)."""
    return round(edge * edge + 2 * edge * math.hypot(edge / 2, height))


def _digit_distance(one: int, other: int) -> int:
    """Sum of the differences of the digits, the shorter number filled with zeros (MBPP 558)."""
    width = max(len(str(one)), len(str(other)))
    return sum(abs(int(a) - int(b)) for a, b in zip(str(one).zfill(width), str(other).zfill(width), strict=True))


_OTHER_READINGS: dict[str, Callable[..., float]] = {
    "surface_Area": _pyramid_surface,
    "digit_distance_nums": _digit_distance,
}
"""MBPP functions whose statement has a second reading, which is accepted as well."""


def _kind(right: bool) -> str:
    return "passed" if right else "wrong answer"


def shown(value: Any, width: int = 80) -> str:
    """An encoded value as Python writes it, shortened."""
    if not isinstance(value, list) or not value:
        return call_values.shown(value, width)
    brackets = {"l": "[]", "t": "()", "s": "{}", "n": "[]", "d": "{}"}.get(value[0])
    if brackets is None:
        return f"a result of type {value[1]}" if value[0] == "?" and len(value) > 1 else call_values.shown(value, width)
    parts, total = list[str](), 0
    for item in value[1:]:
        pair = value[0] == "d" and isinstance(item, list) and len(item) == 2
        parts.append(f"{shown(item[0], width)}: {shown(item[1], width)}" if pair else shown(item, width))
        total += len(parts[-1])
        if total > width:
            break
    text = brackets[0] + ", ".join(parts) + ("," if value[0] == "t" and len(value) == 2 else "") + brackets[1]
    return text if len(text) <= width else f"{text[:width]}..."
