"""Compare two result folders: paired by problem, with the uncertainty of the difference."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from util.metrics.intervals import Difference, Estimate, mean_estimate, paired
from util.records import temperature_label
from util.results.json_file import read_results, result_files
from util.results.manifest import generating_run, runs_of
from util.results.paths import ResultPaths
from util.results.writing import write_atomically
from util.system.errors import UserError
from util.system.suggestions import near_file

SHOWN = 10
"""Maximum number of flipped problems printed in each direction."""


@dataclass(frozen=True)
class Flip:
    """A problem whose share of right responses differs between the two files."""

    problem: str
    first: float
    second: float


@dataclass(frozen=True)
class Comparison:
    """One benchmark in both folders. only_first, only_second: number of problems without a partner, left out."""

    name: str
    temperatures: tuple[float, float]
    first: Estimate
    second: Estimate
    difference: Difference
    flips: list[Flip]
    only_first: int
    only_second: int
    not_judged: tuple[float, float]
    """Shares of responses without a verdict; they count as not right."""
    paths: tuple[Path, Path]


def compare_folders(first: Path, second: Path, datasets: Collection[str]) -> list[Comparison]:
    """Compare every benchmark that both folders (or files) have. datasets: known names, for files without a manifest.

    Raises:
        UserError: there is no common benchmark.
    """
    for path in (first, second):
        if not path.exists():
            raise UserError(f"--compare {path} does not exist.{near_file(path)} Give result files, or folders of them.")
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
        stem = ResultPaths(file).original.path.stem
        known = generating_run(list(runs_of(file))).get("settings", {}).get("dataset")
        names = [str(known)] if f"_{known}_" in stem else datasets
        places = [stem.rfind(f"_{name}_") for name in names if f"_{name}_" in stem]
        name = stem[max(places) + 1 :] if places else stem
        if name in found:
            raise UserError(
                f"{path} has {name} twice ({found[name].name}, {file.name}). Compare the files instead of the folder."
            )
        found[name] = file
    return found


def _compare(name: str, first: Path, second: Path) -> Iterator[Comparison]:
    left, right = _shares(first), _shares(second)
    pairs = [(t, t) for t in left if t in right]
    if not pairs and len(left) == len(right) == 1:
        pairs = [(next(iter(left)), next(iter(right)))]
    if not pairs:
        raise UserError(f"{name}: no temperature in common ({_labels(left)} and {_labels(right)}).")
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
            (first, second),
        )


def _not_judged(path: Path, temperature: float) -> float:
    """The share of responses without a verdict.

    Raises:
        UserError: no response has a verdict.
    """
    responses = [response for entry in read_results(path) for response in entry.responses.get(temperature, ())]
    unjudged = sum(response.correct is None for response in responses)
    if unjudged == len(responses):
        raise UserError(f"{path} has no verdicts. Run inference_and_check.py --check on it first.")
    return unjudged / len(responses)


def _shares(path: Path) -> dict[float, dict[str, tuple[float, int]]]:
    """Temperature -> problem -> (share of right responses, responses)."""
    found: dict[float, dict[str, tuple[float, int]]] = {}
    for entry in read_results(path):
        for temperature, responses in entry.responses.items():
            if responses:
                right = sum(response.correct is True for response in responses)
                found.setdefault(temperature, {})[entry.key] = (right / len(responses), len(responses))
    return found


def _labels(temperatures: Iterable[float]) -> str:
    return ", ".join(map(temperature_label, temperatures))


def described(found: Comparison) -> str:
    """A comparison as text; A is the first folder, B the second."""
    a, b = map(temperature_label, found.temperatures)
    difference = found.difference
    significant = difference.p < 0.05
    lines = [
        f"{found.name}, temperature {a}"
        + (f" and {b}" if a != b else "")
        + f", {found.first.problems} common problems",
        f"  A      {found.first}",
        f"  B      {found.second}",
        f"  B - A  {difference.value:+.4f} [{difference.low:+.3f}, {difference.high:+.3f}], "
        f"p = {difference.p:.3g} ({difference.test}): {'significant' if significant else 'not significant'} at 5 %",
    ]
    if any(found.not_judged):
        lines.append(
            f"  not judged: {found.not_judged[0]:.1%} of A, {found.not_judged[1]:.1%} of B; they count as not right"
        )
    if found.only_first or found.only_second:
        lines.append(f"  left out: {found.only_first} problems only in A, {found.only_second} only in B")
    better = [flip for flip in found.flips if flip.second > flip.first]
    worse = [flip for flip in found.flips if flip.second < flip.first]
    for sign, flips, words in (("+", better, "B is better"), ("-", worse, "A is better")):
        lines.append(f"  {len(flips)} problems where {words}{':' if flips else ''}")
        lines += [f"    {sign} {f.first:.2f} -> {f.second:.2f}  {_short(f.problem)}" for f in flips[:SHOWN]]
        if len(flips) > SHOWN:
            lines.append(f"      and {len(flips) - SHOWN} more (--csv FILE writes all)")
    return "\n".join(lines)


def write_flips(path: Path, comparisons: list[Comparison]) -> None:
    """Write all flipped problems as CSV.

    Raises:
        UserError: the file cannot be written.
    """
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(["benchmark", "temperature_a", "temperature_b", "a", "b", "problem"])
    for found in comparisons:
        writer.writerows(
            [found.name, *map(temperature_label, found.temperatures), f.first, f.second, f.problem] for f in found.flips
        )
    write_atomically(path, [sink.getvalue()])


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 90 else f"{text[:89]}…"
