"""Data-parallel replicas of the vLLM engine on a Ray cluster, behind the same engine protocol.

Each replica is a Ray actor that holds one engine and is fed a bounded window of requests; completions stream back as
they finish. A replica that dies is replaced, and its unfinished requests go to other replicas. The death of a node says
nothing about the requests on it; a process that dies alone may have been killed by one of them: see ``RequestQueue``.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from util.engines.base import Completion, PartialLog, Request, between_travelling
from util.engines.options import RayOptions, VllmOptions
from util.engines.ray.cluster import Fit, check_here, connect, fitting, remote_replica, vllm_engine
from util.engines.ray.deaths import awaited, died_alone, kill, reason
from util.engines.ray.replica_tokens import ReplicaTokens
from util.engines.ray.request_queue import MOST_DEATHS, RequestQueue, window
from util.records import Increment
from util.system.advice import rerun
from util.system.errors import UserError
from util.system.messages import tell

RESTARTS = 5
"""Consecutive failed starts of one replica after which it is given up."""
TURN = 8
"""Requests that a replica gets before the other replicas have their turn."""
UNREAD = 4
"""Steps of a replica's engine that this process has not taken yet; further ones wait."""
TAIL_SECONDS = 5.0
"""How long an interrupted run waits for a replica's unfinished responses."""
PATIENCE_SECONDS = 30.0
"""Interval at which waiting for a replica is reported."""


class _GivenUp(UserError):
    """A replica that cannot be started again; others may go on."""


@dataclass(eq=False)
class _Replica:
    """One actor from the driver's side. in_flight: its requests by number, each with its deaths."""

    number: int
    actor: Any = None
    ready: bool = False
    failed_starts: int = 0
    node: str = ""
    in_flight: dict[int, tuple[Request, int]] = field(default_factory=dict)

    @property
    def deaths_in_flight(self) -> list[int]:
        return [deaths for _, deaths in self.in_flight.values()]


class RayEngine:
    """The engine protocol on top of replicas. make: makes a replica's engine; benchmarks make a synthetic one."""

    def __init__(
        self,
        model: str,
        vllm: VllmOptions,
        ray: RayOptions,
        make: Callable[[str, VllmOptions], Any] = vllm_engine,
    ) -> None:
        """Connect to the cluster and wait for the first replica.

        Raises:
            UserError: no Ray, no cluster, no room for a replica, or a model that does not load.
        """
        check_here(vllm)
        connect(ray.ray_address)
        self._model, self._options, self._make = model, vllm, make
        self._fit: Fit = fitting(vllm, ray.num_replicas)
        self._serial = self._run = 0
        self._log: PartialLog | None = None
        self._every = 0
        self._replicas = [_Replica(number) for number in range(self._fit.replicas)]
        for replica in self._replicas:
            self._start(replica)
        self._engine_description = self._first_ready()
        self._window = window(self._engine_description, vllm)
        self._wait_for_others()

    def describe(self) -> dict[str, Any]:
        return {**self._engine_description, "backend": "ray", "engine": "vllm", **self._fit.describe()}

    def state(self) -> list[str]:
        """How its replicas are."""
        return [f"replicas: {sum(each.ready for each in self._replicas)} of {len(self._replicas)} ready"]

    def keep(self, log: PartialLog) -> None:
        """Write what responses in flight have gained to ``log``."""
        self._log, self._every = log, between_travelling(log.every)

    async def generate(self, requests: Iterable[Request]) -> AsyncGenerator[Completion, None]:
        """Yield each completion as soon as a replica has finished it.

        Raises:
            UserError: no replica is left and none starts; what was yielded before stays valid.
        """
        self._run += 1
        waiting = RequestQueue(requests)
        # Bounded: the engines wait where the journal and the checks are slower.
        finished: asyncio.Queue[Completion | BaseException | None] = asyncio.Queue(self._window)
        for replica in self._replicas:
            replica.in_flight.clear()
        keepers = [asyncio.create_task(self._keep(replica, waiting, finished)) for replica in self._replicas]
        watch = asyncio.create_task(self._watch(keepers, finished))
        try:
            while (item := await finished.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            await self._write_tails()
            for task in (*keepers, watch):
                task.cancel()
            await asyncio.gather(*keepers, watch, return_exceptions=True)

    async def tokens(self) -> ReplicaTokens:
        """The model's tokens of texts."""
        return ReplicaTokens(lambda: [replica.actor for replica in self._replicas])

    def close(self) -> None:
        """End the replicas; a cluster that this process started ends with its connection."""
        import ray

        for replica in self._replicas:
            if replica.actor is not None:
                kill(replica.actor)
        ray.shutdown()

    # -- one replica ----------------------------------------------------------------------------------------------

    async def _keep(self, replica: _Replica, waiting: RequestQueue, finished: asyncio.Queue[Any]) -> None:
        """Feed a replica until no request is left; replace it when it dies."""
        from ray.exceptions import RayError

        while True:
            try:
                if await self._wait_ready(replica, waiting):
                    await self._feed(replica, waiting, finished)
                return
            except RayError as error:
                lost = await self._lost(replica, waiting, finished, error)
                text = f"replica {replica.number} died ({reason(error)}); {lost} requests are sent again"
                print(text, file=sys.stderr)
                replica.failed_starts += 1
                if replica.failed_starts >= RESTARTS:
                    raise _GivenUp(
                        f"Replica {replica.number} died {RESTARTS} times without a response: {reason(error)}. Every finished "
                        f"response is kept; check the nodes' memory and devices, and {rerun()} to continue."
                    ) from error
                kill(replica.actor)
                self._start(replica)

    async def _feed(self, replica: _Replica, waiting: RequestQueue, finished: asyncio.Queue[Any]) -> None:
        """Keep a window of requests at the replica and pass its completions on."""
        # Bounded: what a replica has made and nobody has kept would be lost with this process.
        limits = {"num_returns": "streaming", "_generator_backpressure_num_objects": UNREAD}
        stream = replica.actor.results.options(**limits).remote(self._run, self._every)
        while True:
            await self._fill(replica, waiting)
            if not replica.in_flight:
                if self._nothing_left(waiting):
                    return
                await asyncio.sleep(0.05)  # another replica may die and leave its requests
                continue
            for number, found in await (await anext(stream)):
                if isinstance(found, Increment):
                    self._write(replica, number, found)
                elif replica.in_flight.pop(number, None) is not None:
                    replica.failed_starts = 0
                    await finished.put(found)

    def _write(self, replica: _Replica, number: int, increment: Increment) -> None:
        if self._log is not None and number in replica.in_flight:
            self._log.append(replica.in_flight[number][0], increment)

    async def _write_tails(self) -> None:
        """What the replicas have made since the last increments, when a run is interrupted."""
        busy = [replica for replica in self._replicas if replica.ready and replica.in_flight]
        await asyncio.gather(*(self._write_tail(replica) for replica in busy if self._every))

    async def _write_tail(self, replica: _Replica) -> None:
        from ray.exceptions import RayError

        with contextlib.suppress(RayError, TimeoutError):  # it is dead or too busy: its earlier increments are kept
            found = await asyncio.wait_for(awaited(replica.actor.tails.remote(self._run)), TAIL_SECONDS)
            for number, increment in found:
                self._write(replica, number, increment)

    async def _fill(self, replica: _Replica, waiting: RequestQueue) -> None:
        """Hand requests to a replica until its window is full, a few at a time in turn with the other replicas."""
        while len(replica.in_flight) < self._window:
            batch: list[tuple[int, Request]] = []
            while len(batch) < TURN and len(replica.in_flight) < self._window:
                if (taken := waiting.take(replica.deaths_in_flight)) is None:
                    break
                self._serial += 1
                replica.in_flight[self._serial] = taken
                batch.append((self._serial, taken[0]))
            if not batch:
                return
            replica.actor.submit.remote(self._run, batch)
            await asyncio.sleep(0)

    async def _lost(
        self, replica: _Replica, waiting: RequestQueue, finished: asyncio.Queue[Any], error: Exception
    ) -> int:
        """Put the requests of a dead replica back; returns how many."""
        alone = died_alone(replica.node, error)
        in_flight = list(replica.in_flight.values())
        replica.in_flight.clear()
        for request, deaths in in_flight:
            deaths += alone
            if self._log is not None:
                request = self._log.up_to_date(request)
            if deaths < MOST_DEATHS:
                waiting.give_back(request, deaths)
            else:
                why = f"an engine died {MOST_DEATHS} times while it had this request ({reason(error)})"
                await finished.put(Completion.failed(request, why, final=False))
        return len(in_flight)

    async def _wait_ready(self, replica: _Replica, waiting: RequestQueue) -> bool:
        """Wait until the replica has loaded; False if all work is done first, for example when no node has room."""
        start = reported = time.monotonic()
        ready = asyncio.ensure_future(awaited(replica.actor.where.remote()))
        while not ready.done():
            await asyncio.wait([ready], timeout=1.0)
            if not ready.done() and self._nothing_left(waiting):
                ready.cancel()
                return False
            if not ready.done() and time.monotonic() - reported > PATIENCE_SECONDS:
                reported = time.monotonic()
                text = f"has been starting for {reported - start:.0f} s (it is loading, or no node has room)"
                print(f"replica {replica.number} {text}", file=sys.stderr)
        replica.node = ready.result()
        replica.ready, replica.failed_starts = True, 0
        return True

    def _nothing_left(self, waiting: RequestQueue) -> bool:
        return waiting.empty and not any(other.in_flight for other in self._replicas)

    async def _watch(self, keepers: list[asyncio.Task[None]], finished: asyncio.Queue[Any]) -> None:
        """End the stream when every keeper has ended, or at the first fault that is not limited to one replica."""
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
        replica.actor = remote_replica(self._model, self._options, self._fit, self._make)

    def _first_ready(self) -> dict[str, Any]:
        """The engine's description from the replica that is ready first. Raises: UserError: none could load the model."""
        import ray
        from ray.exceptions import RayError

        pending = {replica.actor.describe.remote(): replica for replica in self._replicas}
        error: Exception | None = None
        while pending:
            done, _ = ray.wait(list(pending), timeout=PATIENCE_SECONDS)
            if not done:
                tell("waiting for the first replica ...")
            for ref in done:
                try:
                    found: dict[str, Any] = ray.get(ref)
                except RayError as failure:
                    error = failure
                    del pending[ref]
                else:
                    return found
        raise UserError(f"No replica could start: {reason(error)}") from error

    def _wait_for_others(self) -> None:
        """Wait a while for the other replicas, so that the first one does not take all of a small job."""
        import ray

        ray.wait(
            [r.actor.where.remote() for r in self._replicas], num_returns=len(self._replicas), timeout=PATIENCE_SECONDS
        )
