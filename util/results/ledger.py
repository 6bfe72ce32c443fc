"""What the requests of a journal have cost: of all runs, the killed ones included.

An engine that is paid for reports each attempt before it goes out ("sent") and each that gave no response ("paid"). An
attempt that was in flight when its run died has neither a response nor a "paid" line: its cost is estimated (``pace``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from util.records import Response, SampleId, Usage
from util.results.entries import Fields, response_of, sample_of, usage_of
from util.results.journal_lines import DamagedLineError, record_of
from util.results.pace import Pace
from util.results.partials import tokens_in
from util.results.paths import partial_beside


@dataclass(frozen=True)
class _Attempt:
    """An attempt on its way. prompt: its tokens, as estimated. at: when it was sent, None in older journals.

    after: tokens of the response that were made before.
    """

    prompt: int
    at: float | None
    after: int = 0


@dataclass
class _Lost:
    """An attempt that was in flight when its run died. seconds: from the request to that death.

    known: tokens that it had brought by then, where they were kept; ``every`` tokens more may have been on their way.
    """

    attempt: _Attempt
    seconds: float | None
    known: int | None = None
    every: int = 0


@dataclass
class Ledger:
    """Tokens that were paid for. lost: attempts that were in flight when a run died; all of their tokens are estimated."""

    _prompt: int = 0
    _completion: int = 0
    _estimated: int = 0
    _open: dict[SampleId, _Attempt] = field(default_factory=dict)
    _lost: list[_Lost] = field(default_factory=list)
    _died: dict[SampleId, _Lost] = field(default_factory=dict)
    """The last death of samples that have not been sent since."""
    _every: int = 0
    """Tokens after which the run keeps what a response in flight has gained."""
    _tracked: bool = False
    """Whether attempts are reported: failed responses then add nothing to what their attempts have cost."""
    _pace: Pace = field(default_factory=Pace)
    _last: float | None = None
    """When the run's last line was written."""
    price: tuple[float, float] | None = None
    """Dollars per million prompt and completion tokens that the last run with a price noted."""

    @property
    def lost(self) -> int:
        return len(self._lost)

    @property
    def prompt_tokens(self) -> int:
        return self._prompt + self._lost_tokens()[0]

    @property
    def completion_tokens(self) -> int:
        return self._completion + self._lost_tokens()[1]

    @property
    def estimated(self) -> int:
        """Tokens of both kinds that no server counted."""
        return self._estimated + sum(self._lost_tokens())

    def enter(self, record: Fields, *, known: bool) -> None:
        """Take in a line of a journal. known: whether its sample had a response before this line."""
        at = record.get("at")
        at = float(at) if isinstance(at, int | float) else None
        match record.get("type"):
            case "manifest" | "run":
                self.settle()
                every = record.get("partial_tokens")
                self._every = every if isinstance(every, int) else 0
                self.price = _price_in(record.get("engine")) or self.price
            case "sent":
                after = record.get("after")
                self.sent(sample_of(record), record["prompt"], at, after if isinstance(after, int) else 0)
            case "paid":
                self.paid(sample_of(record), usage_of(record["usage"]) or Usage(), at)
            case "completion":
                response = response_of(record["response"], record["usage"])
                self.answered(sample_of(record), response, at, known=known, paid=usage_of(record.get("paid")))

    def sent(self, sample: SampleId, prompt: int, at: float | None = None, after: int = 0) -> None:
        """A request with a prompt of so many tokens goes out; an earlier attempt for the sample has cost nothing.

        at: the time, in seconds. after: tokens of the response that were made before.
        """
        self._open[sample] = _Attempt(prompt, at, after)
        if (died := self._died.pop(sample, None)) is not None and after > died.attempt.after:
            died.known = after - died.attempt.after
        self._tracked = True
        self._happened(at)

    def paid(self, sample: SampleId, usage: Usage, at: float | None = None) -> None:
        """The attempt gave no response, and has cost this."""
        self._open.pop(sample, None)
        self._add(usage)
        self._happened(at)

    def is_open(self, sample: SampleId) -> bool:
        """Whether a request for the sample is on its way."""
        return sample in self._open

    @property
    def on_their_way(self) -> int:
        """The number of requests that were sent and have neither a response nor a failure."""
        return len(self._open)

    def answered(
        self, sample: SampleId, response: Response, at: float | None = None, *, known: bool, paid: Usage | None = None
    ) -> None:
        """The sample has a response. known: it had one before; then this line is only a new version of it.

        paid: what the last request has cost, where that is not the response's usage.
        """
        attempt = self._open.pop(sample, None)
        usage = paid or response.usage or Usage()
        if (known and attempt is None) or (response.failed and self._tracked):
            return
        self._add(usage)
        if response.failed:
            return
        seconds = None
        if attempt is not None:
            self._happened(at)
            seconds = max(0.0, at - attempt.at) if at is not None and attempt.at is not None else None
            if usage.prompt_tokens and not usage.estimated:
                self._pace.prompt(attempt.prompt, usage.prompt_tokens)
        self._pace.answer(usage.completion_tokens, seconds)

    @property
    def unsettled(self) -> bool:
        """Whether ``settle`` should know what was kept of responses in flight."""
        return bool(self._open) or any(lost.known is None for lost in self._died.values())

    def settle(self, kept: Mapping[SampleId, int] = MappingProxyType({})) -> None:
        """The run that sent what is open is dead: what that has cost is estimated from all answers of the file.

        kept: the tokens of responses in flight that are kept.
        """
        for sample, attempt in self._open.items():
            timed = attempt.at is not None and self._last is not None
            seconds = max(0.0, (self._last or 0.0) - (attempt.at or 0.0)) if timed else None
            lost = self._died[sample] = _Lost(attempt, seconds, every=self._every)
            self._lost.append(lost)
        for sample, lost in self._died.items():  # also of earlier runs, where the sample has not been sent since
            if lost.known is None and kept.get(sample, 0) > lost.attempt.after:
                lost.known = kept[sample] - lost.attempt.after
        self._open.clear()
        self._last = None

    def _happened(self, at: float | None) -> None:
        if at is not None and self._last is not None:
            self._pace.gap(max(0.0, at - self._last))
        self._last = at if at is not None else self._last

    def _lost_tokens(self) -> tuple[int, int]:
        """Prompt and completion tokens of the lost attempts. A run dies some time after its last line."""
        pace, prompt, completion = self._pace, 0, 0.0
        for lost in self._lost:
            prompt += pace.prompt_tokens(lost.attempt.prompt)
            if lost.known is not None:
                completion += lost.known + lost.every / 2
            else:
                completion += pace.completion_tokens(None if lost.seconds is None else lost.seconds + pace.silence)
        return prompt, round(completion)

    def _add(self, usage: Usage) -> None:
        self._prompt += usage.prompt_tokens
        self._completion += usage.completion_tokens
        self._estimated += (usage.prompt_tokens + usage.completion_tokens) if usage.estimated else 0

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
    ledger.settle(tokens_in(partial_beside(journal)) if ledger.unsettled else {})
    return ledger


def _price_in(engine: Any) -> tuple[float, float] | None:
    """The price in an engine's description."""
    found = engine.get("price") if isinstance(engine, dict) else None
    if not isinstance(found, list) or len(found) != 2 or not all(isinstance(each, int | float) for each in found):
        return None
    return float(found[0]), float(found[1])


def _records(journal: Path) -> Iterator[Fields]:
    with journal.open("rb") as file:
        for line in file:
            try:
                yield record_of(line)
            except DamagedLineError:
                continue
