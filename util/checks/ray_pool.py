"""Checks on every node of a Ray cluster: one pool of worker processes a node, behind the interface of one pool."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from dataclasses import dataclass
from typing import Any

from util.checks.pool import Checker, CheckerPool
from util.engines.ray.cluster import alive_nodes, connect
from util.records import Verdict
from util.system.errors import UserError
from util.task import CheckOptions

ATTEMPTS = 3
"""Nodes that a check may see fail before it is given up."""


class NodeChecker:
    """The pool of one node. Runs as an asynchronous Ray actor there."""

    def __init__(self, checker: Any, options: CheckOptions, workers: int) -> None:
        checker.prepare_checks(options)  # the sandbox's self-test, where there is one
        self.workers = workers or len(os.sched_getaffinity(0))
        self._pool = CheckerPool(checker, self.workers)

    async def size(self) -> int:
        """Its worker processes, once it is ready."""
        return self.workers

    async def check(self, row: dict[str, Any], text: str) -> tuple[bool | None, str, dict[str, Any]]:
        verdict = await self._pool.check(row, text)
        return verdict.correct, verdict.reason, verdict.evidence


@dataclass(eq=False)
class _Node:
    name: str
    actor: Any
    workers: int
    room: asyncio.Semaphore
    busy: int = 0


class ClusterCheckers:
    """Like ``CheckerPool``, over all nodes that pass the self-test. workers: per node, 0 for one a core."""

    def __init__(self, checker: Checker, options: CheckOptions, workers: int, address: str | None) -> None:
        """Start a pool on each node and wait for all of them.

        Raises:
            UserError: no cluster, or no node where checks can run.
        """
        import ray
        from ray.exceptions import RayError
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        connect(address)
        actors: dict[str, Any] = {}
        for name in alive_nodes():
            here = NodeAffinitySchedulingStrategy(name, soft=False)
            placed = ray.remote(NodeChecker).options(num_cpus=0, max_concurrency=1000, scheduling_strategy=here)
            actors[name] = placed.remote(checker, options, workers)
        self._nodes: list[_Node] = []
        fault = ""
        for name, actor in actors.items():
            try:
                workers_there = ray.get(actor.size.remote())
                # Few rows are on their way at a time: they may be megabytes.
                self._nodes.append(_Node(name, actor, workers_there, asyncio.Semaphore(2 * workers_there)))
            except RayError as error:
                fault = _cause(error)
                print(f"node {name[:8]} checks nothing: {fault}", file=sys.stderr)
        if not self._nodes:
            raise UserError(f"Checks can run on no node of the cluster: {fault}")
        total = sum(node.workers for node in self._nodes)
        print(f"checkers: {total} processes on {len(self._nodes)} nodes", file=sys.stderr)

    async def check(self, row: dict[str, Any], text: str) -> Verdict:
        """Judge one response on the node with most room; a node that dies is left out from then on."""
        from ray.exceptions import RayError

        for _ in range(ATTEMPTS):
            if not self._nodes:
                raise UserError("Every checking node failed. What was generated is kept; rerun with --check.")
            node = min(self._nodes, key=lambda node: node.busy / node.workers)
            node.busy += 1
            try:
                async with node.room:
                    return Verdict(*await node.actor.check.remote(row, text))
            except RayError as error:
                if node in self._nodes:
                    self._nodes.remove(node)
                    left = len(self._nodes)
                    print(f"node {node.name[:8]} checks no more; {left} others do: {_cause(error)}", file=sys.stderr)
            finally:
                node.busy -= 1
        return Verdict(None, f"{ATTEMPTS} nodes failed during this check")

    def close(self) -> None:
        """End the pools. Checks under way are abandoned."""
        import ray

        for node in self._nodes:
            with contextlib.suppress(Exception):  # it is dead already, or cannot be reached
                ray.kill(node.actor)


def _cause(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    own = next((line for line in reversed(lines) if "UserError:" in line), None)
    return (own.partition("UserError:")[2].strip() if own else " ".join(lines))[:400]
