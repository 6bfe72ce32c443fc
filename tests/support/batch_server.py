"""OpenAI's Batch API over a real socket: files, batches, and every way in which a batch ends."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from support.faulty_server import answer
from support.serving import Quiet, Served


class BatchServer(Served):
    """A server whose batches finish after some polls.

    polls: polls that find a batch in progress before it ends. fate: (line of the file, times it was submitted) -> "ok",
    "expired", "400" or "500". crowded: the number of batches that fail with token_limit_exceeded before one is accepted.
    silent: the number of batches that are created although the connection is cut before the answer. holds: requests
    that fit into the queue. refused: keys that get 401. cut: the number of polls that end in a cut connection.
    """

    def __init__(
        self, polls: int = 1, fate: Callable[[dict[str, Any], int], str] = lambda line, seen: "ok",
        crowded: int = 0, silent: int = 0, holds: int = 10**9, refused: tuple[str, ...] = (), cut: int = 0,
    ) -> None:  # fmt: skip
        self.polls, self.fate, self.crowded, self.silent = polls, fate, crowded, silent
        self.holds, self.refused, self.cut = holds, refused, cut
        self.files: dict[str, bytes] = {}
        self._count = 0
        self.batches: dict[str, dict[str, Any]] = {}
        self.answered: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        self.released = threading.Event()
        self.released.set()
        """Batches make progress only while this event is set."""
        outer = self

        class Handler(Quiet):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Authorization", "").removeprefix("Bearer ") in outer.refused:
                    return self._send({"error": {"message": "no such key"}}, 401)
                if self.path.endswith("/files"):
                    boundary = re.search(r"boundary=(\S+)", self.headers["Content-Type"])[1].encode()
                    part = next(p for p in body.split(b"--" + boundary) if b'name="file"' in p)
                    return self._send(outer.add_file(part.split(b"\r\n\r\n", 1)[1].rstrip(b"\r\n")))
                created = outer.create(json.loads(body)["input_file_id"])
                if outer.silent:
                    outer.silent -= 1
                    self.close_connection = True
                    self.connection.close()
                    return None
                return self._send(created)

            def do_GET(self) -> None:
                if outer.cut:
                    outer.cut -= 1
                    self.close_connection = True
                    self.connection.close()
                    return None
                found = re.search(r"/files/([^/]+)/content", self.path)
                if found:
                    return self._send(outer.files[found[1]])
                name = self.path.split("/batches")[1].split("?")[0].strip("/")
                if name:
                    return self._send(outer.look(name))
                return self._send({"object": "list", "data": list(outer.batches.values()), "has_more": False})

            def do_DELETE(self) -> None:
                name = self.path.rsplit("/", 1)[1]
                outer.files.pop(name)
                self._send({"id": name, "object": "file", "deleted": True})

            def _send(self, content: Any, status: int = 200) -> None:
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.reply(status, data, {"Content-Type": "application/json"})

        self.serve(Handler)
        self.url += "/v1"

    def add_file(self, content: bytes) -> dict[str, Any]:
        self._count += 1
        name = f"file-{self._count}"
        self.files[name] = content
        return {
            "id": name,
            "object": "file",
            "bytes": len(content),
            "created_at": 0,
            "filename": "x",
            "purpose": "batch",
            "status": "processed",
        }

    def create(self, file: str) -> dict[str, Any]:
        name = f"batch_{len(self.batches)}"
        self.batches[name] = {
            "id": name, "object": "batch", "endpoint": "/v1/chat/completions", "input_file_id": file,
            "completion_window": "24h", "status": "in_progress", "created_at": 0, "polls": 0,
        }  # fmt: skip
        return self.batches[name]

    def look(self, name: str) -> dict[str, Any]:
        batch = self.batches[name]
        if batch["status"] != "in_progress" or not self.released.is_set():
            return batch
        too_many = self.files[batch["input_file_id"]].strip().count(b"\n") + 1 > self.holds
        if self.crowded or too_many:
            self.crowded = max(0, self.crowded - 1)
            errors = {"object": "list", "data": [{"code": "token_limit_exceeded", "message": "too many tokens"}]}
            batch |= {"status": "failed", "errors": errors}
            return batch
        batch["polls"] += 1
        if batch["polls"] > self.polls:
            self._finish(batch)
        return batch

    def _finish(self, batch: dict[str, Any]) -> None:
        good, bad, expired = [], [], False
        for text in self.files[batch["input_file_id"]].splitlines():
            line = json.loads(text)
            self.seen[line["custom_id"]] += 1
            fate = self.fate(line, self.seen[line["custom_id"]])
            result: dict[str, Any] = {"id": "r", "custom_id": line["custom_id"], "response": None, "error": None}
            if fate == "ok":
                self.answered[line["custom_id"]] += 1
                body = answer(line["body"])
                # Unicode line separators inside a text: only "\n" ends a line of the file.
                body["choices"][0]["message"]["content"] += "\u2028\x85"
                good.append(result | {"response": {"status_code": 200, "request_id": "q", "body": body}})
            elif fate == "expired":
                expired = True
                bad.append(result | {"error": {"code": "batch_expired", "message": "not in time"}})
            else:
                error = {
                    "message": "maximum context length",
                    "code": "context_length_exceeded" if fate == "400" else None,
                }
                bad.append(
                    result | {"response": {"status_code": int(fate), "request_id": "q", "body": {"error": error}}}
                )
        for field, lines in (("output_file_id", good), ("error_file_id", bad)):
            if lines:
                batch[field] = self.add_file(
                    "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
                )["id"]
        batch["status"] = "expired" if expired else "completed"
