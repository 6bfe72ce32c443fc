"""Result files that lose no finished work: a journal during the run, JSON at its end.

Each finished completion and each verdict is a line of ``NAME.journal.jsonl`` beside ``NAME.json``. The journal is
kept after the run, so that the same command can resume, extend it (more samples or temperatures), or do nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from msgspec.structs import replace as changed

from util.records import Partial, Response, SampleId, Verdict
from util.results.adoption import adopt
from util.results.entries import (
    Entry,
    Fields,
    judged,
    response_fields,
    response_of,
    sample_fields,
    sample_of,
    text_hash,
    usage_fields,
    usage_of,
    verdict_fields,
    verdict_of,
)
from util.results.file_lock import FileLock
from util.results.journal import Journal
from util.results.json_file import stamp, write_results
from util.results.judged_by import JudgedBy
from util.results.ledger import Ledger
from util.results.manifest import Manifest
from util.results.partials import PartialJournal, cut_response, tokens_in
from util.results.paths import ResultPaths
from util.results.repair import repair as repair_journal
from util.results.sample_index import SampleIndex
from util.results.settings import check_equal, differences
from util.results.spending_log import SpendingLog, moment
from util.results.write_queue import WriteQueue
from util.system.characters import Replacements


class ResultStore:
    """The journal of one result file. The index in memory holds only offsets."""

    def __init__(
        self, path: Path, *, overwrite: bool = False, repair: bool = False, partial_tokens: int | None = None,
        continue_truncated: bool = False,
    ) -> None:  # fmt: skip
        """Lock ``path`` and read its journal.

        overwrite: rename existing files first. repair: set damaged lines of the journal aside. partial_tokens: tokens
        between two increments of a response in flight, see ``partials``; None for a store that generates nothing.
        continue_truncated: see ``SampleIndex``.

        Raises:
            UserError: the file is locked by another process, not writable, or damaged.
        """
        self.paths = ResultPaths(path)
        self.settings: Fields | None = None
        self.notes: list[Fields] = []
        self.ledger = Ledger()
        self.partials: PartialJournal | None = None
        self._index = SampleIndex(adopted_grow=continue_truncated)
        self._limit: int | None = None  # tokens of a response of this run, 0 where that is not known; None before it is
        self._final: tuple[int, int] | None = None
        self._replaced = Replacements(f"responses of {path.name}")
        self._lock = FileLock(path)
        try:
            if overwrite:
                self.paths.backup()
            if repair:
                repair_journal(self.paths)
            self._journal = Journal(self.paths.journal)
            self._queue = WriteQueue(self._journal)
            self.spending = SpendingLog(self.ledger, self._queue)
            self._load()
            if partial_tokens is not None:
                self.partials = PartialJournal(self.paths.partial, partial_tokens, self._queue.sync_now)
            self.ledger.settle(tokens_in(self.paths.partial) if self.ledger.unsettled else {})
        except BaseException:
            self._lock.release()
            raise

    @property
    def path(self) -> Path:
        return self.paths.path

    def check_settings(self, settings: Fields) -> None:
        """Reject settings that differ from those of the file, as long as it has a response with a text.

        Without one, what has failed is tried again with the new settings.

        Raises:
            UserError: names each difference.
        """
        if self.settings is not None and differences(self.settings, settings):
            if self._index.has_text or any("ids" in note for note in self.notes):  # batches, which are paid for
                check_equal(self.settings, settings, self.path.name)
            self._index.forget_failures()
            if self.partials is not None:
                self.partials.forget()
        self._limit = int(settings.get("max_tokens", 0))

    def begin(self, manifest: Manifest) -> None:
        """Write the manifest of this run to the journal. The first run's is the first line."""
        self._queue.write({"type": "run" if self._journal.size else "manifest", **manifest})
        self.settings = manifest.get("settings", self.settings)

    def adopt(
        self, objection: Callable[[Entry], str | None] = lambda entry: None, manifest: Manifest | None = None
    ) -> int:
        """Add the responses of the JSON file that the journal lacks; return how many.

        There are some if the journal was deleted or the JSON file was copied from elsewhere. objection: returns why an
        entry does not belong to this run, None if it does. manifest: written first if the journal is empty.

        Raises:
            UserError: an entry does not belong to this run; nothing was changed.
        """
        if not self.path.exists() or stamp(self.path) == self._final:
            return 0
        return adopt(self, objection, manifest)

    def note(self, note: Fields) -> None:
        """Write data that an engine needs in a later run; it is on disk when this returns."""
        self._queue.write({"type": "note", "note": note})
        self._queue.sync_now()
        self.notes.append(note)

    @property
    def full(self) -> bool:
        """Whether a write has failed in this run. Nothing more should be sent to an engine then; see ``settle``."""
        return self._queue.full

    def add(self, sample: SampleId, response: Response, **extra: Any) -> Response:
        """Write a response, or a new version of it; return it as it is stored. extra: other fields of its journal line.

        It survives ``kill -9`` from then on, except on a full disk: then it is held in memory until there is room.
        """
        if response.logprob is not None and "adopted" not in extra:  # what is adopted stays as it is
            response = changed(response, logprob=round(response.logprob, 4))
        fields, usage = response_fields(response), usage_fields(response.usage)
        record: Fields = {"type": "completion", **sample_fields(sample), "response": fields, "usage": usage, **extra}
        if (stored := self._replaced.whole(fields)) is not fields:
            record["response"], response = stored, response_of(stored, usage)
        place = self._index.place(sample)
        record |= {"at": moment()} if self.ledger.is_open(sample) else {}
        known, paid = place.completion >= 0 or place.answered, usage_of(extra.get("paid"))
        self.ledger.answered(sample, response, record.get("at"), known=known, paid=paid)
        self._index.take(place, response, self._limit or 0, adopted="adopted" in extra)

        def placed(offset: int) -> None:
            place.completion = offset

        self._queue.add(record, placed)
        if self.partials is not None and place.finished:
            self.partials.done(sample)
        return response

    def add_verdict(self, sample: SampleId, text: str, verdict: Verdict, by: JudgedBy | None = None) -> None:
        """Write the verdict on the sample's ``text``. by: None for a verdict copied from another file."""
        digest = text_hash(text) + (by.key if by is not None else "")
        record = {"type": "verdict", **sample_fields(sample), "text": digest, "verdict": verdict_fields(verdict)}
        place = self._index.place(sample)

        def placed(offset: int) -> None:
            place.verdict, place.digest = offset, digest

        self._queue.add(record, placed)

    async def sync(self) -> None:
        """Wait until all that is written is on disk; calls share one fsync. Raises: NotWrittenError: the disk is full."""
        await self._queue.sync()

    async def settle(self) -> None:
        """``sync`` at the end of a run.

        Raises: NotWrittenError: the disk was full in this run; says how many responses are written.
        """
        self._replaced.tell()
        await self._queue.settle()

    def check_room(self) -> None:
        """Raises: NotWrittenError: something is only in memory, since the disk is full."""
        if self.full:
            raise self._queue.failure()

    def write_held(self) -> None:
        """Try to write what a full disk has kept in memory."""
        self._queue.write_held()

    def finished(self, sample: SampleId) -> bool:
        """Whether this sample needs no generation: it has a response, or failed permanently.

        One that a token limit has cut, or that failed, is not finished for a run with a higher limit.
        """
        return self._index.is_finished(sample, self._limit or 0)

    def grown(self) -> int:
        """The number of responses that are not finished only since this run has a higher token limit."""
        return self._index.grown(self._limit or 0)

    def partial(self, sample: SampleId, request: str) -> Partial | None:
        """What a response without an end has so far: as an earlier run has left it, or as a lower limit has cut it.

        request: a digest of what determines the response.
        """
        found = self.partials.find(sample, request) if self.partials is not None else None
        place = self._index.find(sample)
        if place is None or place.completion < 0 or not place.grows(self._limit or 0):
            return found
        cut = cut_response(self._journal.read(place.completion))
        return cut if cut is not None and (found is None or cut.tokens > found.tokens) else found

    def verdict(self, sample: SampleId, text: str, by: JudgedBy | None = None) -> Verdict | None:
        """The verdict on exactly this text, or None; with ``by``, only one for that row and those rules."""
        place = self._index.find(sample)
        digest = text_hash(text)
        if place is None or place.verdict < 0 or not place.digest.startswith(digest):
            return None
        if by is not None and not by.accepts(place.digest.removeprefix(digest)):
            return None
        return verdict_of(self._journal.read(place.verdict)["verdict"])

    @property
    def journal_is_empty(self) -> bool:
        return self._journal.size == 0

    @property
    def position(self) -> int:
        """The current size of the journal, for ``response(before=...)``."""
        return self._journal.size

    def response(self, sample: SampleId, *, before: int | None = None) -> Response | None:
        """The response of a sample without its verdict, or None.

        before: ignore responses written after the journal had this size.
        """
        place = self._index.find(sample)
        if place is None or place.completion < 0 or (before is not None and place.completion >= before):
            return None
        record = self._journal.read(place.completion)
        return response_of(record["response"], record["usage"], f"{self._journal.path}")

    def samples(self, key: str) -> list[SampleId]:
        """The samples of one problem in the journal, in order."""
        return self._index.samples(key)

    def entry(self, key: str, row: Fields, prompt: str) -> Entry:
        """The entry of one problem in the final file."""
        entry = Entry(key, row, prompt)
        for sample in self.samples(key):
            response = self.response(sample)
            assert response is not None
            entry.responses.setdefault(sample.temperature, []).append(self.with_verdict(sample, response))
        return entry

    def with_verdict(self, sample: SampleId, response: Response) -> Response:
        """The response with the journal's verdict on its text, where there is one."""
        found = self.verdict(sample, response.judged_text)
        return response if found is None else judged(response, found)

    def finalize(self, entries: Iterable[Entry]) -> int:
        """Write the final JSON file atomically; return the number of problems."""
        count = write_results(self.path, entries)
        self._final = stamp(self.path)
        self._queue.write({"type": "final", "size": self._final[0], "mtime_ns": self._final[1]})
        return count

    def close(self) -> None:
        self._queue.close()
        if self.partials is not None:
            # A run whose settings were refused does not know what a higher limit would need.
            needed = (self._limit is None or not self.finished(sample) for sample in self.partials.samples)
            self.partials.close(keep=self.full or any(needed))
        empty = self._journal.size == 0
        self._journal.close()
        if empty:  # a run that failed before it started leaves no file
            self._journal.path.unlink(missing_ok=True)
        self._lock.release()

    def _load(self) -> None:
        for offset, record in self._journal.records():
            known = record.get("type") == "completion" and self._index.has_response(sample_of(record))
            self.ledger.enter(record, known=known)
            match record.get("type"):
                case "manifest" | "run":
                    self.settings = record.get("settings", self.settings)
                case "completion" | "verdict":
                    self._index.enter(offset, record, int((self.settings or {}).get("max_tokens", 0)))
                case "note":
                    self.notes.append(record["note"])
                case "final":
                    self._final = (record["size"], record["mtime_ns"])
