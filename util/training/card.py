"""The dataset card of a training file: how it was made, what it holds, and what is not known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from util.hub.sources import SOURCES
from util.results.writing import write_atomically
from util.system.options import values_of
from util.system.project import git_commit
from util.training.contamination_record import ContaminationRecord
from util.training.data_report import DataReport, dropped_lines, funnel_table, judge_lines
from util.training.generations import UNKNOWN, Generation
from util.training.length_plot import length_plot
from util.training.lengths import Lengths
from util.training.options import GROUPS, DataOptions
from util.training.publication_options import PublicationOptions, plot_file

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def card(options: DataOptions, report: DataReport, command: str, date: str) -> str:
    """The card in Markdown, with the Hub's YAML header. command: as it was typed. date: of the file."""
    size = next((name for bound, name in _SIZES if report.written < bound), "n>1M")
    header = [
        "---",
        "task_categories:\n- text-generation",
        f"size_categories:\n- {size}",
        f"configs:\n- config_name: default\n  data_files: {options.output.name}",
        "---",
        f"# {options.output.stem}",
        f"{report.written:,} rows in the `{options.form}` format, written on {date} by\n\n```\n{command}\n```\n",
        f"Tools: git commit {git_commit() or UNKNOWN}.",
    ]
    return "\n".join([*header, *_sections(options, report)]) + "\n"


def write_card(path: Path, text: str, options: DataOptions, report: DataReport) -> None:
    """Write a card and, beside it, the plot that it shows.

    Raises:
        UserError: one of them cannot be written.
    """
    write_atomically(path, [text])
    if report.lengths is not None:
        write_atomically(path.with_name(plot_file(options.output)), [length_plot(report.lengths)])


def _sections(options: DataOptions, report: DataReport) -> Iterator[str]:
    generations = [each for each in report.generations if report.rows_of[str(each.path)]]
    yield "\n## Responses\n"
    yield (
        "A response has passed if it passed all tests or its answer equals the gold answer, by the verifier named below. "
        "Rows under `extra` come from other files and were not verified."
    )
    yield "\n" + _table(_GENERATION, (_generation_row(each, report) for each in generations))
    yield "\n## Verifiers\n"
    yield from _verifiers(generations, report)
    yield "\n## Funnel\n"
    yield f"Responses that reached each stage, by source.\n\n```\n{funnel_table(report.funnel)}\n```"
    yield from _dropped(report)
    yield "\n## Selection\n"
    yield from _selection(options)
    yield "\n## Lengths\n"
    yield from _lengths(options, report.lengths)
    yield "\n## Contamination\n"
    yield from _contamination(report)
    yield "\n## Licences\n"
    yield from _licences(generations, options.extra)


_GENERATION = (
    "rows",
    "dataset",
    "model",
    "rewritten by",
    "sampling",
    "prompts' hash",
    "settings' hash",
    "engine",
    "generated",
)


def _generation_row(each: Generation, report: DataReport) -> Sequence[object]:
    dataset = f"{each.dataset} ({each.rows})" if each.rows else each.dataset
    return (
        f"{report.rows_of[str(each.path)]:,}", dataset, each.model, each.rewriter, each.sampling or UNKNOWN, each.prompts, each.settings,
        each.engine or UNKNOWN, each.started[:10] or UNKNOWN,
    )  # fmt: skip


def _verifiers(generations: Sequence[Generation], report: DataReport) -> Iterator[str]:
    rows: Counter[tuple[str, str]] = Counter()
    for each in generations:
        rows[each.dataset, each.verifier] += report.rows_of[str(each.path)]
    for (dataset, rules), count in sorted(rows.items()):
        yield f"- {dataset}: `{rules}` ({count:,} rows)"
    if not rows:
        yield "No row was verified."


def _dropped(report: DataReport) -> Iterator[str]:
    yield f"\n- {report.near_duplicates:,} problems dropped as near duplicates"
    for line in judge_lines(report):
        yield f"- {_plain(line)}"
    for reason, count in report.left_out.items():
        yield f"- {count:,} left out: {_plain(reason)}"
    for line in [*dropped_lines(report), *report.mix]:
        yield f"- {_plain(line)}"
    if report.not_judged:
        yield f"- {report.not_judged:,} responses had no verdict and were not used"


def _selection(options: DataOptions) -> Iterator[str]:
    """The options that shaped the file, those with their default left out, with what their help says of them."""
    rows = []
    for group in (each for each, _ in GROUPS if each is not PublicationOptions):
        for flag, value, default, meaning in values_of(group, options):
            if value is not None and (flag in _ALWAYS or (value != default and flag not in _ELSEWHERE)):
                rows.append((f"`{flag}`", _shown(value), meaning))
    yield _table(("option", "value", "meaning"), rows)
    yield ""
    if options.near_duplicates is None:
        yield "Near-duplicate questions were kept. "
    yield f"Order: {f'shuffled with seed {options.seed}' if options.shuffle else 'as in the result files'}."


_ALWAYS = frozenset(("--select", "--near-duplicates", "--format"))
"""Options that are shown with their defaults, too."""
_ELSEWHERE = frozenset(("--rejected", "--decontaminate-pairs", "--jsonl", "--entries"))
"""Options that change nothing of the rows."""


def _shown(value: object) -> str:
    if isinstance(value, Path):
        return value.name
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _lengths(options: DataOptions, lengths: Lengths | None) -> Iterator[str]:
    if lengths is None:
        yield "Not measured."
        return
    yield f"In {lengths.unit}. A row is everything that is written for it, the prompt included, without a chat template."
    yield ""
    yield _table(
        ("part", "number", "mean", "5 %", "median", "95 %", "longest", "total"),
        (
            (each.part, f"{each.number:,}", f"{each.mean:,.0f}", *(f"{n:,}" for n in (each.low, each.median, each.high)),
             f"{each.longest:,}", f"{each.total:,}")
            for each in lengths.summaries()
        ),
    )  # fmt: skip
    yield f"\n![Lengths of thoughts, answers and rows]({plot_file(options.output)})"


def _contamination(report: DataReport) -> Iterator[str]:
    if not report.benchmarks:
        yield "Not checked against any benchmark."
        return
    yield from _contamination_method(report.contamination)
    yield ""
    yield _table(
        ("benchmark", "questions", "problems dropped"),
        ((name, f"{size:,}", f"{report.contaminated[name]:,}") for name, size in sorted(report.benchmarks.items())),
    )


def _contamination_method(record: ContaminationRecord | None) -> Iterator[str]:
    if record is None or record.by != "meaning":
        yield "A problem was dropped if it shares 13 words in a row with a question of a benchmark, or is that question."
    if record is None or record.by == "words":
        yield "Rewritten or translated questions are not found this way."
        return
    decided = f"{record.judge}, where it has a verdict, else the threshold" if record.judge else "the threshold"
    yield (
        f"A problem was also dropped if it means the same: same numbers, operators and units, and a score of at least "
        f"{record.threshold:g} with the embeddings of {record.model}; pairs were decided by {decided}. {record.other:,} problems "
        "resemble a question and were kept, since they differ in such facts."
    )


def _licences(generations: Sequence[Generation], extra: Iterable[Path]) -> Iterator[str]:
    found = dict.fromkeys((each.dataset, each.repository, each.at[:12], each.licence) for each in generations)
    for dataset, repository, at, licence in found:
        where = f"`{repository}`{f' at `{at}`' if at else ''}" if repository else "an unknown place"
        yield f"- {dataset}, from {where}: {licence}{_of_that_name(dataset) if licence == UNKNOWN else ''}"
    for path in extra:
        yield f"- `{path.name}`: {UNKNOWN}"
    yield "\nTerms of the models that generated or rewrote the responses may apply as well; they are not recorded here."


def _of_that_name(dataset: str) -> str:
    """What is known of the repository that has a dataset's name, where nothing says that the rows come from there."""
    source = SOURCES.get(dataset)
    if source is None:
        return ""
    return f" (the dataset of this name is `{source.id}`, {source.licence or UNKNOWN}; no record says that the rows are its)"


def _plain(text: object) -> str:
    """A text in a line of Markdown: no tag of it is taken for HTML."""
    return str(text).replace("\n", " ").replace("<", "&lt;")


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_plain(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
