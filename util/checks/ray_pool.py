"""Checks on every node of a Ray cluster: one pool of worker processes per node, with the interface of one pool."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from util.checks.pool import CheckerPool
from util.engines.ray.cluster import alive_nodes, connect
from util.records import Row, Verdict
from util.system.characters import printable
from util.system.credentials import hide_secrets
from util.system.errors import UserError
from util.system.messages import tell
from util.system.portable import usable_cpus

if TYPE_CHECKING:
    from util.task import Checker

ATTEMPTS = 3
"""Maximum attempts at one check when nodes fail."""


class NodeChecker:
    """The pool of one node, run there as an asynchronous Ray actor."""

    def __init__(self, checker: Checker, workers: int) -> None:
        hide_secrets()  # of the node, which the self-test's programs and the workers must not inherit
        checker = checker.settled(checker.prepare())  # the self-test of the sandbox, if the checker uses it
        self.workers = workers or usable_cpus()
        self._pool = CheckerPool(checker, self.workers)

    async def size(self) -> int:
        """The number of worker processes; returns when the pool is ready."""
        return self.workers

    async def check(self, row: Row, text: str) -> Verdict:
        return await self._pool.check(row, text)


@dataclass(eq=False)
class _Node:
    name: str
    actor: Any
    workers: int
    room: asyncio.Semaphore
    busy: int = 0


class ClusterCheckers:
    """Like ``CheckerPool``, on all nodes that pass the self-test. workers: per node, 0 for one per core."""

    def __init__(self, checker: Checker, workers: int, address: str | None) -> None:
        """Start a pool on each node and wait until all are ready.

        Raises:
            UserError: there is no cluster, or checks run on none of its nodes.
        """
        import ray
        from ray.exceptions import RayError
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        connect(address)
        actors: dict[str, Any] = {}
        for name in alive_nodes():
            here = NodeAffinitySchedulingStrategy(name, soft=False)
            placed = ray.remote(NodeChecker).options(num_cpus=0, max_concurrency=1000, scheduling_strategy=here)
            actors[name] = placed.remote(checker, workers)
        self._nodes: list[_Node] = []
        fault = ""
        for name, actor in actors.items():
            try:
                workers_there = ray.get(actor.size.remote())
                # Send few rows at a time, since a row can have megabytes.
                self._nodes.append(_Node(name, actor, workers_there, asyncio.Semaphore(2 * workers_there)))
            except RayError as error:
                fault = _cause(error)
                print(f"node {name[:8]} cannot run checks: {fault}", file=sys.stderr)
        if not self._nodes:
            raise UserError(f"Checks cannot run on any node of the cluster: {fault}")
        total = sum(node.workers for node in self._nodes)
        tell(f"checkers: {total} processes on {len(self._nodes)} nodes")

    async def check(self, row: Row, text: str) -> Verdict:
        """Judge one response on the least busy node. A node that fails gets no further checks."""
        from ray.exceptions import RayError

        for _ in range(ATTEMPTS):
            if not self._nodes:
                raise UserError("All checking nodes failed. Generated responses are kept; judge them with --check.")
            node = min(self._nodes, key=lambda node: node.busy / node.workers)
            node.busy += 1
            try:
                async with node.room:
                    found: Verdict = await node.actor.check.remote(row, text)
                    return found
            except RayError as error:
                if node in self._nodes:
                    self._nodes.remove(node)
                    left = len(self._nodes)
                    print(
                        f"node {node.name[:8]} failed and gets no more checks; {left} nodes remain: {_cause(error)}",
                        file=sys.stderr,
                    )
            finally:
                node.busy -= 1
        return Verdict(None, f"{ATTEMPTS} nodes failed during this check")

    def close(self) -> None:
        """End the pools and abandon running checks."""
        import ray

        for node in self._nodes:
            with contextlib.suppress(Exception):  # it ended already, or is not reachable
                ray.kill(node.actor)


def _cause(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    own = next((line for line in reversed(lines) if "UserError:" in line), None)
    return printable((own.partition("UserError:")[2].strip() if own else " ".join(lines))[:400])
