"""What makes two rows of result files the same problem: the question and the gold answer."""

from __future__ import annotations

import hashlib
import re

from util.results.entries import Fields
from util.results.json_file import dumps
from util.system.characters import utf8

NUMBERED = re.compile(r" #\d+$")
"""What a key has behind the question where another row has the same question."""
GOLD_FIELDS = ("answer", "solution", "input_output", "choices", "options", "starter_code", "Correct Answer")
"""Fields of the gold answer or the task; at least one differs between two problems with the same wording."""


def gold_of(row: Fields) -> str:
    """The gold answer or the task of a row, as one text."""
    return dumps([row.get(name) for name in GOLD_FIELDS])


def problem_identity(key: str, row: Fields) -> bytes:
    """16 bytes that are equal for the same problem in other files. Prompts may differ."""
    return hashlib.sha256(utf8(f"{NUMBERED.sub('', key)}\0{gold_of(row)}")).digest()[:16]
