"""Files of the Batch API: requests that go out and may have to go again, and lines that come back."""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from util.engines.base import Completion, Request
from util.engines.chat import chat_dicts
from util.engines.openai.completions import outcome_of, usage_of
from util.engines.openai.outcomes import NO_USAGE, Done, Refused, Retry
from util.engines.openai.refusals import ApiFault, Blame, fault_in
from util.engines.openai.shapes import Heard, heard_in, read_json
from util.engines.prices import estimated_tokens, text_tokens
from util.records import Usage
from util.system.characters import printable

MAX_REQUESTS, MAX_BYTES = 50_000, 100_000_000
"""Per file; the server takes 50,000 requests and 200 MB."""


def request_id(model: str, request: Request) -> str:
    """Names a request by everything that shapes its answer, the same in every run.

    Journals hold these ids: another way to make them would orphan batches that are paid for.
    """
    sample, sampling = request.sample, request.sampling
    parts = [model, sample.key, sample.label, sample.index, chat_dicts(request.messages)]
    parts += [sampling.temperature, sampling.top_p, sampling.max_tokens, sampling.seed]
    parts += [sampling.args] if sampling.args else []
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


# -- requests ---------------------------------------------------------------------------------------------------------


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
    """What is in flight: lines in a temporary file, and the requests without their messages in memory."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by __exit__)
        self._places: dict[str, tuple[int, Request]] = {}
        self.planned: dict[str, float] = {}
        """Dollars set aside, by request."""
        self.wasted: dict[str, Usage] = {}
        """Tokens of answers that cannot be used, by request."""
        self._tokens: dict[str, float] = {}

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, name: str, request: Request, line: dict[str, Any]) -> None:
        place = self._file.seek(0, 2)
        self._file.write(json.dumps(line).encode() + b"\n")
        self._places[name] = place, msgspec.structs.replace(request, messages=[])
        self._tokens[name] = estimated_tokens(request)

    def line(self, name: str) -> bytes:
        self._file.seek(self._places[name][0])
        return self._file.readline()

    def request(self, name: str) -> Request | None:
        found = self._places.get(name)
        return found[1] if found else None

    def tokens(self, name: str) -> float:
        """Tokens of a request's prompt, as estimated; 0 for a request of another run."""
        return self._tokens.get(name, 0.0)

    def drop(self, name: str) -> None:
        self._places.pop(name, None)
        self._tokens.pop(name, None)
        self.wasted.pop(name, None)


# -- answers ----------------------------------------------------------------------------------------------------------


class BatchLine(Struct):
    """A line of a batch's output or error file. response: {status_code, body}."""

    custom_id: str
    response: Any = None
    error: Any = None


@dataclass(frozen=True)
class LineResult:
    """What one line says about the request ``name``. usage: to be paid, whatever the outcome."""

    name: str
    outcome: Done | Retry
    usage: Usage = NO_USAGE


@dataclass(frozen=True)
class UnreadableLine:
    """A line that does not name a request."""

    start: str


def read_line(
    line: bytes, request_of: Callable[[str], Request | None], tokens_of: Callable[[str], float] = lambda name: 0.0
) -> LineResult | UnreadableLine:
    """What a line of a batch's output or error file comes to.

    request_of: the request of a name, if it is known. tokens_of: the estimated tokens of its prompt.
    """
    try:
        found = msgspec.convert(read_json(line), BatchLine)
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors, UnicodeEncodeError is one
        found = None
    if found is None or not found.custom_id:
        return UnreadableLine(repr(line[:80]))
    name, answer = found.custom_id, found.response
    request = request_of(name)
    if request is None or not isinstance(answer, dict):
        return LineResult(name, Retry(str(fault_in(0, {"error": found.error}))))

    def estimate(heard: Heard) -> Usage:
        return Usage(round(tokens_of(name)), round(text_tokens(heard.thought + heard.text)), {"estimated": True})

    body = answer.get("body")
    if answer.get("status_code") != 200:
        return _failed(name, request, fault_in(answer.get("status_code"), body), NO_USAGE)
    heard = heard_in(body)
    usage = NO_USAGE if heard.is_empty and heard.usage is None else usage_of(heard, estimate)
    match outcome_of(request, heard, estimate):
        case ApiFault() as fault:
            return _failed(name, request, fault, usage)
        case Refused(_, message, _, partial):
            return LineResult(
                name, Done(Completion.failed(request, message, final=True, usage=usage, partial=partial)), usage
            )
        case Retry(failure):
            return LineResult(name, Retry(failure, usage=usage), usage)
        case Done() as done:
            return LineResult(name, done, usage)


def _failed(name: str, request: Request, fault: ApiFault, usage: Usage) -> LineResult:
    """The result of a line with an error: tried again where that may help."""
    words = f"{printable(fault.code)}: {fault}" if fault.code else str(fault)
    if fault.blame in (Blame.MOMENT, Blame.RATE):
        return LineResult(name, Retry(words[:500], usage=usage), usage)
    final = fault.blame in (Blame.ROW, Blame.LENGTH)
    return LineResult(name, Done(Completion.failed(request, str(fault), final=final, usage=usage)), usage)


async def split_lines(parts: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Lines that end at "\\n" alone: texts may hold every other line end that Unicode has."""
    rest = b""
    async for part in parts:
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            if line.strip():
                yield line
    if rest.strip():
        yield rest
