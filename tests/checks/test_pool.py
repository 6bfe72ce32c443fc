"""The checker pool: hangs, crashes and faults end in a verdict."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from support.behaves import Behaves
from support.scripts import script
from support.variables import OPEN, PRIVATE, SECRET

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


def test_a_worker_has_no_credential_of_any_service(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (SECRET | PRIVATE | OPEN).items():
        monkeypatch.setenv(name, value)
    pool = CheckerPool(Behaves(), 1)
    try:
        names = set(asyncio.run(pool.check({}, "environment")).reason.split())
    finally:
        pool.close()
    assert names & set(SECRET | PRIVATE) == set()
    assert set(OPEN) <= names


def test_ctrl_c_does_not_reach_a_worker_that_still_imports(tmp_path: Path) -> None:
    """The terminal sends the signal to every process; the parent decides what becomes of the workers."""
    (tmp_path / "slow.py").write_text(
        "import multiprocessing, os, signal, time\nfrom util.records import Verdict\n"
        "if multiprocessing.current_process().name == 'checker':\n    os.killpg(0, signal.SIGINT)\n    time.sleep(0.5)\n"
        "class Slow:\n    def deadline(self, row): return 60.0\n    def check(self, row, text): return Verdict(True, 'judged')\n"
    )
    code = (
        "import asyncio, os, signal, slow\nfrom util.checks.pool import CheckerPool\n"
        "if __name__ == '__main__':\n"
        "    os.setpgid(0, 0); seen = []; signal.signal(signal.SIGINT, lambda *_: seen.append(1))\n"
        "    pool = CheckerPool(slow.Slow(), 1); print(asyncio.run(pool.check({}, 'x')).reason, seen); pool.close()\n"
    )
    done = script("-c", code, env={"PYTHONPATH": str(tmp_path)}, timeout=120)
    assert (done.stdout, done.stderr) == ("judged [1]\n", "")
