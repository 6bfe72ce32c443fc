"""The journal of responses in flight: what they have gained so far, so that a death costs only the tokens since.

``NAME.partial.jsonl`` holds a line for every few hundred tokens of a response. Lines of responses that have finished are
dead; the file is written anew where most of it is dead, and removed when nothing in it is needed. Nothing depends on it: a
damaged or missing line costs the tokens of one response from there on.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from msgspec.structs import replace as changed

from util.records import Increment, Partial, SampleId
from util.results.entries import Fields, response_of, sample_fields, sample_of
from util.results.journal import Journal
from util.results.journal_lines import line_of
from util.results.repair import lines_of
from util.system.characters import printable
from util.system.errors import UserError

TYPE = "partial"
"""Of the lines."""
SYNC_SECONDS = 5.0
"""Interval of syncs to the disk: what a power failure costs. What is written survives the death of the process at once."""
MOST_DEAD = 8 << 20
"""Bytes of dead lines that are kept in any case."""


class PartialJournal:
    """Pieces of responses. In memory are only their offsets.

    every: tokens between two increments of one response; 0 writes none, what is there is still read.
    """

    def __init__(self, path: Path, every: int, sync: Callable[[], None] = lambda: None) -> None:
        """Read what an earlier run has left. sync: brings the finished responses to the disk; called before lines are removed.

        Raises:
            UserError: the file cannot be written.
        """
        self.every = every
        self._journal = Journal(path)
        self._sync_finished = sync
        self._chains: dict[SampleId, _Chain] = {}
        self._live = 0  # bytes
        self._off = False
        self._synced = time.monotonic()
        self._syncing: Future[None] | None = None
        self._threads = ThreadPoolExecutor(1, "sync-partial")
        for line in lines_of(path):
            if line.record is not None and line.record.get("type") == TYPE:
                self._enter(line.record, line.offset, len(line.raw))

    def append(self, sample: SampleId, request: str, increment: Increment) -> None:
        """Write an increment; one that does not continue what is there is ignored. request: see ``find``."""
        if self._off:
            return
        fields: Fields = {"request": request, "start": increment.start, "ids": increment.ids}
        record: Fields = {"type": TYPE, **sample_fields(sample), **fields, **_further(increment)}
        line = line_of(record)
        try:
            offset = self._journal.append(line)
        except OSError as error:
            self._failed(error)
            return
        self._enter(record, offset, len(line))
        self._compact_and_sync()

    def find(self, sample: SampleId, request: str) -> Partial | None:
        """What a response has gained; None where there is nothing, or of another request.

        request: a digest of what determines the response.
        """
        chain = self._chains.get(sample)
        if chain is None or chain.request != request:
            return None
        found = Partial([])
        for offset, _ in chain.lines:
            found = _joined(found, self._journal.read(offset))
        return changed(found, logged=found.tokens)

    def done(self, sample: SampleId) -> None:
        """The response has ended, and needs its increments no more."""
        chain = self._chains.pop(sample, None)
        if chain is not None:
            self._live -= chain.size

    @property
    def samples(self) -> list[SampleId]:
        """The responses that have increments."""
        return list(self._chains)

    @property
    def tokens(self) -> int:
        """Tokens of all increments."""
        return sum(chain.tokens for chain in self._chains.values())

    def forget(self) -> None:
        """Begin every response anew: they were made with other settings."""
        if self._chains:
            print(
                f"note: {len(self._chains)} unfinished responses ({self.tokens} tokens) were made with other settings, and "
                "begin anew",
                file=sys.stderr,
            )
        for sample in self.samples:
            self.done(sample)

    def close(self, *, keep: bool) -> None:
        """Close the file, and remove it unless a response in it is needed (``keep``)."""
        self._threads.shutdown()
        if not keep:
            self._journal.path.unlink(missing_ok=True)
        self._journal.close()

    def _enter(self, record: Fields, offset: int, size: int) -> None:
        sample, start, request = sample_of(record), record["start"], record["request"]
        if start == 0:
            self.done(sample)
            self._chains[sample] = _Chain(request)
        chain = self._chains.get(sample)
        if chain is None or chain.tokens != start or chain.request != request:
            return  # a line between is damaged: what comes after it is of no use
        chain.lines.append((offset, size))
        chain.tokens += len(record["ids"]) or record.get("counted", 0)
        chain.size += size
        self._live += size

    def _compact_and_sync(self) -> None:
        if self._journal.size - self._live > max(MOST_DEAD, self._live):
            self._compact()
        if time.monotonic() - self._synced > SYNC_SECONDS and (self._syncing is None or self._syncing.done()):
            if self._syncing is not None and (error := self._syncing.exception()) is not None:
                self._failed(error)
                return
            self._synced = time.monotonic()
            self._syncing = self._threads.submit(self._journal.sync)

    def _compact(self) -> None:
        """Write the file anew without dead lines. On a full disk it stays as it is."""
        path = self._journal.path
        temporary = path.with_name(f".{path.name[:40]}.{secrets.token_hex(6)}.tmp")
        if self._syncing is not None:
            self._syncing.exception()  # wait: it has the file open
        moved: dict[SampleId, list[tuple[int, int]]] = {}
        try:
            self._sync_finished()
            with temporary.open("xb") as file:
                for sample, chain in self._chains.items():
                    places = moved[sample] = []
                    for offset, size in chain.lines:
                        places.append((file.tell(), size))
                        file.write(self._journal.line(offset, size))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            fresh = Journal(path)
        except (OSError, UserError) as error:
            self._failed(error)
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            return
        self._journal.close()
        self._journal = fresh
        for sample, places in moved.items():
            self._chains[sample].lines = places

    def _failed(self, error: BaseException) -> None:
        """Nothing more is written in this run: a full disk ends it soon."""
        self._off = True
        why = getattr(error, "strerror", None) or str(error)
        text = (
            f"note: {self._journal.path} cannot be written ({why}); from here on a death costs the responses in flight"
        )
        print(printable(text), file=sys.stderr)


class _Chain:
    """The lines of one response, (offset, size) each."""

    __slots__ = ("lines", "request", "size", "tokens")

    def __init__(self, request: str) -> None:
        self.request = request
        self.lines: list[tuple[int, int]] = []
        self.tokens = self.size = 0


def tokens_in(path: Path) -> dict[SampleId, int]:
    """The tokens of each response in the file of partial responses, which another process may have open."""
    found = dict[SampleId, int]()
    for line in lines_of(path) if path.exists() else ():
        if line.record is not None and line.record.get("type") == TYPE:
            sample, start = sample_of(line.record), line.record["start"]
            if start == found.get(sample, 0) or start == 0:
                found[sample] = start + (len(line.record["ids"]) or line.record.get("counted", 0))
    return found


_FURTHER = ("continued", "logprob", "text", "thought", "prompt", "counted")
"""Fields of a partial response that most lack."""


def _further(found: Partial | Increment) -> Fields:
    return {name: value for name in _FURTHER if (value := getattr(found, name)) not in (None, [], "", 0)}


def _joined(before: Partial, record: Fields) -> Partial:
    """A partial response with the increment in a line."""
    return Partial(
        before.ids + record["ids"],
        record.get("continued", []),
        record.get("logprob"),
        text=before.text + record.get("text", ""),
        thought=before.thought + record.get("thought", ""),
        prompt=before.prompt or record.get("prompt", []),
        counted=before.counted + record.get("counted", 0),
    )


def cut_fields(partial: Partial) -> Fields:
    """What the main journal keeps of a response that its token limit has cut, so that a higher one continues it.

    The text stands in the response itself, unless the server tells the thought apart.
    """
    found = {"ids": partial.ids, **_further(partial)}
    if not partial.thought:
        found.pop("text", None)
    return found


def cut_response(record: Fields) -> Partial | None:
    """A response that a token limit has cut, from its line in the main journal; None where its tokens are not kept."""
    kept, response = record.get("partial"), response_of(record["response"])
    if not isinstance(kept, dict) or not isinstance(kept.get("ids"), list) or not response.truncated:
        return None
    text = {} if kept.get("thought") else {"text": response.content}
    found = _joined(Partial([]), kept | text | {"continued": list(response.continued), "logprob": response.logprob})
    return found if found.tokens else None
