"""The progress bar, with the running accuracy."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable


class Progress:
    """Shows the number of completions (of verdicts if nothing is generated) on standard error."""

    def __init__(self, label: str, total: int, done: int, *, unit: str = "response") -> None:
        from tqdm import tqdm

        self._verdicts_only = unit == "verdict"
        self._bar = tqdm(
            total=total, initial=done, desc=label, unit=unit, file=sys.stderr, dynamic_ncols=True, mininterval=0.5
        )
        self._start = time.monotonic()
        self._tokens = self._right = self._judged = 0
        self.spending: Callable[[int], str] | None = None
        """Returns the money spent and the projected total, given the number of remaining responses."""

    def generated(self, tokens: int) -> None:
        self._tokens += tokens
        self._bar.update()
        self._show()

    def judged(self, correct: bool | None, *, earlier: bool = False) -> None:
        self._judged += 1
        self._right += correct is True
        if self._verdicts_only and not earlier:
            self._bar.update()
        self._show()

    def spared(self, responses: int) -> None:
        """Take responses that are not needed out of the total."""
        self._bar.total = (self._bar.total or 0) - responses
        self._show()

    def close(self) -> None:
        self._show(refresh=True)
        self._bar.close()

    def _show(self, *, refresh: bool = False) -> None:
        parts = []
        if self._judged:
            parts.append(f"acc {self._right / self._judged:.3f} of {self._judged}")
        if self._tokens:
            parts.append(f"{self._tokens / max(time.monotonic() - self._start, 1e-9):.0f} tok/s")
        if self.spending is not None and (money := self.spending(int((self._bar.total or 0) - self._bar.n))):
            parts.append(money)
        self._bar.set_postfix_str(", ".join(parts), refresh=refresh)
