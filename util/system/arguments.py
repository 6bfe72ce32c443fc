"""Types for argparse: each parses a number and checks its range."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar

from util.system.errors import UserError

_N = TypeVar("_N", int, float)


def positive_int(text: str) -> int:
    return _number(text, int, "an integer of at least 1", lambda n: n >= 1)


def non_negative_int(text: str) -> int:
    return _number(text, int, "an integer of at least 0", lambda n: n >= 0)


def token_count(text: str) -> int:
    """A number of tokens; "2k" is 2,000.

    >>> token_count("1.5k"), token_count("512")
    (1500, 512)
    """
    wanted = "a number of tokens of at least 1, such as 4096 or 4k"
    if text[-1:] in ("k", "K"):
        return round(1000 * _number(text[:-1], float, wanted, lambda x: 0.001 <= x < 1e6))
    return _number(text, int, wanted, lambda n: n >= 1)


def token_counts(text: str) -> list[int]:
    """Numbers of tokens, separated by commas."""
    return [token_count(part.strip()) for part in text.split(",") if part.strip()]


def end_index(text: str) -> int:
    return _number(text, int, "-1 (the end) or an integer of at least 1", lambda n: n == -1 or n >= 1)


def temperature(text: str) -> float:
    """A number from 0 to 2, rounded to six significant digits as in result files."""
    return float(f"{_number(text, float, 'a number from 0 to 2', lambda x: 0 <= x <= 2):g}")


def positive_float(text: str) -> float:
    return _number(text, float, "a number above 0", lambda x: 0 < x < 1e9)


def fraction(text: str) -> float:
    return _number(text, float, "a number above 0 and at most 1", lambda x: 0 < x <= 1)


def share(text: str) -> float:
    return _number(text, float, "a number from 0 to 1", lambda x: 0 <= x <= 1)


def share_or_percent(text: str) -> float:
    """A share from 0 to 1.

    >>> share_or_percent("0.05"), share_or_percent("5%")
    (0.05, 0.05)
    """
    number = text.strip().removesuffix("%").rstrip()
    wanted = "a share from 0 to 1, or a percentage such as 5%"
    if number == text.strip():
        return _number(text, float, wanted, lambda x: 0 <= x <= 1)
    try:
        return _number(number, float, wanted, lambda x: 0 <= x <= 100) / 100
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"must be {wanted}, not {text!r}") from None


def day(text: str) -> date:
    """A day as an option spells it: 2024-11-28."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"must be a day such as 2024-11-28 (the model's release), not {text!r}"
        ) from None


def _number(text: str, kind: type[_N], wanted: str, allowed: Callable[[_N], bool]) -> _N:
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not allowed(value):
        raise argparse.ArgumentTypeError(f"must be {wanted}, not {text!r}") from None
    return value


def argument_of(read: Callable[[str], str]) -> Callable[[str], str]:
    """``read`` as a type of argparse, which shows the message of its UserError."""

    def argument(text: str) -> str:
        try:
            return read(text)
        except UserError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return argument


class Assignments(argparse.Action):
    """K=V words into a dict. A value is JSON where it parses as JSON, else text; an option may be given several times."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        found = dict(getattr(namespace, self.dest) or {})
        words: Sequence[str] = [values] if isinstance(values, str) else values
        for word in words:
            name, equals, value = word.partition("=")
            if not equals or not name.strip():
                parser.error(f"argument {option_string}: expected NAME=VALUE, not {word!r}")
            found[name.strip()] = json_or_text(value)
        setattr(namespace, self.dest, found)


def json_or_text(text: str) -> Any:
    """The value of a JSON text; other texts are themselves.

    >>> json_or_text("0.5"), json_or_text("high"), json_or_text("null"), json_or_text('["a", "b"]'), json_or_text("NaN")
    (0.5, 'high', None, ['a', 'b'], 'NaN')
    """

    def refuse(word: str) -> Any:
        raise ValueError(word)

    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        return text
