"""Files of the Batch API: requests on their way out, and kept at hand in case they must go again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

from util.engines.base import Note, Request

MAX_REQUESTS, MAX_BYTES = 50_000, 100_000_000
"""Of one file; the server takes 50,000 requests and 200 MB."""


def request_id(model: str, request: Request) -> str:
    """Names a request by all that shapes its answer, the same in every run."""
    sampling = request.sampling
    parts = [model, request.key, request.temperature, request.sample_index, request.messages]
    parts += [sampling.temperature, sampling.top_p, sampling.max_tokens, sampling.seed]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def key_name(key: str) -> str:
    """Tells keys apart in a journal without giving anything of them away."""
    return hashlib.sha256(f"key:{key}".encode()).hexdigest()[:8]


def noted_batches(notes: list[Note]) -> dict[str, Note]:
    """Input file -> {key, ids, batch where known} of the batches whose end is not noted."""
    found: dict[str, Note] = {}
    ended = {note["ended"] for note in notes if "ended" in note}
    for note in notes:
        if "ids" in note:
            found[note["file"]] = dict(note)
        elif "batch" in note and note["file"] in found:
            found[note["file"]]["batch"] = note["batch"]
    return {file: note for file, note in found.items() if note.get("batch") not in ended}


@dataclass
class Outgoing:
    """The requests of one file. most: how many it may hold."""

    most: int = MAX_REQUESTS
    ids: list[str] = field(default_factory=list)
    _lines: list[bytes] = field(default_factory=list)
    _size: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.ids) >= self.most or self._size >= MAX_BYTES

    def add(self, name: str, line: bytes) -> None:
        self.ids.append(name)
        self._lines.append(line)
        self._size += len(line)

    @contextlib.contextmanager
    def file(self) -> Iterator[BinaryIO]:
        with tempfile.TemporaryFile() as file:
            file.writelines(self._lines)
            file.seek(0)
            yield file


class Spool:
    """What is in flight: lines in a temporary file, and of requests all but their messages in memory."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by __exit__)
        self._places: dict[str, tuple[int, Request]] = {}
        self.planned: dict[str, float] = {}
        """Dollars set aside, by request."""

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, name: str, request: Request, line: dict[str, Any]) -> None:
        place = self._file.seek(0, 2)
        self._file.write(json.dumps(line).encode() + b"\n")
        self._places[name] = place, replace(request, messages=[])

    def line(self, name: str) -> bytes:
        self._file.seek(self._places[name][0])
        return self._file.readline()

    def request(self, name: str) -> Request | None:
        found = self._places.get(name)
        return found[1] if found else None

    def drop(self, name: str) -> None:
        self._places.pop(name, None)
