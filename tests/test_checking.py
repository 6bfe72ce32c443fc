"""The checker pool: hangs, crashes and faults end in a verdict."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

from util.checking import CheckerPool
from util.verdict import Verdict


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


def test_every_response_gets_a_verdict() -> None:
    pool = CheckerPool(Behaves(), 2)
    texts = ["right", "hang", "crash", "raise", "wrong", "right", "right"]

    async def main() -> list[Verdict]:
        return list(await asyncio.gather(*(pool.check({"gold": "right"}, text) for text in texts)))

    try:
        verdicts = asyncio.run(main())
    finally:
        pool.close()
    assert [v.correct for v in verdicts] == [True, None, None, None, False, True, True]
    assert "timeout" in verdicts[1].reason
    assert "oh" in verdicts[3].reason
