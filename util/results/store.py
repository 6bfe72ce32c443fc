"""Result files that lose no finished work: a journal during the run, JSON at its end.

Each finished completion and each verdict is a line of ``NAME.journal.jsonl`` beside ``NAME.json``. The journal is
kept after the run, so that the same command can resume, extend it (more samples or temperatures), or do nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from msgspec.structs import replace as changed

from util.records import Response, SampleId, Verdict
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
    verdict_fields,
    verdict_of,
)
from util.results.journal import FileLock, Journal
from util.results.json_file import read_results, write_results
from util.results.judged_by import JudgedBy
from util.results.manifest import Manifest
from util.results.paths import ResultPaths
from util.results.settings import differences
from util.system.errors import UserError


@dataclass(slots=True)
class _Place:
    """Offsets of a sample's journal lines; -1 for none. digest: of the judged text and row."""

    completion: int = -1
    verdict: int = -1
    finished: bool = False
    digest: str = ""


class ResultStore:
    """The journal of one result file. The index in memory holds only offsets."""

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        """Lock ``path`` and read its journal.

        Raises:
            UserError: the file is locked by another process, not writable, or damaged.
        """
        self.paths = ResultPaths(path)
        self._lock = FileLock(path)
        try:
            if overwrite:
                self.paths.backup()
            self._journal = Journal(self.paths.journal)
            self.settings: Fields | None = None
            self._index: dict[bytes, dict[tuple[float, int], _Place]] = {}
            self._final: tuple[int, int] | None = None
            self.notes: list[Fields] = []
            self._written = self._synced = 0
            self._flush: asyncio.Task[None] | None = None
            self._load()
        except BaseException:
            self._lock.release()
            raise

    @property
    def path(self) -> Path:
        return self.paths.path

    def check_settings(self, settings: Fields) -> None:
        """Reject settings that differ from those of the file.

        Raises:
            UserError: names each difference.
        """
        if self.settings is None:
            return
        found = differences(self.settings, settings)
        if found:
            raise UserError(
                f"{self.path.name} was made with other settings: {'; '.join(found)}. Use the same "
                "settings to continue it, choose another --result-dir, or start over with --overwrite "
                "(the old file is kept as .bak)."
            )

    def begin(self, manifest: Manifest) -> None:
        """Write the manifest of this run to the journal. The first run's is the first line."""
        self._append({"type": "run" if self._journal.size else "manifest", **manifest})
        self.settings = manifest.get("settings", self.settings)

    def adopt(
        self, objection: Callable[[Entry], str | None] = lambda entry: None, manifest: Manifest | None = None
    ) -> int:
        """Add the responses of the JSON file that the journal lacks; return how many.

        There are some if the journal was deleted or the JSON file was copied from elsewhere.
        objection: returns why an entry does not belong to this run, None if it does. manifest:
        written first if the journal is empty.

        Raises:
            UserError: an entry does not belong to this run; nothing was changed.
        """
        if not self.path.exists() or _stamp(self.path) == self._final:
            return 0
        for entry in read_results(self.path):
            if (why := objection(entry)) is not None:
                raise UserError(
                    f"{self.path} has no journal and does not belong to this run: {why}. Choose another "
                    "--result-dir, or start over with --overwrite (the old file is kept as .bak)."
                )
        if manifest is not None and self.journal_is_empty:
            self.begin(manifest)
        count = 0
        for entry in read_results(self.path):
            for sample, response in entry.samples():
                if self._place(sample).finished:
                    continue
                adopted = changed(judged(response, None), finish_reason=response.finish_reason or "stop")
                self._add(sample, adopted, adopted=True)
                if response.verdict is not None and response.correct is not None:
                    self.add_verdict(sample, response.judged_text, response.verdict)
                count += 1
        return count

    def note(self, note: Fields) -> None:
        """Write data that an engine needs in a later run; it is on disk when this returns."""
        self._append({"type": "note", "note": note})
        self._journal.sync()
        self.notes.append(note)

    def add(self, sample: SampleId, response: Response) -> None:
        """Write a response, or a new version of it. From then on it survives ``kill -9``."""
        if response.logprob is not None:
            response = changed(response, logprob=round(response.logprob, 4))
        self._add(sample, response)

    def add_verdict(self, sample: SampleId, text: str, verdict: Verdict, by: JudgedBy | None = None) -> None:
        """Write the verdict on the sample's ``text``. by: None for a verdict copied from another file."""
        digest = text_hash(text) + (by.key if by is not None else "")
        record = {"type": "verdict", **sample_fields(sample), "text": digest, "verdict": verdict_fields(verdict)}
        offset = self._append(record)
        place = self._place(sample)
        place.verdict, place.digest = offset, digest

    async def sync(self) -> None:
        """Wait until everything written so far is on disk; concurrent calls share one fsync."""
        target = self._written
        while self._synced < target:
            # No lock: it wakes one waiter per turn of the event loop, and an engine step may run between two.
            if self._flush is None:
                self._flush = asyncio.create_task(self._flush_written())
            await asyncio.shield(self._flush)

    async def _flush_written(self) -> None:
        upto = self._written
        try:
            await asyncio.to_thread(self._journal.sync)
            self._synced = upto
        finally:
            self._flush = None

    def finished(self, sample: SampleId) -> bool:
        """Whether this sample needs no generation: it has a response, or failed permanently."""
        place = self._find(sample)
        return place is not None and place.finished

    def verdict(self, sample: SampleId, text: str, by: JudgedBy | None = None) -> Verdict | None:
        """The verdict on exactly this text, or None; with ``by``, only one for that row and those rules."""
        place = self._find(sample)
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
        place = self._find(sample)
        if place is None or place.completion < 0 or (before is not None and place.completion >= before):
            return None
        record = self._journal.read(place.completion)
        return response_of(record["response"], record["usage"], f"{self._journal.path}")

    def samples(self, key: str) -> list[SampleId]:
        """The samples of one problem in the journal, in order."""
        places = self._index.get(_digest(key), {})
        return [SampleId(key, t, i) for t, i in sorted(places) if places[t, i].completion >= 0]

    def entry(self, key: str, row: Fields, prompt: str) -> Entry:
        """The entry of one problem in the final file."""
        entry = Entry(key, row, prompt)
        for sample in self.samples(key):
            response = self.response(sample)
            assert response is not None
            entry.responses.setdefault(sample.temperature, []).append(self._with_verdict(sample, response))
        return entry

    def finalize(self, entries: Iterable[Entry]) -> int:
        """Write the final JSON file atomically; return the number of problems."""
        count = write_results(self.path, entries)
        self._final = _stamp(self.path)
        self._append({"type": "final", "size": self._final[0], "mtime_ns": self._final[1]})
        return count

    def entries(self) -> Iterator[Entry]:
        """The problems of the existing JSON file, unchanged."""
        return read_results(self.path)

    def judged_entries(self) -> Iterator[Entry]:
        """The problems of the existing JSON file, with the verdicts of the journal."""
        for entry in self.entries():
            judged = {
                temperature: [
                    self._with_verdict(SampleId(entry.key, temperature, index), response)
                    for index, response in enumerate(responses)
                ]
                for temperature, responses in entry.responses.items()
            }
            yield replace(entry, responses=judged)

    def close(self) -> None:
        empty = self._journal.size == 0
        self._journal.close()
        if empty:  # a run that failed before it started leaves no file
            self._journal.path.unlink(missing_ok=True)
        self._lock.release()

    def _load(self) -> None:
        for offset, record in self._journal.records():
            kind = record.get("type")
            if kind in ("manifest", "run"):
                self.settings = record.get("settings", self.settings)
            elif kind == "completion":
                place = self._place(sample_of(record))
                place.completion, place.finished = (
                    offset,
                    response_of(record["response"], None, self._journal.path.name).finished,
                )
            elif kind == "verdict":
                place = self._place(sample_of(record))
                place.verdict, place.digest = offset, record.get("text", "")
            elif kind == "note":
                self.notes.append(record["note"])
            elif kind == "final":
                self._final = (record["size"], record["mtime_ns"])

    def _with_verdict(self, sample: SampleId, response: Response) -> Response:
        found = self.verdict(sample, response.judged_text)
        return response if found is None else judged(response, found)

    def _add(self, sample: SampleId, response: Response, **extra: Any) -> None:
        record = {"type": "completion", **sample_fields(sample), "response": response_fields(response)}
        offset = self._append(record | {"usage": usage_fields(response.usage), **extra})
        place = self._place(sample)
        place.completion, place.finished = offset, response.finished

    def _append(self, record: Fields) -> int:
        offset = self._journal.append(record)
        self._written += 1
        return offset

    def _find(self, sample: SampleId) -> _Place | None:
        return self._index.get(_digest(sample.key), {}).get((sample.temperature, sample.index))

    def _place(self, sample: SampleId) -> _Place:
        places = self._index.setdefault(_digest(sample.key), {})
        return places.setdefault((sample.temperature, sample.index), _Place())


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:16]


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
