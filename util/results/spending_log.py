"""Where an engine that is paid for reports its attempts: lines of the journal, see ``ledger``."""

from __future__ import annotations

import time

from util.records import SampleId, Usage
from util.results.entries import Fields, sample_fields, usage_fields
from util.results.ledger import Ledger
from util.results.write_queue import WriteQueue


class SpendingLog:
    """Writes attempts to a journal."""

    def __init__(self, ledger: Ledger, queue: WriteQueue) -> None:
        self._ledger, self._queue = ledger, queue

    def sent(self, sample: SampleId, prompt_tokens: int, after: int = 0) -> bool:
        """Write that a request goes out, so that its cost is known if the run dies; False where it must not go.

        after: tokens of the response that were made before.
        """
        if not self._queue.full:
            at = moment()
            self._ledger.sent(sample, prompt_tokens, at, after)
            self._queue.add(sent_line(sample, prompt_tokens, at, after), _nowhere)
        return not self._queue.full

    def paid(self, sample: SampleId, usage: Usage) -> None:
        """Write what an attempt without a response has cost."""
        at = moment()
        self._ledger.paid(sample, usage, at)
        self._queue.add(paid_line(sample, usage, at), _nowhere)


def _nowhere(offset: int) -> None:
    """Nothing reads these lines by their place."""


def moment() -> float:
    """The time of a line: seconds since 1970, to a hundredth."""
    return round(time.time(), 2)


def sent_line(sample: SampleId, prompt: int, at: float, after: int = 0) -> Fields:
    """The journal line of an attempt. prompt: its tokens, as estimated. after: tokens that were made before."""
    return {"type": "sent", **sample_fields(sample), "prompt": prompt, "at": at} | ({"after": after} if after else {})


def paid_line(sample: SampleId, usage: Usage, at: float) -> Fields:
    """The journal line of an attempt without a response."""
    return {"type": "paid", **sample_fields(sample), "usage": usage_fields(usage), "at": at}
