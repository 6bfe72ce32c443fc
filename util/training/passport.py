"""The passport of a training file: a line of JSON per row, in the same order, that says where the row comes from.

``python -m util.training.verify`` reads it, and judges the file again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from util.records import Response
from util.results.entries import Entry, model_verdict_fields, text_hash
from util.results.entry_index import EntryIndex
from util.results.judged_by import row_hash
from util.results.model_verdicts import accepted_by_judge_as
from util.results.writing import replaced_whole
from util.system.errors import UserError
from util.system.named_files import unreadable
from util.training.gather import Origin
from util.training.generations import UNKNOWN, Generation
from util.training.published_rows import PublishedRow

NOT_OURS = "not verified: from an extra file"


class ResponseRecord(msgspec.Struct, kw_only=True, frozen=True):
    """Where one response comes from and how it was judged.

    file: name of the result file. key, temperature, sample: of the response there; the last two are null for a row of an
    extra file, whose key is its place, and for a problem without a response. dataset, model, prompts (hash), settings (hash): of the run that generated it.
    problem: hash of the dataset's row. response: hash of the text that was judged. text: hash of the text as written.
    correct, reason, evidence: the verdict. rules: of the checker. judge: of a response that only a judge model accepts, what
    that said; else null. Hashes have 16 hexadecimal digits.
    """

    file: str
    key: str
    temperature: float | None = None
    sample: int | None = None
    source: str = ""
    dataset: str = ""
    model: str = UNKNOWN
    prompts: str = UNKNOWN
    settings: str = UNKNOWN
    problem: str = ""
    response: str = ""
    text: str = ""
    correct: bool | None = None
    reason: str = ""
    evidence: dict[str, Any] = {}
    rules: str = UNKNOWN
    judge: dict[str, Any] | None = None

    @property
    def is_ours(self) -> bool:
        """Whether it comes from a result file, and not from an extra file."""
        return bool(self.dataset)


class RowRecord(ResponseRecord, kw_only=True, frozen=True):
    """One row. row: its number from 1. written: hash of its content. question: hash of the turns before the response.
    rejected: the other response of a preference pair."""

    row: int
    written: str
    question: str
    rejected: ResponseRecord | None = None


class _NotFinished(Exception):
    """Takes back a file that was begun."""


class PassportWriter:
    """Writes the passport while the rows are written. The file appears under its name with ``finish``."""

    def __init__(self, path: Path, generations: Mapping[str, Generation]) -> None:
        """generations: path of each result file, as origins name it -> what its manifests say."""
        self._path, self._generations = path, generations
        self._begun = contextlib.ExitStack()
        self._index = self._begun.enter_context(
            contextlib.closing(EntryIndex([each.path for each in generations.values()]))
        )
        try:
            self._file = self._begun.enter_context(replaced_whole(path))
        except BaseException:
            self._begun.close()
            raise

    def take(self, row: PublishedRow, source: str, origin: Origin, rejected: Origin | None = None) -> None:
        """Write the line of a row. source: as in the funnel. origin, rejected: of its responses."""
        written, question, _ = row.hashes
        main = self._response(origin, source, row.text)
        other = self._response(rejected, source, row.rejected) if rejected is not None else None
        line = RowRecord(row=row.number, written=written, question=question, rejected=other, **_fields(main))
        try:
            self._file.write(msgspec.json.encode(line) + b"\n")
        except OSError as error:
            raise self._failed(error) from error

    def finish(self) -> None:
        """Give the file its name.

        Raises:
            UserError: it cannot be written.
        """
        self._begun.close()

    def close(self) -> None:
        """Release the files; without ``finish`` nothing stays."""
        with suppress(_NotFinished), self._begun:
            raise _NotFinished

    def _response(self, origin: Origin, source: str, text: str | None) -> ResponseRecord:
        written = text_hash(text) if text is not None else ""
        known = self._generations.get(origin.file)
        if known is None:
            place = origin.key.replace(origin.file, Path(origin.file).name)
            return ResponseRecord(
                file=Path(origin.file).name, key=place, source=source, text=written, reason=NOT_OURS, rules=""
            )
        entry, response = self._stored(origin, known)
        verdict = response.verdict if response is not None else None
        judge = response.judge if response is not None and accepted_by_judge_as(response) else None
        return ResponseRecord(
            file=known.path.name,
            key=origin.key,
            temperature=origin.temperature,
            sample=origin.sample,
            source=source,
            dataset=known.dataset,
            model=known.model,
            prompts=known.prompts,
            settings=known.settings,
            problem=row_hash(entry.row),
            response=text_hash(response.judged_text) if response is not None else "",
            text=written,
            correct=verdict.correct if verdict is not None else None,
            reason=verdict.reason if verdict is not None else "",
            evidence=verdict.evidence if verdict is not None else {},
            rules=known.verifier,
            judge=model_verdict_fields(judge) if judge is not None else None,
        )

    def _stored(self, origin: Origin, known: Generation) -> tuple[Entry, Response | None]:
        """The problem of a response and the response; None for the latter in rows that have a problem alone."""
        for path, entry in self._index.find(origin.key):
            if path == known.path:
                if origin.sample is None or origin.temperature is None:
                    return entry, None
                return entry, entry.responses[origin.temperature][origin.sample]
        raise UserError(
            f"{origin.file} has changed while it was read: {origin.key[:60]!r} is gone. Run the command again."
        )

    def _failed(self, error: OSError) -> UserError:
        return UserError(f"--passport {self._path} cannot be written: {error.strerror}. Choose another file.")


def read_passport(path: Path) -> Iterator[tuple[int, RowRecord]]:
    """(offset, record) of each line.

    Raises:
        UserError: the file is missing, or a line is not one of a passport.
    """
    offset = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                yield offset, parse_record(line, f"{path}, line {number}")
                offset += len(line)
    except OSError as error:
        raise unreadable(
            "--passport", path, error, "the file that convert_to_data.py --passport has written"
        ) from error


def parse_record(line: bytes, place: str) -> RowRecord:
    """Raises: UserError: the line is not one of a passport. place: for the message."""
    try:
        return msgspec.json.decode(line, type=RowRecord)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UserError(
            f"{place}: not a line of a passport ({error}). Give the file that convert_to_data.py --passport has written."
        ) from error


def _fields(record: ResponseRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__struct_fields__}
