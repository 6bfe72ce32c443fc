"""The only tolerance: the precision of a decimal.

The rules come from measurements (``python -m benchmarks.decimals``, table in docs/answers.md): a short gold decimal such as
0.5 or 12.5 is mostly exact, a long one mostly rounded.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

SIGNIFICANT = 6
"""Significant digits that a decimal needs to be accepted for an exact gold answer."""
ENOUGH = 12
"""Significant digits behind which an approximation of an exact gold answer may be wrong, as a double's last ones are."""
ROUNDED = 3
"""Significant digits from which a gold decimal may be a rounding: at one and two, too many other values round to it."""
SIMPLE, SURELY_ROUNDED = 40, 6
"""Denominators up to which a gold decimal counts as exact (0.75, 12.5, 0.125, but not 3.14 = 157/50), and significant digits
from which it does not."""
NEAR = 1000
"""Parts of a gold decimal's last place within which a more precise answer is no rounding of it."""


def rounds(expected: Fraction, places: int | None, given: Fraction, other: int | None) -> bool:
    """Whether two unequal numbers are equal up to a rounding that the rules accept.

    expected: the gold value, with ``places`` decimal places (None if exact).
    given: the answer's value, with ``other`` decimal places (None if exact).
    """
    if places is not None:
        return _rounds_to_gold(expected, places, given, other)
    if other is None or expected.denominator == 1 or given == 0:
        return False
    digits = significant(given, other)
    if digits >= ENOUGH and _to_enough(given) == _to_enough(expected):
        return True
    return other > 0 and digits >= SIGNIFICANT and given in (rounded(expected, other), cut(expected, other))


def _rounds_to_gold(expected: Fraction, places: int, given: Fraction, other: int | None) -> bool:
    if expected.denominator == 1 or places <= 0:
        return False  # "3.0" is not a rounded value
    digits = significant(expected, places)
    if digits < ROUNDED or (digits < SURELY_ROUNDED and expected.denominator <= SIMPLE):
        return False
    # Half a unit counts on both sides: the longer decimal may be rounded itself.
    halves = abs(given - expected) * 2 * 10**places <= 1 if other is not None else rounded(given, places) == expected
    if (other is not None and other <= places) or not halves:
        return False
    # A value that was rounded is hardly ever this near: it is the gold value with something added.
    if abs(given - expected) * NEAR * 10**places >= 1:
        return True
    noise = other is not None and significant(given, other) >= ENOUGH
    return noise and abs(given - expected) * 10**ENOUGH <= abs(expected)


def significant(value: Fraction, places: int) -> int:
    """Significant digits of a decimal with so many decimal places."""
    return len(str(abs(round(value * Fraction(10) ** places))))


def _to_enough(value: Fraction) -> Fraction:
    exponent = (Decimal(value.numerator) / Decimal(value.denominator)).adjusted()
    return rounded(value, ENOUGH - 1 - exponent)


def rounded(value: Fraction, places: int) -> Fraction:
    """``value`` rounded to ``places`` decimal places, half away from zero."""
    half = Fraction(1, 2) / Fraction(10) ** places
    return cut(value + (half if value >= 0 else -half), places)


def cut(value: Fraction, places: int) -> Fraction:
    """``value`` truncated to ``places`` decimal places."""
    scale = Fraction(10) ** places
    return Fraction(math.trunc(value * scale)) / scale
