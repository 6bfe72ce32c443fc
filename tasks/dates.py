"""When the problems of a benchmark were published: by contest, by year, or day by day."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import partial

from util.metrics.date_split import Period
from util.records import Row


def _months(year: int, first: int, last: int) -> Period:
    """Whole months of a year; both ends included."""
    after = date(year + last // 12, last % 12 + 1, 1)
    return date(year, first, 1), date.fromordinal(after.toordinal() - 1)


CONTESTS: dict[str, Period] = {
    "AIME25": _months(2025, 2, 2),
    "AIME26": _months(2026, 2, 2),
    "HMMT-Feb25": _months(2025, 2, 2),
    "HMMT-Nov25": _months(2025, 11, 11),
    "HMMT-Feb26": _months(2026, 2, 2),
    "BRUMO25": _months(2025, 4, 4),
    "SMT25": _months(2025, 1, 7),
    "CMIMC25": _months(2025, 1, 7),
}
"""Benchmarks of one contest, and when its problems were published.

HMMT's site gives 8 November 2025 and 14 February 2026, BrUMO's 4 and 5 April 2025; MathArena's configurations give
6 February 2026 for AIME I. The days of SMT and CMIMC are not known: both are contests of the first half-year, and
MathArena ran models on their problems on 21 and 29 July 2025.
"""


def _by_year(row: Row) -> Period | None:
    """AIME is held in January and February, AMC 12 on days that differ from year to year; both name the year in ``url``."""
    found = re.search(r"(20\d\d)_(?:Fall_)?(AIME|AMC)_", str(row.get("url") or ""))
    if found is None:
        return None
    return _months(int(found[1]), 1, 2 if found[2] == "AIME" else 12)


def _by_day(row: Row) -> Period | None:
    """LiveCodeBench's ``contest_date``."""
    try:
        day = date.fromisoformat(str(row.get("contest_date"))[:10])
    except ValueError:
        return None
    return day, day


def _of_contest(name: str, row: Row) -> Period:
    return CONTESTS[name]


DATED: dict[str, Callable[[Row], Period | None]] = {
    "AIME": _by_year,
    "AMC23": _by_year,
    "LiveCodeBench": _by_day,
    **{name: partial(_of_contest, name) for name in CONTESTS},
}
"""Benchmark -> the period in which a row's problem was published; None where the row does not tell."""
