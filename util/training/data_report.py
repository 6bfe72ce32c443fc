"""What a build of training data comes to: counts by stage and source, and what was dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from util.results.paths import ResultPaths
from util.training.contamination_record import ContaminationRecord
from util.training.gather import STAGES, Funnel
from util.training.generations import Generation
from util.training.lengths import Lengths

_NAMED_FILES = 10
_LACKING = (
    "has both sections. Run convert_format.py, or use responses that have their thought in think tags: --use original."
)

OPTIONAL = frozenset(["filtered"])
"""Stages that are counted only where an option asks for them."""
SHOWN_BY_PROBLEM = frozenset(["duplicates", "decontamination"])
"""Stages that drop whole problems, which the report counts in fields of their own."""


@dataclass
class DataReport:
    """The result of a build. near_duplicates, contaminated: number of removed problems. notations, only_judged: see
    ``TrainingPool``. rates: problems by where their pass rate lies, with --pass-rate. dropped: (stage, reason) ->
    right responses that were dropped at this stage. mix: lines of --mix, one per source.

    benchmarks: number of questions of each benchmark that was looked for; contamination: how, if any was. lengths, generations, rows_of (file -> written
    rows): for a card, else empty.
    """

    funnel: Funnel
    not_judged: int = 0
    near_duplicates: int = 0
    contaminated: Counter[str] = field(default_factory=Counter)
    benchmarks: Counter[str] = field(default_factory=Counter)
    contamination: ContaminationRecord | None = None
    left_out: Counter[str] = field(default_factory=Counter)
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    mix: list[str] = field(default_factory=list)
    written: int = 0
    notations: Counter[str] = field(default_factory=Counter)
    only_judged: Counter[bool] = field(default_factory=Counter)
    lengths: Lengths | None = None
    generations: list[Generation] = field(default_factory=list)
    rows_of: Counter[str] = field(default_factory=Counter)
    rates: Counter[str] = field(default_factory=Counter)


def no_rows(report: DataReport, *, has_responses: bool = True) -> str:
    """Why a build has no rows: the first stage that no response reached, and what to do.

    has_responses: whether rows have some, else they are prompts with gold answers.
    """
    total: Counter[str] = sum(report.funnel.values(), Counter())
    rates = ", ".join(f"{count} {place}" for place, count in sorted(report.rates.items()))
    if not has_responses:
        where = f" (pass rates: {rates})" if rates else ""
        return (
            f"There are no rows: no problem that is left has a gold answer or tests that another tool can use{where}."
        )
    judged_right, ready = total["passed"], max(total["verified"], total["extra"])
    if not total["generated"] and not total["extra"]:
        why = "the files have no responses. Generate some first."
    elif not judged_right and report.not_judged and not ready:
        why = (
            f"{report.not_judged} of {total['generated']} responses are not judged. Run inference_and_check.py --check."
        )
    elif not judged_right and not ready:
        why = f"none of {total['generated']} responses was judged right."
    elif not total["converted"] and not ready:
        why = f"none of {total['generated']} responses {_LACKING}"
    elif not ready:
        why = f"none of {judged_right} responses that were judged right {_LACKING}"
    elif not total["filtered"] and any("filtered" in counts for counts in report.funnel.values()):
        stage, reason = max(report.dropped, key=lambda one: report.dropped[one])
        why = (
            f"all {ready} usable responses were dropped by the filters, most of them by {stage} ({reason}). See what with "
            "--rejected FILE."
        )
    elif not total["deduplicated"] and report.rates:
        why = f"no problem with a usable response is left within --pass-rate or after deduplication ({rates}). Widen the band."
    elif not total["deduplicated"] or not total["decontaminated"]:
        why = f"all {ready} usable responses were dropped as duplicates or for overlap with a benchmark."
    else:
        why = "no problem has a pair: a right response with a wrong or a longer right one. Generate with a larger --n."
    return f"There are no rows: {why}"


def funnel_table(funnel: Funnel) -> str:
    """The funnel as a table, one line per source. Stages of options that are not in use have no column."""
    stages = [stage for stage in STAGES if stage not in OPTIONAL or any(stage in found for found in funnel.values())]
    width = max([len("source"), *map(len, funnel)])
    lines = [f"{'source':<{width}}" + "".join(f"{stage:>16}" for stage in stages)]
    total: Counter[str] = sum(funnel.values(), Counter())
    for source, counts in [*sorted(funnel.items()), ("total", total)]:
        lines.append(f"{source:<{width}}" + "".join(f"{counts[stage]:>16}" for stage in stages))
    return "\n".join(lines)


def dropped_lines(report: DataReport) -> list[str]:
    """What each stage dropped of the right responses, a line per reason."""
    return [
        f"{count} dropped by {stage}: {reason}"
        for (stage, reason), count in report.dropped.items()
        if stage not in SHOWN_BY_PROBLEM
    ]


def judge_lines(report: DataReport) -> list[str]:
    """How many responses only a judge model accepts, and whether they were used; nothing without a judge."""
    used, unused = report.only_judged[True], report.only_judged[False]
    lines = (
        [f"{used} of the responses that passed are accepted by a judge model alone (--accept-judged)"] if used else []
    )
    if unused:
        lines.append(f"{unused} responses that only a judge model accepts are not used; see --accept-judged")
    return lines


def notation_lines(report: DataReport, files: Sequence[Path] = ()) -> list[str]:
    """What the files and the notations of the responses were; nothing where all were converted, as in Sky-T1's recipe."""
    counts, lines = report.notations, list[str]()
    if counts["original"] or counts["no thought"]:
        for kind in ("original", "converted"):
            names = [str(path) for path in files if ResultPaths(path).is_converted == (kind == "converted")]
            if names:
                more = f", ... ({len(names)} files)" if len(names) > _NAMED_FILES else ""
                lines.append(f"{kind} files: {', '.join(names[:_NAMED_FILES])}{more}")
        lines.append(
            f"{counts['original']} responses as the model wrote them, {counts['converted']} rewritten by convert_format.py"
        )
    if counts["no thought"]:
        lines.append(f"{counts['no thought']} responses without a thought that can be told from the answer")
    if counts["extra without a thought"]:
        lines.append(f"{counts['extra without a thought']} extra conversations without any thought, kept as they are")
    return lines
