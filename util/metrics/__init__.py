"""Estimates with intervals: pass@k, cons@k, best-of-n. An unjudged sample is never counted as right."""
