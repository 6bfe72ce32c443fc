"""What is known of a run in rounds before it starts: for manifests and dry runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from util.metrics.precision import RateMoments, moments_of
from util.results.entries import response_of, sample_of, verdict_of
from util.results.paths import ResultPaths
from util.results.repair import lines_of
from util.run import decision_options, precision_options
from util.run.options import RunOptions
from util.run.precision_words import expectation, forecast


def rounds_described(options: RunOptions) -> dict[str, Any]:
    """What a manifest says of a run in rounds; nothing of others."""
    found: dict[str, Any] = {}
    if options.decisions is not None:
        found["until_decided"] = decision_options.described(options.decisions)
    if options.precision is not None:
        found["target_halfwidth"] = precision_options.described(options.precision)
    return found


def rounds_lines(options: RunOptions, problems: int, paths: ResultPaths) -> Iterator[str]:
    """What a dry run says of a run in rounds. problems: number of selected rows."""
    if options.decisions is not None:
        yield f"decisions:    {options.decisions}"
    if options.precision is not None:
        target = options.precision
        yield f"target:       {target}, at most {target.n_max} responses per problem"
        pilot = pilot_of(paths, options.sampling.temperatures[0], problems)
        shown = expectation(target, problems) if pilot is None else f"the journal has {forecast(target, pilot)}"
        yield f"              {shown}"


def pilot_of(paths: ResultPaths, temperature: float, problems: int) -> RateMoments | None:
    """The judged responses in the journal of a result file: as many of each problem as every problem has; None where one has none."""
    import numpy as np

    if not paths.journal.exists():
        return None
    right: dict[str, dict[int, bool | None]] = defaultdict(dict)  # None: not judged yet
    for line in lines_of(paths.journal):
        kind = line.record.get("type") if line.record is not None else None
        if line.record is None or kind not in ("completion", "verdict"):
            continue
        sample = sample_of(line.record)
        if sample.temperature != temperature:
            continue
        if kind == "verdict":
            right[sample.key][sample.index] = verdict_of(line.record["verdict"]).correct is True
        elif (response := response_of(line.record["response"])).failed:
            right[sample.key].pop(sample.index, None)
            if response.final:
                right[sample.key][sample.index] = False
        else:
            right[sample.key][sample.index] = None
    firsts = [_first_ones(found) for found in right.values()]
    n = min(map(len, firsts), default=0)
    if len(firsts) != problems or not n:
        return None
    return moments_of(np.array([sum(found[:n]) for found in firsts]), n)


def _first_ones(found: dict[int, bool | None]) -> list[bool]:
    """Verdicts of a problem's first responses without a gap."""
    verdicts: list[bool] = []
    while (verdict := found.get(len(verdicts))) is not None:
        verdicts.append(verdict)
    return verdicts
