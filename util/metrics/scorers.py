"""The scorers that best-of-n can use."""

from __future__ import annotations

SCORERS = ("shortest", "longest", "logprob", "majority", "reward")
