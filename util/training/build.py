"""From result files to one training file, with a funnel of what was lost where."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from util.results.json_file import dumps, write_atomically, write_json
from util.system.errors import UserError
from util.training.contamination import Benchmarks, drop_contaminated
from util.training.duplicates import count_problems, drop_near_duplicates
from util.training.extra import add_extra
from util.training.formats import as_messages, dataset_info, preference, sharegpt
from util.training.gather import STAGES, Funnel, Pool, Problem, Sample

SELECTIONS = ("all", "first", "shortest", "longest")
REJECTED = ("longest", "incorrect", "both")


@dataclass(frozen=True)
class DataOptions:
    """What to take and how to write it.

    datasets: names to look for in file names. max_per_problem: None is one, or all with select "all".
    near_duplicates: Jaccard threshold, None keeps them. domains: of STILL-2 rows, None all but
    code and math. questions: (benchmark, question) of what must not be trained on.
    """

    files: list[Path]
    output: Path
    datasets: Collection[str] = ()
    select: str = "all"
    max_per_problem: int | None = None
    near_duplicates: float | None = 0.9
    questions: Callable[[], Iterable[tuple[str, str]]] | None = None
    extra: list[Path] = field(default_factory=list)
    domains: Collection[str] | None = None
    shuffle: bool = False
    seed: int = 0
    form: str = "sharegpt"
    rejected: str = "both"
    jsonl: bool = False
    dry_run: bool = False


@dataclass
class Report:
    """What came of it. near_duplicates, contaminated: problems removed."""

    funnel: Funnel
    not_judged: int = 0
    near_duplicates: int = 0
    contaminated: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    written: int = 0


Item = tuple[Problem, Sample, Sample | None]
"""A conversation, or with a second sample a preference pair (chosen, rejected)."""


def build(options: DataOptions) -> Report:
    """Write the training file (unless it is a dry run) and its dataset_info.json entry.

    Raises:
        UserError: an input is malformed or the output cannot be written; an older output stays.
    """
    with Pool(options.output.parent, keep_wrong=options.form == "preference") as pool:
        benchmarks = Benchmarks(options.questions()) if options.questions else None
        for path in options.files:
            pool.add_file(path, options.datasets)
        for path in options.extra:
            add_extra(pool, path, options.domains)
        report = Report(pool.funnel, pool.not_judged, left_out=pool.left_out)
        if options.near_duplicates is not None:
            report.near_duplicates = drop_near_duplicates(pool, options.near_duplicates)
        count_problems(pool, list(pool.problems.values()), "deduplicated")
        if benchmarks is not None:
            report.contaminated = drop_contaminated(pool, benchmarks)
        count_problems(pool, list(pool.problems.values()), "decontaminated")
        items = [item for problem in pool.problems.values() for item in _items(problem, options)]
        if options.shuffle:
            random.Random(options.seed).shuffle(items)
        for problem, _, _ in items:
            pool.count(problem.source, "written")
        report.written = len(items)
        if not options.dry_run:
            write_atomically(options.output, _parts((_rendered(pool, i, options.form) for i in items), options.jsonl))
            _register(options)
        return report


def chosen(problem: Problem, select: str, most: int | None) -> list[Sample]:
    """The right responses of a problem that are taken: ``most`` of them, the selected kind first.

    Responses that we judged come before those that were taken over.
    """
    sign = {"shortest": 1, "longest": -1}.get(select, 0)
    order = sorted(problem.right, key=lambda sample: (not sample.ours, sign * sample.size))
    return order[: most if most is not None else None if select == "all" else 1]


def pairs(problem: Problem, rejected: str) -> list[tuple[Sample, Sample]]:
    """(chosen, rejected) pairs of responses that we judged: the shortest right one against the longest right or
    wrong one."""
    right = [sample for sample in problem.right if sample.ours]
    if not right:
        return []
    best = min(right, key=lambda sample: sample.size)
    longest = max(right, key=lambda sample: sample.size)
    found = [(best, longest)] if rejected in ("longest", "both") and longest.size > best.size else []
    if rejected in ("incorrect", "both") and problem.wrong:
        found.append((best, max(problem.wrong, key=lambda sample: sample.size)))
    return found


def funnel_table(funnel: Funnel) -> str:
    """The funnel as a table, a line for each source."""
    width = max([len("source"), *map(len, funnel)])
    lines = [f"{'source':<{width}}" + "".join(f"{stage:>16}" for stage in STAGES)]
    total: Counter[str] = sum(funnel.values(), Counter())
    for source, counts in [*sorted(funnel.items()), ("total", total)]:
        lines.append(f"{source:<{width}}" + "".join(f"{counts[stage]:>16}" for stage in STAGES))
    return "\n".join(lines)


def _items(problem: Problem, options: DataOptions) -> Iterator[Item]:
    if options.form == "preference":
        for best, other in pairs(problem, options.rejected)[: options.max_per_problem]:
            yield problem, best, other
        return
    for sample in chosen(problem, options.select, options.max_per_problem):
        yield problem, sample, None


def _rendered(pool: Pool, item: Item, form: str) -> dict[str, Any]:
    _, sample, rejected = item
    messages = pool.messages(sample)
    if rejected is not None:
        return preference(messages, pool.messages(rejected))
    return sharegpt(messages) if form == "sharegpt" else as_messages(messages)


def _parts(objects: Iterable[dict[str, Any]], jsonl: bool) -> Iterator[str]:
    if jsonl:
        yield from (dumps(item) + "\n" for item in objects)
        return
    yield "["
    for number, item in enumerate(objects):
        yield (",\n" if number else "\n") + dumps(item)
    yield "\n]\n"


def _register(options: DataOptions) -> None:
    """Enter the file in LLaMA-Factory's dataset_info.json beside it; other entries stay."""
    entry = dataset_info(options.form, options.output.name)
    path = options.output.with_name("dataset_info.json")
    if entry is None and not path.exists():
        return
    known: Any = {}
    if path.exists():
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(
                f"{path} is no readable JSON ({error}), so {options.output.name} was not entered."
            ) from error
        if not isinstance(known, dict):
            raise UserError(f"{path} is no JSON object, so {options.output.name} was not entered.")
    known.pop(options.output.stem, None)
    write_json(path, known | ({options.output.stem: entry} if entry else {}))
