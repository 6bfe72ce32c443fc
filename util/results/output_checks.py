"""Checks before a run of the files that it will write: they can be written, and hold nothing that somebody else wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from util.results.writing import check_writable
from util.system.characters import BYTE_ORDER_MARK
from util.system.errors import UserError

_HEAD = 4096


@dataclass(frozen=True)
class OutputKind:
    """A kind of file that the suite writes. named: in words. start: what such files begin with."""

    named: str
    start: re.Pattern[bytes]


PAGE = OutputKind(
    "a report of this suite", re.compile(rb'<!doctype html><html lang="[\w-]+"><head><meta charset="utf-8">')
)
METRICS = OutputKind("a table that --csv wrote", re.compile(rb"benchmark,(temperature|metric)"))
DISAGREEMENTS = OutputKind("a table that --csv wrote", re.compile(rb"set,problem,gold"))
ANSWERS = OutputKind("a table that --csv wrote", re.compile(rb"kind,gold,answer"))
SCORES = OutputKind(
    "a table that --table wrote", re.compile(rb"\| model \| benchmark \||% needs \\usepackage\{booktabs\}")
)
TRAINING = OutputKind(
    "training data of convert_to_data.py",
    re.compile(rb'(\[\s*)?(\{"(system|conversations|messages|prompt|completion|data_source)": |\])|PAR1'),
)
HUB_RESULTS = OutputKind("a file that --export hub wrote", re.compile(rb"- dataset:"))
EVERY_EVAL_EVER = OutputKind("a file that --export every-eval-ever wrote", re.compile(rb'\{\s*"schema_version":'))
CARD = OutputKind("a dataset card", re.compile(rb"---\r?\n"))


def check_output(path: Path, option: str, kind: OutputKind) -> None:
    """Refuse an output that cannot be written, or whose file is of another kind. An empty file is overwritten.

    Raises:
        UserError: see above; the file is unchanged.
    """
    check_writable(path, option)
    if not path.is_file():
        return
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise UserError(f"{option} {path} exists and cannot be read: {error.strerror}. Choose another file.") from error
    if head.strip() and not kind.start.match(head.removeprefix(BYTE_ORDER_MARK).lstrip()):
        raise UserError(
            f"{option} {path} exists and is not {kind.named}: it would be lost. Choose another name, or remove that file."
        )


def check_lines(path: Path, option: str, first_field: str) -> None:
    """``check_output`` of a file with a JSON object per line. first_field: the first name in each."""
    check_output(
        path, option, OutputKind(f"a file that {option} wrote", re.compile(rb'\{"%s":' % first_field.encode()))
    )
