"""Data-parallel replicas of the vLLM engine on a Ray cluster, behind the same engine protocol.

Each replica is a Ray actor that holds one engine and is fed a bounded window of requests; completions stream
back as they finish. A replica that dies is replaced, and its unfinished requests are made again elsewhere. One
that dies with its node says nothing about its requests; one whose process dies alone may have been killed by one of
them: see ``suspects``.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from util.engines.base import Completion, Request
from util.engines.ray.cluster import Fit, alive_nodes, connect, fitting, remote_replica, vllm_engine
from util.engines.ray.request_queue import MOST_DEATHS, Suspicion
from util.engines.vllm.load_model import VllmConfig
from util.system.errors import UserError

RESTARTS = 5
"""Failed starts of one replica in a row after which it is given up."""
BATCH = 256
"""Responses side by side in a replica whose engine does not say how many it takes."""
TURN = 8
"""Requests that a replica is handed before the others have their turn."""
PATIENCE_SECONDS = 30.0
"""After which waiting for a replica is said, again and again."""


class _GivenUp(UserError):
    """A replica that does not start any more; others may go on."""


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


def window(engine: dict[str, Any], config: VllmConfig) -> int:
    """Requests that a replica holds at most: what its engine (by its description) takes at once, and an eighth more."""
    batch: int = engine.get("max_num_seqs") or config.max_num_seqs or BATCH
    return batch + max(8, batch // 8)


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
        self._serial = self._run = 0
        self._replicas = [_Replica(number) for number in range(self._fit.replicas)]
        for replica in self._replicas:
            self._start(replica)
        self._engine_description = self._first_ready()
        self._window = window(self._engine_description, config)
        self._wait_for_others()

    def describe(self) -> dict[str, Any]:
        return {**self._engine_description, "backend": "ray", "engine": "vllm", **self._fit.describe()}

    async def generate(self, requests: Iterable[Request]) -> AsyncGenerator[Completion, None]:
        """Yield each completion as soon as a replica has finished it.

        Raises:
            UserError: no replica is left and none starts; what was yielded before stays valid.
        """
        self._run += 1
        waiting = Suspicion(requests)
        # Bounded: where the journal and the checks are slower than the engines, these wait.
        finished: asyncio.Queue[Completion | BaseException | None] = asyncio.Queue(self._window)
        for replica in self._replicas:
            replica.flying.clear()
        keepers = [asyncio.create_task(self._keep(replica, waiting, finished)) for replica in self._replicas]
        watch = asyncio.create_task(self._watch(keepers, finished))
        try:
            while (item := await finished.get()) is not None:
                if isinstance(item, BaseException):
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
                _kill(replica.actor)
        ray.shutdown()

    # -- one replica ----------------------------------------------------------------------------------------------

    async def _keep(self, replica: _Replica, waiting: Suspicion, finished: asyncio.Queue[Any]) -> None:
        """Feed a replica until nothing is left for it; replace it when it dies."""
        from ray.exceptions import RayError

        while True:
            try:
                if await self._wait_ready(replica, waiting):
                    await self._feed(replica, waiting, finished)
                return
            except RayError as error:
                lost = await self._lost(replica, waiting, finished, error)
                print(f"replica {replica.number} died ({_reason(error)}); {lost} requests go again", file=sys.stderr)
                replica.failed_starts += 1
                if replica.failed_starts >= RESTARTS:
                    raise _GivenUp(
                        f"Replica {replica.number} died {RESTARTS} times without a response: {_reason(error)}. Every finished "
                        "response is kept; look at the nodes' memory and devices, and rerun the same command to continue."
                    ) from error
                _kill(replica.actor)
                self._start(replica)

    async def _feed(self, replica: _Replica, waiting: Suspicion, finished: asyncio.Queue[Any]) -> None:
        """Keep a window of requests at the replica and pass on what it finishes."""
        stream = replica.actor.results.options(num_returns="streaming").remote(self._run)
        while True:
            await self._fill(replica, waiting)
            if not replica.flying:
                if self._nothing_left(waiting):
                    return
                await asyncio.sleep(0.05)  # another replica may die and leave its requests
                continue
            for number, completion in await (await anext(stream)):
                if replica.flying.pop(number, None) is not None:
                    replica.failed_starts = 0
                    await finished.put(completion)

    async def _fill(self, replica: _Replica, waiting: Suspicion) -> None:
        """Hand requests to a replica until its window is full: few at a time, in turn with the other replicas."""
        while len(replica.flying) < self._window:
            batch: list[tuple[int, Request]] = []
            while len(batch) < TURN and len(replica.flying) < self._window:
                if (taken := waiting.take(replica.company)) is None:
                    break
                self._serial += 1
                replica.flying[self._serial] = taken
                batch.append((self._serial, taken[0]))
            if not batch:
                return
            replica.actor.submit.remote(self._run, batch)
            await asyncio.sleep(0)

    async def _lost(self, replica: _Replica, waiting: Suspicion, finished: asyncio.Queue[Any], error: Exception) -> int:
        """Give a dead replica's requests back; returns how many."""
        alone = _died_alone(replica, error)
        flying = list(replica.flying.values())
        replica.flying.clear()
        for request, deaths in flying:
            deaths += alone
            if deaths < MOST_DEATHS:
                waiting.give_back(request, deaths)
            else:
                reason = f"an engine died {MOST_DEATHS} times while it had this request ({_reason(error)})"
                await finished.put(Completion.failed(request, reason, final=False))
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
        """End the stream when every keeper has, or at the first fault that is not just one replica's."""
        pending, given_up = set(keepers), list[BaseException]()
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                error = task.exception()
                if isinstance(error, _GivenUp):
                    given_up.append(error)
                elif error is not None:
                    await finished.put(error)
                    return
        await finished.put(given_up[0] if len(given_up) == len(keepers) else None)

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

    def _wait_for_others(self) -> None:
        """Give the other replicas a while, so that the first one does not take all of a small job."""
        import ray

        ray.wait(
            [r.actor.where.remote() for r in self._replicas], num_returns=len(self._replicas), timeout=PATIENCE_SECONDS
        )


def _died_alone(replica: _Replica, error: Exception) -> bool:
    """Whether the engine's process died while its node lives: then one of its requests may be the cause."""
    from ray.exceptions import ActorUnavailableError

    if isinstance(error, ActorUnavailableError) or "node has died" in str(error):
        return False
    return replica.node in alive_nodes()


def _kill(actor: Any) -> None:
    """End an actor that may still hold its devices."""
    import ray

    with contextlib.suppress(Exception):  # it is dead already, or its node cannot be reached
        ray.kill(actor)


def _reason(error: BaseException | None) -> str:
    """The cause of a Ray error in a line: the message of our own error where there is one."""
    text = str(getattr(error, "cause", None) or error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    own = next((line for line in reversed(lines) if "UserError:" in line), None)
    return (own.partition("UserError:")[2].strip() if own else " ".join(lines))[:400]


async def _awaited(ref: Any) -> Any:
    return await ref
