"""Difficulty labels and pass rates side by side: a table, and their rank correlation.

    python -m util.report.difficulty_table results/MODEL_NUMINA_train_all_0_-1.json
    python -m util.report.difficulty_table results/ --field level --band 0.1:0.8

A problem's rate counts all judged responses in all files. The label is the column of the dataset's row that --field names, by
default the first of gpt_difficulty_parsed, difficulty and level that a row has. The correlation is negative where problems
with higher labels are solved less often.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from util.metrics.band_rule import Band, band
from util.metrics.intervals import mean_estimate
from util.metrics.pass_rates import PassRate, ProblemRates
from util.metrics.rank_correlation import spearman
from util.records import Row
from util.results.json_file import read_results, result_files
from util.results.problem_identity import problem_identity
from util.system import cli
from util.system.characters import printable
from util.system.errors import UserError

FIELDS = ("gpt_difficulty_parsed", "difficulty", "level")
ORDERS = (
    ("introductory", "interview", "competition"),
    ("easy", "medium", "medium_hard", "hard", "very_hard"),
)
"""Labels that are words, from easy to hard: those of APPS; of TACO and LiveCodeBench."""
MOST_LABELS = 60
STEPS = (0.0, 0.25, 0.5, 0.75)


@dataclass
class LabelRates:
    """The problems of one label. samples: judged responses. unrated: problems without one."""

    rates: array[float] = field(default_factory=lambda: array("d"))
    samples: int = 0
    unrated: int = 0
    places: Counter[str] = field(default_factory=Counter)

    def add(self, rate: PassRate, wanted: Band | None) -> None:
        if not rate.judged:
            self.unrated += 1
            return
        self.rates.append(rate.value)
        self.samples += rate.judged
        self.places[place(rate.value)] += 1
        if wanted is not None and wanted.has(rate.right, rate.judged):
            self.places["in band"] += 1


COLUMNS = ("0", *(f"<={step + 0.25:g}" for step in STEPS[:-1]), "<1", "1")


def place(rate: float) -> str:
    """The column of a rate.

    >>> [place(rate) for rate in (0.0, 0.1, 0.25, 0.5, 0.9, 1.0)]
    ['0', '<=0.25', '<=0.25', '<=0.5', '<1', '1']
    """
    if rate in (0.0, 1.0):
        return f"{rate:g}"
    return next((f"<={step + 0.25:g}" for step in STEPS[:-1] if rate <= step + 0.25), "<1")


def rank_of(label: str) -> float | None:
    """The place of a label in its order; None where it has none.

    >>> rank_of("4"), rank_of("Level 3"), rank_of("interview"), rank_of("MEDIUM_HARD"), rank_of("algebra")
    (4.0, 3.0, 1.0, 2.0, None)
    """
    if (number := re.fullmatch(r"(?:level)?\s*(-?\d+(?:\.\d+)?)", label.strip(), re.IGNORECASE)) is not None:
        return float(number[1])
    word = label.strip().lower().replace("-", "_").replace(" ", "_")
    return next((float(order.index(word)) for order in ORDERS if word in order), None)


def label_of(row: Row, name: str) -> str:
    """The row's label as text; "" where it has none."""
    value = row.get(name)
    return f"{value:g}" if isinstance(value, float) else str(value) if isinstance(value, str | int) else ""


def field_of(files: Iterable[Path], wanted: str | None) -> str:
    """The column with the labels.

    Raises:
        UserError: no row has it; names the columns that rows have.
    """
    columns: Counter[str] = Counter()
    for path in files:
        for entry in read_results(path):
            columns.update(name for name in entry.row if label_of(entry.row, name))
    found = next((name for name in ((wanted,) if wanted else FIELDS) if columns[name]), None)
    if found is None:
        named = wanted or ", ".join(FIELDS)
        raise UserError(
            f"No row has a label ({named}). Choose a column with --field: {', '.join(sorted(columns)) or 'there is none'}. "
            "Labels of NuminaMath are made by label_math_difficulty.py."
        )
    return found


def collected(files: Sequence[Path], name: str, wanted: Band | None) -> dict[str, LabelRates]:
    """Label -> its problems. A problem in several files has one rate, and the label of the first of them.

    Raises:
        UserError: the column has too many values to be labels.
    """
    rates, labels = ProblemRates(), dict[bytes, str]()
    known: dict[str, LabelRates] = {}
    for path in files:
        for entry in read_results(path):
            identity, label = problem_identity(entry.key, entry.row), label_of(entry.row, name) or "(none)"
            rates.add(identity, (response for _, response in entry.samples()))
            if label not in known and len(known) >= MOST_LABELS:
                raise UserError(f"--field {name} has more than {MOST_LABELS} values. Choose a column of labels.")
            known.setdefault(label, LabelRates())
            labels.setdefault(identity, label)
    for identity, label in labels.items():
        known[label].add(rates.of(identity), wanted)
    return known


def table(labels: dict[str, LabelRates], name: str, wanted: Band | None) -> Iterator[str]:
    """The lines of the table, from easy to hard where the labels have an order."""
    columns = [*COLUMNS, *(["in band"] if wanted is not None else [])]
    width = max(len(name), *map(len, labels)) + 2
    heads = "".join(f"{head:>8}" for head in columns)
    yield f"{name:<{width}}{'problems':>9}{'judged':>9}  {'mean rate, 95 % interval':<26}{heads}{'not judged':>12}"
    for label in sorted(labels, key=lambda each: (rank_of(each) is None, rank_of(each) or 0.0, each)):
        found = labels[label]
        mean = str(mean_estimate(found.rates, found.samples)) if found.rates else ""
        counts = "".join(f"{found.places[column]:>8}" for column in columns)
        yield f"{label:<{width}}{len(found.rates):>9}{found.samples:>9}  {mean:<26}{counts}{found.unrated:>12}"


def correlation(labels: dict[str, LabelRates]) -> str:
    """Spearman's correlation of labels and rates in words."""
    ranked = [
        (rank, rate) for label, found in labels.items() if (rank := rank_of(label)) is not None for rate in found.rates
    ]
    unordered = sum(len(found.rates) for label, found in labels.items() if rank_of(label) is None)
    left_out = f"; {unordered} problems whose label has no order are left out" if unordered and ranked else ""
    if not ranked:
        return "no correlation: the labels have no order"
    found = spearman([rank for rank, _ in ranked], [rate for _, rate in ranked])
    if found is None:
        return f"no correlation: too few problems ({len(ranked)}), or all labels or all rates are the same{left_out}"
    interval = f"{found.value:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"
    return f"Spearman's correlation of label and pass rate: {interval}, {found.problems} problems{left_out}"


def main(arguments: Sequence[str]) -> int:
    parser = cli.ScriptParser(__doc__)
    parser.add_argument("paths", type=Path, nargs="+", metavar="FILE", help="result files or folders")
    parser.add_argument("--field", help="column of the dataset with the labels")
    parser.add_argument(
        "--band", type=band, metavar="LOW:HIGH", help="also count the problems with a rate in this band"
    )
    args = parser.parse_args(arguments)
    files = result_files(args.paths)
    name = field_of(files, args.field)
    labels = collected(files, name, args.band)
    for line in table(labels, name, args.band):
        print(printable(line))
    print(correlation(labels))
    return 0


if __name__ == "__main__":
    cli.run(main)
