"""Which responses count as endless loops."""

from __future__ import annotations

import random

import pytest

from util.engines.loops import CHARACTERS, TOKENS


@pytest.mark.parametrize("size", [1, 2, 3, 17, 64, 500, 512])
def test_a_pattern_without_end(size: int) -> None:
    rng = random.Random(size)
    pattern = [rng.randrange(50_000) for _ in range(size)]
    start = [rng.randrange(50_000) for _ in range(3_000)]
    endless = start + pattern * (1 + TOKENS.length // size)
    assert TOKENS.pattern(endless) == size
    assert TOKENS.pattern(endless[: len(start) + TOKENS.length]) == size
    # One token less, one other token in it, or a new one at its end: no loop.
    assert TOKENS.pattern(endless[len(start) :][: TOKENS.length - 1]) == 0
    assert TOKENS.pattern([*endless, 60_000]) == 0
    middle = len(endless) - TOKENS.length // 2
    assert TOKENS.pattern([*endless[:middle], 60_000, *endless[middle + 1 :]]) == 0


def test_what_is_no_loop() -> None:
    counting = [token for number in range(6_000) for token in (1, 2, number)]
    assert TOKENS.pattern(counting) == 0
    assert TOKENS.pattern([1] * (TOKENS.length - 1)) == 0
    assert TOKENS.pattern([]) == 0
    rng = random.Random(1)
    assert TOKENS.pattern([rng.randrange(3) for _ in range(10_000)]) == 0


def test_texts() -> None:
    assert CHARACTERS.pattern("Wait, let me check that again. " * 600) == 31
    assert CHARACTERS.pattern("".join(f"Line {number}: 0\n" for number in range(2_000))) == 0
