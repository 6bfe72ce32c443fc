"""The graders of ``eval.py --rejudge``."""

from __future__ import annotations

OURS, LENIENT, MATH_VERIFY, EXACT = "ours", "ours-lenient", "math-verify", "exact"
GRADERS = (OURS, LENIENT, MATH_VERIFY, EXACT)
"""ours: this suite's strict rules. ours-lenient: an answer that nothing marks counts, too. math-verify: as trainers use it.
exact: the same text as the gold answer, white space and dollar signs aside."""
