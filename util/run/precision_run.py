"""A run with ``--target-halfwidth``: its plan, what it says before it starts, and its end."""

from __future__ import annotations

from typing import Any

from util.metrics.precision import PrecisionPlan, PrecisionTarget
from util.records import SampleId
from util.results.store import ResultStore
from util.run.precision_outcome import PrecisionOutcome, outcome_of
from util.run.precision_rounds import VerdictTable
from util.run.precision_words import expectation, forecast
from util.run.work import Work
from util.system.errors import UserError

FEWEST = 5
"""Problems below which an interval for the population of problems is no basis for a decision."""


def plan_for(target: PrecisionTarget, work: Work, store: ResultStore) -> PrecisionPlan:
    """The plan of a run: its first decision takes all samples that an earlier run has completed.

    Raises:
        UserError: there are too few problems for the target.
    """
    problems = len(work.rows)
    if target.scope == "problems" and problems < FEWEST:
        raise UserError(
            f"--target-halfwidth needs at least {FEWEST} problems for an interval about all problems of this kind; there are "
            f"{problems}. Ask for the error of sampling with --halfwidth-of samples, or set a fixed --n."
        )
    first, had = target.first(problems), int((store.settings or {}).get("n", 1))
    (temperature,) = work.temperatures
    whole = had > first and all(
        store.finished(SampleId(key, temperature, number)) for key in work.rows for number in range(had)
    )
    return PrecisionPlan(target, had if whole else first)


def needs_engine(plan: PrecisionPlan, work: Work, store: ResultStore, rules: str) -> bool:
    """Whether responses are missing, or may be once those that there are have been judged."""
    table = VerdictTable(len(work.rows), plan.most)
    return table.read(work, store, rules) or not table.stage(plan).ended


def before_run(plan: PrecisionPlan, work: Work, store: ResultStore, rules: str) -> str:
    """How many samples the target takes, from the file's own or, without any, at worst and at best."""
    table, target = VerdictTable(len(work.rows), plan.most), plan.target
    unjudged, moments = table.read(work, store, rules), table.stage(plan).moments
    if moments is None:
        shown = expectation(target, len(work.rows))
    elif unjudged:
        shown = "an estimate follows when the responses in the file are judged"
    else:
        shown = f"the file has {forecast(target, moments)}"
    return f"{target}, at most {target.n_max} responses per problem; {shown}"


def end_of(
    plan: PrecisionPlan, work: Work, store: ResultStore, rules: str, manifest: dict[str, Any]
) -> PrecisionOutcome:
    """The outcome of a run, which its last manifest has as well, with the number of samples that every problem has."""
    outcome = outcome_of(work, plan, store, rules)
    settings = {**manifest["settings"], "n": max(outcome.n, int(manifest["settings"]["n"]))}
    store.begin(manifest | {"settings": settings, "target_halfwidth": outcome.fields()})
    return outcome
