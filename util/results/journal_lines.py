"""Lines of a journal: one JSON object each, with a checksum as its last field.

``{"type": "verdict", ..., "crc": "1c291ca3"}``: the CRC-32 of the line's bytes before ``, "crc"``. Lines without one are
of earlier versions or of other tools; of those only what cannot be a record is noticed.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Callable
from typing import Any

from util.results.entries import Fields
from util.system.characters import may_have_surrogates, printable, utf8, whole_value

_START, _END = b', "crc": "', b'"}'
_TAIL = len(_START) + 8 + len(_END)
_DIGITS = re.compile(rb"[0-9a-f]{8}")
_ALIKE = 10
"""Bytes that a tail may share with a checksum's 12 fixed ones and be none; one with more is a damaged checksum."""


class DamagedLineError(ValueError):
    """Why a line is not a record."""


def line_of(record: Fields) -> bytes:
    """The line of a record, which has at least one field."""
    body = utf8(json.dumps(record, ensure_ascii=False, default=str))[:-1]
    return b"%b%b%08x%b\n" % (body, _START, zlib.crc32(body), _END)


def record_of(line: bytes) -> Fields:
    """The record of a line.

    Raises:
        DamagedLineError: its checksum is wrong, it is not a JSON object, or a field is missing.
    """
    line = line.rstrip(b"\r\n")
    checked = _checked(line)
    try:
        record = json.loads(line.decode("utf-8", "surrogatepass"))
        record = whole_value(record) if may_have_surrogates(line) else record
    except (ValueError, RecursionError) as error:
        raise DamagedLineError(f"it is not JSON: {error}") from error
    if not isinstance(record, dict):
        raise DamagedLineError(f"it is not a JSON object, but {type(record).__name__}")
    if checked:
        del record["crc"]
    if (fault := _fault(record, checked)) is not None:
        raise DamagedLineError(fault)
    return record


def is_torn(line: bytes) -> bool:
    """Whether a file's last line was not written completely, as a power loss leaves it."""
    if not line.endswith(b"\n") or b"\0" in line:
        return True
    try:
        return not _checked(line.rstrip(b"\r\n")) and not isinstance(
            json.loads(line.decode("utf-8", "surrogatepass")), dict
        )
    except DamagedLineError:
        return False
    except (ValueError, RecursionError):
        return True


def described(line: bytes) -> str:
    """Kind and sample of a damaged line, as far as they can be read."""
    text = line.decode("utf-8", "replace")
    found = {name: match[1] for name, pattern in _READABLE.items() if (match := pattern.search(text))}
    kind = found.pop("type", "line of unknown kind")
    return printable(", ".join([kind, *(f"{name} {value[:60]}" for name, value in found.items())]))


_READABLE = {
    "type": re.compile(r'"type": "(\w+)"'),
    "key": re.compile(r'"key": ("(?:[^"\\]|\\.)*"?)'),
    "temperature": re.compile(r'"temperature": "([\d.e-]+)"'),
    "sample": re.compile(r'"sample_index": (\d+)'),
}


def _checked(line: bytes) -> bool:
    """Whether a line has a checksum, which is right."""
    tail = line[-_TAIL:]
    if tail.startswith(_START) and tail.endswith(_END):
        body, digits = line[:-_TAIL], tail[len(_START) : -len(_END)]
        if _DIGITS.fullmatch(digits) is None or int(digits, 16) != zlib.crc32(body):
            raise DamagedLineError("its checksum does not match")
        return True
    fixed = zip(tail[: len(_START)] + tail[-len(_END) :], _START + _END, strict=False)
    if sum(a == b for a, b in fixed) >= _ALIKE:
        raise DamagedLineError("its checksum is damaged")
    return False


def _is(record: Fields, name: str, *kinds: type) -> bool:
    return type(record.get(name)) in kinds


def _is_sample(record: Fields) -> bool:
    try:
        temperature = float(record["temperature"])
    except (KeyError, TypeError, ValueError):
        return False
    return math.isfinite(temperature) and _is(record, "key", str) and _is(record, "sample_index", int)


def _is_completion(record: Fields) -> bool:
    response = record.get("response")
    texts = isinstance(response, str) or (isinstance(response, dict) and isinstance(response.get("content"), str))
    return _is_sample(record) and texts and _is(record, "usage", dict, type(None)) and "usage" in record


def _is_verdict(record: Fields) -> bool:
    verdict = record.get("verdict")
    return _is_sample(record) and isinstance(verdict, dict) and "correctness" in verdict and _is(record, "text", str)


def _is_increment(record: Fields) -> bool:
    ids, optional = record.get("ids"), all(_is(record, name, str) for name in ("text", "thought") if name in record)
    whole = (
        _is(record, "start", int)
        and _is(record, "request", str)
        and ("counted" not in record or _is(record, "counted", int))
    )
    return (
        _is_sample(record) and optional and whole and isinstance(ids, list) and all(type(each) is int for each in ids)
    )


def _is_run(record: Fields) -> bool:
    optional = all(name not in record or _is(record, name, dict) for name in ("settings", "engine", "dataset"))
    return optional and ("settings" in record or "check_of" in record)


REQUIRED: dict[str, Callable[[Fields], bool]] = {
    "manifest": _is_run,
    "run": _is_run,
    "completion": _is_completion,
    "verdict": _is_verdict,
    "note": lambda record: _is(record, "note", dict),
    "sent": lambda record: _is_sample(record) and _is(record, "prompt", int),
    "paid": lambda record: _is_sample(record) and _is(record, "usage", dict),
    "partial": lambda record: _is_increment(record),
    "final": lambda record: _is(record, "size", int) and _is(record, "mtime_ns", int),
}
"""Type of a line -> whether a record has its fields. Types that are not here are skipped by readers."""

_OURS = frozenset(("settings", "response", "verdict", "note", "mtime_ns"))
"""Fields of our lines; without a checksum, a line of another type with one of them is one whose type was damaged."""


def _fault(record: Fields, checked: bool) -> str | None:
    kind: Any = record.get("type")
    has_fields = REQUIRED.get(kind) if isinstance(kind, str) else None
    if has_fields is None:
        unknown = not checked and (not isinstance(kind, str) or not _OURS.isdisjoint(record))
        return "it has no known type" if unknown else None
    return None if has_fields(record) else f"a field of its kind ({kind}) is missing or has another type"
