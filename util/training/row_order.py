"""Match the rows of a training file with the lines of its passport, by hashes: what was changed, added, removed or moved."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]


@dataclass
class HashTable:
    """Three hashes per row, 24 bytes: of its whole content, of its question, and of its response."""

    written: array[int] = field(default_factory=lambda: array("Q"))
    question: array[int] = field(default_factory=lambda: array("Q"))
    text: array[int] = field(default_factory=lambda: array("Q"))

    def add(self, written: str, question: str, text: str) -> None:
        """Add a row by hashes of 16 hexadecimal digits; "" is a row without a response."""
        for column, value in ((self.written, written), (self.question, question), (self.text, text or "0")):
            column.append(int(value, 16))

    def __len__(self) -> int:
        return len(self.written)


@dataclass(frozen=True)
class RowOrder:
    """line_of: for each row the number of its line, from 0; -1 for none. changed: rows whose content differs from that of
    their line. moved: rows that stand at another place among the others. added: rows without a line. removed: lines
    without a row."""

    line_of: list[int]
    changed: frozenset[int]
    moved: frozenset[int]
    added: frozenset[int]
    removed: list[int]


def row_order(rows: HashTable, lines: HashTable) -> RowOrder:
    """Equal contents belong together; then rows and lines that are left, by equal responses, then by equal questions."""
    line_of = _paired(_array(rows.written), _array(lines.written))
    moved = _out_of_order(line_of)
    changed: set[int] = set()
    open_rows = [row for row, line in enumerate(line_of) if line < 0]
    taken = set(line_of) if open_rows or len(rows) != len(lines) else set()
    open_lines = [line for line in range(len(lines)) if line not in taken] if taken or not line_of else []
    for column in ("text", "question"):
        of_rows, of_lines = getattr(rows, column), getattr(lines, column)
        waiting: dict[int, list[int]] = defaultdict(list)
        for line in reversed(open_lines):
            waiting[of_lines[line]].append(line)
        for row in open_rows:
            if of_rows[row] and waiting.get(of_rows[row]):
                line_of[row] = waiting[of_rows[row]].pop()
                changed.add(row)
        open_rows = [row for row in open_rows if line_of[row] < 0]
        open_lines = sorted(line for left in waiting.values() for line in left)
    return RowOrder(line_of, frozenset(changed), frozenset(moved), frozenset(open_rows), open_lines)


def _array(values: array[int]) -> Hashes:
    return np.array(values, np.uint64)


def _paired(rows: Hashes, lines: Hashes) -> list[int]:
    """For each row the line with the same hash, the first row with the first such line; -1 for none."""
    found = np.full(len(rows), -1, np.int64)
    if not len(rows) or not len(lines):
        return [int(line) for line in found]
    row_places, line_places = np.argsort(rows, kind="stable"), np.argsort(lines, kind="stable")
    sorted_rows, sorted_lines = rows[row_places], lines[line_places]
    rank = np.arange(len(rows)) - np.searchsorted(sorted_rows, sorted_rows)
    place = np.searchsorted(sorted_lines, sorted_rows) + rank
    inside = place < len(lines)
    same = inside & (sorted_lines[np.minimum(place, len(lines) - 1)] == sorted_rows)
    found[row_places[same]] = line_places[place[same]]
    return [int(line) for line in found]


def _out_of_order(line_of: list[int]) -> set[int]:
    """The fewest rows without which the others are in the order of their lines: all but a longest increasing sequence."""
    placed = [row for row, line in enumerate(line_of) if line >= 0]
    if all(line_of[a] < line_of[b] for a, b in pairwise(placed)):
        return set()
    last: list[int] = []  # of the best sequence of each length: its last line
    ends: list[int] = []  # and its last row
    before: dict[int, int] = {}
    for row in placed:
        at = bisect_left(last, line_of[row])
        if at == len(last):
            last.append(line_of[row])
            ends.append(row)
        else:
            last[at], ends[at] = line_of[row], row
        before[row] = ends[at - 1] if at else -1
    kept = set()
    row = ends[-1]
    while row >= 0:
        kept.add(row)
        row = before[row]
    return {row for row in placed if row not in kept}
