"""Runs ``inference_and_check.py`` against a lab and kills it at random moments, until everything is answered."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.lab import Bill, Lab
from support.lab_server import LabSpec
from support.scripts import ROOT
from util.results.journal_lines import DamagedLineError, record_of
from util.results.ledger import Ledger, ledger_of

LIMIT = 600.0
"""Seconds that one life of the script may take."""


@dataclass
class Fate:
    """What the kills came to. bought_twice: prompts answered more often than once and once more for each kill that found
    them in flight. lost: answers that the journal had before a kill and not after it. in_flight: over all kills.
    """

    kills: int = 0
    wanted: int = 0
    finished: int = 0
    bought_twice: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    in_flight: int = 0
    bill: Bill | None = None
    ledger: Ledger = field(default_factory=Ledger)

    def difference(self, name: str = "") -> float:
        """(ledger - bill) / bill, of prompt_tokens, completion_tokens or both together."""
        assert self.bill is not None
        names = [name] if name else ["prompt_tokens", "completion_tokens"]
        billed = sum(self.bill.total(each) for each in names)
        return (sum(getattr(self.ledger, each) for each in names) - billed) / billed


def killed_often(
    lab: Lab, spec: LabSpec, folder: Path, count: int, kills: int, *, longest: float, concurrency: int, seed: int = 0
) -> Fate:
    """Make ``count`` responses in a run that is killed ``kills`` times and resumed.

    longest: seconds from a life's first request to its kill, at most; the moment is chosen evenly.
    """
    chance, fate = random.Random(seed), Fate(wanted=count)
    words = _command(lab, spec, folder, count, concurrency)
    before: set[str] = set()
    while True:
        last = fate.kills >= kills
        done = _life(words, folder, None if last else chance.uniform(0.0, longest))
        records = records_of(journal_in(folder))
        now = {str(record["key"]) for record in records if _is_answer(record)}
        fate.lost += sorted(before - now)
        before = now
        if done or last:
            break
        fate.kills += 1
        if spec.rpm[1:] and fate.kills in (kills // 3, 2 * kills // 3):  # the last server dies for a third of the run
            (lab.down if fate.kills == kills // 3 else lab.up)(len(spec.rpm) - 1)
    time.sleep(0.5)  # the servers notice the last reset
    fate.finished, fate.bill, fate.ledger = len(before), lab.bill(), ledger_of(journal_in(folder))
    flights = in_flight(records)
    fate.in_flight = flights.total()
    answered = Counter({_problem(text): times for text, times in fate.bill.answered.items()})
    fate.bought_twice = [key for key, times in answered.items() if times > 1 + flights[key]]
    return fate


def journal_in(folder: Path) -> Path:
    [found] = (folder / "out").glob("*.journal.jsonl")
    return found


def records_of(journal: Path) -> list[dict[str, Any]]:
    """The whole lines of a journal."""
    found = []
    for line in journal.read_bytes().splitlines(keepends=True):
        try:
            found.append(record_of(line))
        except DamagedLineError:
            continue
    return found


def in_flight(records: list[dict[str, Any]]) -> Counter[str]:
    """Problem -> how often it was in flight when a run died."""
    found, open_now = Counter[str](), set[str]()
    for record in records:
        match record.get("type"):
            case "sent":
                open_now.add(_problem(record["key"]))
            case "completion" | "paid":
                open_now.discard(_problem(record["key"]))
            case "manifest" | "run":
                found.update(open_now)
                open_now.clear()
    return found


def _is_answer(record: dict[str, Any]) -> bool:
    return record.get("type") == "completion" and not record["response"].get("error")


def _problem(text: str) -> str:
    found = re.search(r"Problem \d+", text)
    return found.group() if found else text


def _command(lab: Lab, spec: LabSpec, folder: Path, count: int, concurrency: int) -> list[str]:
    rows = [{"problem": f"Problem {row}: what is 1+1?{' Think.' * (row % 40)}", "answer": "2"} for row in range(count)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "keys.txt").write_text("".join(f"{key}\n" for key in spec.rpm[0]))
    words = [sys.executable, "inference_and_check.py", "--dataset", "MATH500", "--model", f"openai/{spec.model}"]
    words += ["--base-url", *lab.urls, "--keys", str(folder / "keys.txt"), "--concurrency", str(concurrency)]
    words += ["--dataset-path", str(folder / "rows.jsonl"), "--result-dir", str(folder / "out"), "--inference"]
    return [*words, "--max-tokens", "999", "--temperatures", "0"]


def _life(words: list[str], folder: Path, seconds: float | None) -> bool:
    """Run the script until it ends, or kill it ``seconds`` after its first request; whether it ended by itself."""
    (folder / "out").mkdir(exist_ok=True)
    hidden = {"OPENAI_API_KEY", "OPENAI_BASE_URL"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    with (folder / "log.txt").open("ab") as log:
        started = _written(folder)
        process = subprocess.Popen(words, cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment)
        try:
            if seconds is None:
                assert process.wait(LIMIT) == 0, (folder / "log.txt").read_text()[-3000:]
                return True
            end = time.monotonic() + LIMIT
            while process.poll() is None and not _has_sent(folder, started):
                assert time.monotonic() < end, "nothing was sent"
                time.sleep(0.01)
            try:
                return process.wait(seconds) == 0
            except subprocess.TimeoutExpired:
                return False
        finally:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
            process.wait()


def _written(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / "out").glob("*.journal.jsonl"))


def _has_sent(folder: Path, since: int) -> bool:
    """Whether a request was sent after the journal had ``since`` bytes."""
    for path in (folder / "out").glob("*.journal.jsonl"):
        with path.open("rb") as file:
            file.seek(since)
            return b'"type": "sent"' in file.read()
    return False
