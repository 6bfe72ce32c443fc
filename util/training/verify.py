"""Judge a published training file again: is every row made of a stored response, and does its answer still pass?

    python -m util.training.verify train.json --passport train.passport.jsonl --input-dir data
    python -m util.training.verify train.parquet --input-dir apps numina --report differences.jsonl

Each row is found by its line of the passport, else by its question and text. Its text is made again from the stored
response and compared, and its answer is judged by the current rules; programs run in the sandbox. Every row that differs
is listed with the reason. The exit status is 0 only if none differs.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from util.system import cli
from util.system.characters import printable
from util.system.errors import UserError
from util.system.options import add_options, options_from
from util.system.portable import usable_cpus
from util.task import CheckOptions
from util.task_file import add_task_file_option, known_ground_truth, known_handlers

if TYPE_CHECKING:
    from util.results.entry_index import EntryIndex
    from util.task import TaskHandler
    from util.training.passport_index import PassportIndex
    from util.training.verification import RowFinding, Verification
    from util.training.verify_checks import JudgingJob

    Tell = Callable[[RowFinding], None]


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = cli.ScriptParser(__doc__)
    parser.add_argument("file", type=Path, metavar="FILE", help="the training file: JSON, JSON lines or Parquet")
    parser.add_argument(
        "--passport", type=Path, metavar="FILE",
        help="written by convert_to_data.py --passport; without it, rows that were removed or moved are not noticed",
    )  # fmt: skip
    parser.add_argument(
        "--input-dir", type=Path, nargs="+", default=[], metavar="DIR", help="folders of the result files, or files"
    )
    parser.add_argument(
        "--extra", type=Path, nargs="+", default=[], metavar="FILE",
        help="extra files that the training file was made of; their rows are recognised without a passport, too",
    )  # fmt: skip
    parser.add_argument("--report", type=Path, metavar="OUT", help="also write each difference as a line of JSON")
    parser.add_argument("--texts-only", action="store_true", help="compare texts, judge nothing")
    add_options(parser, CheckOptions, "how answers are judged", without=("on_cluster",))
    add_task_file_option(parser)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    args = parse(arguments)
    from util.training.passport_index import PassportIndex

    if not args.input_dir:
        raise UserError(
            "--input-dir is missing. Give the folders of the result files that the training file was made of."
        )
    handlers = known_handlers(arguments)
    if not args.file.is_file():
        raise UserError(f"The training file {args.file} does not exist.")
    with contextlib.ExitStack() as stack:
        passport = stack.enter_context(PassportIndex(args.passport)) if args.passport is not None else None
        index = stack.enter_context(_index(args.input_dir, passport))
        inputs = {path.resolve() for path in (args.file, *args.extra, *index.files)}
        inputs |= {args.passport.resolve()} if args.passport is not None else set()
        if args.report is not None and args.report.resolve() in inputs:
            raise UserError(f"--report {args.report} would replace an input of this command. Choose a new name.")
        return _verified(args, index, passport, handlers)


def _index(folders: Sequence[Path], passport: PassportIndex | None) -> EntryIndex:
    from util.results.entry_index import EntryIndex
    from util.training.verify_sources import files_in, files_named

    if passport is not None:
        return EntryIndex(files_named(passport.files, folders))
    return EntryIndex(files_in(folders), lambda entry: entry.question)


def _verified(
    args: argparse.Namespace,
    index: EntryIndex,
    passport: PassportIndex | None,
    handlers: Mapping[str, type[TaskHandler]],
) -> int:
    from util.training.verification import Verification
    from util.training.verify_extra import ExtraRows

    extra = ExtraRows(args.extra) if args.extra and passport is None else None
    verification = Verification(args.file, index, passport, tuple(handlers), extra, known_ground_truth())
    with _listing(args.report) as tell:
        if args.texts_only:
            for _ in verification.jobs(judge=False):
                pass
        else:
            _judge(args, verification, handlers, tell)
        for finding in verification.rest():
            tell(finding)
    return _summary(args, verification, index)


def _judge(
    args: argparse.Namespace, verification: Verification, handlers: Mapping[str, type[TaskHandler]], tell: Tell
) -> None:
    """Judge every response with a pool of processes."""
    from tqdm import tqdm

    from util.checks.pool import CheckerPool
    from util.training.verify_checks import checkers_for, judged

    checker = checkers_for(verification.datasets, handlers, options_from(CheckOptions, args))
    verification.judged_by = checker.rules
    workers = args.check_workers or usable_cpus()
    pool = CheckerPool(checker, workers)

    def jobs() -> Iterator[JudgingJob]:
        for job in verification.jobs():
            checker.check_known(job.dataset)
            yield job

    async def run() -> None:
        with tqdm(desc="verify", unit="verdict", mininterval=1.0, file=sys.stderr) as progress:
            async for job, verdict in judged(jobs(), pool, 4 * workers + 4):
                for finding in verification.settled(job, verdict):
                    tell(finding)
                progress.update()

    with contextlib.closing(pool):
        try:
            asyncio.run(run())
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None


@contextlib.contextmanager
def _listing(report: Path | None) -> Iterator[Tell]:
    """A function that prints a finding, and writes it to the report, which appears under its name when the block ends."""
    if report is None:
        yield lambda finding: print(printable(_line(finding)))
        return
    from util.results.json_file import dumps
    from util.results.output_checks import check_lines
    from util.results.writing import replaced_whole
    from util.system.characters import utf8

    check_lines(report, "--report", "row")
    with replaced_whole(report) as file:

        def tell(finding: RowFinding) -> None:
            print(printable(_line(finding)))
            file.write(utf8(dumps(asdict(finding))) + b"\n")

        yield tell


def _line(finding: RowFinding) -> str:
    where = f"row {finding.row}" if finding.row is not None else "no row"
    return f"{where}: {finding.kind}: {finding.detail}{f'  [{finding.place}]' if finding.place else ''}"


def _summary(args: argparse.Namespace, verification: Verification, index: EntryIndex) -> int:
    """Print the counts; return the exit status."""
    from util.training.generations import UNKNOWN
    from util.training.verification import KINDS

    counts = verification.counts
    files = f"{len(index.files)} result file{'s' if len(index.files) != 1 else ''}"
    compared = f"{files}{f' and {args.passport.name}' if args.passport else ''}"
    print(printable(f"{counts['rows']:,} rows of {args.file.name}, compared with {compared}"))
    if counts["judged"]:
        print(printable(f"{counts['judged']:,} responses judged by: {verification.judged_by}"))
    for rules, number in sorted(verification.rules.items()):
        if rules.startswith(UNKNOWN):
            print(f"  {number:,} of them were judged by rules that the passport does not name")
        elif rules and rules not in verification.judged_by.split("; "):
            print(printable(f"  {number:,} of them were judged by other rules when the file was made: {rules}"))
    if without := counts["compared"] - counts["judged"] if not args.texts_only else 0:
        print(f"{without:,} problems without a response: prompt and gold answer or tests compared")
    if counts["extra"]:
        print(f"{counts['extra']:,} responses from extra files: as written, their answers cannot be verified")
    if not args.passport:
        print("without --passport, rows that were removed or moved are not noticed")
    for kind, meaning in KINDS.items():
        if counts[kind]:
            print(f"{counts[kind]:,} {kind}: {meaning}")
    if not counts["compared"]:
        print("error: no row could be compared with a stored response; nothing is verified", file=sys.stderr)
        return 1
    print(f"{verification.differences:,} differences" if verification.differences else "no differences")
    return 1 if verification.differences else 0


if __name__ == "__main__":
    cli.run(main)
