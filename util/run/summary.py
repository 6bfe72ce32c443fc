"""What came of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from util.engines.base import Completion
from util.metrics.tally import Tally
from util.records import LOST_TOKENS, THOUGHT_CUT, Usage
from util.results.entries import Entry
from util.run.decisions import Decisions
from util.run.precision_outcome import PrecisionOutcome


@dataclass
class RunSummary:
    """The outcome of a run, and the totals of its result file.

    generated, generated_tokens (of completions) and judged count only this run; tally, problems, missing and tokens
    count all samples of the run's rows, including those of earlier runs. missing: samples without any response.
    continued: responses that went on from tokens of earlier runs (``reused_tokens``). lost_tokens: of earlier runs that
    were of no use. thoughts_cut: at their budget. loops: responses that were stopped since
    they repeated themselves. decisions: about pass rates, where the run samples until they are decided. precision: of
    pass@1, where it samples for that. tokens: of completions, by temperature. cost: dollars of all runs of the file, None
    where no price is known.
    """

    generated: int = 0
    generated_tokens: int = 0
    continued: int = 0
    reused_tokens: int = 0
    lost_tokens: int = 0
    thoughts_cut: int = 0
    loops: int = 0
    judged: int = 0
    failed: int = 0
    retriable: int = 0
    problems: int = 0
    missing: int = 0
    tally: Tally = field(default_factory=Tally)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    decisions: Decisions | None = None
    precision: PrecisionOutcome | None = None
    tokens: Counter[float] = field(default_factory=Counter)
    cost: float | None = None

    def count(self, completion: Completion) -> int:
        """Count one response of this run; return the tokens that this run has made of it."""
        response = completion.response
        made = max(0, (response.usage or Usage()).completion_tokens - completion.reused)
        self.continued += completion.reused > 0
        self.reused_tokens += completion.reused
        self.loops += response.repeats
        self.thoughts_cut += THOUGHT_CUT in response.extra
        self.lost_tokens += int(response.extra.get(LOST_TOKENS, 0))
        if not response.failed:
            self.generated += 1
            self.generated_tokens += made
        else:
            self.failed += 1
            self.retriable += not response.final
        return made

    def counted(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Count the entries of the final file while yielding them unchanged."""
        for entry in entries:
            self.problems += 1
            self.tally.add(entry)
            for sample, response in entry.samples():
                usage = response.usage or Usage()
                self.prompt_tokens += usage.prompt_tokens
                self.completion_tokens += usage.completion_tokens
                self.tokens[sample.temperature] += usage.completion_tokens
            yield entry

    def tell(self) -> str:
        """What became of tokens of earlier runs, "" if there were none."""
        parts = []
        if self.continued:
            parts.append(f"{self.continued} responses went on from {self.reused_tokens:,} tokens of earlier runs")
        if self.lost_tokens:
            parts.append(f"{self.lost_tokens:,} tokens of earlier runs are lost, since their responses could not go on")
        if self.loops:
            parts.append(f"{self.loops} responses were stopped since they repeated themselves without end")
        if self.thoughts_cut:
            parts.append(f"{self.thoughts_cut} thoughts were cut at their budget")
        return "; ".join(parts)
