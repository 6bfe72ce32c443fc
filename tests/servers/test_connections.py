"""Streams, cuts, silence, redirects and passing faults: what is sent again, and what is paid for."""

from __future__ import annotations

from pathlib import Path

import pytest

from servers.play import play
from servers.scenario import Scenario
from servers.scenarios import parameters_of

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize(("scenario", "mode"), parameters_of("cuts", "hops", "moments", "streams", "timeouts"))
def test_connection(scenario: Scenario, mode: str, folder: Path) -> None:
    play(scenario, mode, folder)
