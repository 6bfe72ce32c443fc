"""A checker that hangs, crashes or raises when a response tells it to."""

from __future__ import annotations

import os
import time
from typing import Any

from util.records import Verdict


class Behaves:
    """hang, crash, environment, raise: what ``check`` does; any other response is compared with the row's gold."""

    def deadline(self, row: dict[str, Any]) -> float:
        return float(row.get("deadline", 120.0))

    def check(self, row: dict[str, Any], response: str) -> Verdict:
        if response == "hang":
            time.sleep(60)
        if response == "crash":
            os._exit(9)
        if response == "environment":
            return Verdict(None, " ".join(os.environ))
        if response == "number":
            return Verdict(1, "not a boolean")  # type: ignore[arg-type]
        if response == "unwritable":
            return Verdict(True, "compared", {"seen": {1, 2}.__iter__()})
        if response == "raise":
            raise ValueError("oh")
        return Verdict(response == row["gold"], "compared")
