"""``eval.py --rejudge``: what it prints and writes."""

from __future__ import annotations

import argparse
import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from util.foreign.case import Judge
from util.foreign.columns import FIELDS
from util.foreign.readers import foreign_files
from util.referee import disagreements as differ
from util.referee.disagreements import Disagreement
from util.referee.rejudge import Rejudged, rejudge
from util.referee.scores import SetScores
from util.referee.shown import as_records, described
from util.results.json_file import write_json
from util.results.output_checks import DISAGREEMENTS, PAGE, check_output
from util.results.writing import replaced_whole
from util.system.characters import printable
from util.system.errors import UserError


@dataclass
class _Differences:
    """Collects what --csv, --report and --explain show: the first grader's disagreements."""

    grader: str
    shown: int
    writer: Any = None
    kept: list[Disagreement] = field(default_factory=list)
    total: int = 0

    def add(self, rejudged: Rejudged) -> None:
        for found in differ.disagreements(rejudged):
            if self.writer is not None:
                self.writer.writerow(found.row())
            if found.grader == self.grader:
                self.total += 1
                if len(self.kept) < self.shown:
                    self.kept.append(found)


def run(args: argparse.Namespace, judge: Judge, graders: tuple[str, ...], *, workers: int = 0) -> int:
    """Judge the files of the command line again; print and write what it asks for.

    Raises:
        UserError: nothing could be read or judged, or a file cannot be written.
    """
    for name, path, kind in (("--csv", args.csv, DISAGREEMENTS), ("--report", args.report, PAGE)):
        if path is not None:
            check_output(path, name, kind)
    files = foreign_files(args.rejudge, columns_given(args.columns))
    for file in files:
        print(printable(f"{file.path}: {file.form}"))
    page = differ.ON_THE_PAGE if args.report else 0
    found = _Differences(graders[0], max(page, args.explain))
    with _csv(args.csv, found):
        sets = rejudge(files, judge, graders, workers=workers, each=found.add)
    for scores in sets:
        print(printable(f"\n{described(scores)}"))
    for each in found.kept[: args.explain]:
        print(printable(f"\n{differ.explained(each)}"))
    if args.report:
        differ.write_page(args.report, sets, found.kept, found.total)
    if args.output_file:
        write_json(args.output_file, as_records(sets))
    _say_files(args, found.total)
    if all(scores.graders[graders[0]].judged == 0 for scores in sets):
        raise UserError(f"No response could be judged: {_why(sets, graders[0])}.")
    return 0


def columns_given(text: str | None) -> dict[str, str]:
    """``response=out,gold=a`` -> field -> column.

    Raises:
        UserError: a part is not FIELD=COLUMN, or there is no such field.
    """
    found: dict[str, str] = {}
    for part in filter(None, (text or "").split(",")):
        name, equals, column = part.partition("=")
        if not equals or name.strip() not in FIELDS or not column.strip():
            raise UserError(f"--columns {part}: expected FIELD=COLUMN, where FIELD is one of {', '.join(FIELDS)}.")
        found[name.strip()] = column.strip()
    return found


@contextlib.contextmanager
def _csv(path: Path | None, found: _Differences) -> Iterator[None]:
    """Rows go to the disk as they come; the file gets its name at the end."""
    if path is None:
        yield
        return
    with replaced_whole(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="")
        found.writer = differ.csv_writer(text)
        yield
        text.detach()


def _say_files(args: argparse.Namespace, total: int) -> None:
    print(f"\n{total:,} verdicts differ.")
    for path in (args.csv, args.report, args.output_file):
        if path:
            print(printable(f"{path} written"))
    if total and not (args.csv or args.report or args.explain):
        print("See them with --explain 5, --csv FILE or --report FILE.")


def _why(sets: list[SetScores], grader: str) -> str:
    reasons = [reason for scores in sets for reason in scores.graders[grader].unjudged]
    return ", ".join(dict.fromkeys(reasons)) or "no reason is known"
