"""Damaged lines of a journal: found, named, and set aside by --repair."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from util.results.entries import Fields
from util.results.journal_lines import DamagedLineError, described, is_torn, line_of, record_of
from util.results.paths import ResultPaths, backups
from util.system.advice import rerun
from util.system.errors import UserError

SHOWN = 5
"""Damaged lines that a message names; it counts the others."""


@dataclass(frozen=True)
class JournalLine:
    """One line. record: None if it is damaged; ``fault`` says why."""

    number: int
    offset: int
    raw: bytes
    record: Fields | None
    fault: str = ""

    def __str__(self) -> str:
        return f"line {self.number} ({described(self.raw)}): {self.fault}"


def lines_of(path: Path) -> Iterator[JournalLine]:
    """The lines of a journal, damaged ones included."""
    offset = 0
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            try:
                yield JournalLine(number, offset, raw, record_of(raw))
            except DamagedLineError as error:
                yield JournalLine(number, offset, raw, None, str(error))
            offset += len(raw)


def damage_error(path: Path) -> UserError:
    """The error that names the damaged lines of a journal and what to do."""
    found = [line for line in lines_of(path) if line.record is None]
    return UserError(
        f"{path} has {_counted(found)}:{_named(found)}\nNothing was changed. To continue, {rerun()} with --repair: damaged "
        "lines are set aside, and their responses are generated or judged again."
    )


def _counted(lines: list[JournalLine]) -> str:
    return "1 damaged line" if len(lines) == 1 else f"{len(lines)} damaged lines"


def _named(lines: list[JournalLine]) -> str:
    more = f"\n  and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
    return "".join(f"\n  {line}" for line in lines[:SHOWN]) + more


def repair(paths: ResultPaths) -> None:
    """Set the damaged lines of a journal aside; says how many on standard error. The caller holds the file's lock.

    The journal as it was is kept under the next ``.bak`` name.

    Raises:
        UserError: the line with the settings is damaged, and no later run wrote them again; nothing was changed.
    """
    journal = paths.journal
    if not journal.exists():
        return
    lines, last = [], 0
    for line in lines_of(journal):
        last = line.number
        if line.record is None:
            lines.append(line)
    # An incomplete last line is no damage; opening the journal removes it.
    damaged = [line for line in lines if line.number != last or not is_torn(line.raw)]
    if not damaged:
        return
    manifest = _manifest(journal, damaged[0]) if damaged[0].number == 1 else None
    kept = backups([journal])[journal]
    try:
        with paths.damaged.open("ab") as file:
            file.writelines(line.raw if line.raw.endswith(b"\n") else line.raw + b"\n" for line in damaged)
            file.flush()
            os.fsync(file.fileno())
        _rewrite(journal, {line.number for line in damaged}, manifest, kept)
    except OSError as error:
        raise UserError(f"{journal} cannot be repaired: {error.strerror}. Nothing was removed from it.") from error
    print(
        f"{journal.name}: {_counted(damaged)} moved to {paths.damaged.name}:{_named(damaged)}\n"
        f"the journal as it was is {kept.name}",
        file=sys.stderr,
    )


def _manifest(journal: Path, first: JournalLine) -> Fields | None:
    """The first line of a journal whose own is damaged, from the first later run with settings.

    None if it was a check, which has no settings.
    """
    for line in lines_of(journal):
        if line.record is not None and line.record.get("type") == "run" and "settings" in line.record:
            return line.record | {"type": "manifest", "repaired": True}
    if b'"check_of"' in first.raw:
        return None
    raise UserError(
        f"{journal}, line 1: the settings of the run are damaged, and no later run wrote them again, so that nothing shows "
        "whether this command belongs to the file. Nothing was changed. Restore the journal from a copy, or start "
        "over with --overwrite (old files are kept as .bak)."
    )


def _rewrite(journal: Path, without: set[int], manifest: Fields | None, kept: Path) -> None:
    """Replace a journal by one without some lines; the old one becomes ``kept``."""
    temporary = journal.with_name(f".{journal.name[:40]}.{os.getpid()}.tmp")
    try:
        with temporary.open("xb") as file:
            if manifest is not None:
                file.write(line_of(manifest))
            file.writelines(line.raw for line in lines_of(journal) if line.number not in without)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(journal, kept)
        except OSError:  # a file system without hard links
            shutil.copy2(journal, kept)
        temporary.replace(journal)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
