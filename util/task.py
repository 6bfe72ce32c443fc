"""How responses are to be checked, whatever their kind."""

from __future__ import annotations

from dataclasses import dataclass, field

from util.code import Judging


@dataclass(frozen=True)
class CheckOptions:
    """code: how programs are judged. lenient_extraction: where a response does not say which its
    answer is, take its last formula or number. math_fallback: ask math-verify what the own parser
    cannot read.
    """

    code: Judging = field(default_factory=Judging)
    lenient_extraction: bool = False
    math_fallback: bool = False
