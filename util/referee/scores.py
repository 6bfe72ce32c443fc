"""Scores of one set of responses by each grader, and where they differ from the tool's own."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from util.metrics.intervals import Difference, Estimate, mean_estimate, paired
from util.records import Verdict

_DETAIL = re.compile(r"[:(0-9'\"`].*", re.DOTALL)


@dataclass
class GraderScores:
    """A grader's verdicts. right: by problem, of all samples; right_where_scored: of those that the tool scored.

    lost: the tool says right, the grader wrong; won: the reverse; unjudged: no verdict. By the grader's reason.
    """

    right: array[int] = field(default_factory=lambda: array("l"))
    right_where_scored: array[int] = field(default_factory=lambda: array("l"))
    judged: int = 0
    unjudged: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    won: Counter[str] = field(default_factory=Counter)


@dataclass
class SetScores:
    """One (model, task, grader of the tool). Memory: some 100 bytes per problem, whatever its responses are."""

    name: str
    form: str
    graders: dict[str, GraderScores]
    samples: int = 0
    scored: int = 0
    problems: dict[bytes, int] = field(default_factory=dict)
    counts: array[int] = field(default_factory=lambda: array("l"))
    scored_counts: array[int] = field(default_factory=lambda: array("l"))
    theirs: array[float] = field(default_factory=lambda: array("d"))

    def add(self, problem: bytes, score: float | None, verdicts: Mapping[str, Verdict]) -> None:
        """Add one response. problem: a digest of what identifies it. score: the tool's own."""
        place = self.problems.setdefault(problem, len(self.problems))
        if place == len(self.counts):
            for series in (self.counts, self.scored_counts):
                series.append(0)
            self.theirs.append(0.0)
            for grader in self.graders.values():
                grader.right.append(0)
                grader.right_where_scored.append(0)
        self.samples += 1
        self.counts[place] += 1
        if score is not None:
            self.scored += 1
            self.scored_counts[place] += 1
            self.theirs[place] += score
        for name, verdict in verdicts.items():
            _add(self.graders[name], place, score, verdict)

    def their_accuracy(self) -> Estimate | None:
        """None where the file has no scores."""
        values = [total / n for total, n in zip(self.theirs, self.scored_counts, strict=True) if n]
        return mean_estimate(values, self.scored) if values else None

    def accuracy(self, grader: str) -> Estimate | None:
        """Of all responses; those without a verdict count as not right. None if nothing was judged."""
        found = self.graders[grader]
        if not found.judged:
            return None
        return mean_estimate([right / n for right, n in zip(found.right, self.counts, strict=True)], self.samples)

    def difference(self, grader: str) -> Difference | None:
        """The grader's accuracy less the tool's, on the responses that the tool scored, paired by problem."""
        found = self.graders[grader]
        if not self.scored or not found.judged:
            return None
        rows = [
            (theirs / n, right / n)
            for theirs, right, n in zip(self.theirs, found.right_where_scored, self.scored_counts, strict=True)
            if n
        ]
        return paired([theirs for theirs, _ in rows], [ours for _, ours in rows])


def disagrees(score: float | None, verdict: Verdict) -> bool:
    """Whether the tool's score and a verdict are of different meanings; a missing one disagrees with nothing."""
    return score is not None and verdict.correct is not None and (score >= 0.5) != verdict.correct


def _add(found: GraderScores, place: int, score: float | None, verdict: Verdict) -> None:
    kind = kind_of(verdict.reason)
    if verdict.correct is None:
        found.unjudged[kind] += 1
    else:
        found.judged += 1
    right = int(verdict.correct is True)
    found.right[place] += right
    if score is not None:
        found.right_where_scored[place] += right
    if disagrees(score, verdict):
        (found.won if right else found.lost)[kind] += 1


def kind_of(reason: str) -> str:
    """A reason without what is special to one response.

    >>> kind_of("wrong answer on test 3: expected 4"), kind_of("no final answer found")
    ('wrong answer on test', 'no final answer found')
    """
    return _DETAIL.sub("", reason).strip() or reason[:60]
