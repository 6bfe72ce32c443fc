"""Which samples of a problem give the same answer."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import lru_cache

from util.metrics.estimators import ballots
from util.records import Response


def votes_of(responses: Sequence[Response]) -> list[int] | None:
    """The answer that each sample votes for, as ``ballots`` numbers them; None if the checker extracts no answers."""
    return ballots(responses, same_answer)


@lru_cache(maxsize=1 << 16)  # a report asks once for the metrics and once for the list of problems
def same_answer(first: str, second: str) -> bool:
    """Whether two extracted answers are equal by the rules of mathematics that verdicts follow."""
    from util.answers import compare

    sys.set_int_max_str_digits(0)  # answers may contain integers with more than 4,300 digits
    try:
        return compare(first, second).correct is True
    except Exception:  # as in a checker, an error in the comparison does not count as equal
        return False
