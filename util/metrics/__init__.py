"""Accuracies over samples, and how sure they are. An unjudged sample is never counted as right."""

from __future__ import annotations

from util.metrics.estimators import all_of_k, pass_at_k
from util.metrics.intervals import Estimate, mean_estimate, share_estimate
from util.metrics.tally import Counts, Tally

__all__ = ["Counts", "Estimate", "Tally", "all_of_k", "mean_estimate", "pass_at_k", "share_estimate"]
