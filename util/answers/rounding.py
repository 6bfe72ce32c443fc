"""The only tolerance: the precision of a decimal."""

from __future__ import annotations

from fractions import Fraction

SIGNIFICANT = 6
"""Significant digits that a decimal needs to be accepted for an exact gold answer."""


def rounds(expected: Fraction, places: int | None, given: Fraction, other: int | None) -> bool:
    """Whether two unequal numbers are equal up to a rounding that the rules accept.

    expected: the gold value, with ``places`` decimal places (None if exact).
    given: the answer's value, with ``other`` decimal places (None if exact).

    A decimal gold answer accepts an exact or more precise answer that rounds to it. An exact gold answer
    accepts a decimal of at least six significant digits, all of them right.
    """
    if places is not None:
        if expected.denominator == 1:
            return False  # "3.0" is not a rounded value
        return (other is None or other > places) and rounded(given, places) == expected
    if other is None or other == 0 or expected.denominator == 1:
        return False
    digits = len(str(abs(given.numerator * 10**other // given.denominator)))
    return digits >= SIGNIFICANT and given in (rounded(expected, other), cut(expected, other))


def rounded(value: Fraction, places: int) -> Fraction:
    """``value`` rounded to ``places`` decimal places, half away from zero."""
    whole = (2 * abs(value.numerator) * 10**places + value.denominator) // (2 * value.denominator)
    return Fraction(whole if value >= 0 else -whole, 10**places)


def cut(value: Fraction, places: int) -> Fraction:
    """``value`` truncated to ``places`` decimal places."""
    whole = abs(value.numerator) * 10**places // value.denominator
    return Fraction(whole if value >= 0 else -whole, 10**places)
