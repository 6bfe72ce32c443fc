"""Options of a recipe as the words of a command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from util.run.recipe.placeholders import refuse_key
from util.system.arguments import json_or_text
from util.system.errors import UserError

SCALARS = (str, bool, int, float, date)


def option_words(options: Mapping[str, Any], place: str) -> tuple[str, ...]:
    """The words of all options. place: where they are in the file, for messages.

    true is a flag, false leaves the option out, a list is several words, a list of lists gives the option several times, a
    table is NAME=VALUE words.

    >>> option_words({"n": 8, "check": True, "inference": False, "end": -1}, "[steps.a]")
    ('--n', '8', '--check', '--end=-1')
    >>> option_words({"temperatures": [0.6, 1.0], "sampling_args": {"top_k": 20, "stop": ["#"]}}, "[steps.a]")
    ('--temperatures', '0.6', '1.0', '--sampling-args', 'top_k=20', 'stop=["#"]')
    >>> option_words({"dataset-path": [["A=a.jsonl"], ["B=b.jsonl"]]}, "[steps.a]")
    ('--dataset-path', 'A=a.jsonl', '--dataset-path', 'B=b.jsonl')

    Raises:
        UserError: a value is none of these, or contains an API key.
    """
    words: list[str] = []
    for name, value in options.items():
        own = _words_of(f"--{name.replace('_', '-')}", value, f"{name} in {place}")
        refuse_key(f"{name} in {place}", *own)
        words += own
    return tuple(words)


def _words_of(flag: str, value: Any, place: str) -> list[str]:
    if value is False:
        return []
    if value is True:
        return [flag]
    if isinstance(value, SCALARS):
        word = str(value)
        return [f"{flag}={word}"] if word.startswith("-") else [flag, word]
    if isinstance(value, Mapping) and value:
        return [flag, *(f"{name}={_assigned(item)}" for name, item in value.items())]
    if isinstance(value, list) and value and all(isinstance(item, list) for item in value):
        return [word for item in value for word in _words_of(flag, item, place)]
    if isinstance(value, list) and value and all(isinstance(item, SCALARS) for item in value):
        return [flag, *(str(item) if not isinstance(item, bool) else json.dumps(item) for item in value)]
    raise UserError(
        f"{place} is {value!r}. Expected a text, a number, true, false, a list of these, or a table of NAME = VALUE; to leave "
        "an option out, remove its line or set it to false."
    )


def _assigned(value: Any) -> str:
    """The value of NAME=VALUE, which the scripts read as JSON where it is JSON."""
    if isinstance(value, str) and json_or_text(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
