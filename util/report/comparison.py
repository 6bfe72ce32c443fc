"""Two result folders side by side: the same problems, paired, with the uncertainty of the difference."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from util.metrics import Estimate, mean_estimate
from util.metrics.intervals import Difference, paired
from util.report.collect import CONVERTED, result_files
from util.results.json_file import read_results, write_atomically
from util.system.errors import UserError

SHOWN = 10
"""Flipped problems that are printed, in each direction."""


@dataclass(frozen=True)
class Flip:
    """A problem whose share of right responses differs."""

    problem: str
    first: float
    second: float


@dataclass(frozen=True)
class Comparison:
    """One benchmark in both folders. only_first, only_second: problems that the other lacks, which are left out."""

    name: str
    temperatures: tuple[str, str]
    first: Estimate
    second: Estimate
    difference: Difference
    flips: list[Flip]
    only_first: int
    only_second: int
    not_judged: tuple[float, float]
    """Shares of the responses that count as not right because nobody could tell."""


def compare_folders(first: Path, second: Path, datasets: Collection[str]) -> list[Comparison]:
    """Compare every benchmark that both folders (or files) have; names of ``datasets`` tell benchmarks by file name.

    Raises:
        UserError: they have none in common.
    """
    if first.is_file() and second.is_file():
        return list(_compare(f"{first.name} and {second.name}", first, second))
    left, right = (_by_benchmark(path, datasets) for path in (first, second))
    common = [name for name in left if name in right]
    if not common:
        raise UserError(
            f"Nothing to compare: {first} has {', '.join(left) or 'no benchmark'}, {second} has "
            f"{', '.join(right) or 'no benchmark'}."
        )
    return [found for name in common for found in _compare(name, left[name], right[name])]


def _by_benchmark(path: Path, datasets: Collection[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for file in result_files([path]):
        stem = file.stem.removeprefix(CONVERTED)
        places = [stem.rfind(f"_{name}_") for name in datasets if f"_{name}_" in stem]
        name = stem[max(places) + 1 :] if places else stem
        if name in found:
            raise UserError(f"{path} holds {name} twice ({found[name].name}, {file.name}). Give the files instead.")
        found[name] = file
    return found


def _compare(name: str, first: Path, second: Path) -> Iterator[Comparison]:
    left, right = _shares(first), _shares(second)
    pairs = [(t, t) for t in left if t in right]
    if not pairs and len(left) == len(right) == 1:
        pairs = [(next(iter(left)), next(iter(right)))]
    if not pairs:
        raise UserError(f"{name}: no temperature in common ({', '.join(left)} and {', '.join(right)}).")
    for a, b in pairs:
        keys = [key for key in left[a] if key in right[b]]
        if not keys:
            raise UserError(f"{name}: {first.name} and {second.name} have no problem in common.")
        ours, theirs = [left[a][key] for key in keys], [right[b][key] for key in keys]
        values = [value for value, _ in ours], [value for value, _ in theirs]
        flips = [Flip(key, x, y) for key, x, y in zip(keys, *values, strict=True) if x != y]
        yield Comparison(
            name,
            (a, b),
            mean_estimate(values[0], sum(n for _, n in ours)),
            mean_estimate(values[1], sum(n for _, n in theirs)),
            paired(*values),
            sorted(flips, key=lambda flip: -abs(flip.second - flip.first)),
            len(left[a]) - len(keys),
            len(right[b]) - len(keys),
            (_not_judged(first, a), _not_judged(second, b)),
        )


def _not_judged(path: Path, temperature: str) -> float:
    """Raises: UserError: nothing is judged, so that there is nothing to compare."""
    responses = [r for _, entry in read_results(path) for r in entry["responses"].get(temperature, ())]
    unjudged = sum(response.get("correctness") is None for response in responses)
    if unjudged == len(responses):
        raise UserError(f"{path} has no verdicts. Run inference_and_check.py --check on it first.")
    return unjudged / len(responses)


def _shares(path: Path) -> dict[str, dict[str, tuple[float, int]]]:
    """Temperature -> problem -> (share of right responses, responses)."""
    found: dict[str, dict[str, tuple[float, int]]] = {}
    for key, entry in read_results(path):
        for temperature, responses in entry["responses"].items():
            if responses:
                right = sum(response.get("correctness") is True for response in responses)
                found.setdefault(temperature, {})[key] = (right / len(responses), len(responses))
    return found


def described(found: Comparison) -> str:
    """A comparison in words, A the first and B the second."""
    a, b = found.temperatures
    difference = found.difference
    shown = difference.p < 0.05
    lines = [
        f"{found.name}, temperature {a}"
        + (f" and {b}" if a != b else "")
        + f", {found.first.problems} common problems",
        f"  A      {found.first}",
        f"  B      {found.second}",
        f"  B - A  {difference.value:+.4f} [{difference.low:+.3f}, {difference.high:+.3f}], "
        f"p = {difference.p:.3g} ({difference.test}): {'a difference' if shown else 'no difference is shown'}",
    ]
    if any(found.not_judged):
        lines.append(
            f"  not judged: {found.not_judged[0]:.1%} of A, {found.not_judged[1]:.1%} of B; they count as not right"
        )
    if found.only_first or found.only_second:
        lines.append(f"  left out: {found.only_first} problems only in A, {found.only_second} only in B")
    better = [flip for flip in found.flips if flip.second > flip.first]
    worse = [flip for flip in found.flips if flip.second < flip.first]
    for sign, flips, words in (("+", better, "B does better"), ("-", worse, "A does better")):
        lines.append(f"  {len(flips)} problems where {words}{':' if flips else ''}")
        lines += [f"    {sign} {f.first:.2f} -> {f.second:.2f}  {_short(f.problem)}" for f in flips[:SHOWN]]
        if len(flips) > SHOWN:
            lines.append(f"      and {len(flips) - SHOWN} more (--csv FILE writes all)")
    return "\n".join(lines)


def write_flips(path: Path, comparisons: list[Comparison]) -> None:
    """Write every problem whose share differs as CSV.

    Raises:
        UserError: the file cannot be written.
    """
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(["benchmark", "temperature_a", "temperature_b", "a", "b", "problem"])
    for found in comparisons:
        writer.writerows([found.name, *found.temperatures, f.first, f.second, f.problem] for f in found.flips)
    write_atomically(path, [sink.getvalue()])


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 90 else f"{text[:89]}…"
