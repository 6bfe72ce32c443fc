"""Send requests with several keys to a server that enforces rate limits and injects faults.

    python -m benchmarks.api_keys

Prints each key's share of the requests, the requests rejected by a rate limit, and the time relative to the
ideal: the minimum time for the sent requests under the rate limits.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.limited_server import LimitedServer  # noqa: E402

from util.engines.base import Request, Sampling  # noqa: E402
from util.engines.openai.engine import OpenAIEngine  # noqa: E402
from util.engines.options import ApiOptions  # noqa: E402
from util.engines.prices import Budget  # noqa: E402
from util.records import Message, SampleId  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--keys", type=int, default=5)
    parser.add_argument("--rpm", type=float, default=900)
    parser.add_argument("--burst", type=float, default=60)
    parser.add_argument("--faults", type=float, default=0.1)
    args = parser.parse_args()
    keys = [f"sk-benchmark-{i:04}" for i in range(args.keys)]
    server = LimitedServer(args.rpm, args.burst, faults=args.faults)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(keys))
        file.flush()
        options = ApiOptions(base_url=server.url, keys=Path(file.name), max_retries=8)
        engine = OpenAIEngine("m", options, Budget())
    wanted = [
        Request(SampleId(f"q{i}"), [Message("user", f"q{i}")], Sampling(0.0, max_tokens=50))
        for i in range(args.requests)
    ]

    async def run() -> int:
        return sum([not completion.response.failed async for completion in engine.generate(wanted)])

    start = time.monotonic()
    answered = asyncio.run(run())
    seconds = time.monotonic() - start
    server.close()
    sent = sum(server.by_key.values())
    ideal = (sent - args.keys * args.burst) * 60 / (args.keys * args.rpm)
    shares = [server.by_key[key] * args.keys / sent for key in keys]
    print(f"answered {answered} of {args.requests}, each once: {set(server.answered.values()) == {1}}")
    print(
        f"sent {sent}, rejected by a rate limit {sum(server.limited.values())} ({sum(server.limited.values()) / sent:.2%})"
    )
    print(f"share of each key (1 is an equal share): {', '.join(f'{share:.3f}' for share in shares)}")
    print(f"time {seconds:.1f} s, ideal {ideal:.1f} s: {seconds / ideal:.3f}")


if __name__ == "__main__":
    main()
