"""Options of the pass rate: which problems are hard enough, and not too hard, for the model that answered them."""

from __future__ import annotations

from dataclasses import dataclass

from util.metrics.band_rule import Band, band
from util.system.options import option


@dataclass(frozen=True, kw_only=True)
class RateOptions:
    """pass_rate: None keeps problems of every rate."""

    pass_rate: Band | None = option(
        "keep only problems whose share of right responses lies in this band, bounds included, for example 0.1:0.8; it "
        "counts all judged responses of a problem in all files and at all temperatures. Problems without a judged "
        "response are dropped",
        type=band,
        metavar="LOW:HIGH",
    )
