r"""Whether two written answers mean the same, by text and by exact numbers.

Nothing here evaluates what a model wrote: numbers are read by a fixed grammar and
compared as fractions. A decimal gold accepts a more precise value that rounds to
it; there is no other tolerance.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

_DROPPED = re.compile(
    r"\\left|\\right|\\displaystyle|\\limits|\\[,!;: ]|\\(?:quad|qquad)\b|\\\(|\\\)|\$|\\text\{\s*\}|~|\s"
)
_TEXT = re.compile(r"\\(?:text|textbf|textrm|mathrm|mathbf|mbox|operatorname)\*?\{([^{}]*)\}")
_BARE_FRACTION = re.compile(r"\\frac(\d)(\d)")
_PREFIX = re.compile(r"^\\?[a-zA-Z](?:_\w|\([a-z]\))?=(?=[^=])")
_DEGREES = re.compile(r"\^\{?\\circ\}?|\\degree|°|degrees?$")

_INTEGER = r"\d{1,3}(?:(?:,|\{,\})\d{3})+|\d+"
_DECIMAL = re.compile(rf"([+-]?)((?:{_INTEGER})?)(?:\.(\d+))?")
_FRACTION = re.compile(rf"([+-]?)(?:(\d+))?\\frac\{{([+-]?(?:{_INTEGER}))\}}\{{((?:{_INTEGER}))\}}")
_SLASH = re.compile(rf"([+-]?(?:{_INTEGER}))/({_INTEGER})")
_SCIENTIFIC = re.compile(r"([+-]?\d+(?:\.\d+)?)(?:\\times|\\cdot|×|\*)10\^\{?([+-]?\d{1,3})\}?")
_E_NOTATION = re.compile(r"([+-]?\d+(?:\.\d+)?)[eE]([+-]?\d{1,3})")

MAX_DIGITS = 2_000


def canonical(answer: str) -> str:
    r"""One spelling for spellings that differ in layout alone.

    >>> canonical(r"\left( 1,\, \dfrac12 \right)") == canonical(r"(1, \frac{1}{2})")
    True
    """
    text = unicodedata.normalize("NFKC", answer).replace("\u2212", "-").replace("\u2013", "-")
    text = re.sub(r"\\[dtc]frac", r"\\frac", text)
    text = text.replace(r"\cfrac", r"\frac").replace(r"\%", "%").replace(r"\$", "")
    text = _TEXT.sub(r"\1", text)
    text = _DROPPED.sub("", text)
    text = _BARE_FRACTION.sub(r"\\frac{\1}{\2}", text)
    text = _DEGREES.sub("", text).rstrip(".")
    return text.casefold() if _is_words(text) else text


def as_number(answer: str) -> Fraction | None:
    """The exact value of a written number, or None if it is not one.

    >>> as_number("1,234.50"), as_number("-3/4"), as_number("25%")
    (Fraction(2469, 2), Fraction(-3, 4), Fraction(1, 4))
    """
    text = _PREFIX.sub("", canonical(answer))
    if not text or len(text) > MAX_DIGITS:
        return None
    if text.endswith("%"):
        value = _plain_number(text[:-1])
        return None if value is None else value / 100
    return _plain_number(text)


def _plain_number(text: str) -> Fraction | None:
    if match := _SLASH.fullmatch(text):
        return _ratio(_integer(match[1]), _integer(match[2]))
    if match := _FRACTION.fullmatch(text):
        value = _ratio(_integer(match[3]), _integer(match[4]))
        if value is None or (match[2] and value < 0):
            return None
        value += int(match[2] or 0)
        return -value if match[1] == "-" else value
    if match := _SCIENTIFIC.fullmatch(text) or _E_NOTATION.fullmatch(text):
        return Fraction(Decimal(match[1])) * Fraction(10) ** int(match[2])
    match = _DECIMAL.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        return None
    value = Fraction(_integer(match[2] or "0"))
    if match[3]:
        value += Fraction(int(match[3]), 10 ** len(match[3]))
    return -value if match[1] == "-" else value


def same_number(gold: str, answer: str) -> bool | None:
    """Whether two written numbers are equal; None if one of them is no number."""
    expected, given = as_number(gold), as_number(answer)
    if expected is None or given is None:
        return None
    if expected == given:
        return True
    percent = (canonical(gold).endswith("%"), canonical(answer).endswith("%"))
    if percent == (True, False):
        return given == expected * 100  # "what percent ...?" answered by the bare number
    if percent == (False, True):
        return given * 100 == expected
    places = _decimal_places(gold)
    if places is None or (_decimal_places(answer) or 99) <= places:
        return False
    return _rounded(given, places) == expected


def _decimal_places(answer: str) -> int | None:
    match = _DECIMAL.fullmatch(_PREFIX.sub("", canonical(answer)))
    return len(match[3]) if match and match[3] else None


def _rounded(value: Fraction, places: int) -> Fraction:
    scaled = Decimal(value.numerator * 10 ** (places + 3) // value.denominator).scaleb(-3)
    rounded = int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    return Fraction(rounded, 10**places)


def _ratio(above: int, below: int) -> Fraction | None:
    return Fraction(above, below) if below else None


def _integer(text: str) -> int:
    return int(text.replace("{,}", "").replace(",", ""))


def _is_words(text: str) -> bool:
    return "\\" not in text and len(text) > 1 and text.isalpha()
