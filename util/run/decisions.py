"""What became of the problems of a run that samples until they are decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from util.metrics.band_rule import DecisionPlan
from util.metrics.pass_rates import with_pass_rate
from util.results.entries import Entry
from util.results.store import ResultStore
from util.run.rounds import JournalRounds
from util.run.work import Work


@dataclass
class Decisions:
    """What became of the problems. responses: of all problems, those of earlier runs included. missing: samples of rounds that
    the engine returned nothing for."""

    plan: DecisionPlan
    inside: int = 0
    outside: int = 0
    unfinished: int = 0
    unjudged: int = 0
    responses: int = 0
    missing: int = 0

    def __str__(self) -> str:
        problems = self.inside + self.outside + self.unfinished + self.unjudged
        full = problems * self.plan.n_max
        saved = f", {1 - self.responses / full:.0%} fewer" if full and self.responses < full else ""
        text = f"decided: {self.inside} problems inside of {self.plan.band}, {self.outside} outside"
        text += f"; {self.unfinished} not decided, rerun to go on" if self.unfinished else ""
        text += f"; {self.unjudged} without a judged response" if self.unjudged else ""
        return f"{text}; {self.responses} responses instead of {full}{saved}"

    def entries(self, work: Work, store: ResultStore, rules: str) -> Iterator[Entry]:
        """The entries of the result file with their decisions, counted."""
        rounds = JournalRounds(work, self.plan, store, rules)
        for number, (key, row) in enumerate(work.rows.items()):
            state = rounds.of(number, key)
            if state.decided is not None:
                word = "inside" if state.decided else "outside"
            else:
                word = "not finished" if state.is_open else "not judged"
            self.inside += state.decided is True
            self.outside += state.decided is False
            self.unfinished += state.decided is None and state.is_open
            self.unjudged += state.decided is None and not state.is_open
            self.missing += sum(store.response(rounds.sample(key, n)) is None for n in state.missing)
            entry = store.entry(key, row, work.prompt(row))
            self.responses += sum(1 for _ in entry.samples())
            yield with_pass_rate(entry, band=str(self.plan.band), decision=word)
