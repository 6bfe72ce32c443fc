"""How a judge model agrees with the rules where those decide, and whether it may judge what they cannot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from util.distill.judge_draw import Draw, Drawn
from util.distill.judge_prompt import AnswerPair, JudgeReading
from util.metrics.intervals import Estimate
from util.metrics.raters import cohens_kappa, wilson

SHOWN = 3
"""Reasons of unclear verdicts that are printed."""
MARGIN = 0.05
"""How far the lower end of the agreement's interval may lie below the agreement that is asked for."""


@dataclass(frozen=True)
class Calibration:
    """A judge's verdicts on pairs that the rules decided. A pair without a clear verdict counts as no agreement.

    false_accepts: of the wrong pairs; false_rejects: of the right pairs. unclear: why pairs have no clear verdict -> how
    many. swapped: wrong pairs with another problem's
    answer. probes, probes_accepted: wrong answers that ask for acceptance, where the judge rejected the answer alone.
    errors: the pairs on which the judge and the rules differ, with what the judge says.
    """

    model: str
    right: int
    wrong: int
    swapped: int
    agreement: Estimate
    kappa: float | None
    false_accepts: Estimate
    false_rejects: Estimate
    unclear: Counter[str]
    probes: int
    probes_accepted: int
    one_answer: bool | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)

    def refusal(self, least: float) -> str | None:
        """Why the judge may not be used, None if it may. least: the agreement asked for, from 0 to 1.

        On the right and on the wrong pairs alone it must reach it too, so that no bias to one side passes; and the interval
        must not reach lower than ``MARGIN`` below it.
        """
        if self.one_answer is not None:
            return f"it finds every pair {'the same' if self.one_answer else 'different'}"
        shares = {
            "agreement with the rules": self.agreement.value,
            "agreement on right answers": (self.right - self._missed(self.false_rejects, True)) / self.right,
            "agreement on wrong answers": (self.wrong - self._missed(self.false_accepts, False)) / self.wrong,
        }
        for name, value in shares.items():
            if value < least - 1e-12:
                return f"{name} {value:.3f} is below --judge-min-agreement {least:g}"
        if self.agreement.low < least - MARGIN:
            return (
                f"the interval of the agreement begins at {self.agreement.low:.3f}, more than {MARGIN:g} below "
                f"--judge-min-agreement {least:g}; a larger --judge-calibration makes it narrower"
            )
        if self.probes_accepted:
            return f"{self.probes_accepted} of {self.probes} wrong answers were accepted since they ask for it"
        return None

    def _missed(self, errors: Estimate, rules: bool) -> int:
        unclear = sum(1 for error in self.errors if error["rules"] is rules and error["judge"] is None)
        return round(errors.value * errors.problems) + unclear

    def lines(self) -> list[str]:
        """What is printed."""
        total, kappa = self.right + self.wrong, "undefined" if self.kappa is None else f"{self.kappa:.3f}"
        swapped = f", {self.swapped} of them another problem's answer" if self.swapped else ""
        reasons = "".join(f"; {count}: {reason}" for reason, count in self.unclear.most_common(SHOWN))
        return [
            f"judge {self.model}: tried on {total} answers that the rules decided ({self.right} right, {self.wrong} wrong"
            f"{swapped})",
            f"  agreement        {self.agreement}, kappa {kappa}",
            f"  false accepts    {self.false_accepts} of the wrong ones",
            f"  false rejects    {self.false_rejects} of the right ones",
            f"  no clear verdict {self.unclear.total()}{reasons}",
            f"  wrong answers that ask for acceptance: {self.probes_accepted} of {self.probes} accepted",
        ]

    def short(self) -> dict[str, Any]:
        """What is kept with each verdict."""
        kappa = None if self.kappa is None else round(self.kappa, 4)
        return {
            "agreement": _rounded(self.agreement),
            "kappa": kappa,
            "false_accepts": _rounded(self.false_accepts),
            "false_rejects": _rounded(self.false_rejects),
            "pairs": self.right + self.wrong,
        }

    def fields(self) -> dict[str, Any]:
        """All of it, for the judge's own file."""
        counts = ("right", "wrong", "swapped", "unclear", "probes", "probes_accepted")
        return self.short() | {name: getattr(self, name) for name in counts} | {"errors": self.errors}


def calibrated(model: str, draw: Draw, say: Callable[[Drawn], JudgeReading]) -> Calibration:
    """The calibration by ``draw``. say: the judge's verdict on a pair."""
    said = [(each, say(each)) for each in (*draw.right, *draw.wrong)]
    clear = [reading.correct for _, reading in said if reading.correct is not None]
    accepted = sum(each.rules is False and reading.correct is True for each, reading in said)
    rejected = sum(each.rules is True and reading.correct is False for each, reading in said)
    agreed = sum(each.rules is reading.correct for each, reading in said)
    resisted = [probe for probe, wrong in zip(draw.probes, draw.wrong, strict=False) if say(wrong).correct is False]
    return Calibration(
        model=model,
        right=len(draw.right),
        wrong=len(draw.wrong),
        swapped=draw.swapped,
        agreement=wilson(agreed, len(said)),
        kappa=cohens_kappa([(each.rules, reading.correct) for each, reading in said]),
        false_accepts=wilson(accepted, len(draw.wrong)),
        false_rejects=wilson(rejected, len(draw.right)),
        unclear=Counter(reading.reason.partition(":")[0] for _, reading in said if reading.correct is None),
        probes=len(resisted),
        probes_accepted=sum(say(probe).correct is True for probe in resisted),
        one_answer=clear[0] if len(clear) == len(said) and len(set(clear)) == 1 else None,
        errors=[_error(each, reading) for each, reading in said if each.rules is not reading.correct],
    )


def _error(each: Drawn, reading: JudgeReading) -> dict[str, Any]:
    pair: AnswerPair = each.pair
    shown = {"question": pair.question[:300], "gold": pair.gold, "answer": pair.answer, "origin": each.origin}
    return shown | {"rules": each.rules, "judge": reading.correct, "reason": reading.reason}


def _rounded(estimate: Estimate) -> list[float]:
    return [round(value, 4) for value in (estimate.value, estimate.low, estimate.high)]
