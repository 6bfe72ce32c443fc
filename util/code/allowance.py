"""How much CPU time the judge itself may spend on one solution.

Every comparison takes linear time, but its size is the solution's choice. This bounds
their sum: what the expected outputs justify, and a little more.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

SPARE_SECONDS = 2.0

SECONDS_PER_BYTE = 4e-6
"""Justified by each byte of an expected output. A comparison of numbers takes less than 0.6e-6, and a test may be
compared three times: in a batch, alone, and again if all batches are discarded. The rest is for slow machines."""

WORST_PER_BYTE = 3.5e-7
"""Seconds per byte of a result in the slowest kinds of comparison: empty lists, fractions, short lines. A result of
up to ten times its expected output (``compare.far_longer``, ``call_values.within``) fits, if nothing is used yet."""


SMALL = 4096
"""Bytes of a result up to which its comparison is estimated."""


@dataclass
class Allowance:
    """CPU seconds of one solution's comparisons: the limit, and what is used."""

    seconds: float
    used: float = 0.0

    def refuses(self, size: int) -> bool:
        """Whether to compare ``size`` bytes could exceed the limit."""
        return self.used + size * WORST_PER_BYTE > self.seconds

    def estimated(self, size: int) -> None:
        """Count a comparison of ``size`` bytes that is too small to be measured: a clock costs more than it does."""
        self.used += size * WORST_PER_BYTE

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Count the CPU time of the calling thread."""
        start = time.thread_time()
        try:
            yield
        finally:
            self.used += time.thread_time() - start


def allowance_for(expected: int) -> Allowance:
    """The allowance of a solution whose expected outputs have ``expected`` bytes in all."""
    return Allowance(SPARE_SECONDS + SECONDS_PER_BYTE * expected)
