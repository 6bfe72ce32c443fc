"""An answer that takes a quarter of an hour, in a stream of one token a second, with the default limits.

    python -m benchmarks.slow_stream                # 15 minutes
    python -m benchmarks.slow_stream --tokens 60

Prints the requests that the server saw, the tokens that were kept, and the time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time

from util.engines.base import Completion, Request, Sampling
from util.engines.openai.engine import OpenAIEngine
from util.engines.openai.shapes import FINISH_REASON
from util.engines.options import ApiOptions
from util.engines.prices import Budget
from util.records import Message, SampleId


class SlowServer:
    """Streams one token a second. seen: requests for a completion."""

    def __init__(self, tokens: int) -> None:
        self.tokens, self.seen = tokens, 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"GET"):
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        else:
            self.seen += 1
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
            for number in range(self.tokens):
                last = number == self.tokens - 1
                choice = {"index": 0, "delta": {"content": "x "}, FINISH_REASON: "stop" if last else None}
                writer.write(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())
                await writer.drain()
                await asyncio.sleep(0 if last else 1)
            writer.write(b"data: [DONE]\n\n")
        await writer.drain()
        writer.close()


async def answered(tokens: int) -> tuple[SlowServer, Completion]:
    """One request to a slow server."""
    slow = SlowServer(tokens)
    server = await asyncio.start_server(slow.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    engine = OpenAIEngine("m", ApiOptions(base_url=url), Budget())
    request = Request(SampleId("q"), [Message("user", "q")], Sampling(0.0))
    found = [completion async for completion in engine.generate([request])]
    server.close()
    return slow, found[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=900)
    args = parser.parse_args()
    began = time.monotonic()
    slow, completion = asyncio.run(answered(args.tokens))
    kept = completion.response.content.count("x")
    state = completion.response.error or completion.response.finish_reason
    print(f"{slow.seen} request, {kept} of {args.tokens} tokens kept ({state}) in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
