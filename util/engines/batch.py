"""The OpenAI Batch API as an engine: half the price, answers within a day, safe to leave alone.

Requests go up as JSONL files. Before a batch is created, what it will hold is noted in the journal,
and its id right after, so that a rerun finds every batch again, the one whose creation it did not
live to note included.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field
from typing import Any

from util.credentials import base_url_of, read_keys
from util.engines.answers import body_of, failure_of_line, line_completion
from util.engines.base import Completion, Note, Request
from util.engines.batchfile import Outgoing, Spool, key_name, request_id
from util.engines.prices import Budget
from util.errors import UserError

ENDPOINT = "/v1/chat/completions"
MAX_OPEN = 8
"""Batches that wait at the server at once; each holds up to 50,000 requests."""

OVER = ("completed", "expired", "cancelled")


@dataclass
class _Batch:
    """A batch at the server. waiting: ids of this run's requests that it still owes."""

    id: str
    key: str
    waiting: set[str] = field(default_factory=set)


class BatchEngine:
    """The engine protocol on top of the Batch API."""

    drain_seconds = 0.0

    def __init__(
        self, model: str, *, base_url: str | None, keys: Any, budget: Budget, max_retries: int, poll: float
    ) -> None:
        self.model, self.budget = model, budget
        self.base_url = base_url_of(base_url)
        self._keys = read_keys(keys, self.base_url)
        self._tries, self._poll = max_retries + 1, poll
        self._notes: list[Note] = []
        self._write: Any = None
        self._stopped = False

    def describe(self) -> dict[str, Any]:
        return {"backend": "openai batch", "base_url": self.base_url or "default", "device": "api"}

    def attach(self, notes: list[Note], write: Any) -> None:
        """notes: what earlier runs noted in this journal. write: notes something durably."""
        self._notes, self._write = notes, write

    def stop(self) -> None:
        """Wait no longer; batches go on at the server, and a rerun fetches them."""
        self._stopped = True

    def close(self) -> None:
        """Nothing stays open between calls of ``generate``."""

    async def generate(self, requests: Iterable[Request]) -> AsyncGenerator[Completion, None]:
        """Yield the answers of a batch when it has ended; what expired in it is sent again.

        Raises:
            UserError: the server refuses a batch, or the budget is used up; what was sent is fetched before.
        """
        import openai

        self._stopped = False
        clients = {
            key_name(k): openai.AsyncOpenAI(api_key=k, base_url=self.base_url, max_retries=4) for k in self._keys
        }
        try:
            with Spool() as spool:
                run = _Run(self, clients, spool, iter(requests))
                async for completion in run.completions():
                    yield completion
        except openai.APIError as error:
            raise UserError(
                f"The Batch API failed: {type(error).__name__}: {str(error)[:300]}. Batches that were sent go on at the "
                "server; rerun the same command to fetch them."
            ) from error
        finally:
            for client in clients.values():
                await client.close()


class _Run:
    """One call of ``generate``."""

    def __init__(self, engine: BatchEngine, clients: dict[str, Any], spool: Spool, source: Any) -> None:
        self.engine, self.clients, self.spool, self.source = engine, clients, spool, source
        self.open: list[_Batch] = []
        self.again: list[str] = []
        self.tries: dict[str, int] = {}
        self.ended: UserError | None = None
        self.sent = 0
        self.crowded = False
        """The server holds all that it takes for now."""

    async def completions(self) -> AsyncGenerator[Completion, None]:
        earlier = await self._earlier()
        more = True
        while True:
            while not self.engine._stopped and self.ended is None and len(self.open) < MAX_OPEN and not self.crowded:
                outgoing = self._fill(earlier)
                if not outgoing.ids:
                    more = False
                    break
                await self._submit(outgoing)
            for batch in list(self.open):
                async for completion in self._poll_one(batch):
                    yield completion
            if self.engine._stopped or (not self.open and not self.again and not more):
                break
            if self.ended is not None and not self.open:
                break
            await self._pause()
        if self.ended is not None:
            raise self.ended

    async def _pause(self) -> None:
        until = time.monotonic() + self.engine._poll
        while (self.open or self.crowded) and not self.engine._stopped and time.monotonic() < until:
            await asyncio.sleep(min(0.5, self.engine._poll))
        if not self.open:
            self.crowded = False  # nothing of ours is there any more: try again

    def _fill(self, earlier: dict[str, _Batch]) -> Outgoing:
        """The next file: what must go again, then new requests that no earlier batch holds."""
        outgoing = Outgoing()
        while self.again and not outgoing.is_full:
            name = self.again.pop()
            outgoing.add(name, self.spool.line(name))
        while not outgoing.is_full:
            request = next(self.source, None)
            if request is None:
                break
            name = request_id(self.engine.model, request)
            body = body_of(self.engine.model, request)
            self.spool.add(name, request, {"custom_id": name, "method": "POST", "url": ENDPOINT, "body": body})
            if (batch := earlier.get(name)) is not None:
                batch.waiting.add(name)
                if batch not in self.open:
                    self.open.append(batch)
                continue
            try:
                self.spool.planned[name] = self.engine.budget.reserve(request)
            except UserError as error:
                self.ended = error
                break
            outgoing.add(name, self.spool.line(name))
        return outgoing

    async def _submit(self, outgoing: Outgoing) -> None:
        names = list(self.clients)
        key = names[self.sent % len(names)]
        client = self.clients[key]
        self.sent += 1
        with outgoing.file() as file:
            uploaded = await client.files.create(file=("requests.jsonl", file), purpose="batch")
        self.engine._write({"file": uploaded.id, "key": key, "ids": outgoing.ids})
        # Not tried again blindly: a lost answer may hide a batch that is made, and paid for.
        created = await client.with_options(max_retries=0).batches.create(
            input_file_id=uploaded.id, endpoint=ENDPOINT, completion_window="24h"
        )
        self.engine._write({"file": uploaded.id, "batch": created.id})
        self.open.append(_Batch(created.id, key, set(outgoing.ids)))
        print(f"batch {created.id}: {len(outgoing.ids)} requests sent", file=sys.stderr)

    async def _earlier(self) -> dict[str, _Batch]:
        """Request id -> the batch of an earlier run that holds it. Batches without a note of their id are looked up."""
        files = {note["file"]: dict(note) for note in self.engine._notes if "ids" in note}
        for note in self.engine._notes:
            if "batch" in note and note["file"] in files:
                files[note["file"]]["batch"] = note["batch"]
        ended = {note["ended"] for note in self.engine._notes if "ended" in note}
        found: dict[str, _Batch] = {}
        for file, note in files.items():
            if note["key"] not in self.clients:
                print(f"batch {note.get('batch', file)} belongs to a key that is not given now", file=sys.stderr)
                continue
            name = note.get("batch") or await self._look_up(self.clients[note["key"]], file)
            if name is not None and name not in ended:
                batch = _Batch(name, note["key"])
                found |= dict.fromkeys(note["ids"], batch)
        return found

    async def _look_up(self, client: Any, file: str) -> str | None:
        async for batch in client.batches.list(limit=100):
            if batch.input_file_id == file:
                self.engine._write({"file": file, "batch": batch.id})
                return str(batch.id)
        return None

    async def _poll_one(self, batch: _Batch) -> AsyncGenerator[Completion, None]:
        client = self.clients[batch.key]
        state = await client.batches.retrieve(batch.id)
        if state.status == "failed":
            self._refused(batch, state)
            return
        if state.status not in OVER:
            return
        for file in (state.output_file_id, state.error_file_id):
            if file:
                async for completion in self._lines(client, batch, file):
                    yield completion
        for name in sorted(batch.waiting):  # neither answered nor refused: expired
            given_up = self._again(name, f"the batch {batch.id} ended without an answer ({state.status})")
            if given_up is not None:
                yield given_up
        self._over(batch)

    async def _lines(self, client: Any, batch: _Batch, file: str) -> AsyncGenerator[Completion, None]:
        async with client.files.with_streaming_response.content(file) as answer:
            async for line in answer.iter_lines():
                name, outcome = line_completion(line, self.spool.request)
                if name not in batch.waiting:
                    continue
                batch.waiting.discard(name)
                if isinstance(outcome, Completion):
                    self.engine.budget.release(self.spool.planned.pop(name, 0.0))
                    if outcome.finish_reason != "error":
                        self.engine.budget.spend(outcome.usage)
                    self.spool.drop(name)
                    yield outcome
                elif (given_up := self._again(name, failure_of_line(outcome))) is not None:
                    yield given_up

    def _again(self, name: str, why: str) -> Completion | None:
        self.tries[name] = self.tries.get(name, 1) + 1
        if self.tries[name] <= self.engine._tries:
            self.again.append(name)
            return None
        request = self.spool.request(name)
        self.engine.budget.release(self.spool.planned.pop(name, 0.0))
        self.spool.drop(name)
        return Completion.failed(request, why, final=False) if request else None

    def _refused(self, batch: _Batch, state: Any) -> None:
        """A batch that failed its validation: too much at once is sent later, anything else ends the run."""
        errors = list(getattr(state.errors, "data", None) or [])
        text = "; ".join(f"{error.code}: {error.message}" for error in errors)[:400] or "no reason given"
        self.again += sorted(batch.waiting)
        self._over(batch)
        if any(error.code == "token_limit_exceeded" for error in errors):
            self.crowded = True
            return
        self.ended = self.ended or UserError(
            f"The server refused the batch {batch.id}: {text}. Answers of other batches are kept; mend that and rerun."
        )

    def _over(self, batch: _Batch) -> None:
        self.open.remove(batch)
        self.engine._write({"ended": batch.id})
        self.crowded = False
