"""Decode what ``inside.values`` encoded. The data comes from untrusted code, so size and depth are limited.

All steps take linear time: integers of any length are hexadecimal, and nothing is
formatted before its size is known.
"""

from __future__ import annotations

import json
import marshal
import re
from fractions import Fraction
from typing import Any, NoReturn

from util.code.inside import values

MAX_KEY = 2**60
"""Limit of an integer key. Larger integers, and tuples, can be chosen to have the same hash."""

MAX_RATIO = 16_000
"""Limit of the hexadecimal digits of a fraction's numerator and denominator: reducing it takes quadratic time."""

SPARE, FACTOR = 1_000, 12
"""A result may be this many bytes long, or this many times as long as the expected value. A 1 has 5 bytes
there, and 1.0 has 30 here."""

MAX_SHOWN = 20
"""Levels of nesting in a message."""

_LONG = re.compile(rb"\d{21}")
_PLAIN = frozenset({str, int, bool, type(None)})


class Incomparable:
    """A value that equals no expected value: a set, or a dict with keys that JSON does not support."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __repr__(self) -> str:
        return self.what


class EmptyResult:
    """An empty linked list or tree. Data sets write it as [] or as null."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return other is None or (isinstance(other, list) and not other)

    def __repr__(self) -> str:
        return "[]"


def loads(data: bytes) -> Any:
    """Decode ``data``; a set becomes ``Incomparable``, a ``Decimal`` a ``Fraction``.

    Raises:
        ValueError: nested too deeply, or not output of ``dumps``.
    """
    try:
        # The hook costs a call for each integer; without a long one it is not needed.
        parse_int = _small if _LONG.search(data) else None
        return _decoded(json.loads(data, parse_int=parse_int, parse_float=_refused, parse_constant=_refused), 0)
    except (TypeError, LookupError, AttributeError, RecursionError, ArithmeticError, UnicodeDecodeError) as error:
        raise ValueError(f"the result cannot be read ({type(error).__name__})") from error


def within(data: bytes, expected: Any) -> bool:
    """Whether ``data`` is short enough to be an encoding of ``expected``."""
    return len(data) <= SPARE or len(data) <= SPARE + FACTOR * size_of(expected)


def size_of(expected: Any) -> int:
    """Bytes of an expected value in ``marshal``'s form, which takes linear time for integers of any length."""
    try:
        return len(marshal.dumps(expected, 2))  # later versions write repeated values once
    except ValueError:  # made by a task of the user's own, or nested deeper than a result may be
        return SPARE


def _small(digits: str) -> int:
    """Parse an integer. The encoder writes only short ones as digits; longer ones would take quadratic time."""
    return int(digits) if len(digits) <= 20 else _refused(digits)


def _refused(text: str) -> NoReturn:
    raise ValueError("the result holds a number that is not encoded as expected")


def _decoded(value: Any, depth: int) -> Any:
    if depth > values.DEPTH + 20:
        raise ValueError("the result is nested too deeply")
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list):
        if set(map(type, value)) <= _PLAIN:
            return value
        return [item if type(item) in _PLAIN else _decoded(item, depth + 1) for item in value]
    if len(value) == 1:
        ((tag, content),) = value.items()
        if tag in _DECODERS:
            return _DECODERS[tag](content)
        if tag == "d":
            return _dict([(_decoded(k, depth + 1), _decoded(v, depth + 1)) for k, v in content])
    raise ValueError("the result holds an unknown kind of value")


def _dict(pairs: list[tuple[Any, Any]]) -> Any:
    if not all(_is_key(key) for key, _ in pairs):
        return Incomparable("a dict with unusual keys")
    found = dict(pairs)
    return found if len(found) == len(pairs) else Incomparable("a dict with equal keys")


def _is_key(key: Any) -> bool:
    return key is None or isinstance(key, str) or (isinstance(key, int) and abs(key) < MAX_KEY)


def _fraction(content: Any) -> Fraction:
    numerator, denominator = content
    if max(len(numerator), len(denominator)) > MAX_RATIO:
        raise ValueError("the result holds a fraction with too many digits")
    return Fraction(int(numerator, 16), int(denominator, 16))


_DECODERS: dict[str, Any] = {
    "i": lambda content: int(content, 16),
    "I": lambda content: [int(part, 16) for part in content.split(" ")],
    "f": float.fromhex,
    "F": lambda content: [float.fromhex(part) for part in content.split(" ")],
    "q": _fraction,
    "s": lambda content: Incomparable("a set"),
    "n": lambda content: EmptyResult(),
}


def shown(value: Any, width: int = 80) -> str:
    """The start of a value's repr; a large value is never formatted completely."""
    text = _shown(value, width, 0)
    return text if len(text) <= width else f"{text[:width]}..."


def _shown(value: Any, width: int, depth: int) -> str:
    """A little more than ``width`` characters at most; each part has the room that those before it leave."""
    if isinstance(value, int):
        return f"an integer of {value.bit_length()} bits" if value.bit_length() > 3_000 else repr(value)
    if isinstance(value, str):
        return repr(value[: width + 1])
    if isinstance(value, Fraction):
        return f"{_shown(value.numerator, width, depth)}/{_shown(value.denominator, width, depth)}"
    if not isinstance(value, list | tuple | dict):
        return repr(value)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    parts, room = list[str](), width
    for item in value:
        if room <= 0 or depth > MAX_SHOWN:
            parts.append("...")
            break
        part = _shown(item, room, depth + 1)
        if isinstance(value, dict):
            part += f": {_shown(value[item], room, depth + 1)}"
        parts.append(part)
        room -= len(part) + 2
    return opening + ", ".join(parts) + closing
