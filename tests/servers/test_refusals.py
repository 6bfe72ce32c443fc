"""Refusals of every kind, streaming and not: whose fault they are, and what becomes of the run."""

from __future__ import annotations

from pathlib import Path

import pytest

from servers.play import play
from servers.scenario import Scenario
from servers.scenarios import parameters_of

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize(
    ("scenario", "mode"),
    parameters_of("commands", "contexts", "errors_in_answers", "keys", "parameters", "rates", "rows"),
)
def test_refusal(scenario: Scenario, mode: str, folder: Path) -> None:
    play(scenario, mode, folder)
