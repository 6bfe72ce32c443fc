"""Result files that lose nothing: a journal while a run works, JSON at its end.

Each finished completion and each verdict is a line of ``NAME.journal.jsonl``
beside ``NAME.json``. The journal stays after the run: with it, the same command
continues, extends (more samples or temperatures) or finds nothing left to do.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from util.engines.base import Completion, Note
from util.results.journal import FileLock, Journal, journal_path
from util.results.json_file import Entry, read_results, write_results
from util.results.samples import Slot, is_finished, judged_text, samples, text_hash
from util.system.errors import UserError

GROWING = ("n", "temperatures")
"""Settings that a rerun may enlarge: what exists keeps its place and its seed."""


@dataclass(slots=True)
class _Place:
    """Where a sample stands in the journal; -1 means nowhere."""

    completion: int = -1
    verdict: int = -1
    finished: bool = False
    text_hash: str = ""


class ResultStore:
    """The journal of one result file, indexed in memory by offsets alone."""

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        """Lock ``path`` and read its journal.

        Raises:
            UserError: locked by another process, not writable, or damaged.
        """
        self.path = path
        self._lock = FileLock(path)
        try:
            if overwrite:
                converted = path.with_name(f"converted_{path.name}")
                for old in (path, journal_path(path), converted, journal_path(converted)):
                    if old.exists():
                        old.replace(old.with_name(f"{old.name}.bak"))
            self._journal = Journal(journal_path(path))
            self.settings: dict[str, Any] | None = None
            self.manifest: dict[str, Any] = {}
            self._index: dict[bytes, dict[tuple[str, int], _Place]] = {}
            self._final: tuple[int, int] | None = None
            self.notes: list[Note] = []
            self._written = self._synced = 0
            self._flush: asyncio.Task[None] | None = None
            self._load()
        except BaseException:
            self._lock.release()
            raise

    # -- settings -----------------------------------------------------------

    def check_settings(self, settings: dict[str, Any]) -> None:
        """Refuse to mix samples of different settings in one file.

        Raises:
            UserError: names each difference.
        """
        if self.settings is None:
            return
        differences = [
            f"{name.replace('_', '-')} is {_short(self.settings.get(name))} there, {_short(value)} now"
            for name, value in settings.items()
            if name not in GROWING and self.settings.get(name) != value
        ]
        missing = set(self.settings.get("temperatures", ())) - set(settings.get("temperatures", ()))
        if missing:
            differences.append(f"it has temperatures {', '.join(sorted(missing))}, which are not asked for now")
        if differences:
            raise UserError(
                f"{self.path.name} was made with other settings: {'; '.join(differences)}. Repeat those "
                "settings to continue it, choose another --result-dir, or start anew with --overwrite "
                "(the old file is kept as .bak)."
            )

    def begin(self, manifest: dict[str, Any]) -> None:
        """Write the manifest: the journal's first line, or a line for each later run."""
        record = {"type": "run" if self._journal.size else "manifest", **manifest}
        self._append(record)
        self.settings = manifest.get("settings", self.settings)
        self.manifest = manifest

    def adopt(
        self, accepts: Callable[[str, Entry], str | None] = lambda key, entry: None, manifest: Entry | None = None
    ) -> int:
        """Take in responses of the JSON that the journal lacks; return how many.

        This happens when the journal was deleted, or the JSON comes from elsewhere.
        accepts: says of (key, entry) why it does not belong here, None if it does. manifest: the
        first line of a journal that has none yet.

        Raises:
            UserError: an entry does not belong here; nothing was changed.
        """
        if not self.path.exists() or _stamp(self.path) == self._final:
            return 0
        for key, entry in read_results(self.path):
            if (objection := accepts(key, entry)) is not None:
                raise UserError(
                    f"{self.path} has no journal and does not belong to this run: {objection}. Choose another "
                    "--result-dir, or start anew with --overwrite (the old file is kept as .bak)."
                )
        if manifest is not None and self.journal_is_empty:
            self.begin(manifest)
        count = 0
        for key, entry in read_results(self.path):
            for slot, response, usage in samples(key, entry):
                place = self._place(slot)
                if place.finished:
                    continue
                verdict: Entry = {k: response.pop(k) for k in ("correctness", "reason") if k in response}
                response.setdefault("finish_reason", "stop")
                self._add(slot, response, usage, adopted=True)
                if verdict.get("correctness") is not None:
                    self.add_verdict(slot, judged_text(response), verdict)
                count += 1
        return count

    def note(self, note: Note) -> None:
        """Write what an engine must find again; it is on the disk when this returns."""
        self._append({"type": "note", "note": note})
        self._journal.sync()
        self.notes.append(note)

    # -- completions and verdicts ---------------------------------------------

    def add_completion(self, completion: Completion, **extra: Any) -> None:
        """Write a completion. It survives ``kill -9`` from here on. extra: more fields of the response."""
        slot = Slot(completion.key, completion.temperature, completion.sample_index)
        response: Entry = {"content": completion.text, "finish_reason": completion.finish_reason}
        if completion.seed is not None:
            response["seed"] = completion.seed
        if completion.logprob is not None:
            response["logprob"] = round(completion.logprob, 4)
        if completion.error:
            response |= {"error": completion.error, "final": completion.final}
        self._add(slot, response | extra, asdict(completion.usage))

    def amend(self, slot: Slot, fields: Entry) -> None:
        """Write a sample's response again with more ``fields``."""
        place = self._place(slot)
        record = self._journal.read(place.completion)
        self._add(slot, record["response"] | fields, record["usage"])

    def add_verdict(self, slot: Slot, text: str, verdict: Entry, by: str = "") -> None:
        """Write the verdict on the sample's ``text``. by: the row and rules that it was judged by."""
        digest = text_hash(text) + by
        offset = self._append({"type": "verdict", **slot._asdict(), "text": digest, "verdict": verdict})
        place = self._place(slot)
        place.verdict, place.text_hash = offset, digest

    async def sync(self) -> None:
        """Wait until everything written so far is on the disk; calls share one fsync."""
        target = self._written
        while self._synced < target:
            # A shared task and no lock: a lock wakes one waiter per turn of the loop,
            # and an engine's step may lie between two turns.
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

    def finished(self, slot: Slot) -> bool:
        """Whether this sample needs no generation: it has a text, or failed for good."""
        place = self._find(slot)
        return place is not None and place.finished

    def verdict(self, slot: Slot, text: str, by: str | None = None) -> Entry | None:
        """The verdict on exactly this text, if there is one; with ``by``, only one by that row and those rules."""
        place = self._find(slot)
        if place is None or place.verdict < 0 or not place.text_hash.startswith(text_hash(text)):
            return None
        if by is not None and place.text_hash != text_hash(text) + by:
            return None
        found: Entry = self._journal.read(place.verdict)["verdict"]
        return found

    @property
    def journal_is_empty(self) -> bool:
        return self._journal.size == 0

    @property
    def position(self) -> int:
        """Where the journal ends now, for ``response(before=...)``."""
        return self._journal.size

    def response(self, slot: Slot, *, before: int | None = None) -> Entry | None:
        """The response of a sample without its verdict, or None.

        before: look only at what was written before the journal had this size.
        """
        place = self._find(slot)
        if place is None or place.completion < 0 or (before is not None and place.completion >= before):
            return None
        found: Entry = self._journal.read(place.completion)["response"]
        return found

    def slots(self, key: str) -> list[Slot]:
        """The samples of one problem that the journal has, in order."""
        places = self._index.get(_digest(key), {})
        return [Slot(key, t, i) for t, i in sorted(places, key=_order) if places[t, i].completion >= 0]

    @property
    def completions(self) -> int:
        return sum(p.finished for places in self._index.values() for p in places.values())

    # -- the final file -------------------------------------------------------

    def entry(self, key: str, row: Entry, prompt: str) -> Entry:
        """The final file's value for one problem."""
        responses: dict[str, list[Entry]] = {}
        usages: dict[str, list[Entry]] = {}
        for slot in self.slots(key):
            place = self._place(slot)
            record = self._journal.read(place.completion)
            response = record["response"] | (self.verdict(slot, judged_text(record["response"])) or {})
            responses.setdefault(slot.temperature, []).append(response)
            usages.setdefault(slot.temperature, []).append(record["usage"])
        return {**row, "prompt": prompt, "responses": responses, "token_usages": usages}

    def finalize(self, entries: Iterable[tuple[str, Entry]]) -> int:
        """Write the final JSON in one rename; return the number of problems."""
        count = write_results(self.path, entries)
        self._final = _stamp(self.path)
        self._append({"type": "final", "size": self._final[0], "mtime_ns": self._final[1]})
        return count

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """The problems of the existing JSON, as it stands."""
        return read_results(self.path)

    def judged_entries(self) -> Iterator[tuple[str, Entry]]:
        """The existing JSON's problems, with the journal's verdicts laid over them."""
        for key, entry in self.entries():
            for slot, response, _ in samples(key, entry):
                response |= self.verdict(slot, judged_text(response)) or {}
            yield key, entry

    def close(self) -> None:
        empty = self._journal.size == 0
        self._journal.close()
        if empty:  # a run that failed before it began leaves nothing
            self._journal.path.unlink(missing_ok=True)
        self._lock.release()

    # -- inside -----------------------------------------------------------------

    def _load(self) -> None:
        for offset, record in self._journal.records():
            kind = record.get("type")
            if kind in ("manifest", "run"):
                self.settings = record.get("settings", self.settings)
                self.manifest = record
            elif kind == "completion":
                place = self._place(_slot(record))
                place.completion, place.finished = offset, is_finished(record["response"])
            elif kind == "verdict":
                place = self._place(_slot(record))
                place.verdict, place.text_hash = offset, record.get("text", "")
            elif kind == "note":
                self.notes.append(record["note"])
            elif kind == "final":
                self._final = (record["size"], record["mtime_ns"])

    def _add(self, slot: Slot, response: Entry, usage: Entry, **extra: Any) -> None:
        record = {"type": "completion", **slot._asdict(), "response": response, "usage": usage, **extra}
        offset = self._append(record)
        place = self._place(slot)
        place.completion, place.finished = offset, is_finished(response)

    def _append(self, record: dict[str, Any]) -> int:
        offset = self._journal.append(record)
        self._written += 1
        return offset

    def _find(self, slot: Slot) -> _Place | None:
        return self._index.get(_digest(slot.key), {}).get((slot.temperature, slot.sample_index))

    def _place(self, slot: Slot) -> _Place:
        places = self._index.setdefault(_digest(slot.key), {})
        return places.setdefault((slot.temperature, slot.sample_index), _Place())


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:16]


def _slot(record: dict[str, Any]) -> Slot:
    return Slot(record["key"], record["temperature"], record["sample_index"])


def _order(place: tuple[str, int]) -> tuple[float, int]:
    return float(place[0]), place[1]


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
