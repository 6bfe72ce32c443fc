"""What became of the target of a run with ``--target-halfwidth``."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from util.metrics.precision import SHOWN, PrecisionPlan, RateMoments, points
from util.records import SampleId
from util.results.store import ResultStore
from util.run.precision_options import described
from util.run.precision_rounds import OUT_OF_REACH, REACHED, PrecisionStage, VerdictTable
from util.run.precision_words import floor, forecast, other_half
from util.run.work import Work


@dataclass(frozen=True)
class PrecisionOutcome:
    """stage: at the end of a run. missing: samples of the last round that the engine returned nothing for, not even a failure."""

    plan: PrecisionPlan
    stage: PrecisionStage
    missing: int = 0

    @property
    def reached(self) -> bool:
        return self.stage.ended == REACHED

    @property
    def n(self) -> int:
        """Samples that every problem has; 0 where not even the first round is whole."""
        return int(self.stage.moments.n) if self.stage.moments is not None else 0

    def __str__(self) -> str:
        target, moments = self.plan.target, self.stage.moments
        text = f"target {target}: "
        if moments is None:
            return f"{text}not reached: {self.stage.missing} responses of the first round are missing; rerun to go on"
        here = f"{self.n} responses per problem: ±{points(float(target.half(moments)))}"
        beside = f"; {other_half(target, moments)}" if self.n > 1 else ""
        if self.reached:
            return f"{text}reached with {here}{beside}"
        if not self.stage.ended:
            return f"{text}not reached, {forecast(target, moments)}; rerun to go on with {self.stage.missing} responses"
        if self.stage.ended == OUT_OF_REACH:
            return f"{text}out of reach, {here}{beside}; {self._advice(moments)}"
        return f"{text}not reached with --n-max {target.n_max}, {here}{beside}; {self._advice(moments)}"

    def _advice(self, moments: RateMoments) -> str:
        target = self.plan.target
        needed = float(target.needed(moments)) if self.n > 1 else math.inf
        if math.isfinite(needed):
            return f"it takes about {max(needed, self.n + 1):.0f} per problem: rerun with a higher --n-max to go on"
        text = f"with any number of responses about {floor(target, moments)}: only more problems make it narrower"
        return f"{text} (--halfwidth-of samples asks for the error of sampling alone)"

    def fields(self) -> dict[str, Any]:
        """The outcome in manifests and in the details of a score; half-widths in percentage points."""
        found = {**described(self.plan.target), "n": self.n, "reached": self.reached}
        found["ended"] = self.stage.ended or "not finished"
        moments = self.stage.moments
        if moments is None:
            return found
        for scope in SHOWN:
            half = float(replace(self.plan.target, scope=scope).half(moments))
            found[f"half_width_{scope}"] = round(100 * half, 3)
        if self.n > 1:
            needed = float(self.plan.target.needed(moments))
            if self.plan.target.scope == "problems":
                found["floor"] = round(100 * float(self.plan.target.floor(moments)), 3)
            found["needed"] = int(needed) if math.isfinite(needed) else None
        return found


def outcome_of(work: Work, plan: PrecisionPlan, store: ResultStore, rules: str) -> PrecisionOutcome:
    """The outcome that the journal has."""
    table = VerdictTable(len(work.rows), plan.most)
    table.read(work, store, rules)
    stage, missing = table.stage(plan), 0
    if stage.missing:
        (temperature,) = work.temperatures
        for row, key in enumerate(work.rows):
            numbers = table.missing(row, stage.mark)
            missing += sum(store.response(SampleId(key, temperature, number)) is None for number in numbers)
    return PrecisionOutcome(plan, stage, missing)
