r"""Rewriting before the lexer: numbers in a base, repeating decimals, moduli and sets in words."""

from __future__ import annotations

import re

from util.answers.syntax.nodes import Based, Unreadable
from util.answers.syntax.vocabulary import BASES

_BASED = re.compile(r"\(?([0-9A-Fa-f]{1,40})\)?_\{?\(?(?:(\d{1,2})|\\text\{ ?([a-z]+) ?\})\)?\}?")
_MOD = re.compile(
    r"\(?\\(?:text|mathrm)\{\s*\(?\s*mod\s*\}\s*([^(){}]+)\)|\(\s*(?:\\[bp]?mod|mod)\s*\{?([^(){}]+)\}?\)"
)
_TEXT_MOD = re.compile(r"(?<!\()\\(?:text|mathrm)\{\s*mod\s*\}")
_REPEATING = re.compile(r"(\d*)\.(\d*)\\(?:overline|bar|dot)\s*(?:\{(\d+)\}|(\d))")
_TIMES = re.compile(r"(?<=\d)\s*[xX]\s*(?=10\s*(?:\^|\*\*))")
_STYLED = re.compile(r"\\text\s*\{([^{}]*)\}")
_VALUE = r"(-?\s?(?:\d+(?:\.\d+)?|\\frac\{-?\d+\}\{\d+\}|\\?pi|\\sqrt\{\d+\})(?:/\d+)?)"
_EXCEPT = re.compile(
    rf"(?:all |any |every )?(?:the )?real(?:s| numbers?)(?: [a-z])?,? (?:except|other than|excluding|but)(?: for)?"
    rf" (?:[a-z] = )?{_VALUE}(?:(?:,| and|, and| or) {_VALUE})?"
)
_BETWEEN = re.compile(
    rf"(?:(?:all |the )?(?:real )?(?:numbers|values) )?(?:between|from) {_VALUE} (?:and|to) {_VALUE},? \(?(inclusive|exclusive)\)?"
)
_BOUND = re.compile(
    rf"(?:(?:all |the )?(?:real )?(?:numbers|values) )?(greater than or equal to|less than or equal to|greater than|less than|at least|at most|no more than|no less than) {_VALUE}"
)
_BOUNDS = {
    "greater than or equal to": ">=", "at least": ">=", "no less than": ">=", "less than or equal to": "<=",
    "at most": "<=", "no more than": "<=", "greater than": ">", "less than": "<",
}  # fmt: skip


def number_in_base(text: str) -> Based | None:
    r"""``101_2`` or ``1A_{\text{sixteen}}``; None for anything else."""
    match = _BASED.fullmatch(text)
    if match is None:
        return None
    base = int(match[2]) if match[2] else BASES.get(match[3], 0)
    if not 2 <= base <= 36 or any(int(digit, 36) >= base for digit in match[1]):
        return None
    return Based(match[1].upper(), base)


def rewritten(text: str) -> str:
    r"""The text with ``(\text{mod } 7)`` as ``\pmod{7}``, ``0.\overline{3}`` as a fraction, sets in words in signs.

    The letter of "1.5 x 10^3" is a multiplication sign.

    Raises:
        Unreadable: a repeating decimal has too many digits.
    """
    if "mod" in text:
        text = _TEXT_MOD.sub(r"\\mod ", text)
        text = _MOD.sub(lambda m: rf"\pmod{{{m[1] or m[2]}}}", text)
    if "10" in text:
        text = _TIMES.sub(r"\\times ", text)
    if " " in text:
        text = _set_in_words(text) or text
    return _REPEATING.sub(_repeating, text) if "\\" in text else text


def _set_in_words(text: str) -> str | None:
    """A set of reals that is written in words, in signs; None for anything else."""
    words = " ".join(_STYLED.sub(r" \1 ", text).lower().split())
    if (match := _EXCEPT.fullmatch(words)) is not None:
        return rf"\mathbb{{R}} \setminus \{{{', '.join(value for value in match.groups() if value)}\}}"
    if (match := _BETWEEN.fullmatch(words)) is not None:
        left, right = ("[", "]") if match[3] == "inclusive" else ("(", ")")
        return f"{left}{match[1]}, {match[2]}{right} \\cup \\emptyset"
    if (match := _BOUND.fullmatch(words)) is not None:
        return f"x {_BOUNDS[match[1]]} {match[2]}"
    return None


def _repeating(match: re.Match[str]) -> str:
    """A decimal with a repeating tail as an exact fraction."""
    whole, fixed, tail = match[1] or "0", match[2], match[3] or match[4]
    if len(whole) + len(fixed) + len(tail) > 60:
        raise Unreadable("a long repeating decimal")
    below = 10 ** len(fixed) * (10 ** len(tail) - 1)
    above = int(whole + fixed + tail) - int(whole + fixed)
    return rf"(\frac{{{above}}}{{{below}}})"
