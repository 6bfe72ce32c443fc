"""The checker pool: hangs, crashes and faults end in a verdict."""

from __future__ import annotations

import asyncio

from support.behaves import Behaves

from util.checks.pool import CheckerPool
from util.records import Verdict


def test_every_response_gets_a_verdict() -> None:
    pool = CheckerPool(Behaves(), 2)
    texts = ["right", "hang", "crash", "raise", "wrong", "number", "unwritable", "right"]

    async def main() -> list[Verdict]:
        rows = [{"gold": "right", **({"deadline": 2.0} if text == "hang" else {})} for text in texts]
        return list(await asyncio.gather(*map(pool.check, rows, texts)))

    try:
        verdicts = asyncio.run(main())
    finally:
        pool.close()
    assert [v.correct for v in verdicts] == [True, None, None, None, False, None, None, True]
    assert "timeout" in verdicts[1].reason
    assert "oh" in verdicts[3].reason
    assert all("checker fault" in verdict.reason for verdict in verdicts[5:7])
