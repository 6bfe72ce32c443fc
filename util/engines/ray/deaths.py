"""What the faults of replicas and nodes mean."""

from __future__ import annotations

import contextlib
from typing import Any

from util.engines.ray.cluster import alive_nodes


def died_alone(node: str, error: Exception) -> bool:
    """Whether the engine's process died while its node lives: then one of its requests may be the cause."""
    from ray.exceptions import ActorUnavailableError

    if isinstance(error, ActorUnavailableError) or "node has died" in str(error):
        return False
    return node in alive_nodes()


def kill(actor: Any) -> None:
    """End an actor that may still hold its devices."""
    import ray

    with contextlib.suppress(Exception):  # it is dead already, or its node cannot be reached
        ray.kill(actor)


def reason(error: BaseException | None) -> str:
    """The cause of a Ray error in a line: the message of our own error where there is one."""
    text = str(getattr(error, "cause", None) or error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    own = next((line for line in reversed(lines) if "UserError:" in line), None)
    return (own.partition("UserError:")[2].strip() if own else " ".join(lines))[:400]


async def awaited(ref: Any) -> Any:
    """The value of a reference, as a coroutine."""
    return await ref
