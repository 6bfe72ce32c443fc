"""The one tolerance: a decimal's own precision."""

from __future__ import annotations

from fractions import Fraction

SIGNIFICANT = 6
"""Significant digits that a decimal needs to stand for an exact gold answer."""


def rounds(expected: Fraction, places: int | None, given: Fraction, other: int | None) -> bool:
    """Whether one of two unequal numbers is the other one rounded, as far as that is allowed.

    expected: the gold value, a decimal of ``places`` places or exact (None): a decimal gold takes
    an exact or more precise answer that rounds to it. given: the answer, a decimal of ``other``
    places or exact: a decimal of at least six significant digits, all of them right, stands for
    an exact gold.
    """
    if places is not None:
        if expected.denominator == 1:
            return False  # "3.0" is no measured number
        return (other is None or other > places) and rounded(given, places) == expected
    if other is None or other == 0 or expected.denominator == 1:
        return False
    digits = len(str(abs(given.numerator * 10**other // given.denominator)))
    return digits >= SIGNIFICANT and given in (rounded(expected, other), cut(expected, other))


def rounded(value: Fraction, places: int) -> Fraction:
    """Half away from zero, as at school."""
    whole = (2 * abs(value.numerator) * 10**places + value.denominator) // (2 * value.denominator)
    return Fraction(whole if value >= 0 else -whole, 10**places)


def cut(value: Fraction, places: int) -> Fraction:
    """The first digits, without rounding."""
    whole = abs(value.numerator) * 10**places // value.denominator
    return Fraction(whole if value >= 0 else -whole, 10**places)
