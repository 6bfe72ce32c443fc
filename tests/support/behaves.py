"""A checker that hangs, crashes or fails where a response asks for it."""

from __future__ import annotations

import os
import time
from typing import Any

from util.records import Verdict


class Behaves:
    """Does what the response says."""

    def deadline(self, row: dict[str, Any]) -> float:
        return 2.0

    def check(self, row: dict[str, Any], response: str) -> Verdict:
        if response == "hang":
            time.sleep(60)
        if response == "crash":
            os._exit(9)
        if response == "environment":
            return Verdict(None, " ".join(os.environ))
        if response == "raise":
            raise ValueError("oh")
        return Verdict(response == row["gold"], "compared")
