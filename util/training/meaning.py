"""Benchmark questions that a training question resembles in meaning: the nearest ones by embedding, and those with the same
numbers; each is then compared (``meaning_decision``).

In memory: the benchmarks' texts and two vectors for each. Training questions come in batches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from util.training.meaning_decision import Agreement, compare, content_words
from util.training.meaning_facts import Facts, facts

if TYPE_CHECKING:
    from util.training.meaning_model import Embedder, Vectors

NEAREST = 8
"""Benchmark questions that are compared: so many by embedding, and so many more with the same numbers."""
MARGIN = 0.15
"""Pairs whose score is this far below what is required are still listed, and shown to a judge."""
MOST_PAIRS = 3
"""Pairs of one training question that are listed."""
BATCH = 256
_SMALL = 2
"""Numbers up to this one are in too many questions to find one by."""


@dataclass(frozen=True)
class Resemblance:
    """A benchmark question that a training question resembles."""

    benchmark: str
    question: str
    agreement: Agreement

    @property
    def same(self) -> bool:
        """Whether it is one problem, by the facts or by the threshold."""
        found = self.agreement
        return found.same if found.same is not None else found.score >= found.required

    @property
    def above(self) -> float:
        """The score above what is required."""
        return self.agreement.score - self.agreement.required


class MeaningIndex:
    """The questions of benchmarks, to be compared with training questions."""

    def __init__(self, questions: Iterable[tuple[str, ...]], embedder: Embedder, threshold: float) -> None:
        """questions: (benchmark, question), or with the options of a choice as a third text."""
        import numpy

        self._embed, self._threshold = embedder.embed, threshold
        self._entries: list[tuple[str, str, str]] = []
        """(benchmark, question, text that is compared): a choice twice, with its options and without."""
        for name, question, *options in questions:
            self._entries += [
                (name, question, " ".join((question, *given))) for given in ([], options)[: 1 + bool(options)]
            ]
        whole, content = [], []
        self._by_numbers: dict[frozenset[Fraction], list[int]] = {}
        for start in range(0, len(self._entries), BATCH):
            texts = [text for _, _, text in self._entries[start : start + BATCH]]
            known = [facts(text) for text in texts]
            whole.append(embedder.embed(texts))
            content.append(embedder.embed([content_words(each) for each in known]))
            for place, each in enumerate(known, start):
                if key := _key(each):
                    self._by_numbers.setdefault(key, []).append(place)
        self._whole = numpy.concatenate(whole) if whole else None
        self._content = numpy.concatenate(content) if content else None
        self._facts = lru_cache(maxsize=4096)(lambda place: facts(self._entries[place][2]))
        self._word = lru_cache(maxsize=20_000)(lambda word: self._embed([word])[0])

    def found(self, texts: Sequence[str]) -> Iterator[list[Resemblance]]:
        """For each text the questions that it resembles, at most MOST_PAIRS: the same problems first, then by score."""
        if self._whole is None or not texts:
            yield from ([] for _ in texts)
            return
        known = [facts(text) for text in texts]
        similar = self._embed(texts) @ self._whole.T
        content = self._embed([content_words(each) for each in known])
        for row, each in enumerate(known):
            yield self._resemblances(each, similar[row], content[row])

    def _resemblances(self, known: Facts, similar: Vectors, content: Vectors) -> list[Resemblance]:
        found: dict[tuple[str, str], Resemblance] = {}
        for place in self._candidates(known, similar):
            benchmark, question, _ = self._entries[place]
            closeness = float(content @ self._content[place])  # type: ignore[index]
            agreement = compare(
                known, self._facts(place), float(similar[place]), closeness, self._threshold, self._alike
            )
            pair = Resemblance(benchmark, question, agreement)
            if agreement.same is not True and pair.above < -MARGIN:
                continue
            before = found.get((benchmark, question))
            if before is None or _rank(pair) > _rank(before):
                found[benchmark, question] = pair
        return sorted(found.values(), key=_rank, reverse=True)[:MOST_PAIRS]

    def _candidates(self, known: Facts, similar: Vectors) -> Iterable[int]:
        places = self._top(similar, range(len(self._entries)))
        if (key := _key(known)) and (alike := self._by_numbers.get(key)):
            places += self._top(similar[alike], alike)
        return dict.fromkeys(places)

    @staticmethod
    def _top(similar: Vectors, places: Sequence[int]) -> list[int]:
        """The nearest of ``places``, whose similarities are given in the same order."""
        import numpy

        if len(places) <= NEAREST:
            return list(places)
        return [places[int(each)] for each in numpy.argpartition(-similar, NEAREST)[:NEAREST]]

    def _alike(self, left: str, right: str) -> float:
        return float(self._word(left) @ self._word(right))


def _key(known: Facts) -> frozenset[Fraction]:
    return frozenset(number for number in known.numbers if number > _SMALL)


def _rank(pair: Resemblance) -> tuple[bool, bool, float]:
    return pair.same, pair.agreement.same is True, pair.above
