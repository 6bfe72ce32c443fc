"""What the requests of a journal have cost: of all runs, the killed ones included.

An engine that is paid for reports each attempt before it goes out ("sent") and each that gave no response ("paid"). An
attempt that was in flight when its run died has neither a response nor a "paid" line: its cost is estimated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from util.records import Response, SampleId, Usage
from util.results.entries import Fields, response_of, sample_of, usage_of
from util.results.journal_lines import DamagedLineError, record_of


@dataclass
class Ledger:
    """Tokens that were paid for. estimated: those of both kinds that no server counted.

    lost: attempts that were in flight when a run died.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: int = 0
    lost: int = 0
    _open: dict[SampleId, int] = field(default_factory=dict)
    _tracked: bool = False
    """Whether attempts are reported: failed responses then add nothing to what their attempts have cost."""
    _answers: int = 0
    _sum: float = 0.0
    _squares: float = 0.0

    def enter(self, record: Fields, *, known: bool) -> None:
        """Take in a line of a journal. known: whether its sample had a response before this line."""
        match record.get("type"):
            case "manifest" | "run":
                self.settle()
            case "sent":
                self.sent(sample_of(record), record["prompt"])
            case "paid":
                self.paid(sample_of(record), usage_of(record["usage"]) or Usage())
            case "completion":
                self.answered(sample_of(record), response_of(record["response"], record["usage"]), known=known)

    def sent(self, sample: SampleId, prompt: int) -> None:
        """A request with a prompt of so many tokens goes out; an earlier attempt for the sample has cost nothing."""
        self._open[sample] = prompt
        self._tracked = True

    def paid(self, sample: SampleId, usage: Usage) -> None:
        """The attempt gave no response, and has cost this."""
        self._open.pop(sample, None)
        self._add(usage)

    def answered(self, sample: SampleId, response: Response, *, known: bool) -> None:
        """The sample has a response. known: it had one before; then this line is only a new version of it."""
        was_open = self._open.pop(sample, None) is not None
        usage = response.usage or Usage()
        if (known and not was_open) or (response.failed and self._tracked):
            return
        self._add(usage)
        if not response.failed:
            self._answers += 1
            self._sum += usage.completion_tokens
            self._squares += float(usage.completion_tokens) ** 2

    def settle(self) -> None:
        """The run that sent what is open is dead: estimate its cost.

        Of answers that were half written at a random moment, the mean length so far is E[L^2] / 2E[L], where L is the
        length of an answer.
        """
        progress = self._squares / (2 * self._sum) if self._sum else 0.0
        for prompt in self._open.values():
            self._add(Usage(prompt, round(progress), {"estimated": True}))
        self.lost += len(self._open)
        self._open.clear()

    def _add(self, usage: Usage) -> None:
        self.prompt_tokens += usage.prompt_tokens
        self.completion_tokens += usage.completion_tokens
        self.estimated += (usage.prompt_tokens + usage.completion_tokens) if usage.estimated else 0

    def summary(self) -> str:
        """All runs' tokens, in words."""
        text = (
            f"{self.prompt_tokens:,} prompt and {self.completion_tokens:,} completion tokens by all runs of this file"
        )
        if self.estimated:
            text += f", {self.estimated:,} of them estimated"
        return text + (f" ({self.lost} requests were in flight when a run died)" if self.lost else "")


def ledger_of(journal: Path) -> Ledger:
    """The ledger of a journal that nobody has open; damaged lines are left out."""
    ledger, known = Ledger(), set[SampleId]()
    for record in _records(journal):
        is_completion = record.get("type") == "completion"
        ledger.enter(record, known=is_completion and sample_of(record) in known)
        if is_completion:
            known.add(sample_of(record))
    ledger.settle()
    return ledger


def price_in(journal: Path) -> tuple[float, float] | None:
    """Dollars per million prompt and completion tokens that the journal's last run with a price noted."""
    found: Any = None
    for record in _records(journal):
        engine = record.get("engine") if record.get("type") in ("manifest", "run") else None
        found = engine.get("price", found) if isinstance(engine, dict) else found
    is_price = isinstance(found, list) and len(found) == 2 and all(isinstance(each, int | float) for each in found)
    return (float(found[0]), float(found[1])) if is_price else None


def _records(journal: Path) -> Iterator[Fields]:
    with journal.open("rb") as file:
        for line in file:
            try:
                yield record_of(line)
            except DamagedLineError:
                continue
