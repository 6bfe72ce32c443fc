"""Starts the lab server in a process of its own, and tells what it saw."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from support.lab_server import LabSpec

SERVER = Path(__file__).with_name("lab_server.py")


@dataclass(frozen=True)
class Bill:
    """What a lab has counted. lanes: (server, key) -> its counts. down: of each server, when it went and came back."""

    lanes: dict[tuple[int, str], dict[str, float]]
    answered: dict[str, int]
    arrived: dict[str, int]
    faults: dict[str, int]
    down: list[list[float]]
    open: int

    def total(self, name: str) -> int:
        return round(sum(lane[name] for lane in self.lanes.values()))

    def capacity(self, lane: tuple[int, str], seconds: float) -> float:
        """Requests that a lane could have taken in its first ``seconds``: its bucket, and what it refills while up."""
        found = self.lanes[lane]
        down = [min(each, seconds) for each in [*self.down[lane[0]], seconds, seconds][:2]]
        gone = down[1] - down[0]
        refilled = min(found["room"], found["rate"] * gone) if down[1] < seconds else 0.0
        return max(0.0, found["room"] + found["rate"] * (seconds - gone) + refilled - found["lost"])

    def capacities(self, seconds: float) -> dict[tuple[int, str], float]:
        return {lane: self.capacity(lane, seconds) for lane in self.lanes}

    def ideal(self, answer: float) -> float:
        """Seconds after which the limits could have let all accepted requests pass, and the last one's answer is there.

        answer: seconds that an answer takes.
        """
        low, high = 0.0, 1e6
        while high - low > 1e-3:
            middle = (low + high) / 2
            if sum(self.capacities(middle).values()) < self.total("accepted"):
                low = middle
            else:
                high = middle
        return high + answer

    def shares(self, seconds: float) -> dict[str, float]:
        """Each key's part of the accepted requests, relative to its part of what the limits of all servers allowed.

        seconds: how long requests were sent.
        """
        allowed, sums = self.capacities(seconds), dict[str, list[float]]()
        for (_, key), lane, room in zip(self.lanes, self.lanes.values(), allowed.values(), strict=True):
            each = sums.setdefault(key, [0.0, 0.0])
            each[0] += lane["accepted"]
            each[1] += room
        accepted, whole = self.total("accepted"), sum(allowed.values())
        return {key: taken / accepted / (room / whole) for key, (taken, room) in sums.items()}


@dataclass(frozen=True)
class Lab:
    """A running lab. urls: one for each server."""

    urls: list[str]
    process: subprocess.Popen[str]

    def bill(self) -> Bill:
        return self._said("bill")

    def down(self, server: int) -> Bill:
        """Close the port of a server and reset its connections."""
        return self._said(f"down {server}")

    def up(self, server: int) -> Bill:
        return self._said(f"up {server}")

    def _said(self, line: str) -> Bill:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        lanes = {(i, key): lane for i, each in enumerate(found["lanes"]) for key, lane in each.items()}
        return Bill(lanes, found["answered"], found["arrived"], found["faults"], found["down_at"], found["open"])


@contextmanager
def running_lab(spec: LabSpec) -> Iterator[Lab]:
    """Run a lab; it ends with the block, and with this process."""
    words = [sys.executable, str(SERVER), json.dumps(asdict(spec))]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Lab(json.loads(process.stdout.readline()), process)
        finally:
            process.kill()
