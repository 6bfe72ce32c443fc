"""AIME 2025, as a benchmark of its own."""

from __future__ import annotations

from tasks.aime import AimeTask
from util.hub import SOURCES


class Aime25Task(AimeTask):
    name = "AIME25"
    hub = SOURCES["AIME25"]
    default_source = "2025"
    years = {"2025": SOURCES["AIME25"]}
