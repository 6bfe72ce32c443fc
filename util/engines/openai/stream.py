"""A streamed answer, put together as it comes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from util.engines.openai.events import DONE, Event, TooLarge
from util.engines.openai.shapes import (
    FINISH_REASON,
    Heard,
    error_in,
    first_json,
    heard_in,
    read_json,
    said_in,
    usage_in,
    usage_of_chunk,
)

MOST_CHARACTERS = 1 << 20
CHARACTERS_PER_TOKEN = 100
"""A stream ends when its text is longer than both: this many characters for each token of its limit, and 1 Mi."""

MAX_ODD = 100
"""Chunks that are no JSON, after which the stream is given up."""


@dataclass(frozen=True)
class Watch:
    """What to call as a request goes its way.

    leaves: before its first byte is sent, on each connection that is tried. told: with the answer's headers. begun: at the
    first token of a stream. gained: at each part of a stream that brings some. again: before it goes again on another
    connection, to wait for the key's rate limit.
    """

    leaves: Callable[[], None]
    told: Callable[[Mapping[str, str]], None]
    begun: Callable[[], None]
    gained: Callable[[Streamed], None]
    again: Callable[[], Awaitable[None]]


@dataclass
class Streamed:
    """The chunks of one answer. max_tokens: its limit."""

    max_tokens: int
    heard: Heard = field(default_factory=Heard)
    _odd: int = 0
    _index: Any = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more is worth waiting for."""
        return self.heard.ended

    def take(self, event: Event) -> bool:
        """Take in one event; whether it brought text or thought.

        A text far beyond its token limit ends here, as truncated: the server would never end it.

        Raises:
            TooLarge: the server sends chunks that are no JSON without end.
        """
        found = False
        for chunk in _chunks(event.data):
            if chunk is DONE:
                self.heard.ended = True
            else:
                if chunk is None and event.kind == "error":
                    chunk = {"error": event.data}
                found = self._chunk(chunk, is_error=event.kind == "error") or found
        if self.heard.characters > max(MOST_CHARACTERS, CHARACTERS_PER_TOKEN * self.max_tokens):
            self.heard.word, self.heard.ended = "length (ended by the client)", True
        return found

    def _chunk(self, chunk: Any, *, is_error: bool) -> bool:
        heard = self.heard
        if isinstance(chunk, list) and len(chunk) == 1:
            chunk = chunk[0]
        if not isinstance(chunk, dict):
            self._odd += 1
            heard.odd = "the stream has chunks that are not JSON objects"
            if self._odd > MAX_ODD:
                raise TooLarge("the stream does not consist of JSON objects")
            return False
        if isinstance(chunk.get("prompt_token_ids"), list) and not heard.prompt_ids:
            heard.add_choice({"prompt_token_ids": chunk["prompt_token_ids"]})
        usage = usage_of_chunk(chunk)
        if usage and (heard.usage is None or usage_in(usage) is not None):
            heard.usage = usage
        error = error_in(chunk) or (chunk if is_error else None)
        if error and heard.word is None:  # what comes behind its end does not change an answer
            heard.error = heard.error or error
        if "choices" not in chunk and not error and (said := said_in(chunk)):
            heard.odd = f"the stream has chunks that are not part of an answer{said}"
        first = self._mine(chunk.get("choices"))
        if isinstance(first, dict) and _is_whole_message(first) and not heard.is_empty:
            return heard.add_choice({FINISH_REASON: first.get(FINISH_REASON), "delta": {}})
        return heard.add_choice(first)

    def _mine(self, choices: Any) -> Any:
        """The choice of the answer that is read: number 0 where there is one, else always the one that came first."""
        found = [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []
        wanted = "0" if self._index is None else self._index
        mine = next((choice for choice in found if str(choice.get("index") or 0) == wanted), None)
        if self._index is None and found:
            mine = mine or found[0]
            self._index = str(mine.get("index") or 0)
        return mine


def heard_in_body(data: bytes, max_tokens: int) -> Heard:
    """A plain body: one JSON value, one that something stands behind, or a chunk a line.

    Raises:
        ValueError: it is none of them.
    """
    try:
        return heard_in(read_json(data))
    except ValueError:
        text = data.decode("utf-8-sig", "replace").strip()
        values = list(_chunks(text))
        if len(values) > 1 and all(isinstance(value, dict) or value is DONE for value in values):
            streamed = Streamed(max_tokens)
            for line in text.splitlines():
                streamed.take(Event(line))
            return streamed.heard
        if isinstance(value := first_json(text), dict):
            return heard_in(value)
        raise


def _is_whole_message(choice: dict[str, Any]) -> bool:
    """Whether a chunk repeats the whole message, as some servers' last chunk does."""
    return isinstance(choice.get("message"), dict) and "delta" not in choice


def _chunks(data: str) -> Iterator[Any]:
    """The values of an event: one, or one a line where a server leaves out the blank lines between; DONE as itself."""
    try:
        yield read_json(data)
        return
    except ValueError:
        lines = [line.strip() for line in data.split("\n") if line.strip()]
    for line in lines:
        while line.startswith("data:"):
            line = line.removeprefix("data:").strip()
        try:
            yield DONE if line == DONE else read_json(line)
        except ValueError:
            yield None
