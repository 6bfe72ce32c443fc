"""Send requests with keys of different limits to several servers, of which one dies and comes back; many fail.

    python -m benchmarks.api_keys [--requests 2000] [--faults 0.1] [--base-urls 3]

Prints whether each request was answered once, each key's share relative to a fair share of what the limits allow, the
requests refused by limits, the time relative to the ideal, and the servers' own bill against what the engine counted.

A key has a limit at each server: each pair is a lane. What a lane allows is its bucket, and its rate for as long as its
server was up, less what a burst of 429 took away. A key's fair share is its lanes' part of what all lanes allow. The
ideal is the time after which the lanes could have passed all requests that were accepted, further tries after
faults included, and one ordinary answer; what the engine waits before a retry, and slow answers, are on top.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.lab import Bill, Lab, running_lab  # noqa: E402
from support.lab_server import LabSpec  # noqa: E402

from util.engines.base import Request, Sampling  # noqa: E402
from util.engines.openai.engine import OpenAIEngine  # noqa: E402
from util.engines.options import ApiOptions  # noqa: E402
from util.engines.prices import Budget  # noqa: E402
from util.records import Message, SampleId  # noqa: E402

RPM = (60, 100, 160, 240, 400)
"""Of the keys at the first server."""

SERVER_WEIGHTS = (1.0, 0.5, 0.75)
"""Limits of a server relative to the first."""


@dataclass(frozen=True)
class LabOutcome:
    """One run. answered: requests with a text. seconds: of the whole run. bill: of the servers. budget: the engine's."""

    wanted: int
    answered: int
    seconds: float
    bill: Bill
    budget: Budget

    @property
    def each_once(self) -> bool:
        return self.answered == self.wanted == len(self.bill.answered) and set(self.bill.answered.values()) == {1}

    @property
    def difference(self) -> float:
        """Between the servers' bill and the engine's count of tokens, relative to the bill."""
        billed = self.bill.total("prompt_tokens") + self.bill.total("completion_tokens")
        return float(abs(self.budget.prompt_tokens + self.budget.completion_tokens - billed) / billed)


def limits(servers: int, scale: float = 1.0) -> list[dict[str, float]]:
    """Requests per minute of each key, by server; the keys' order differs from server to server."""
    found = []
    for index in range(servers):
        rates = [*RPM[index:], *RPM[:index]]
        weight = SERVER_WEIGHTS[index % len(SERVER_WEIGHTS)] * scale
        found.append({f"sk-benchmark-{number:04}": rate * weight for number, rate in enumerate(rates)})
    return found


def sent_all(lab: Lab, spec: LabSpec, count: int, dies: tuple[float, float] | None) -> LabOutcome:
    """Send ``count`` requests. dies: seconds after which the last server goes down, and comes back."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(spec.rpm[0]))
        file.flush()
        budget = Budget()
        engine = OpenAIEngine(spec.model, ApiOptions(base_url=lab.urls, keys=Path(file.name), max_retries=8), budget)
    wanted = [
        Request(SampleId(f"q{i}"), [Message("user", f"What is one and one, number {i}?")], Sampling(0.0, max_tokens=99))
        for i in range(count)
    ]

    async def run() -> int:
        fate = asyncio.create_task(_fate(lab, len(spec.rpm) - 1, dies))
        answered = sum([not completion.response.failed async for completion in engine.generate(wanted)])
        await fate
        return answered

    start = time.monotonic()
    answered = asyncio.run(run())
    return LabOutcome(count, answered, time.monotonic() - start, lab.bill(), budget)


async def _fate(lab: Lab, server: int, dies: tuple[float, float] | None) -> None:
    if dies is not None:
        await asyncio.sleep(dies[0])
        await asyncio.to_thread(lab.down, server)
        await asyncio.sleep(dies[1] - dies[0])
        await asyncio.to_thread(lab.up, server)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--faults", type=float, default=0.1)
    parser.add_argument("--base-urls", type=int, default=3, help="number of servers")
    parser.add_argument(
        "--dies", type=float, nargs=2, default=(15.0, 27.0), help="when the last server goes and returns"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="of all limits")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    spec = LabSpec(limits(args.base_urls, args.scale), faults=args.faults, seed=args.seed)
    with running_lab(spec) as lab:
        found = sent_all(lab, spec, args.requests, tuple(args.dies) if args.base_urls > 1 else None)
    bill, budget = found.bill, found.budget
    print(f"answered {found.answered} of {found.wanted}, each once: {found.each_once}")
    refused, accepted = bill.total("refused"), bill.total("accepted")
    print(f"accepted {accepted}, refused by limits {refused} ({refused / accepted:.2%}), faults {bill.faults}")
    shares = bill.shares(found.seconds)
    print(f"share of each key (1 is its fair share): {', '.join(f'{share:.3f}' for share in shares.values())}")
    ideal = bill.ideal(spec.answer_seconds)
    print(f"time {found.seconds:.1f} s, ideal {ideal:.1f} s: {found.seconds / ideal:.3f}")
    for name in ("prompt_tokens", "completion_tokens"):
        print(f"{name}: billed {bill.total(name)}, counted {getattr(budget, name)}")
    print(f"difference of bill and count: {found.difference:.2%} ({budget.estimated} tokens estimated)")


if __name__ == "__main__":
    main()
