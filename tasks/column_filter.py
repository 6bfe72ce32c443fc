"""Rows by the values of their columns: ``MATH500:level=5``."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from util.records import Row
from util.task import UnknownPart

_MOST = 200
"""Distinct values kept of a column, for messages."""
_SHOWN = 30


class ColumnFilter:
    """Keeps rows whose columns have the wanted values, compared as texts; sees what there is instead.

    columns: (column, value). origin: of the rows, for messages.
    """

    def __init__(self, columns: Collection[tuple[str, str]], origin: str) -> None:
        self._columns, self._origin = columns, origin
        self._seen: dict[str, set[str]] = {}
        self._names: dict[str, None] = {}
        self._kept = self._rows = 0

    def keeps(self, row: Row, *, uniform: bool) -> bool:
        """Whether a row is wanted. uniform: every row has the same columns.

        Raises:
            UnknownPart: no row has the column, as a uniform one shows.
        """
        if not self._columns:
            return True
        self._rows += 1
        self._names.update(dict.fromkeys(map(str, row)) if len(self._names) < _MOST else ())
        kept = True
        for name, value in self._columns:
            if name not in row:
                if uniform:
                    raise self._no_column(name)
                kept = False
                continue
            text = str(row[name])
            seen = self._seen.setdefault(name, set())
            if len(seen) < _MOST:
                seen.add(text[:60])
            kept = kept and text == value
        self._kept += kept
        return kept

    def check_some(self) -> None:
        """Check after the last row that one was kept.

        Raises:
            UnknownPart: none was; says which columns or values there are.
        """
        if self._kept or not self._rows:
            return
        for name, value in self._columns:
            if name not in self._seen:
                raise self._no_column(name)
            if value not in self._seen[name] and len(self._seen[name]) < _MOST:
                raise UnknownPart(f"No row of {self._origin} has {name}={value}. {listed(value, self._seen[name])}.")
        wanted = " and ".join(f"{name}={value}" for name, value in self._columns)
        raise UnknownPart(f"No row of {self._origin} has {wanted}.")

    def _no_column(self, name: str) -> UnknownPart:
        return UnknownPart(f"{self._origin} has no column {name!r}. {listed(name, self._names)}.")


def listed(wanted: str, known: Collection[str]) -> str:
    """``Did you mean ...? There are: ...`` in a sentence without its period."""
    plain = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(wanted.casefold(), plain, 1)
    shown = sorted(known)
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return f"{f'Did you mean {plain[near[0]]}? ' if near else ''}There are: {', '.join(shown[:_SHOWN])}{more}"
