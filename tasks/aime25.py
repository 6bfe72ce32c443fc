"""AIME 2025, as a benchmark of its own."""

from __future__ import annotations

from tasks.aime import AimeTask
from util.hub import SOURCES


class Aime25Task(AimeTask):
    """The thirty problems of 2025.

    A row::

        {"problem": "What is 6 * 7?", "answer": "42"}
    """

    name = "AIME25"
    version = 1
    hub = SOURCES["AIME25"]
    default_source = "2025"
    years = {"2025": SOURCES["AIME25"]}
