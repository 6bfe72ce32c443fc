"""One run over the Batch API: send, poll, fetch, send again."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from util.engines.base import Completion, Note, Request
from util.engines.openai.batch_files import MAX_REQUESTS, Outgoing, Spool, noted_batches, request_id
from util.engines.openai.wire import body_of, failure_of_line, line_completion, quota_is_gone, spent_on
from util.engines.prices import Budget
from util.system.errors import UserError

ENDPOINT = "/v1/chat/completions"
MAX_OPEN = 8
"""Batches that wait at the server at once; each holds up to 50,000 requests."""

OVER = ("completed", "expired", "cancelled")
_RERUN = "Batches that were sent go on at the server; rerun the same command to fetch them."


@dataclass
class _Batch:
    """A batch at the server. waiting: ids of this run's requests that it still owes."""

    id: str
    key: str
    file: str
    waiting: set[str] = field(default_factory=set)


@dataclass
class BatchRun:
    """The state of one run. clients: by the keys' names. tries: how often one request is sent at most."""

    model: str
    budget: Budget
    notes: list[Note]
    write: Callable[[Note], None]
    clients: dict[str, Any]
    spool: Spool
    source: Iterator[Request]
    tries: int
    poll: float
    stopped: bool = False
    most: int = MAX_REQUESTS
    """Requests in a file; less where the server's queue holds less."""

    def __post_init__(self) -> None:
        self.open: list[_Batch] = []
        self.again: list[str] = []
        self.sends: dict[str, int] = {}
        self.ended: UserError | None = None
        self.sent = 0
        self.crowded = self.troubled = False

    async def completions(self) -> AsyncGenerator[Completion, None]:
        earlier = await self._earlier()
        more = True
        while True:
            while not self.stopped and self.ended is None and len(self.open) < MAX_OPEN and not self.crowded:
                outgoing = self._fill(earlier)
                if not outgoing.ids:
                    more = False
                    break
                self._warn_of_others(earlier)
                await self._submit(outgoing)
            for batch in list(self.open):
                async for completion in self._look(batch):
                    yield completion
            if self.stopped or (not self.open and (self.ended is not None or not (self.again or more))):
                break
            await self._pause()
        if self.ended is not None:
            raise self.ended

    # -- sending ----------------------------------------------------------------

    def _fill(self, earlier: dict[str, _Batch]) -> Outgoing:
        """The next file: what must go again, then new requests that no earlier batch holds."""
        outgoing = Outgoing(self.most)
        while self.again and not outgoing.is_full:
            name = self.again.pop()
            outgoing.add(name, self.spool.line(name))
        while not outgoing.is_full:
            request = next(self.source, None)
            if request is None:
                break
            name, body = request_id(self.model, request), body_of(self.model, request)
            self.spool.add(name, request, {"custom_id": name, "method": "POST", "url": ENDPOINT, "body": body})
            batch = earlier.get(name)
            try:
                self.spool.planned[name] = self.budget.reserve(request, sent_before=batch is not None)
            except UserError as error:
                self.ended = error
                break
            if batch is None:
                outgoing.add(name, self.spool.line(name))
                continue
            batch.waiting.add(name)
            if not any(batch is other for other in self.open):
                self.open.append(batch)
        return outgoing

    def _warn_of_others(self, earlier: dict[str, _Batch]) -> None:
        for name in {batch.id for batch in earlier.values() if not batch.waiting}:
            print(f"batch {name} of an earlier run holds none of these requests; it is left alone", file=sys.stderr)
        for key in [key for key, batch in earlier.items() if not batch.waiting]:
            del earlier[key]

    async def _submit(self, outgoing: Outgoing) -> None:
        """Upload and create with the next key that the server takes.

        Raises:
            UserError: no key is left, or the creation's outcome is not known.
        """
        import openai

        while True:
            names = list(self.clients)
            key = names[self.sent % len(names)]
            self.sent += 1
            try:
                await self._create(key, outgoing)
                return
            except openai.APIStatusError as error:
                dead = error.status_code in (401, 403) or (error.status_code == 429 and quota_is_gone(error))
                if not dead:
                    raise UserError(f"The Batch API refused a file: {str(error)[:300]}. {_RERUN}") from error
                tail = self.clients[key].api_key[-4:]
                print(f"key ...{tail} is out: status {error.status_code}; {len(names) - 1} keys left", file=sys.stderr)
                if len(names) == 1:
                    raise UserError(f"No API key is left. {_RERUN}") from error
                await self.clients.pop(key).close()
            except openai.APIError as error:
                raise UserError(f"The Batch API cannot be reached: {str(error)[:300]}. {_RERUN}") from error

    async def _create(self, key: str, outgoing: Outgoing) -> None:
        client = self.clients[key]
        with outgoing.file() as file:
            uploaded = await client.files.create(file=("requests.jsonl", file), purpose="batch")
        self.write({"file": uploaded.id, "key": key, "ids": outgoing.ids})
        # Not tried again blindly: a lost answer may hide a batch that is made, and paid for.
        created = await client.with_options(max_retries=0).batches.create(
            input_file_id=uploaded.id, endpoint=ENDPOINT, completion_window="24h"
        )
        self.write({"file": uploaded.id, "batch": created.id})
        self.open.append(_Batch(created.id, key, uploaded.id, set(outgoing.ids)))
        print(f"batch {created.id}: {len(outgoing.ids)} requests sent", file=sys.stderr)

    # -- earlier runs -------------------------------------------------------------

    async def _earlier(self) -> dict[str, _Batch]:
        """Request id -> the batch of an earlier run that holds it. Batches without a note of their id are looked up."""
        found: dict[str, _Batch] = {}
        for file, note in noted_batches(self.notes).items():
            # A batch belongs to a project: another key of it serves as well.
            key = note["key"] if note["key"] in self.clients else next(iter(self.clients))
            name = note.get("batch") or await self._look_up(self.clients[key], file)
            if name is not None:
                found |= dict.fromkeys(note["ids"], _Batch(name, key, file))
        return found

    async def _look_up(self, client: Any, file: str) -> str | None:
        import openai

        try:
            async for batch in client.batches.list(limit=100):
                if batch.input_file_id == file:
                    self.write({"file": file, "batch": batch.id})
                    return str(batch.id)
        except openai.APIError as error:
            raise UserError(f"The server's batches cannot be listed: {str(error)[:300]}. {_RERUN}") from error
        return None

    # -- fetching -------------------------------------------------------------------

    async def _look(self, batch: _Batch) -> AsyncGenerator[Completion, None]:
        """One look at a batch; trouble on the way means that the next look comes later."""
        import openai

        try:
            async for completion in self._fetched(batch):
                yield completion
        except (openai.NotFoundError, openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise UserError(
                f"The server does not give out the batch {batch.id} (status {error.status_code}). Give the keys that "
                "sent it. If it is gone for good, so are its answers: --overwrite starts anew."
            ) from error
        except Exception as error:
            if not (isinstance(error, openai.APIError) or type(error).__module__.startswith("httpx")):
                raise
            if not self.troubled:
                print(f"the server is in trouble ({type(error).__name__}): looking again", file=sys.stderr)
            self.troubled = True

    async def _fetched(self, batch: _Batch) -> AsyncGenerator[Completion, None]:
        client = self.clients.get(batch.key) or next(iter(self.clients.values()))
        state = await client.batches.retrieve(batch.id)
        self.troubled = False
        if state.status == "failed":
            await self._refused(client, batch, state)
            return
        if state.status not in OVER:
            return
        for file in (state.output_file_id, state.error_file_id):
            if file:
                async for completion in self._answers(client, batch, file):
                    yield completion
        if state.status == "cancelled" and batch.waiting:
            self.ended = self.ended or UserError(
                f"The batch {batch.id} was cancelled at the server, {len(batch.waiting)} requests are not answered. Rerun "
                "the same command to send them again."
            )
        else:
            for name in sorted(batch.waiting):  # neither answered nor refused: expired
                given_up = self._once_more(name, f"the batch {batch.id} ended without an answer ({state.status})")
                if given_up is not None:
                    yield given_up
        self._over(batch)

    async def _answers(self, client: Any, batch: _Batch, file: str) -> AsyncGenerator[Completion, None]:
        async with client.files.with_streaming_response.content(file) as answer:
            async for line in _lines(answer):
                name, outcome, usage = line_completion(line, self.spool.request)
                if not name:
                    raise UserError(
                        f"The file {file} of the batch {batch.id} has a line that cannot be read: {line[:80]!r}. Nothing "
                        "was sent again. Rerun the same command; if that does not help, --overwrite starts anew."
                    )
                if name not in batch.waiting:
                    continue
                batch.waiting.discard(name)
                spent_on(self.budget, usage)
                if isinstance(outcome, Completion):
                    self._done(name)
                    yield outcome
                elif (given_up := self._once_more(name, failure_of_line(outcome))) is not None:
                    yield given_up

    def _done(self, name: str) -> None:
        self.budget.release(self.spool.planned.pop(name, 0.0))
        self.spool.drop(name)

    def _once_more(self, name: str, why: str) -> Completion | None:
        self.sends[name] = self.sends.get(name, 1) + 1
        if self.sends[name] <= self.tries:
            self.again.append(name)
            return None
        request = self.spool.request(name)
        self._done(name)
        return Completion.failed(request, why, final=False) if request else None

    async def _refused(self, client: Any, batch: _Batch, state: Any) -> None:
        """A batch that failed its validation: too much at once is sent later, anything else ends the run."""
        errors = list(getattr(state.errors, "data", None) or [])
        text = "; ".join(f"{error.code}: {error.message}" for error in errors)[:400] or "no reason given"
        count = len(batch.waiting)
        self.again += sorted(batch.waiting)
        self._over(batch)
        if any(error.code == "token_limit_exceeded" for error in errors) and (self.open or count > 1):
            if not self.open:  # nothing of ours is in the way: smaller files
                self.most = max(1, count // 2)
            print(f"the server's queue is full ({text[:120]}); {count} requests go later", file=sys.stderr)
            self.crowded = True
            await _forget(client, batch.file)
            return
        self.ended = self.ended or UserError(
            f"The server refused the batch {batch.id}: {text}. Answers of other batches are kept; mend that and rerun."
        )

    def _over(self, batch: _Batch) -> None:
        self.open = [other for other in self.open if other is not batch]
        self.write({"ended": batch.id})
        self.crowded = False

    async def _pause(self) -> None:
        until = time.monotonic() + self.poll
        while (self.open or self.crowded) and not self.stopped and time.monotonic() < until:
            await asyncio.sleep(min(0.5, self.poll))
        if not self.open:
            self.crowded = False  # nothing of ours is there any more: try again


async def _lines(answer: Any) -> AsyncGenerator[bytes, None]:
    """Lines that end at "\\n" alone: texts may hold every other line end that Unicode knows."""
    rest = b""
    async for part in answer.iter_bytes():
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            if line.strip():
                yield line
    if rest.strip():
        yield rest


async def _forget(client: Any, file: str) -> None:
    """Delete an input file that came to nothing; that it stays costs nothing."""
    import openai

    try:
        await client.files.delete(file)
    except openai.APIError as error:
        print(f"the file {file} stays at the server: {str(error)[:100]}", file=sys.stderr)
