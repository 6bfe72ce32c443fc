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

from util.records import Increment, Partial, SampleId
from util.results.entries import Fields, response_of, sample_fields, sample_of
from util.results.journal import Journal
from util.results.journal_lines import line_of
from util.results.repair import lines_of
from util.system.characters import printable
from util.system.errors import UserError

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
            if line.record is not None and _is_increment(line.record):
                self._enter(line.record, line.offset, len(line.raw))

    def append(self, sample: SampleId, request: str, increment: Increment) -> None:
        """Write an increment; one that does not continue what is there is ignored. request: see ``find``."""
        fields: Fields = {"request": request, "start": increment.start, "ids": increment.ids}
        fields |= {"continued": increment.continued} if increment.continued else {}
        fields |= {"logprob": increment.logprob} if increment.logprob is not None else {}
        record: Fields = {"type": "partial", **sample_fields(sample), **fields}
        line = line_of(record)
        if self._off:
            return
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
        ids, last = list[int](), dict[str, object]()
        for offset, _ in chain.lines:
            last = self._journal.read(offset)
            ids += last["ids"]  # type: ignore[arg-type]
        return Partial(ids, list(last.get("continued", ())), last.get("logprob"), logged=len(ids))  # type: ignore[call-overload, arg-type]

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
        chain.tokens += len(record["ids"])
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


def cut_response(record: Fields) -> Partial | None:
    """A response that a token limit has cut, from its line in the main journal; None where its tokens are not kept."""
    ids, response = record.get("token_ids"), response_of(record["response"])
    if not isinstance(ids, list) or not ids or not response.truncated:
        return None
    return Partial(ids, list(response.continued), response.logprob)


def _is_increment(record: Fields) -> bool:
    try:
        sample_of(record)
    except (KeyError, TypeError, ValueError):
        return False
    fits = (
        record.get("type") == "partial" and isinstance(record.get("request"), str) and type(record.get("start")) is int
    )
    ids = record.get("ids")
    return fits and isinstance(ids, list) and all(type(each) is int for each in ids)
