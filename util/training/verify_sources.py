"""Find the stored responses that published rows were made of, and make their texts again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from util.prompting.prompts import THOUGHT_SOLUTION_SYSTEM
from util.records import Message, Response
from util.results.entries import Entry
from util.results.entry_index import EntryIndex
from util.results.json_file import is_result_file
from util.results.paths import ResultPaths
from util.system.errors import UserError
from util.text.thought import sections
from util.training.form_options import MARKED, TAGGED, ThoughtForm
from util.training.passport import ResponseRecord
from util.training.published_rows import PublishedRow, published_row
from util.training.thought_forms import MixedNotationError, is_usable, styled, text_to_use


@dataclass(frozen=True)
class Stored:
    """A response in a result file."""

    path: Path
    entry: Entry
    temperature: float
    sample: int

    @property
    def response(self) -> Response:
        return self.entry.responses[self.temperature][self.sample]


def files_named(names: Iterable[str], folders: Iterable[Path]) -> list[Path]:
    """The result files of these names, in all folders.

    Raises:
        UserError: a name is in no folder.
    """
    folders, found, missing = list(folders), list[Path](), list[str]()
    for name in sorted(set(names)):
        places = [path for path in (_in(folder, name) for folder in folders) if path is not None]
        found += [path for path in places if path not in found]
        missing += [] if places else [name]
    if missing:
        raise UserError(
            f"The passport names {', '.join(missing[:3])}{' ...' if len(missing) > 3 else ''}, which --input-dir "
            f"{' '.join(map(str, folders)) or '(not given)'} does not have. Give the folders that convert_to_data.py read."
        )
    return found


def files_in(places: Iterable[Path]) -> list[Path]:
    """Every result file of folders or files, converted ones and originals.

    Raises:
        UserError: a place has none.
    """
    found: list[Path] = []
    for place in places:
        files = sorted(place.glob("*.json")) if place.is_dir() else [place]
        files = [path for path in files if path.exists() and is_result_file(path)]
        if not files:
            raise UserError(f"--input-dir {place} has no result file. Give the folders that convert_to_data.py read.")
        found += [path for path in files if path not in found]
    return found


def by_record(index: EntryIndex, record: ResponseRecord) -> Iterator[Stored]:
    """The response that a passport names; several where files in different folders have one name."""
    temperature, sample = record.temperature, record.sample
    if temperature is None or sample is None:
        return
    for path, entry in problems_by_record(index, record):
        if sample < len(entry.responses.get(temperature, ())):
            yield Stored(path, entry, temperature, sample)


def problems_by_record(index: EntryIndex, record: ResponseRecord) -> Iterator[tuple[Path, Entry]]:
    """The problem that a passport names."""
    return ((path, entry) for path, entry in index.find(record.key) if path.name == record.file)


def by_question(index: EntryIndex, row: PublishedRow) -> Iterator[Stored]:
    """Every response to the question of a row. index: by questions."""
    for path, entry in index.find(row.question):
        for sample, _ in entry.samples():
            yield Stored(path, entry, sample.temperature, sample.index)


def remade(stored: Stored, like: str) -> PublishedRow | None:
    """The row of a stored response; None where no row can be made of it. like: the published text, whose form it takes."""
    form = ThoughtForm(MARKED if sections(like) is not None else TAGGED)
    text = text_to_use(stored.response, form, converted=ResultPaths(stored.path).is_converted)
    if not text or not is_usable(text, form):
        return None
    said = [("system", THOUGHT_SOLUTION_SYSTEM), ("user", stored.entry.question), ("assistant", text)]
    try:
        turns = styled([Message(*turn) for turn in said], form)
    except MixedNotationError:
        return None
    return published_row(0, {"messages": turns}, stored.path.name)


def difference(published: str, again: str, source: str = "the stored response") -> str:
    """Where two texts begin to differ, with a few characters of both; "" where they are equal. source: of the second."""
    if published == again:
        return ""
    at = next(
        (n for n, (a, b) in enumerate(zip(published, again, strict=False)) if a != b), min(len(published), len(again))
    )
    here, there = (text[max(0, at - 10) : at + 30] for text in (published, again))
    return f"from character {at + 1} of {len(published)} on: {here!r}; {source} has {there!r}"


def _in(place: Path, name: str) -> Path | None:
    path = place / name if place.is_dir() else place
    return path if path.name == name and path.is_file() else None
