"""What ``eval.py --evals`` names: benchmarks, parts of them, and groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from tasks import TASK_HANDLERS
from util.system.errors import UserError
from util.task import ChosenBenchmark, TaskHandler, UnknownPart

Members = Mapping[str, Mapping[str, str]]
"""Benchmarks of a group as ``--evals`` names them -> their settings as ``--set`` names them."""


def _members(*names: str) -> Members:
    return {name: {} for name in names}


GROUPS: dict[str, Members] = {
    "math": _members(
        "MATH500", "AIME", "AIME25", "AMC23", "GSM8K", "OlympiadBench", "MinervaMath", "AIME26", "HMMT-Feb25", "HMMT-Nov25",
        "HMMT-Feb26", "BRUMO25", "SMT25", "CMIMC25", "Omni-MATH",
    ),
    "code": _members("LiveCodeBench", "HumanEvalPlus", "MBPPPlus", "Codeforces"),
    "science": _members("GPQADiamond", "ARC-C", "SuperGPQA:Science"),  # GPQAMain contains GPQADiamond
    # The table of the Sky-T1-32B-Preview announcement.
    "sky-t1": _members(
        "MATH500", "AIME", "LiveCodeBench:easy", "LiveCodeBench:medium", "LiveCodeBench:hard", "GPQADiamond"
    ),
    # Responses per problem as open-r1's README states them for its evaluation tables.
    "open-r1": {
        "AIME": {"n": "64"},
        "MATH500": {"n": "4"},
        "GPQADiamond": {"n": "8"},
        "LiveCodeBench": {"n": "16"},
    },
}  # fmt: skip


def chosen(text: str) -> list[ChosenBenchmark]:
    """The benchmarks of ``--evals A,B:PART,group``, in order, each part once; settings are those of groups.

    Raises:
        UserError: a name or a source is unknown, or nothing is named.
    """
    found: dict[tuple[str, str, tuple[tuple[str, str], ...]], ChosenBenchmark] = {}
    for item in filter(None, (item.strip() for item in text.split(","))):
        for each in _of_item(item):
            what = (each.handler.name, each.source, tuple(sorted(each.columns)))
            before = found.get(what)
            found[what] = each if before is None else replace(before, settings={**before.settings, **each.settings})
    if not found:
        raise UserError(
            f"no benchmark is named; there are {', '.join(TASK_HANDLERS)}, and the groups {', '.join(GROUPS)}."
        )
    return list(found.values())


def check_rows(benchmark: ChosenBenchmark, path: Path | None) -> None:
    """Check before a run that a part of a benchmark has rows; reads them up to the first one. path: of local rows.

    Raises:
        UserError: it has no such source, column or value; says which ones there are.
    """
    from tasks.dataset import DatasetTask

    handler, selection = benchmark.handler, benchmark.selection(path)
    if path is None:
        if benchmark.source != handler.default_source:
            handler.hub_source(selection)
        if not benchmark.columns and getattr(handler, "source_field", None) is None:
            return
    elif not benchmark.columns and benchmark.source == handler.default_source:
        return
    try:
        _, row = next(iter(handler.select(selection)), ("", None))
    except UnknownPart as error:
        raise UserError(f"--evals {benchmark.label}: {error}") from error
    except UserError:
        return  # the source cannot be read: the run reports it, and goes on with the other benchmarks
    asked = benchmark.source not in (handler.default_source, "all")
    if (
        path is not None
        and asked
        and row is not None
        and isinstance(handler, DatasetTask)
        and not handler.tells_source(row)
    ):
        raise UserError(
            f"--evals {benchmark.label}: the rows of {path} do not tell their source, so {benchmark.source!r} cannot be "
            f"chosen from them. Give a file of these rows alone and write --evals {handler.name}."
        )


def _of_item(item: str) -> Iterator[ChosenBenchmark]:
    group = item.casefold()
    if item not in TASK_HANDLERS and group in GROUPS:
        for member, settings in GROUPS[group].items():
            yield replace(_benchmark(member), settings=settings)
    else:
        yield _benchmark(item)


def _benchmark(item: str) -> ChosenBenchmark:
    if item in TASK_HANDLERS:  # whatever its name is
        handler = TASK_HANDLERS[item]()
        return ChosenBenchmark(handler.name, handler, handler.default_source)
    name, *words = (word.strip() for word in item.split(":"))
    if words and name.casefold() in GROUPS:
        raise UserError(f"{item!r}: {name} is a group, which has no parts. Name its benchmarks one by one.")
    handler = TASK_HANDLERS[TASK_HANDLERS.named(name, GROUPS)]()
    sources, columns = _split(handler, words, item)
    source = handler.source_of(sources) if sources else handler.default_source
    return ChosenBenchmark(":".join([handler.name, *words]), handler, source, columns)


def _split(handler: TaskHandler, words: list[str], item: str) -> tuple[list[str], tuple[tuple[str, str], ...]]:
    """Words of a source, and (column, value) of the others."""
    from tasks.dataset import DatasetTask  # it needs packages that --help has to do without

    sources, columns = [], []
    named = ("source", getattr(handler, "source_field", None), *handler.source_names)
    for word in words:
        column, equals, value = (text.strip() for text in word.partition("="))
        if not word or (equals and not (column and value)):
            raise UserError(f"{item!r}: expected NAME:COLUMN=VALUE or NAME:SOURCE, with nothing left empty.")
        if not equals or column in named:
            sources.append(value if equals else column)
        else:
            columns.append((column, value))
    if columns and not isinstance(handler, DatasetTask):
        raise UserError(f"{item!r}: {handler.name} has a handler of its own, which does not choose rows by a column.")
    if len(dict(columns)) < len(columns):
        raise UserError(f"{item!r} names a column twice; a row has one value. Write two parts, separated by a comma.")
    return sources, tuple(columns)
