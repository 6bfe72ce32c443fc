"""Write the training file: a JSON list, JSON lines or Parquet, as a stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from util.results.json_file import dumps
from util.results.output_checks import CARD, TRAINING, check_lines, check_output
from util.results.writing import replaced_whole, write_atomically
from util.system.characters import whole_value
from util.training.formats import Row
from util.training.options import DataOptions
from util.training.publication_options import card_file

if TYPE_CHECKING:
    import pyarrow

_GROUP_CHARACTERS, _GROUP_ROWS = 4 * 2**20, 1000
"""A row group of Parquet ends after so many characters of text or so many rows; it is held in memory."""


def check_outputs(options: DataOptions) -> None:
    """Check before anything is read that every file of the command can be written and holds nothing of others.

    Raises:
        UserError: one cannot, or it holds something else.
    """
    check_output(options.output, "--output", TRAINING)
    if options.rejected is not None:
        check_lines(options.rejected, "--rejected", "stage")
    if options.passport is not None:
        check_lines(options.passport, "--passport", "file")
    if options.decontaminate_pairs is not None:
        check_lines(options.decontaminate_pairs, "--decontaminate-pairs", "row")
    if (card := card_file(options.card, options.output)) is not None:
        check_output(card, "--card", CARD)


def write_rows(options: DataOptions, rows: Iterable[Row]) -> None:
    """Write the output; an existing one is replaced when the new one is complete.

    Raises:
        UserError: it cannot be written.
    """
    if options.kind == "parquet":
        _write_parquet(options, rows)
    else:
        write_atomically(options.output, _parts(rows, options.kind == "jsonl"))


def _parts(objects: Iterable[Row], lines: bool) -> Iterator[str]:
    if lines:
        yield from (dumps(item) + "\n" for item in objects)
        return
    yield "["
    for number, item in enumerate(objects):
        yield (",\n" if number else "\n") + dumps(item)
    yield "\n]\n"


def _write_parquet(options: DataOptions, rows: Iterable[Row]) -> None:
    import pyarrow
    from pyarrow import parquet

    schema = parquet_schema(options)
    with replaced_whole(options.output) as file, parquet.ParquetWriter(file, schema) as writer:
        for group in _groups(rows):
            writer.write_batch(pyarrow.RecordBatch.from_pylist(group, schema=schema))


def _groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    group: list[Row] = []
    size = 0
    for row in rows:
        group.append(whole_value(row))
        size += _characters(row)
        if size >= _GROUP_CHARACTERS or len(group) >= _GROUP_ROWS:
            yield group
            group, size = [], 0
    if group:
        yield group


def _characters(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(map(_characters, items))


def parquet_schema(options: DataOptions) -> pyarrow.Schema:
    """The columns of a format. It is the same for every file of a format and thought style, whatever the rows hold: a turn
    without a thought has a null in the thought's field."""
    import pyarrow

    text, number = pyarrow.string(), pyarrow.int64()
    named = pyarrow.struct([("from", text), ("value", text)])
    fields = [("role", text), ("content", text)]
    plain = pyarrow.struct(fields)
    if options.thought_form.is_apart:
        fields.insert(1, (options.thought_form.field, text))
    turns = pyarrow.list_(pyarrow.struct(fields))
    columns = {
        "sharegpt": [("system", text), ("conversations", pyarrow.list_(named))],
        "messages": [("messages", turns)],
        "prompt-completion": [("prompt", turns), ("completion", turns)],
        "preference": [("prompt", turns), ("chosen", turns), ("rejected", turns)],
        "ranking": [("system", text), ("conversations", pyarrow.list_(named)), ("chosen", named), ("rejected", named)],
        "verl": [
            ("data_source", text),
            ("prompt", pyarrow.list_(plain)),
            ("ability", text),
            ("reward_model", pyarrow.struct([("style", text), ("ground_truth", text)])),
            ("extra_info", pyarrow.struct([
                ("split", text), ("index", number), ("source", text), ("question", text), ("right", number),
                ("judged", number),
            ])),
        ],
        "rlvr": [("messages", pyarrow.list_(plain)), ("ground_truth", text), ("dataset", text)],
    }  # fmt: skip
    return pyarrow.schema(columns[options.form])
