"""Compare a program's output with the expected output, strictly. Pure functions, linear in the length of both.

Lines of tokens, compared as text; white space at line ends and empty lines at the end
are ignored. White space includes what Unicode adds to it: no-break spaces and, at the
ends of tokens, zero-width characters and byte order marks. Numbers have a tolerance
only if the problem's expected outputs contain decimals, or if its special judge sets
one. Results of calls: ``compare_values``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

TOLERANCE = 1e-6
"""Relative or absolute, whichever is larger."""

MAX_NUMBER = 400
"""Maximum characters of a decimal number; longer ones are compared as text."""

# Percent, per mille and currency signs (¢ to ¥, and the block U+20A0 to U+20BF), before or after a number.
_SIGN = rb"(?:[$%]|\xc2[\xa2-\xa5]|\xe2\x82[\xa0-\xbf]|\xe2\x80\xb0)"
_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_SIGNED = re.compile(rb"([+-]?)(%s?)([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(%s?)" % (_SIGN, _SIGN))
_DECIMAL = re.compile(
    rb"(?<!\S)[+-]?%s?[+-]?(?:\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)%s?(?!\S)"
    % (_SIGN, _SIGN)
)
_INTEGER = re.compile(rb"[+-]?\d+")
_HINT, _DIGIT = re.compile(rb"[.eE]"), re.compile(rb"\d")

# The UTF-8 forms of U+0085, U+00A0, U+1680, U+2000 to U+200B, U+2028, U+2029, U+202F, U+205F and U+3000.
_SPACES = re.compile(rb"\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8b\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80")
# Joiners and direction marks belong to a word if they stand within it, so only those at its ends are ignored.
_INVISIBLE = (
    "\u061c\u180e\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e" + "\u2060\u2061\u2062\u2063\u2064\ufeff"
)
_HAS_INVISIBLE = re.compile("|".join(_INVISIBLE).encode())


@dataclass(frozen=True)
class Rules:
    """tolerance: allowed difference of numbers; None compares them as text."""

    tolerance: float | None = None
    ignore_case: bool = False


def rules_for(outputs: Sequence[bytes], *, ignore_case: bool = False, tolerance: float | None = None) -> Rules:
    """The comparison rules of a problem with these expected ``outputs``."""
    if tolerance is None and any(_has_decimal(output) for output in outputs):
        tolerance = TOLERANCE
    return Rules(tolerance, ignore_case)


def same_output(expected: bytes, actual: bytes, rules: Rules) -> bool:
    """Whether the ``actual`` output of a program matches the ``expected`` one."""
    return difference(expected, actual, rules) is None


def difference(expected: bytes, actual: bytes, rules: Rules, width: int = 80) -> str | None:
    """A description of the first difference between two outputs; None if they match."""
    if expected == actual or expected.rstrip() == actual.rstrip():
        return None
    if far_longer(expected, actual):
        return f"expected {len(expected)} bytes, got {len(actual)}"
    wanted, given = _lines(expected, rules), _lines(actual, rules)
    for number, (a, b) in enumerate(zip(wanted, given, strict=False), 1):
        if a != b and not _same_line(a.split(), b.split(), rules.tolerance):
            shown = [b" ".join(line[: 8 * width].split()).decode("utf-8", "replace")[:width] for line in (a, b)]
            return f"line {number}: expected {shown[0]!r}, got {shown[1]!r}"
    return None if len(wanted) == len(given) else f"expected {len(wanted)} lines, got {len(given)}"


def far_longer(expected: bytes, actual: bytes) -> bool:
    """Whether an output is too long to differ only in white space; it is then rejected without splitting it."""
    return len(actual) > 10 * len(expected) + 2**16


def close(expected: float, actual: float, tolerance: float) -> bool:
    """Whether two finite numbers differ by at most ``tolerance``, relative or absolute. An overflow equals nothing."""
    return math.isfinite(expected) and math.isclose(expected, actual, rel_tol=tolerance, abs_tol=tolerance)


def _same_line(expected: list[bytes], actual: list[bytes], tolerance: float | None) -> bool:
    if expected == actual or tolerance is None:
        return expected == actual
    return len(expected) == len(actual) and all(
        _same_token(a, b, tolerance) for a, b in zip(expected, actual, strict=True)
    )


def _same_token(expected: bytes, actual: bytes, tolerance: float) -> bool:
    if expected == actual:
        return True
    if not (_NUMBER.fullmatch(expected) and _NUMBER.fullmatch(actual)):
        wanted, given = _SIGNED.fullmatch(expected), _SIGNED.fullmatch(actual)
        if wanted is None or given is None or wanted.group(2, 4) != given.group(2, 4):
            return False
        expected, actual = (found[1] + found[3] for found in (wanted, given))  # two signs are no number
        if not (_NUMBER.fullmatch(expected) and _NUMBER.fullmatch(actual)):
            return False
    if _INTEGER.fullmatch(expected) and _INTEGER.fullmatch(actual):
        return _normalised(expected) == _normalised(actual)  # exact, even if other tokens are decimals
    if max(len(expected), len(actual)) > MAX_NUMBER:
        return False
    return close(float(expected), float(actual), tolerance)


def _normalised(integer: bytes) -> bytes:
    """Digits without plus sign and leading zeros; ``int`` would take quadratic time."""
    digits = integer.lstrip(b"+-").lstrip(b"0") or b"0"
    return b"-" + digits if integer.startswith(b"-") and digits != b"0" else digits


def _has_decimal(output: bytes) -> bool:
    if not (_HINT.search(output) and _DIGIT.search(output)):
        return False
    return _DECIMAL.search(_with_plain_spaces(output)) is not None


def _lines(text: bytes, rules: Rules) -> list[bytes]:
    text = _with_plain_spaces(text)
    if rules.ignore_case:
        text = text.decode("utf-8", "surrogateescape").casefold().encode("utf-8", "surrogateescape")
    return text.rstrip().split(b"\n")


def _with_plain_spaces(text: bytes) -> bytes:
    """Replace white space beyond ASCII by spaces, and remove invisible characters at the ends of tokens."""
    if text.isascii():
        return text
    text = _SPACES.sub(b" ", text)
    if not _HAS_INVISIBLE.search(text):
        return text
    return b"\n".join(
        b" ".join(map(_visible, line.split())) if _HAS_INVISIBLE.search(line) else line for line in text.split(b"\n")
    )


def _visible(token: bytes) -> bytes:
    return token.decode("utf-8", "surrogateescape").strip(_INVISIBLE).encode("utf-8", "surrogateescape")
