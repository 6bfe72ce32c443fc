"""Scenarios, one file per kind; ``KINDS`` names them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from servers.scenario import ANY, Scenario
from servers.scenarios import (
    characters,
    commands,
    contents,
    contexts,
    cuts,
    errors_in_answers,
    finishes,
    hops,
    keys,
    moments,
    oddities,
    parameters,
    rates,
    rows,
    streams,
    thoughts,
    timeouts,
    usages,
    wires,
)

JUDGED = {"contents", "finishes", "thoughts"}
"""Kinds in which the verdict matters; all others only generate, which is faster, except where a score is expected."""


def _quick(kind: str, scenario: Scenario) -> Scenario:
    judged = kind in JUDGED or scenario.score is not ANY or scenario.script == "eval"
    return scenario if judged else replace(scenario, judged=False)


_MODULES = (
    characters, commands, contents, contexts, cuts, errors_in_answers, finishes, hops, keys, moments, oddities, parameters,
    rates, rows, streams, thoughts, timeouts, usages, wires,
)  # fmt: skip

KINDS = {
    kind: [_quick(kind, scenario) for scenario in module.SCENARIOS]
    for kind, module in ((module.__name__.rpartition(".")[2], module) for module in _MODULES)
}
"""Name of the file -> its scenarios."""


def named(name: str) -> Scenario:
    """The one scenario of that name."""
    [found] = [scenario for scenarios in KINDS.values() for scenario in scenarios if scenario.name == name]
    return found


def parameters_of(*kinds: str) -> list[Any]:
    """Every (scenario, mode) of some kinds, for ``pytest.mark.parametrize``."""
    return [
        pytest.param(scenario, mode, id=f"{kind}: {scenario.name}, {mode}")
        for kind in kinds
        for scenario in KINDS[kind]
        for mode in scenario.modes
    ]
