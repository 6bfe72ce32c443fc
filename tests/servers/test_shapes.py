"""Answers of every shape, streaming and not: what is kept of them, and what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from servers.play import play
from servers.scenario import Scenario
from servers.scenarios import parameters_of

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize(
    ("scenario", "mode"), parameters_of("characters", "contents", "finishes", "oddities", "thoughts", "usages", "wires")
)
def test_shape(scenario: Scenario, mode: str, folder: Path) -> None:
    play(scenario, mode, folder)
