"""Plain numbers: parsed by one regular expression, compared as fractions."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from util.answers.values.rounding import rounds

_GROUPED = r"[1-9]\d{0,2}(?:,\d{3})+"
_WHOLE = rf"(?:{_GROUPED}|\d+)"
_NUMBER = re.compile(
    rf"(?P<sign>[+-]?)\s?(?:(?P<whole>{_WHOLE})?(?:\.(?P<decimals>\d*))?"
    rf"|(?:(?P<mixed>\d+)\s?)?\\frac(?:\{{(?P<above>-?{_WHOLE})\}}\s?\{{(?P<below>{_WHOLE})\}}|(?P<tops>\d)(?P<bottoms>\d))"
    rf"|(?P<over>{_WHOLE})\s?/\s?(?P<under>{_WHOLE}))\s?(?P<percent>\\?%?)",
    re.ASCII,
)
MAX_DIGITS = 600
LEAST_PERCENT = 10
"""A gold answer without a sign accepts one with "%" from this size on: "what per cent?" asks for a bare number, and small
ones are more often counts."""


class Literal(NamedTuple):
    """A number as written. places: decimal places, None if it has no decimal point."""

    value: Fraction
    places: int | None
    percent: bool


def literal(text: str) -> Literal | None:
    """The number that a ``layout.cleaned`` text spells, None if it is not a plain number."""
    if text.isdigit() and text.isascii() and len(text) <= MAX_DIGITS:
        return Literal(Fraction(int(text)), None, False)
    if len(text) > MAX_DIGITS or not text or text[0].isalpha():
        return None
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    value = _value(match)
    if value is None:
        return None
    decimals = match["decimals"]
    places = len(decimals) if decimals and match["whole"] != "" else None
    return Literal(-value if match["sign"] == "-" else value, places, bool(match["percent"]))


def _value(match: re.Match[str]) -> Fraction | None:
    if match["over"]:
        return _ratio(_integer(match["over"]), _integer(match["under"]))
    if match["above"] or match["tops"]:
        part = _ratio(_integer(match["above"] or match["tops"]), _integer(match["below"] or match["bottoms"]))
        if part is None or not match["mixed"]:
            return part
        return Fraction(int(match["mixed"])) + part if 0 < part < 1 else None
    whole, decimals = match["whole"], match["decimals"]
    if not whole and not decimals:
        return None
    return Fraction(_integer((whole or "") + (decimals or "")), 10 ** len(decimals or ""))


def _integer(text: str) -> int:
    return int(text.replace(",", ""))


def _ratio(above: int, below: int) -> Fraction | None:
    return Fraction(above, below) if below else None


def same_literals(gold: Literal, answer: Literal) -> str:
    """How two numbers are equal: "exact", "rounding", or "" if they are not. A percent sign may be on one side only."""
    if gold.percent == answer.percent:
        return _same(gold, answer)
    if gold.percent:
        # 25% is 0.25, and 25 where the sign was omitted; 0.5% is not 0.5.
        omitted = _same(gold, answer) if abs(gold.value) >= 1 else ""
        return omitted or _same(gold, _shifted(answer, 2))
    bare = _same(gold, answer) if abs(gold.value) >= LEAST_PERCENT else ""
    return bare or _same(gold, _shifted(answer, -2))


def _shifted(number: Literal, digits: int) -> Literal:
    """The number with its point moved to the right by so many digits."""
    places = None if number.places is None else number.places - digits
    return Literal(number.value * Fraction(10) ** digits, places, number.percent)


def _same(gold: Literal, answer: Literal) -> str:
    if gold.value == answer.value:
        return "exact"
    return "rounding" if rounds(gold.value, gold.places, answer.value, answer.places) else ""
