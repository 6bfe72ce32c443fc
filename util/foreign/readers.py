"""Recognise the format of a file of another tool, and read it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from util.foreign import (
    evalscope,
    inspect_logs,
    lighteval,
    livecodebench_outputs,
    lm_eval,
    nemo_skills,
    plain_table,
    qwen_math,
    simple_evals,
    skythought,
    trl_completions,
    verl_rollouts,
)
from util.foreign.sample import ForeignSample
from util.hub.local_files import FORMATS, format_of, read_file
from util.records import Row
from util.results.json_file import is_result_file
from util.system.errors import UserError

Reader = Callable[[Path], Iterator[ForeignSample]]

_BY_ROW: tuple[tuple[str, Any], ...] = (
    ("lm-eval", lm_eval),
    ("lighteval", lighteval),
    ("evalscope", evalscope),
    ("Qwen2.5-Math", qwen_math),
    ("NeMo-Skills", nemo_skills),
    ("LiveCodeBench", livecodebench_outputs),
    ("verl rollouts", verl_rollouts),
    ("TRL completions", trl_completions),
)
"""Name and module of the formats that are known by their first row."""

ENDINGS = (*FORMATS, ".eval")


@dataclass(frozen=True)
class ForeignFile:
    """A file and how it is read. form: the name of its format."""

    path: Path
    form: str
    reader: Reader

    def samples(self) -> Iterator[ForeignSample]:
        """Every response in the file.

        Raises:
            UserError: the file is malformed; what was read until then has been yielded.
        """
        try:
            yield from self.reader(self.path)
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise UserError(
                f"{self.path} begins as a file of {self.form}, but has a row of another shape "
                f"({type(error).__name__}: {error}). Is it whole, and of one tool?"
            ) from error


def foreign_files(paths: Iterable[Path], columns: Mapping[str, str]) -> list[ForeignFile]:
    """The result files in ``paths``, files and folders, with their formats. Folders give only files of known formats.

    columns: names for plain tables, see ``plain_table.FIELDS``.

    Raises:
        UserError: a path does not exist or its format is not known; a folder has no file of a known format.
    """
    found: list[ForeignFile] = []
    for path in paths:
        if not path.exists():
            raise UserError(f"--rejudge {path} does not exist.")
        if path.is_file():
            found.append(_recognised(path, columns))
            continue
        inside = sorted(file for file in path.rglob("*") if file.is_file() and format_of(file) in ENDINGS)
        known = [file for each in inside if (file := _known(each)) is not None]
        # evalscope's two files of one run are read together.
        reviews = {file.path.name for file in known if "reviews" in file.path.parts}
        known = [file for file in known if not ("predictions" in file.path.parts and file.path.name in reviews)]
        if not known:
            raise UserError(
                f"--rejudge {path} has no result file of a known format among {len(inside)} files. Name a file, and its "
                "columns with --columns."
            )
        found += known
    return found


def _recognised(path: Path, columns: Mapping[str, str]) -> ForeignFile:
    if not columns and (known := _known(path)) is not None:
        return known
    if format_of(path) not in FORMATS:
        raise UserError(f"--rejudge {path}: expected {', '.join(ENDINGS)}.")
    return ForeignFile(path, "a plain table", partial(plain_table.read, given=columns))


def _known(path: Path) -> ForeignFile | None:
    """The file if its format is known by its first row, else None."""
    if path.suffix == ".eval":
        return ForeignFile(path, "inspect_ai", inspect_logs.read) if zipfile.is_zipfile(path) else None
    if format_of(path) == ".json":
        return _document(path)
    try:
        row = next((row for _, row in read_file(path)), None)
    except UserError:
        return None
    return None if row is None else _by_row(path, row)


def _by_row(path: Path, row: Row) -> ForeignFile | None:
    return next((ForeignFile(path, name, module.read) for name, module in _BY_ROW if module.knows(row)), None)


def _document(path: Path) -> ForeignFile | None:
    """A JSON document, known by the names at its top or in its first item; only its beginning is read."""
    import ijson

    names: dict[str, Any] = {}
    depth_of_names = 1
    try:
        with path.open("rb") as file:
            start = next((event for _, event, _ in ijson.parse(file)), "")
            depth_of_names = 2 if start == "start_array" else 1
            file.seek(0)
            depth = 0
            for _, event, value in ijson.parse(file):
                depth += event.startswith("start_") - event.startswith("end_")
                if event == "map_key" and depth == depth_of_names:
                    names[str(value)] = None
                if len(names) >= 64 or (start == "start_array" and event == "end_map" and depth == 1):
                    break
    except (ijson.JSONError, UnicodeDecodeError, OSError):
        if not names:
            return None
    if start == "start_array":
        return _by_row(path, names)
    for name, module in (("inspect_ai", inspect_logs), ("simple-evals", simple_evals)):
        if module.knows(names):
            return ForeignFile(path, name, module.read)
    try:
        return ForeignFile(path, "Sky-T1", skythought.read) if is_result_file(path) else None
    except UserError:
        return None
