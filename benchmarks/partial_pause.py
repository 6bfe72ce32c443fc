"""A logits processor for vLLM that changes nothing and waits at each step; see ``benchmarks.partial_kills``."""

from __future__ import annotations

import time
from typing import Any

from vllm.v1.sample.logits_processor import LogitsProcessor

SECONDS, SECONDS_OF_EACH = 0.002, 0.0004
"""At least so long per step, and so long for each request in it: some 2,000 tokens a second, which vLLM's API process can
send on two cores; it sends each token of each request apart."""


class Pause(LogitsProcessor):  # type: ignore[misc]
    """Waits without the interpreter's lock, as a step on a device does."""

    def __init__(self, *arguments: Any) -> None:
        """vLLM gives its configuration, the device, and whether memory is pinned."""

    def is_argmax_invariant(self) -> bool:
        return False  # else it is left out where all are greedy

    def update_state(self, batch_update: Any) -> None:
        """Nothing is kept of the batch."""

    def apply(self, logits: Any) -> Any:
        """Called once a step; logits: one row per request."""
        time.sleep(max(SECONDS, SECONDS_OF_EACH * logits.shape[0]))
        return logits
