"""A server like ``vllm serve``, whose model always says the same: tokens are pieces of bytes, its text is known."""

from __future__ import annotations

import codecs
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from support.serving import Quiet, Served

PROMPT = [900, 901, 902]
LOGPROB = -0.25
SPECIAL = b"<|special|>"


@dataclass
class TokenServer(Served):
    """Says ``tokens`` (one id each: its place in the list) and stops.

    thought: how many of the tokens are a thought, which the chat endpoint tells apart; the next one ends it. owner: as
    /v1/models names the software. cuts: the connection breaks when a response has so many tokens, once each. statuses:
    path -> status that it always answers with. same: equal pieces have one id. pause: seconds after each chunk.
    """

    tokens: list[bytes]
    thought: int = 0
    owner: str = "vllm"
    cuts: list[int] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    interval: int = 1
    same: bool = False
    pause: float = 0.0
    bodies: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    made: int = 0

    def __post_init__(self) -> None:
        outer, lock = self, threading.Lock()

        class Handler(Quiet):
            def do_GET(self) -> None:
                card = {"id": "m", "owned_by": outer.owner, "max_model_len": 4096}
                self.reply(200, json.dumps({"data": [card]}).encode(), {"Content-Type": "application/json"})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                path = self.path.removeprefix("/v1/")
                if status := outer.statuses.get(path):
                    return self.reply(status, b'{"error": {"message": "not here"}}')
                if path == "/detokenize":
                    text = b"".join(outer.tokens[i] for i in body["tokens"] if i < 900).decode("utf-8", "replace")
                    return self.reply(200, json.dumps({"prompt": text}).encode())
                with lock:
                    outer.bodies.append((path, body))
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                self.close_connection = True
                for chunk in outer._chunks(path, body):
                    self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
                    self.wfile.flush()
                    time.sleep(outer.pause)
                    if outer._is_cut(chunk):
                        return None
                self.wfile.write(b"data: [DONE]\n\n")
                return None

        self.serve(Handler)
        self.url += "/v1"

    def _is_cut(self, chunk: dict[str, Any]) -> bool:
        at = chunk.get("at")
        if at in self.cuts:
            self.cuts.remove(at)
            return True
        return False

    def _chunks(self, path: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        chat = path == "chat/completions"
        start = 0 if chat else len(body["prompt"]) - len(PROMPT)
        if chat and body.get("continue_final_message"):
            start = self._tokens_of(body["messages"][-1]["content"])
        if chat and body.get("return_token_ids"):
            yield {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}], "prompt_token_ids": PROMPT}
        end = min(len(self.tokens), start + body["max_tokens"])
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        for first in range(start, end, self.interval):
            ids = list(range(first, min(end, first + self.interval)))
            fields: dict[str, str] = {}
            for i in ids:
                self.made += 1
                apart = chat and i <= self.thought and self.thought
                name = "reasoning" if apart else "content"
                if apart and i == self.thought:
                    continue  # the end of the thought is in neither field
                piece = self.tokens[i]
                hidden = piece.startswith(b"<|") and body.get("skip_special_tokens", True)
                fields[name] = fields.get(name, "") + ("" if hidden else decoder.decode(piece))
            yield self._chunk(chat, body, start, ids, fields, last=ids[-1] + 1 == end, length=end < len(self.tokens))

    def _chunk(
        self, chat: bool, body: dict[str, Any], start: int, ids: list[int], fields: dict[str, str], *, last: bool, length: bool
    ) -> dict[str, Any]:  # fmt: skip
        choice: dict[str, Any] = {"index": 0, "finish_reason": None}
        if last:
            choice["finish_reason"] = "length" if length else "stop"
        choice |= {"delta": fields} if chat else {"text": fields.get("content", "")}
        told = [self.tokens.index(self.tokens[i]) for i in ids] if self.same else ids
        choice |= {"token_ids": told} if body.get("return_token_ids") else {}
        if body.get("logprobs") is not None:
            values = [LOGPROB for _ in ids]
            choice["logprobs"] = {"content": [{"logprob": v} for v in values]} if chat else {"token_logprobs": values}
        found = {"choices": [choice], "at": ids[-1] + 1}
        options = body.get("stream_options") or {}
        if last or options.get("continuous_usage_stats"):
            prompt = len(PROMPT) + start
            found["usage"] = {"prompt_tokens": prompt, "completion_tokens": ids[-1] + 1 - start}
        return found

    def _tokens_of(self, text: str) -> int:
        data, count = text.encode(), 0
        while data:
            data = data.removeprefix(self.tokens[count])
            count += 1
        return count
