"""Accuracies of instruction following besides the verdict, which is strict and of whole prompts."""

from __future__ import annotations

from array import array
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from util.metrics.intervals import Estimate, mean_estimate, ratio_estimate
from util.records import Response
from util.results.entries import Entry

INSTRUCTIONS = "instruction_id_list"
"""Column of the rows: the instructions of a prompt."""


@dataclass
class _Series:
    """Of one temperature, one value per problem: sums over its responses."""

    loose_prompts: array[float] = field(default_factory=lambda: array("d"))
    strict: array[float] = field(default_factory=lambda: array("d"))
    loose: array[float] = field(default_factory=lambda: array("d"))
    instructions: array[float] = field(default_factory=lambda: array("d"))
    responses: int = 0


@dataclass
class InstructionCounts:
    """Filled where rows list instructions and verdicts say which were followed; else empty.

    A response without such a verdict (truncated, failed) follows no instruction, and one that cannot be told is not followed.
    """

    told: bool = False
    by_temperature: dict[float, _Series] = field(default_factory=lambda: defaultdict(_Series))

    def add(self, entry: Entry) -> None:
        ids = entry.row.get(INSTRUCTIONS)
        if not isinstance(ids, list):
            return
        for temperature, responses in entry.responses.items():
            if not responses:
                continue
            told = [_told(response) for response in responses]
            self.told = self.told or any(told)
            series = self.by_temperature[temperature]
            series.responses += len(responses)
            series.instructions.append(len(ids) * len(responses))
            series.strict.append(sum(each.get("strict") is True for some in told for each in some))
            series.loose.append(sum(each.get("loose") is True for some in told for each in some))
            all_loose = [bool(some) and all(each.get("loose") is True for each in some) for some in told]
            series.loose_prompts.append(sum(all_loose) / len(responses))

    def estimates(self, temperature: float) -> dict[str, Estimate]:
        """Metric -> estimate; nothing where no instruction was judged."""
        found = self.by_temperature.get(temperature)
        if found is None or not self.told:
            return {}
        return {
            "prompt loose": mean_estimate(found.loose_prompts, found.responses),
            "instruction strict": ratio_estimate(found.strict, found.instructions),
            "instruction loose": ratio_estimate(found.loose, found.instructions),
        }


def _told(response: Response) -> list[dict[str, Any]]:
    """What the verdict says of each instruction."""
    found = response.verdict.evidence.get("instructions") if response.verdict is not None else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
