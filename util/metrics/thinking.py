"""How much of a response was thought, in tokens."""

from __future__ import annotations

import math
from collections.abc import Sequence

from util.metrics.intervals import Estimate
from util.records import THOUGHT_CUT, Response, Usage
from util.text.thought import split_at_think_tag

Z = 1.959964
"""Of a 95 % interval of a mean."""


def thinking_tokens(response: Response) -> float:
    """Tokens of the thought: where its budget cut it, else as the server counted them, else by its share of the text.

    A response without an ended thought counts as a whole.
    """
    usage = response.usage or Usage()
    for found in (response.extra.get(THOUGHT_CUT), usage.extra.get("reasoning_tokens")):
        if isinstance(found, int) and not isinstance(found, bool):
            return float(found)
    parts = split_at_think_tag(response.content)
    if parts is None or not response.content:
        return float(usage.completion_tokens)
    return usage.completion_tokens * len(parts[0]) / len(response.content)


def has_thought(response: Response) -> bool:
    """Whether a thought is told from the answer, or was cut."""
    return THOUGHT_CUT in response.extra or split_at_think_tag(response.content) is not None


def mean_of(values: Sequence[float]) -> Estimate:
    """The mean of one value per problem, with a 95 % interval (normal approximation)."""
    count = len(values)
    mean = math.fsum(values) / count if count else 0.0
    if count < 2:
        return Estimate(mean, mean, mean, count)
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (count - 1) / count)
    return Estimate(mean, max(0.0, mean - Z * spread), mean + Z * spread, count)
