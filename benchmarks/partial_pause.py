"""A logits processor for vLLM that changes nothing and waits at each step; see ``benchmarks.partial_kills``."""

from __future__ import annotations

import time
from typing import Any

from vllm.v1.sample.logits_processor import LogitsProcessor

SECONDS = 0.002


class Pause(LogitsProcessor):
    """Waits without the interpreter's lock, as a step on a device does."""

    def __init__(self, *arguments: Any) -> None:
        """vLLM gives its configuration, the device, and whether memory is pinned."""

    def is_argmax_invariant(self) -> bool:
        return True

    def update_state(self, batch_update: Any) -> None:
        """Called once a step."""
        time.sleep(SECONDS)

    def apply(self, logits: Any) -> Any:
        return logits
