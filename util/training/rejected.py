"""The file of rejected responses: what was right and is dropped all the same, with the stage and the reason."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from util.results.json_file import dumps
from util.results.writing import replaced_whole
from util.system.characters import utf8


class Rejections(Protocol):
    """Takes one record per rejected response."""

    def __call__(self, record: dict[str, Any]) -> None: ...


@contextlib.contextmanager
def rejected_file(path: Path | None) -> Iterator[Rejections]:
    """A function that appends a record to ``path`` as a line of JSON; without a path, one that does nothing.

    The file appears under its name when the block has ended without an exception.

    Raises:
        UserError: it cannot be written.
    """
    if path is None:
        yield lambda record: None
        return
    with replaced_whole(path) as file:
        yield lambda record: _line(file, record)


def _line(file: Any, record: dict[str, Any]) -> None:
    file.write(utf8(dumps(record)) + b"\n")
