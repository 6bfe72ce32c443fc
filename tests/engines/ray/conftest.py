"""One cluster for all tests of this folder: starting it takes seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.ray_cluster import Cluster


@pytest.fixture(scope="package")
def cluster() -> Iterator[Cluster]:
    ray = pytest.importorskip("ray")
    made = Cluster()
    yield made
    ray.shutdown()
    made.ray.shutdown()
