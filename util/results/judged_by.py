"""What a verdict depends on besides the text. It is reused until the row or the checking rules change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

_EARLIER_LENGTH = 16


@dataclass(frozen=True)
class JudgedBy:
    """The row and the checking rules of a verdict.

    key: hashes of both; it is stored with the verdict. earlier: returns the key as versions before 0.2
    stored it; it is slow, and called only for verdicts of those versions.
    """

    key: str
    earlier: Callable[[], str]

    def accepts(self, stored: str) -> bool:
        """Whether a verdict stored with the key ``stored`` is still valid."""
        return stored == self.key or (len(stored) == _EARLIER_LENGTH and stored == self.earlier())


def judged_by(row_hash: str, rules: str, row: Callable[[], dict[str, Any]]) -> JudgedBy:
    """row_hash: from the function ``row_hash``. rules: of the checker. row: returns the row."""

    def earlier() -> str:
        content = json.dumps([row(), rules], sort_keys=True, default=str)
        return hashlib.sha256(content.encode()).hexdigest()[:_EARLIER_LENGTH]

    return JudgedBy(f"{row_hash}-{hashlib.sha256(rules.encode()).hexdigest()[:8]}", earlier)


def row_hash(row: dict[str, Any]) -> str:
    """Hash of a row's content, 16 hexadecimal digits. It does not depend on the order of fields.

    Writing a row as JSON and reading it back does not change its hash, if JSON can represent the row.
    """
    if not _is_json(row):  # as it will be when it is read back from a result file
        row = json.loads(json.dumps(row, default=str))
    try:
        content = msgspec.json.encode(row, order="deterministic")
    except (OverflowError, UnicodeEncodeError):  # large integers, lone surrogates
        content = json.dumps(row, sort_keys=True).encode()
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def _is_json(value: Any) -> bool:
    kind = type(value)
    if kind is dict:
        return all(type(key) is str and _is_json(item) for key, item in value.items())
    if kind is list:
        return all(map(_is_json, value))
    return value is None or kind in (str, int, float, bool)
