"""The metrics of a result file, accumulated problem by problem; memory: a few numbers per problem."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from util.metrics.estimators import all_of_k, best_of_n, cons_at_k, pass_at_k
from util.metrics.instruction_counts import InstructionCounts
from util.metrics.intervals import Estimate, mean_estimate, share_estimate
from util.metrics.judge_counts import JudgeCounts
from util.metrics.pass_rates import pass_rate
from util.metrics.reasons import Cause, Reason, Reasons
from util.metrics.thinking import has_thought, mean_of, thinking_tokens
from util.metrics.validity import RunOutcome
from util.metrics.votes import votes_of
from util.records import NO_ANSWER, Response, Row
from util.results.entries import Entry

GROUP_FIELDS = ("difficulty", "level", "subject", "subfield", "category", "High-level domain", "source", "platform")
"""Dataset columns that accuracy is grouped by."""
MAX_GROUPS = 60


@dataclass
class Counts:
    """Numbers of samples by outcome."""

    total: int = 0
    right: int = 0
    unjudged: int = 0
    truncated: int = 0
    no_answer: int = 0
    failed: int = 0
    retriable: int = 0
    """Failed, but not for good."""
    unjudgeable: int = 0
    """Without a verdict because of the dataset's row."""
    unchecked: int = 0
    """With a text, without a verdict, and the row is not the cause."""

    def add(self, response: Response) -> None:
        self.total += 1
        self.right += response.correct is True
        self.unjudged += response.correct is None
        self.truncated += response.truncated
        self.failed += response.failed
        self.retriable += response.failed and not response.final
        self.unjudgeable += response.unjudgeable
        self.unchecked += response.correct is None and not response.failed and not response.unjudgeable
        self.no_answer += response.correct is False and response.reason in NO_ANSWER

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))

    def rates(self) -> str:
        """The counts besides accuracy, as text."""
        names = {"truncated": self.truncated, "no answer": self.no_answer, "not judged": self.unjudged, "failed": self.failed}  # fmt: skip
        return ", ".join(f"{count} {name} ({count / max(1, self.total):.1%})" for name, count in names.items())


@dataclass
class Tally:
    """Metrics by temperature, and accuracy by group.

    best_by: the scorer of best-of-n; None leaves best-of-n out.
    """

    best_by: str | None = None
    by_temperature: dict[float, Counts] = field(default_factory=lambda: defaultdict(Counts))
    problems: int = 0
    reasons: Reasons = field(default_factory=Reasons)
    """Of the responses that failed or have no verdict."""
    solved: int = 0
    """Problems with at least one right sample at any temperature."""
    judge: JudgeCounts = field(default_factory=JudgeCounts)
    """What a judge model says, in no other count."""
    instructions: InstructionCounts = field(default_factory=InstructionCounts)
    rates: array[float] = field(default_factory=lambda: array("d"))
    """Pass rates of the problems with several judged samples."""
    unrated: int = 0
    """Problems with several samples, none of which has a verdict."""
    thinks: bool = False
    """Whether a response has a thought of its own."""
    _values: dict[float, dict[str, array[float]]] = field(default_factory=lambda: defaultdict(dict))
    _thinking: dict[float, array[float]] = field(default_factory=lambda: defaultdict(lambda: array("d")))
    _groups: dict[str, dict[str, array[float]]] = field(default_factory=lambda: defaultdict(dict))
    _group_samples: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    def add(self, entry: Entry) -> None:
        """Add one problem of a result file with all its samples."""
        self.problems += 1
        self.instructions.add(entry)
        right = total = 0
        for temperature, responses in entry.responses.items():
            if not responses:
                continue
            for response in responses:
                self.by_temperature[temperature].add(response)
                self.reasons.add_response(response)
                self.judge.add(response)
            for name, value in problem_metrics(responses, self.best_by).items():
                self._values[temperature].setdefault(name, array("d")).append(value)
            thoughts = [thinking_tokens(response) for response in responses]
            self._thinking[temperature].append(sum(thoughts) / len(thoughts))
            self.thinks = self.thinks or any(map(has_thought, responses))
            right += sum(response.correct is True for response in responses)
            total += len(responses)
        self.solved += right > 0
        self._add_rate(entry)
        if total:
            self._add_to_groups(entry.row, right / total, total)

    def _add_rate(self, entry: Entry) -> None:
        rate = pass_rate(response for _, response in entry.samples())
        if rate.judged > 1:
            self.rates.append(rate.value)
        self.unrated += rate.judged == 0 and rate.unjudged > 1

    def _add_to_groups(self, row: Row, value: float, samples: int) -> None:
        for name in GROUP_FIELDS:
            group = row.get(name)
            known = self._groups[name]
            if isinstance(group, str | int) and str(group) and (str(group) in known or len(known) < MAX_GROUPS):
                known.setdefault(str(group), array("d")).append(value)
                self._group_samples[name, str(group)] += samples

    @property
    def total(self) -> Counts:
        """All temperatures together."""
        return sum(self.by_temperature.values(), Counts())

    @property
    def temperatures(self) -> list[float]:
        return sorted(self.by_temperature)

    def metrics(self, temperature: float) -> dict[str, Estimate]:
        """Metric -> estimate, in order, without metrics that some problem lacks (too few samples).

        If some problems have a vote, problems without any answer count as 0 in it.
        """
        values = self._values[temperature]
        complete = len(values.get("pass@1", ()))
        samples = self.by_temperature[temperature].total
        found = {}
        for name, series in values.items():
            n = name.split()[0].split("@")[1]
            voted = name.startswith("cons@") or name.endswith("by majority")
            if voted and len(values.get(f"pass@{n}", ())) == complete:
                series = series + array("d", [0.0]) * (complete - len(series))
            if len(series) == complete:
                found[name] = mean_estimate(series, samples)
        ordered = dict(sorted(found.items(), key=lambda item: _order(item[0])))
        return ordered | self.instructions.estimates(temperature)

    def thinking(self, temperature: float) -> Estimate:
        """Tokens of thought per response."""
        return mean_of(self._thinking[temperature])

    def groups(self) -> dict[str, dict[str, Estimate]]:
        """Field -> value -> accuracy, without fields that have a single value."""
        return {
            name: {group: mean_estimate(v, self._group_samples[name, group]) for group, v in sorted(groups.items())}
            for name, groups in self._groups.items()
            if 1 < len(groups) < MAX_GROUPS
        }

    def outcome(self, *, judged: bool = True, missing: int = 0) -> RunOutcome:
        """What of the file is no result. judged: whether verdicts are wanted. missing: responses that the file lacks."""
        total = self.total
        causes = tuple(Cause) if judged else (Cause.FINAL, Cause.RETRIABLE)
        found = [reason for reason in self.reasons if reason.cause in causes]
        if missing:
            found.append(Reason(Cause.RETRIABLE, "the engine returned no response", missing))
        return RunOutcome(
            total.total + missing,
            failed=total.failed + missing,
            retriable=total.retriable + missing + (total.unchecked if judged else 0),
            unjudged=total.unchecked if judged else 0,
            unjudgeable=total.unjudgeable if judged else 0,
            reasons=tuple(sorted(found, key=lambda reason: -reason.count)),
        )

    def solved_share(self) -> Estimate:
        """The yield of rejection sampling: problems with at least one accepted sample."""
        return share_estimate(self.solved, self.problems)


def sizes(n: int) -> list[int]:
    """The k of the reported metrics: powers of two below n, and n.

    >>> sizes(6), sizes(1)
    ([1, 2, 4, 6], [1])
    """
    powers = [2**i for i in range(n.bit_length()) if 2**i < n]
    return [*powers, n] if n > 1 else [1]


def _order(name: str) -> tuple[int, int]:
    kind, _, rest = name.partition("@")
    return ("pass", "cons", "all", "best").index(kind), int(rest.split()[0])


def problem_metrics(responses: Sequence[Response], best_by: str | None) -> dict[str, float]:
    """Metric -> value for one problem."""
    n = len(responses)
    right = sum(response.correct is True for response in responses)
    found = {f"pass@{k}": pass_at_k(n, right, k) for k in sizes(n)}
    votes = votes_of(responses) if n > 1 else None
    if votes is not None:
        found |= {f"cons@{k}": cons_at_k(votes, k) for k in sizes(n)[1:]}
    if n > 1:
        found[f"all@{n}"] = all_of_k(n, right, n)
    if best_by is not None and (best := best_of_n(best_by, responses, votes)) is not None:
        found[f"best@{n} by {best_by}"] = best
    return found
