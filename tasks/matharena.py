"""Contests of 2025 and 2026 with a written final answer, as MathArena publishes them (Balunović et al. 2025).

The problems are newer than the training data of many models. Each contest is a dataset of its own, so that one can be
replaced by the next year's without a change of the others' results.
"""

from __future__ import annotations

from tasks.math import MathTask
from util.hub import SOURCES
from util.records import Row


class MathArenaTask(MathTask):
    """Columns problem_idx, problem, answer and, in most sets, problem_type: a list such as ["Algebra"].

    ``--source`` is one of the problem's types; a problem may have several.
    """

    version = 1
    required = ("problem", "answer")
    default_split = "train"
    source_field = "problem_type"

    def matches(self, row: Row, source: str) -> bool:
        kinds = row.get("problem_type") or ()
        return source.lower() in [kind.lower() for kind in ([kinds] if isinstance(kinds, str) else kinds)]


class Aime26Task(MathArenaTask):
    """Both rounds of 2026: thirty problems, integers from 0 to 999. The set has no types.

    A row::

        {"problem_idx": 1, "problem": "What is 6 * 7?", "answer": 42}
    """

    name = "AIME26"
    version = 1
    hub = SOURCES["AIME26"]


class HmmtFebruary25Task(MathArenaTask):
    """Harvard-MIT Mathematics Tournament, February 2025.

    A row::

        {"problem_idx": 1, "problem": "What is 6 * 7?", "answer": "42", "problem_type": ["Number Theory"]}
    """

    name = "HMMT-Feb25"
    version = 1
    hub = SOURCES["HMMT-Feb25"]


class HmmtNovember25Task(MathArenaTask):
    """Harvard-MIT Mathematics Tournament, November 2025.

    A row::

        {"problem_idx": 1, "problem": "What is 6 * 7?", "answer": "42", "problem_type": ["Algebra"]}
    """

    name = "HMMT-Nov25"
    version = 1
    hub = SOURCES["HMMT-Nov25"]


class HmmtFebruary26Task(MathArenaTask):
    """Harvard-MIT Mathematics Tournament, February 2026.

    A row::

        {"problem_idx": 1, "problem": "What is 6 * 7?", "answer": "42", "problem_type": ["Algebra"]}
    """

    name = "HMMT-Feb26"
    version = 1
    hub = SOURCES["HMMT-Feb26"]


class Brumo25Task(MathArenaTask):
    """Brown University Math Olympiad, 2025.

    A row::

        {"problem_idx": 1, "problem": "What is 6 * 7?", "answer": "42", "problem_type": ["Algebra"]}
    """

    name = "BRUMO25"
    version = 1
    hub = SOURCES["BRUMO25"]


class Smt25Task(MathArenaTask):
    """Stanford Math Tournament, 2025.

    A row::

        {"problem_idx": 1, "problem": "What is 6 * 7?", "answer": "42", "problem_type": ["Geometry"]}
    """

    name = "SMT25"
    version = 1
    hub = SOURCES["SMT25"]


class Cmimc25Task(MathArenaTask):
    """Carnegie Mellon Informatics and Mathematics Competition, 2025.

    A row::

        {"problem_idx": 1, "problem": "What is 6 * 7?", "answer": "42", "problem_type": ["Combinatorics"]}
    """

    name = "CMIMC25"
    version = 1
    hub = SOURCES["CMIMC25"]
