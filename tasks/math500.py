"""MATH-500: 500 problems of MATH's test set (Hendrycks et al. 2021, Lightman et al. 2023)."""

from __future__ import annotations

from tasks.math import MathTask
from util.hub import SOURCES


class Math500Task(MathTask):
    """``--source`` is a subject.

    A row::

        {"problem": "What is 6 * 7?", "answer": "42", "subject": "Prealgebra", "level": 1}
    """

    name = "MATH500"
    version = 1
    hub = SOURCES["MATH500"]
    required = ("problem", "answer")
    source_field = "subject"
