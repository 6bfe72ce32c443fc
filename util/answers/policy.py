"""What a caller may choose about verdicts. The defaults suit training data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Policy:
    """lenient: without a marked answer, take the last formula or number of a response.

    fallback: use math-verify when the built-in parser cannot read one of the two.
    unevaluated: accept a computation (a sum, an integral, 20!) where the gold answer is its value.
    certain: no verdict instead of "right" where a rule that is not exact decided: points or rounding.
    """

    lenient: bool = False
    fallback: bool = False
    unevaluated: bool = False
    certain: bool = False


STRICT = Policy()
