"""Write the training file, and its entry in LLaMA-Factory's dataset_info.json."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from util.results.json_file import dumps, write_json
from util.results.writing import locked, write_atomically
from util.system.characters import text_of
from util.system.errors import UserError
from util.training.form_options import APART
from util.training.formats import Row, dataset_info
from util.training.options import DataOptions


def write_rows(options: DataOptions, rows: Iterable[Row]) -> None:
    """Write the output as a stream; an existing one is replaced when the new one is complete.

    Raises:
        UserError: it cannot be written.
    """
    write_atomically(options.output, _parts(rows, options.jsonl))


def _parts(objects: Iterable[Row], jsonl: bool) -> Iterator[str]:
    if jsonl:
        yield from (dumps(item) + "\n" for item in objects)
        return
    yield "["
    for number, item in enumerate(objects):
        yield (",\n" if number else "\n") + dumps(item)
    yield "\n]\n"


def register(options: DataOptions) -> None:
    """Add the file to LLaMA-Factory's dataset_info.json beside it; other entries are kept.

    Raises:
        UserError: it is not a JSON object or cannot be written.
    """
    entry = dataset_info(options.form, options.output.name, thought_apart=options.thought_style == APART)
    path = options.output.with_name("dataset_info.json")
    if entry is not None or path.exists():
        with locked(path):  # another output in this folder may be registered at the same time
            _write_entry(path, entry, options)


def _write_entry(path: Path, entry: Row | None, options: DataOptions) -> None:
    known: Any = {}
    if path.exists():
        try:
            known = json.loads(text_of(path.read_bytes()))
        except (OSError, ValueError) as error:
            raise UserError(
                f"{path} is not readable JSON ({error}); {options.output.name} was not added to it."
            ) from error
        if not isinstance(known, dict):
            raise UserError(f"{path} is not a JSON object; {options.output.name} was not added to it.")
    known.pop(options.output.stem, None)
    write_json(path, known | ({options.output.stem: entry} if entry else {}))
