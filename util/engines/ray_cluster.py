"""Data-parallel replicas of the vLLM engine on a Ray cluster, behind the same engine protocol.

Each replica is a Ray actor that holds one engine and is fed a bounded window of requests; completions stream
back as they finish. A replica that dies is replaced, and its unfinished requests are made again elsewhere. One
that dies with its node says nothing about its requests; one whose process dies alone may have been killed by one of
them: see ``Suspicion``.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from util.engines.base import Completion, Request
from util.engines.ray_setup import Fit, alive_nodes, connect, fitting, remote_replica, vllm_engine
from util.engines.vllm_load import VllmConfig
from util.errors import UserError

MOST_DEATHS = 3
"""Engine processes that a request may see die before it is recorded as failed."""
SUSPECTS_AT_ONCE = {1: 16, 2: 1}
"""Deaths -> requests with as many deaths that a replica gets at a time."""
RESTARTS = 5
"""Failed starts of one replica in a row after which it is given up."""
BATCH = 256
"""vLLM's own number of responses side by side, where --max-num-seqs does not say another."""
PATIENCE_SECONDS = 30.0
"""After which waiting for a replica is said, again and again."""


class Suspicion:
    """Requests that wait to be made, by how many engine deaths they have seen.

    One that was in flight when an engine died is a suspect. Suspects go out few at a time among fresh requests, those
    of two deaths one at a time: what is poisoned meets other company at each death, so that three deaths are its
    own, while nothing waits for the suspects to be cleared.
    """

    def __init__(self, requests: Iterable[Request]) -> None:
        self._fresh = iter(requests)
        self._returned: deque[Request] = deque()
        self._suspects: dict[int, deque[Request]] = {deaths: deque() for deaths in SUSPECTS_AT_ONCE}
        self._ended = False

    def take(self, flying: Iterable[int]) -> tuple[Request, int] | None:
        """The next request for a replica, with its deaths; None if it must wait or none is left.

        flying: the deaths of each request that the replica has.
        """
        for deaths, most in reversed(SUSPECTS_AT_ONCE.items()):
            if self._suspects[deaths] and sum(seen == deaths for seen in flying) < most:
                return self._suspects[deaths].popleft(), deaths
        if self._returned:
            return self._returned.popleft(), 0
        if not self._ended and (request := next(self._fresh, None)) is not None:
            return request, 0
        self._ended = True
        return None

    def give_back(self, request: Request, deaths: int) -> None:
        """Make a request again that a lost replica had."""
        (self._suspects[deaths] if deaths else self._returned).append(request)

    @property
    def empty(self) -> bool:
        """Whether nothing is left to hand out. (The source is only known to have ended once it was asked.)"""
        return self._ended and not self._returned and not any(self._suspects.values())


@dataclass(eq=False)
class _Replica:
    """One actor from the driver's side. flying: its requests by number, with their deaths."""

    number: int
    actor: Any = None
    ready: bool = False
    failed_starts: int = 0
    node: str = ""
    flying: dict[int, tuple[Request, int]] = field(default_factory=dict)

    @property
    def company(self) -> list[int]:
        return [deaths for _, deaths in self.flying.values()]


class RayEngine:
    """The engine protocol on top of replicas.

    num_replicas: None for as many as fit. make: gives a replica its engine; measurements take a synthetic one.
    """

    def __init__(
        self,
        config: VllmConfig,
        *,
        num_replicas: int | None,
        address: str | None,
        make: Callable[[VllmConfig], Any] = vllm_engine,
    ) -> None:
        """Connect to the cluster and wait for the first replica.

        Raises:
            UserError: no Ray, no cluster, no room for a replica, or a model that does not load.
        """
        connect(address)
        self._config, self._make = config, make
        self._fit: Fit = fitting(config, num_replicas)
        self._window = 2 * (config.max_num_seqs or BATCH)
        self._serial = self._run = 0
        self._replicas = [_Replica(number) for number in range(self._fit.replicas)]
        for replica in self._replicas:
            self._start(replica)
        self._engine_description = self._first_ready()

    def describe(self) -> dict[str, Any]:
        return {**self._engine_description, "backend": "ray", "engine": "vllm", **self._fit.describe()}

    async def generate(self, requests: Iterable[Request]) -> AsyncGenerator[Completion, None]:
        """Yield each completion as soon as a replica has finished it.

        Raises:
            UserError: no replica is left and none starts; what was yielded before stays valid.
        """
        self._run += 1
        waiting = Suspicion(requests)
        finished: asyncio.Queue[Completion | UserError | None] = asyncio.Queue()
        keepers = [asyncio.create_task(self._keep(replica, waiting, finished)) for replica in self._replicas]
        watch = asyncio.create_task(self._watch(keepers, finished))
        try:
            while (item := await finished.get()) is not None:
                if isinstance(item, UserError):
                    raise item
                yield item
        finally:
            for task in (*keepers, watch):
                task.cancel()
            await asyncio.gather(*keepers, watch, return_exceptions=True)

    def close(self) -> None:
        """End the replicas; a cluster that this process started ends with its connection."""
        import ray

        for replica in self._replicas:
            if replica.actor is not None:
                ray.kill(replica.actor)
        ray.shutdown()

    # -- one replica ----------------------------------------------------------------------------------------------

    async def _keep(self, replica: _Replica, waiting: Suspicion, finished: asyncio.Queue[Any]) -> None:
        """Feed a replica until nothing is left for it; replace it when it dies."""
        from ray.exceptions import RayActorError, RayError

        while True:
            try:
                if await self._wait_ready(replica, waiting):
                    await self._feed(replica, waiting, finished)
                return
            except (RayActorError, RayError) as error:
                lost = self._lost(replica, waiting, finished, error)
                print(f"replica {replica.number} died ({_reason(error)}); {lost} requests go again", file=sys.stderr)
                replica.failed_starts += not replica.ready
                if replica.failed_starts >= RESTARTS:
                    raise UserError(
                        f"Replica {replica.number} failed to start {RESTARTS} times: {_reason(error)}. Every finished response is "
                        "kept; look at the nodes' memory and devices, and rerun the same command to continue."
                    ) from error
                self._start(replica)

    async def _feed(self, replica: _Replica, waiting: Suspicion, finished: asyncio.Queue[Any]) -> None:
        """Keep a window of requests at the replica and pass on what it finishes."""
        stream = replica.actor.results.options(num_returns="streaming").remote(self._run)
        while True:
            batch: list[tuple[int, Request]] = []
            while len(replica.flying) < self._window and (taken := waiting.take(replica.company)) is not None:
                self._serial += 1
                replica.flying[self._serial] = taken
                batch.append((self._serial, taken[0]))
            if batch:
                replica.actor.submit.remote(self._run, batch)
            if not replica.flying:
                if self._nothing_left(waiting):
                    return
                await asyncio.sleep(0.05)  # another replica may die and leave its requests
                continue
            for number, completion in await (await anext(stream)):
                if replica.flying.pop(number, None) is not None:
                    finished.put_nowait(completion)

    def _lost(self, replica: _Replica, waiting: Suspicion, finished: asyncio.Queue[Any], error: Exception) -> int:
        """Give a dead replica's requests back; returns how many."""
        alone = replica.node in alive_nodes()
        flying = list(replica.flying.values())
        replica.flying.clear()
        for request, deaths in flying:
            deaths += alone
            if deaths < MOST_DEATHS:
                waiting.give_back(request, deaths)
            else:
                reason = f"an engine died {MOST_DEATHS} times while it had this request ({_reason(error)})"
                finished.put_nowait(Completion.failed(request, reason, final=False))
        return len(flying)

    async def _wait_ready(self, replica: _Replica, waiting: Suspicion) -> bool:
        """Wait until the replica has loaded; False if all work is done before, as where there is no room for it."""
        start = said = time.monotonic()
        ready = asyncio.ensure_future(_awaited(replica.actor.where.remote()))
        while not ready.done():
            await asyncio.wait([ready], timeout=1.0)
            if not ready.done() and self._nothing_left(waiting):
                ready.cancel()
                return False
            if not ready.done() and time.monotonic() - said > PATIENCE_SECONDS:
                said = time.monotonic()
                seconds = said - start
                print(
                    f"replica {replica.number} has been starting for {seconds:.0f} s (no room, or loading)",
                    file=sys.stderr,
                )
        replica.node = ready.result()
        replica.ready, replica.failed_starts = True, 0
        return True

    def _nothing_left(self, waiting: Suspicion) -> bool:
        return waiting.empty and not any(other.flying for other in self._replicas)

    async def _watch(self, keepers: list[asyncio.Task[None]], finished: asyncio.Queue[Any]) -> None:
        """End the stream when every keeper has; a replica that was given up matters if no other works."""
        results = await asyncio.gather(*keepers, return_exceptions=True)
        errors = [result for result in results if isinstance(result, BaseException)]
        unknown = next((error for error in errors if not isinstance(error, UserError)), None)
        if unknown is not None:
            errors = [UserError(f"The cluster's driver failed: {type(unknown).__name__}: {unknown}")]
        finished.put_nowait(errors[0] if unknown is not None or len(errors) == len(keepers) else None)

    def _start(self, replica: _Replica) -> None:
        replica.ready = False
        replica.actor = remote_replica(self._config, self._fit, self._make)

    def _first_ready(self) -> dict[str, Any]:
        """The engine's description from the replica that is ready first.

        Raises:
            UserError: none could load the model.
        """
        import ray
        from ray.exceptions import RayError

        pending = {replica.actor.describe.remote(): replica for replica in self._replicas}
        error: Exception | None = None
        while pending:
            done, _ = ray.wait(list(pending), timeout=PATIENCE_SECONDS)
            if not done:
                print("waiting for the first replica ...", file=sys.stderr)
            for ref in done:
                try:
                    found: dict[str, Any] = ray.get(ref)
                except RayError as failure:
                    error = failure
                    del pending[ref]
                else:
                    return found
        raise UserError(f"No replica could start: {_reason(error)}") from error


def _reason(error: BaseException | None) -> str:
    """The cause of a Ray error in a line: the message of our own error where there is one."""
    text = str(getattr(error, "cause", None) or error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    own = next((line for line in reversed(lines) if "UserError:" in line), None)
    return (own.partition("UserError:")[2].strip() if own else " ".join(lines))[:400]


async def _awaited(ref: Any) -> Any:
    return await ref
