"""Where an engine that is paid for reports its attempts: lines of the journal, see ``ledger``."""

from __future__ import annotations

from util.records import SampleId, Usage
from util.results.entries import Fields, sample_fields, usage_fields
from util.results.ledger import Ledger
from util.results.write_queue import WriteQueue


class SpendingLog:
    """Writes attempts to a journal."""

    def __init__(self, ledger: Ledger, queue: WriteQueue) -> None:
        self._ledger, self._queue = ledger, queue

    def sent(self, sample: SampleId, prompt_tokens: int) -> bool:
        """Write that a request goes out, so that its cost is known if the run dies; False where it must not go."""
        if not self._queue.full:
            self._ledger.sent(sample, prompt_tokens)
            self._queue.add(sent_line(sample, prompt_tokens), _nowhere)
        return not self._queue.full

    def paid(self, sample: SampleId, usage: Usage) -> None:
        """Write what an attempt without a response has cost."""
        self._ledger.paid(sample, usage)
        self._queue.add(paid_line(sample, usage), _nowhere)


def _nowhere(offset: int) -> None:
    """Nothing reads these lines by their place."""


def sent_line(sample: SampleId, prompt: int) -> Fields:
    """The journal line of an attempt. prompt: its tokens, as estimated."""
    return {"type": "sent", **sample_fields(sample), "prompt": prompt}


def paid_line(sample: SampleId, usage: Usage) -> Fields:
    """The journal line of an attempt without a response."""
    return {"type": "paid", **sample_fields(sample), "usage": usage_fields(usage)}
