"""Options of the training data. Each feature has a dataclass of its own; ``DataOptions`` joins them."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from util.system.errors import UserError
from util.system.options import add_options, option, options_from
from util.training.contamination_options import ContaminationOptions, check_contamination
from util.training.filter_options import FilterOptions
from util.training.form_options import FormOptions, check_form
from util.training.publication_options import PublicationOptions, card_file
from util.training.rate_options import RateOptions
from util.training.selection_options import PAIR_WITH, SelectionOptions
from util.training.trainers_options import TrainerOptions

if TYPE_CHECKING:
    from util.training.rl_rows import TruthOf

GROUPS: tuple[tuple[type[Any], str], ...] = (
    (SelectionOptions, "which responses"),
    (RateOptions, "which problems"),
    (FilterOptions, "what is dropped"),
    (ContaminationOptions, "decontamination"),
    (TrainerOptions, "who reads it"),
    (FormOptions, "what is written"),
    (PublicationOptions, "what is written beside it"),
)
"""The dataclasses of options, each with its title in --help."""


@dataclass(frozen=True)
class DataOptions(
    SelectionOptions, RateOptions, FilterOptions, ContaminationOptions, TrainerOptions, FormOptions, PublicationOptions
):
    """files: the result files. datasets: known names, for files without a manifest. domains: of STILL-2 rows,
    None means all except code and math. truth_of: gives what the responses to a row are checked against, for RL formats."""

    files: list[Path]
    output: Path = option(
        "file to write; .jsonl is JSON lines, .parquet is Parquet, else a JSON list", type=Path, required=True
    )
    datasets: Collection[str] = ()
    extra: Collection[Path] = option(
        "files to add: STILL-2 rows; ShareGPT, messages or prompt-completion format",
        default=(),
        type=Path,
        nargs="+",
        metavar="FILE",
    )
    shuffle: bool = option("shuffle the rows", default=False)
    seed: int = option("random seed of --shuffle", default=0, type=int)
    dry_run: bool = option("print the counts, write nothing", default=False)
    domains: Collection[str] | None = None
    truth_of: TruthOf | None = None

    @property
    def kind(self) -> str:
        """How the output is written: "json" (a list), "jsonl" or "parquet"."""
        ending = self.output.suffix.lower()
        return "parquet" if ending == ".parquet" else "jsonl" if self.jsonl or ending == ".jsonl" else "json"


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add every option of ``DataOptions``, by groups."""
    grouped = {name for group, _ in GROUPS for name in group.__dataclass_fields__}
    add_options(parser, DataOptions, without=grouped)
    for group, title in GROUPS:
        add_options(parser, group, title)


def data_options(args: argparse.Namespace, **values: Any) -> DataOptions:
    """The options of a command line; ``values`` set other fields.

    Raises:
        UserError: a file that is written would be one of the inputs, or options contradict each other.
    """
    if str(args.rejected) in PAIR_WITH:  # the name of --pair-with in earlier versions
        values |= {"pair_with": str(args.rejected), "rejected": None}
    options = options_from(DataOptions, args, **values)
    check_form(options)
    check_contamination(options)
    if not options.has_responses and options.extra:
        raise UserError(
            f"--format {options.form} needs gold answers, which files of --extra do not have. Leave --extra out."
        )
    if not options.has_responses and options.has_filters:
        raise UserError(f"The filters of responses have nothing to look at: rows of --format {options.form} have none.")
    if not options.has_responses and options.passport is not None:
        raise UserError(
            f"--passport says how responses were judged; rows of --format {options.form} have none. Leave it out."
        )
    if options.jsonl and options.kind == "parquet":
        raise UserError(
            f"--jsonl contradicts --output {options.output}. Leave one of them out, or choose a name in .jsonl."
        )
    _check_names(options)
    return options


def _check_names(options: DataOptions) -> None:
    """Raises: UserError: two files of a command are one."""
    taken = {path.resolve() for path in (options.output, *options.files, *options.extra)}
    for name, path in (
        ("--rejected", options.rejected),
        ("--passport", options.passport),
        ("--decontaminate-pairs", options.decontaminate_pairs),
        ("--card", card_file(options.card, options.output)),
    ):
        if path is not None and path.resolve() in taken:
            raise UserError(f"{name} {path} would replace another file of this command. Choose a new name.")
        taken |= {path.resolve()} if path is not None else set()
