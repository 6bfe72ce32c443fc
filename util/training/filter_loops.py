"""Find thoughts that repeat themselves, in time linear in the text but for the sort of numpy.

Words are compared with their digits, so that a table, a simulation or a case analysis, whose lines differ in their
numbers, is no repetition. Code blocks are left out: programs are written again and again for a reason.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from util.training.filter_text import Flaw, ResponseParts, without_code

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, Any]

SHORT, LONG = 8, 30
"""Words of the n-grams for stretches with one pattern, and for passages that come back."""
STRETCH, COPIES = 60, 5
"""A loop: a stretch of this many words that is at least this many copies of one pattern ..."""
PARAGRAPH, PARAGRAPH_COPIES = 40, 3
"""... or this many copies of a pattern with at least this many words."""
FEW_KINDS, LONG_STRETCH, NO_WORDS = 3, 400, 3000
"""Patterns of fewer different words than this, such as the lines of an output, need a longer stretch; those of numbers
and signs alone (arrays, boards, decimals) a very long one."""
AGAIN, SHARE = 200, 0.3
"""A loop as well: this many words, and this share of all, in passages that come for the third time or later."""

_CJK_LETTERS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_CJK = re.compile(f"[{_CJK_LETTERS}]")
_TOKEN = re.compile(rf"[{_CJK_LETTERS}]|[^\W{_CJK_LETTERS}]+|[^\w\s]")
_NAME = re.compile(rf"[{_CJK_LETTERS}]|[^\W\d_]{{2,}}")
_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2^64
_INVERSE = pow(_BASE, -1, 2**64)


def loop(parts: ResponseParts) -> Flaw | None:
    """The repetition in a thought; without a thought, in the answer."""
    text = parts.thought or parts.answer or ""
    tokens = _words(without_code(text).lower())
    if len(tokens) < STRETCH:
        return None
    values = _values(tokens)
    return _stretch(tokens, values) or _comes_back(tokens, values)


def _words(text: str) -> list[str]:
    """Words by spaces, or where a text has Chinese, Japanese or Korean letters, its words, such letters and signs."""
    return text.split() if text.isascii() or _CJK.search("".join(set(text))) is None else _TOKEN.findall(text)


def _values(tokens: list[str]) -> Numbers:
    import numpy as np

    return np.fromiter(map(hash, tokens), dtype=np.int64, count=len(tokens)).view(np.uint64)


def _grams(values: Numbers, size: int) -> Numbers:
    """A 64-bit value for each run of ``size`` words: a polynomial of their hashes modulo 2^64, by prefix sums."""
    import numpy as np

    count = len(values)
    powers = np.cumprod(np.full(count, _BASE, dtype=np.uint64))
    sums = np.concatenate((np.zeros(1, dtype=np.uint64), np.cumsum(values * powers)))
    shifts = np.cumprod(np.full(count, _INVERSE, dtype=np.uint64))
    return (sums[size:] - sums[:-size]) * shifts[: count - size + 1]


def _ranks(grams: Numbers) -> tuple[Numbers, Numbers]:
    """(place of the previous equal n-gram or -1, number of earlier equal n-grams) for each n-gram."""
    import numpy as np

    order = np.argsort(grams, kind="stable")
    same = np.concatenate(([False], grams[order][1:] == grams[order][:-1]))
    previous = np.full(len(grams), -1, dtype=np.int64)
    previous[order[same]] = order[np.flatnonzero(same) - 1]
    starts = np.maximum.accumulate(np.where(same, 0, np.arange(len(grams))))
    earlier = np.empty(len(grams), dtype=np.int64)
    earlier[order] = np.arange(len(grams)) - starts
    return previous, earlier


def _stretch(tokens: list[str], values: Numbers) -> Flaw | None:
    """A stretch of one pattern, copy after copy."""
    import numpy as np

    previous, _ = _ranks(_grams(values, SHORT))
    periods = np.where(previous >= 0, np.arange(len(previous)) - previous, 0)
    edges = np.flatnonzero(np.diff(periods)) + 1
    starts, ends = np.concatenate(([0], edges)), np.concatenate((edges, [len(periods)]))
    period = periods[starts]
    length = np.where(period > 0, ends - starts + SHORT - 1 + period, 0)
    many = (length >= STRETCH) & (length >= COPIES * period)
    large = (period >= PARAGRAPH) & (length >= PARAGRAPH_COPIES * period)
    for run in np.flatnonzero(many | large):
        size, first = int(period[run]), int(starts[run])
        unit = tokens[first : first + size]
        if length[run] >= _needed(unit):
            copies = int(length[run] // size)
            return Flaw("the thought repeats itself", f"{copies} times: {' '.join(unit)[:80]}")
    return None


def _needed(unit: list[str]) -> int:
    words = set(_NAME.findall(" ".join(unit)))
    return STRETCH if len(words) >= FEW_KINDS else LONG_STRETCH if words else NO_WORDS


def _comes_back(tokens: list[str], values: Numbers) -> Flaw | None:
    """Passages that come for the third time or later, not necessarily one after the other."""
    import numpy as np

    if len(tokens) < LONG + AGAIN:
        return None
    _, earlier = _ranks(_grams(values, LONG))
    late = np.flatnonzero(earlier >= 2)
    if not len(late):
        return None
    covered = np.zeros(len(tokens) + 1, dtype=np.int64)
    np.add.at(covered, late, 1)
    np.add.at(covered, late + LONG, -1)
    edges = np.flatnonzero(np.diff(np.cumsum(covered) > 0, prepend=False))
    passages = [tokens[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    prose = [passage for passage in passages if len(passage) >= LONG and _needed(passage) == STRETCH]
    again = sum(map(len, prose))
    if again < max(AGAIN, SHARE * len(tokens)):
        return None
    share = f"{again / len(tokens):.0%} of the words in passages that came twice before"
    return Flaw("the thought repeats itself", f"{share}: {' '.join(prose[0])[:60]}")
