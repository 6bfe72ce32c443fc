r"""Rewriting before the tokenizer: numbers in a base, repeating decimals, moduli in words."""

from __future__ import annotations

import re

from util.answers.nodes import Node, Unreadable
from util.answers.words import BASES

_BASED = re.compile(r"\(?([0-9A-Fa-f]{1,40})\)?_\{?\(?(?:(\d{1,2})|\\text\{ ?([a-z]+) ?\})\)?\}?")
_MOD = re.compile(
    r"\(?\\(?:text|mathrm)\{\s*\(?\s*mod\s*\}\s*([^(){}]+)\)|\(\s*(?:\\[bp]?mod|mod)\s*\{?([^(){}]+)\}?\)"
)
_TEXT_MOD = re.compile(r"(?<!\()\\(?:text|mathrm)\{\s*mod\s*\}")
_REPEATING = re.compile(r"(\d*)\.(\d*)\\(?:overline|bar|dot)\s*(?:\{(\d+)\}|(\d))")


def number_in_base(text: str) -> Node | None:
    r"""``101_2`` or ``1A_{\text{sixteen}}``; None for anything else."""
    match = _BASED.fullmatch(text)
    if match is None:
        return None
    base = int(match[2]) if match[2] else BASES.get(match[3], 0)
    if not 2 <= base <= 36 or any(int(digit, 36) >= base for digit in match[1]):
        return None
    return Node("based", (match[1].upper(), base))


def rewritten(text: str) -> str:
    r"""The text with ``(\text{mod } 7)`` as ``\pmod{7}`` and ``0.\overline{3}`` as a fraction.

    Raises:
        Unreadable: a repeating decimal has too many digits.
    """
    if "mod" in text:
        text = _TEXT_MOD.sub(r"\\mod ", text)
        text = _MOD.sub(lambda m: rf"\pmod{{{m[1] or m[2]}}}", text)
    return _REPEATING.sub(_repeating, text) if "\\" in text else text


def _repeating(match: re.Match[str]) -> str:
    """A decimal with a repeating tail as an exact fraction."""
    whole, fixed, tail = match[1] or "0", match[2], match[3] or match[4]
    if len(whole) + len(fixed) + len(tail) > 60:
        raise Unreadable("a long repeating decimal")
    below = 10 ** len(fixed) * (10 ** len(tail) - 1)
    above = int(whole + fixed + tail) - int(whole + fixed)
    return rf"(\frac{{{above}}}{{{below}}})"
