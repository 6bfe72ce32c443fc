"""AMC 12 of 2023: the problems whose answers were rewritten as numbers."""

from __future__ import annotations

from tasks.aime import AimeTask
from util.hub import SOURCES


class Amc23Task(AimeTask):
    """``--source`` is 2022 or 2023; answers are numbers.

    A row::

        {"problem": "What is 6 * 7?", "answer": 42.0, "url": "https://example.org/2023_AMC_12A_Problems/Problem_1"}
    """

    name = "AMC23"
    version = 1
    hub = SOURCES["AMC23"]
    default_source = "2023"
    years = dict.fromkeys(("2022", "2023", "all"), SOURCES["AMC23"])
    year_in_url = r"(20\d\d)_AMC_12[AB]_Problems"
