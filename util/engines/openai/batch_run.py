"""One run over the Batch API: send, poll, fetch, send again."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from util.engines.base import Completion, Note, Request
from util.engines.openai.batch_files import (
    MAX_REQUESTS,
    LineResult,
    Outgoing,
    Spool,
    UnreadableLine,
    read_line,
    request_id,
    split_lines,
)
from util.engines.openai.batch_notes import RERUN, Batch, earlier_batches
from util.engines.openai.dialect import Dialect
from util.engines.openai.outcomes import NO_USAGE, Done, Retry, added
from util.engines.openai.refusals import Blame, fault_of_error
from util.engines.prices import Budget, estimated_tokens
from util.system.advice import rerun
from util.system.errors import UserError
from util.system.messages import tell

ENDPOINT = "/v1/chat/completions"
MAX_OPEN = 8
"""Maximum of batches at the server at the same time; each holds up to 50,000 requests."""

ENDED = ("completed", "expired", "cancelled")


@dataclass
class BatchRun:
    """The state of one run.

    clients: by the names of their keys. tries: how often one request is sent at most. poll: seconds between two looks
    at a batch. dialect: makes the bodies. most: requests per file, fewer where the server's queue holds fewer.
    """

    model: str
    budget: Budget
    notes: list[Note]
    write: Callable[[Note], None]
    clients: dict[str, Any]
    spool: Spool
    source: Iterator[Request]
    tries: int
    poll: float
    dialect: Dialect
    most: int = MAX_REQUESTS

    def __post_init__(self) -> None:
        self._open: list[Batch] = []
        self._again: list[str] = []
        """Ids of requests that must be sent again."""
        self._sends: dict[str, int] = {}
        self._fault: UserError | None = None
        """Why nothing more is sent; raised once the open batches are fetched."""
        self._sent = 0
        self._stopped = self._queue_full = self._unreachable = False

    def stop(self) -> None:
        """Send nothing more and wait for no batch."""
        self._stopped = True

    async def completions(self) -> AsyncGenerator[Completion, None]:
        """Yield the answers of each batch when it has ended.

        Raises:
            UserError: the server refuses a batch, no key is left, or the budget is used up.
        """
        earlier = await earlier_batches(self.notes, self.write, self.clients)
        more = True
        while True:
            while self._may_send():
                outgoing = self._fill(earlier)
                if not outgoing.ids:
                    more = False
                    break
                self._warn_of_others(earlier)
                await self._submit(outgoing)
            for batch in list(self._open):
                async for completion in self._look(batch):
                    yield completion
            if self._stopped or (not self._open and (self._fault is not None or not (self._again or more))):
                break
            await self._pause()
        if self._fault is not None:
            raise self._fault

    # -- sending ----------------------------------------------------------------

    def _may_send(self) -> bool:
        return not self._stopped and self._fault is None and len(self._open) < MAX_OPEN and not self._queue_full

    def _fill(self, earlier: dict[str, Batch]) -> Outgoing:
        """The next file: what must go again, then new requests that no earlier batch holds."""
        outgoing = Outgoing(self.most)
        while self._again and not outgoing.is_full:
            name = self._again.pop()
            outgoing.add(name, self.spool.line(name))
        while not outgoing.is_full:
            request = next(self.source, None)
            if request is None:
                break
            name, body = request_id(self.model, request), self.dialect.body(request, stream=False)
            self.spool.add(name, request, {"custom_id": name, "method": "POST", "url": ENDPOINT, "body": body})
            batch = earlier.get(name)
            try:
                self.spool.planned[name] = self.budget.reserve(
                    request, estimated_tokens(request), sent_before=batch is not None
                )
            except UserError as error:
                self._fault = error
                break
            if batch is None:
                outgoing.add(name, self.spool.line(name))
                continue
            batch.waiting.add(name)
            if not any(batch is other for other in self._open):
                self._open.append(batch)
        return outgoing

    def _warn_of_others(self, earlier: dict[str, Batch]) -> None:
        for name in {batch.id for batch in earlier.values() if not batch.waiting}:
            tell(f"batch {name} of an earlier run has none of these requests and is left alone")
        for key in [key for key, batch in earlier.items() if not batch.waiting]:
            del earlier[key]

    async def _submit(self, outgoing: Outgoing) -> None:
        """Upload and create with the next key that the server accepts.

        Raises:
            UserError: no key is left, or the creation's outcome is not known.
        """
        import openai

        while True:
            names = list(self.clients)
            key = names[self._sent % len(names)]
            self._sent += 1
            try:
                await self._create(key, outgoing)
                return
            except openai.APIStatusError as error:
                dead = fault_of_error(error.status_code, error.body or str(error)).blame in (Blame.KEY, Blame.FORBIDDEN)
                if not dead:
                    raise UserError(f"The Batch API refused a file: {str(error)[:300].rstrip('.')}. {RERUN}") from error
                tail = self.clients[key].api_key[-4:]
                print(f"key ...{tail} is out: status {error.status_code}; {len(names) - 1} keys left", file=sys.stderr)
                if len(names) == 1:
                    raise UserError(f"No API key is left. {RERUN}") from error
                await self.clients.pop(key).close()
            except openai.APIError as error:
                raise UserError(f"The Batch API cannot be reached: {str(error)[:300].rstrip('.')}. {RERUN}") from error

    async def _create(self, key: str, outgoing: Outgoing) -> None:
        client = self.clients[key]
        with outgoing.file() as file:
            uploaded = await client.files.create(file=("requests.jsonl", file), purpose="batch")
        self.write({"file": uploaded.id, "key": key, "ids": outgoing.ids})
        # Not retried: the answer may be lost although the batch was created, and is paid for.
        created = await client.with_options(max_retries=0).batches.create(
            input_file_id=uploaded.id, endpoint=ENDPOINT, completion_window="24h"
        )
        self.write({"file": uploaded.id, "batch": created.id})
        self._open.append(Batch(created.id, key, uploaded.id, set(outgoing.ids)))
        tell(f"batch {created.id}: {len(outgoing.ids)} requests sent")

    # -- fetching -------------------------------------------------------------------

    async def _look(self, batch: Batch) -> AsyncGenerator[Completion, None]:
        """Look at a batch once; after a connection fault the next look comes later."""
        import openai

        try:
            async for completion in self._fetched(batch):
                yield completion
        except (openai.NotFoundError, openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise UserError(
                f"The server does not return the batch {batch.id} (status {error.status_code}). Give the keys that "
                "sent it. If the batch is deleted, its answers are lost: start anew in another --result-dir."
            ) from error
        except Exception as error:
            if not (isinstance(error, openai.APIError) or type(error).__module__.startswith("httpx")):
                raise
            if not self._unreachable:
                print(f"the server does not answer ({type(error).__name__}); trying again", file=sys.stderr)
            self._unreachable = True

    async def _fetched(self, batch: Batch) -> AsyncGenerator[Completion, None]:
        client = self.clients.get(batch.key) or next(iter(self.clients.values()))
        state = await client.batches.retrieve(batch.id)
        self._unreachable = False
        if state.status == "failed":
            await self._refused(client, batch, state)
            return
        if state.status not in ENDED:
            return
        for file in (state.output_file_id, state.error_file_id):
            if file:
                async for completion in self._answers(client, batch, file):
                    yield completion
        if state.status == "cancelled" and batch.waiting:
            self._fault = self._fault or UserError(
                f"The batch {batch.id} was cancelled at the server, {len(batch.waiting)} requests are not answered; {rerun()} "
                "to send them again."
            )
        else:
            for name in sorted(batch.waiting):  # neither answered nor refused: expired
                given_up = self._retry(name, Retry(f"the batch {batch.id} ended without an answer ({state.status})"))
                if given_up is not None:
                    yield given_up
        self._close(batch)

    async def _answers(self, client: Any, batch: Batch, file: str) -> AsyncGenerator[Completion, None]:
        async with client.files.with_streaming_response.content(file) as answer:
            async for line in split_lines(answer.iter_bytes()):
                match read_line(line, self.spool.request, self.spool.tokens):
                    case UnreadableLine(start):
                        raise UserError(
                            f"The file {file} of the batch {batch.id} has a line that cannot be read: {start}. Nothing was "
                            f"sent again: {rerun()}."
                        )
                    case LineResult(name, outcome, usage) if name in batch.waiting:
                        batch.waiting.discard(name)
                        self.budget.spend(usage)
                        if (completion := self._completed(name, outcome)) is not None:
                            yield completion

    def _completed(self, name: str, outcome: Done | Retry) -> Completion | None:
        """The completion that a line gives; None where the request is sent again."""
        match outcome:
            case Done(completion):
                self._forget(name)
                return completion
            case Retry():
                return self._retry(name, outcome)

    def _retry(self, name: str, outcome: Retry) -> Completion | None:
        """Send a request again; its failure if it was sent often enough."""
        self._sends[name] = self._sends.get(name, 1) + 1
        wasted = self.spool.wasted[name] = added(self.spool.wasted.get(name, NO_USAGE), outcome.usage)
        if self._sends[name] <= self.tries:
            self._again.append(name)
            return None
        request = self.spool.request(name)
        self._forget(name)
        return Completion.failed(request, outcome.failure, final=False, usage=wasted) if request else None

    def _forget(self, name: str) -> None:
        self.budget.release(self.spool.planned.pop(name, 0.0))
        self.spool.drop(name)

    async def _refused(self, client: Any, batch: Batch, state: Any) -> None:
        """A batch that failed its validation: one that is too large is sent later, any other fault ends the run."""
        errors = list(getattr(state.errors, "data", None) or [])
        text = "; ".join(f"{error.code}: {error.message}" for error in errors)[:400] or "no reason given"
        count = len(batch.waiting)
        self._again += sorted(batch.waiting)
        self._close(batch)
        if any(error.code == "token_limit_exceeded" for error in errors) and (self._open or count > 1):
            if not self._open:  # the queue holds no other batch of this run: smaller files
                self.most = max(1, count // 2)
            print(f"the server's queue is full ({text[:120]}); {count} requests are sent later", file=sys.stderr)
            self._queue_full = True
            await _delete(client, batch.file)
            return
        self._fault = self._fault or UserError(
            f"The server refused the batch {batch.id}: {text}. Answers of other batches are kept; correct this and rerun."
        )

    def _close(self, batch: Batch) -> None:
        self._open = [other for other in self._open if other is not batch]
        self.write({"ended": batch.id})
        self._queue_full = False

    async def _pause(self) -> None:
        until = time.monotonic() + self.poll
        while (self._open or self._queue_full) and not self._stopped and time.monotonic() < until:
            await asyncio.sleep(min(0.5, self.poll))
        if not self._open:
            self._queue_full = False  # no batch of this run is left in the queue: try again


async def _delete(client: Any, file: str) -> None:
    """Delete the input file of a refused batch; a failure is only reported, since the file costs nothing."""
    import openai

    try:
        await client.files.delete(file)
    except openai.APIError as error:
        print(f"the file {file} stays at the server: {str(error)[:100]}", file=sys.stderr)
