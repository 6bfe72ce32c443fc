"""The rows of extra files as a build would write them, to recognise them in a published file without a passport."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

from util.training.extra import add_extra
from util.training.form_options import MARKED, TAGGED, ThoughtForm
from util.training.gather import TrainingPool
from util.training.published_rows import PublishedRow, published_row


class _EveryDomain(Collection[str]):
    """All domains of STILL-2 rows."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class ExtraRows:
    """Hashes of extra rows in every form: two per row and form."""

    def __init__(self, paths: Collection[Path]) -> None:
        """Raises: UserError: a file is missing or malformed."""
        self._known: set[tuple[int, int]] = set()
        for style in (None, MARKED, TAGGED):
            with TrainingPool(Path(tempfile.gettempdir()), ThoughtForm(style)) as pool:
                for path in paths:
                    add_extra(pool, path, _EveryDomain())
                for problem in pool.problems.values():
                    for sample in problem.right:
                        row = published_row(0, {"messages": pool.turns(sample)}, "extra")
                        self._known.add(_hashes(row))

    def has(self, row: PublishedRow) -> bool:
        """Whether an extra file has the question and the response of a row."""
        return row.text is not None and _hashes(row) in self._known


def _hashes(row: PublishedRow) -> tuple[int, int]:
    _, question, text = row.hashes
    return int(question, 16), int(text or "0", 16)
