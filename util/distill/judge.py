"""Let a model judge the answers that the rules cannot: verdict null, or a gold answer in prose.

    python -m util.distill.judge results/M_NUMINA_train_all_0_-1.json --judge-model openai/gpt-4o-mini --dry-run
    python -m util.distill.judge results --judge-model openai/NAME --judge-base-url http://localhost:8000/v1
    python inference_and_check.py ... --check --judge-model openai/gpt-4o-mini      # the same after a check

The judge is first tried on answers that the rules decided, and refused where it does not agree with them. Its verdicts go
into a field of their own ("judge") of each response; verdicts of the rules stay as they are.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from msgspec.structs import replace as changed

from util.distill.judge_calibration import Calibration, calibrated
from util.distill.judge_calls import JudgeJournal, typical_tokens
from util.distill.judge_draw import Draw, Drawn, drawn
from util.distill.judge_options import JudgeOptions, add_judge_options, judge_options, named_for_judge
from util.distill.judge_pairs import JudgeCase, Kind, case_of
from util.distill.judge_prompt import PROMPT_VERSION, AnswerPair, JudgeReading
from util.engines import make_engine, spending
from util.engines.base import Engine
from util.engines.prices import estimate
from util.metrics.tally import Tally
from util.records import ModelVerdict, Response
from util.results.entries import Entry, text_hash
from util.results.final import judged_entries
from util.results.json_file import read_results, result_files, write_json
from util.results.store import ResultStore
from util.run.ending import exit_status
from util.run.options import typed_command
from util.run.plan import now
from util.run.summary import RunSummary
from util.system import cli
from util.system.advice import rerun
from util.system.characters import printable
from util.system.errors import UserError
from util.system.messages import tell
from util.system.options import add_options
from util.system.tolerance import ToleranceOptions


@dataclass(frozen=True)
class JudgedFile:
    """A result file and the judge's answers about it."""

    path: Path
    journal: JudgeJournal

    def pairs(self) -> Iterator[AnswerPair]:
        return (case.pair for case in wanted_cases(self.path) if not case.skip)


def wanted_cases(path: Path) -> Iterator[JudgeCase]:
    """The cases of a result file that the rules left to a judge, those included that are not shown to it."""
    for entry in read_results(path):
        for _, response in entry.samples():
            if (case := _wanted(entry, response)) is not None:
                yield case


def _wanted(entry: Entry, response: Response) -> JudgeCase | None:
    case = case_of(entry, response)
    return case if case is not None and case.kind is not Kind.DECIDED else None


def judge_files(
    files: Sequence[Path], options: JudgeOptions, max_failed: float, *, dry_run: bool = False, repair: bool = False
) -> tuple[int, list[Tally]]:
    """Calibrate the judge on ``files``, judge what the rules cannot decide, and write the verdicts.

    Returns the exit status, and the counts of each file; there are none where no verdict was written.

    Raises:
        UserError: there is too little to calibrate on, the server ends the run, or a file is in use.
    """
    cases = [Counter(case.skip != "" for case in wanted_cases(path)) for path in files]
    for path, counts in zip(files, cases, strict=True):
        print(
            printable(
                f"{path.name}: {counts.total()} answers for a judge, {counts[True]} of them cannot be shown to it"
            )
        )
    if not any(counts[False] for counts in cases):
        print("nothing to judge: the rules decided every answer that a judge could be shown")
        return 0, []
    draw = drawn(files, options.calibration)
    with contextlib.ExitStack() as stack:
        found = [
            JudgedFile(path, stack.enter_context(contextlib.closing(JudgeJournal(path, options, repair=repair))))
            for path in files
        ]
        run = _Run(found, options, draw)
        tell(printable(f"judge {options.name}: {run.expected()}"))
        return (0, []) if dry_run else run.judged(max_failed)


@dataclass(frozen=True)
class _Run:
    """The judging of several files with one calibration."""

    files: list[JudgedFile]
    options: JudgeOptions
    draw: Draw

    def expected(self) -> str:
        """What is still to be asked, and what it costs."""
        assert self.options.engine is not None
        asked = (
            request
            for number, each in enumerate(self.files)
            for request in each.journal.requests(chain(self.draw.of_file(number), each.pairs()))
        )
        return named_for_judge(str(estimate(asked, self.options.engine.budget(), typical_tokens)))

    def judged(self, max_failed: float) -> tuple[int, list[Tally]]:
        with contextlib.ExitStack() as stack:
            engine = _once(self.options, stack)
            for number, each in enumerate(self.files):
                each.journal.ask(lambda n=number: self.draw.of_file(n), engine, "calibration")  # type: ignore[misc]
            calibration = calibrated(self.options.name, self.draw, self._said)
            print(printable("\n".join(calibration.lines())))
            if refusal := calibration.refusal(self.options.min_agreement):
                print(printable(f"error: the judge is refused: {refusal}. No verdict was written."), file=sys.stderr)
                self._write_reports(calibration, refusal)
                return 1, []
            for each in self.files:
                each.journal.ask(each.pairs, engine, f"judge {each.path.name[:40]}")
        self._write_reports(calibration, None)
        status, tallies = 0, []
        for each in self.files:
            tallies.append(_attach(each, calibration))
            outcome = each.journal.outcome(each.pairs())
            if outcome.total:
                status |= exit_status(outcome, max_failed, f"{each.path.name} judged by {self.options.name}")
        return status, tallies

    def _said(self, each: Drawn) -> JudgeReading:
        journal = self.files[each.file].journal
        reading = journal.reading(each.pair)
        if reading is None:
            outcome = journal.outcome([each.pair])
            why = f" ({outcome.reasons[0].example})" if outcome.reasons else ""
            raise UserError(
                f"The calibration of the judge is not complete: a request has failed{why}. Please {rerun()}."
            )
        return reading

    def _write_reports(self, calibration: Calibration, refusal: str | None) -> None:
        """What the judge was tried on, in a file beside each result file."""
        for each in self.files:
            report = {"judge": self.options.name, "prompt": PROMPT_VERSION, "result_file": each.path.name}
            more = {"least_agreement": self.options.min_agreement, "refused": refusal}
            write_json(each.journal.path, report | more | {"calibration": calibration.fields()})


def _once(options: JudgeOptions, stack: contextlib.ExitStack) -> Callable[[], Engine]:
    """The engine, made when it is first needed; its cost is printed when ``stack`` is left."""
    made: list[Engine] = []

    def engine() -> Engine:
        if not made:
            assert options.engine is not None
            made.append(make_engine(options.engine, typical_tokens))
            stack.callback(made[0].close)
            stack.enter_context(spending(made[0]))
        return made[0]

    return engine


def _attach(judging: JudgedFile, calibration: Calibration) -> Tally:
    """Write the judge's verdicts into the result file and its journal; return the counts of the file."""
    tally = Tally()
    with contextlib.closing(ResultStore(judging.path)) as store:
        judge = calibration.short() | {"model": calibration.model, "prompt": PROMPT_VERSION}
        store.begin({"command": typed_command(), "started": now(), "check_of": judging.path.name, "judge": judge})
        store.adopt()
        asyncio.run(_add(judging, calibration, store))
        entries = (_with_verdicts(entry, judging, calibration) for entry in judged_entries(store))
        store.finalize(_counted(entries, tally))
    return tally


async def _add(judging: JudgedFile, calibration: Calibration, store: ResultStore) -> None:
    """Write the verdicts to the journal of the result file, so that a rerun of the generation keeps them.

    Raises:
        NotWrittenError: the disk is full.
    """
    for entry in judged_entries(store):
        for sample, response in entry.samples():
            verdict = _verdict_on(entry, response, judging, calibration)
            stored = store.response(sample) if verdict is not None else None
            if stored is not None and stored.judge != verdict:
                store.add(sample, changed(stored, judge=verdict))
        store.check_room()
    await store.settle()


def _with_verdicts(entry: Entry, judging: JudgedFile, calibration: Calibration) -> Entry:
    def judged(response: Response) -> Response:
        verdict = _verdict_on(entry, response, judging, calibration)
        return response if verdict is None else changed(response, judge=verdict)

    found = {temperature: [judged(each) for each in responses] for temperature, responses in entry.responses.items()}
    return replace(entry, responses=found)


def _verdict_on(entry: Entry, response: Response, judging: JudgedFile, calibration: Calibration) -> ModelVerdict | None:
    """The judge's verdict on a response; None where there is none to write."""
    case = _wanted(entry, response)
    if case is None:
        return None
    reading = (
        JudgeReading(None, f"not shown to the judge: {case.skip}") if case.skip else judging.journal.reading(case.pair)
    )
    if reading is None:
        return None
    text, gold = text_hash(response.judged_text), text_hash(case.pair.gold)
    return ModelVerdict(
        reading.correct, reading.reason, calibration.model, PROMPT_VERSION, text, gold, calibration.short()
    )


def _counted(entries: Iterator[Entry], tally: Tally) -> Iterator[Entry]:
    for entry in entries:
        tally.add(entry)
        yield entry


def after_check(
    options: JudgeOptions, max_failed: float, path: Path, summary: RunSummary, *, repair: bool = False
) -> int:
    """Judge a result file that was just checked, and take the counts over into ``summary``; returns the exit status.

    An error of the judge is printed, since the results of the rules are complete without it.
    """
    if options.model is None:
        return 0
    try:
        status, tallies = judge_files([path], options, max_failed, repair=repair)
    except UserError as error:
        print(printable(f"error: judge: {error}"), file=sys.stderr)
        return 1
    for tally in tallies:
        summary.tally.judge = tally.judge
    return status


def main(arguments: Sequence[str]) -> int:
    parser = cli.ScriptParser(__doc__)
    parser.add_argument("files", type=Path, nargs="+", help="checked result files, or folders of them")
    parser.add_argument("--dry-run", action="store_true", help="count answers and requests, then end")
    parser.add_argument(
        "--repair", action="store_true", help="set damaged lines of the judge's journal aside, and request them again"
    )
    add_judge_options(parser)
    add_options(parser, ToleranceOptions)
    args: argparse.Namespace = parser.parse_args(arguments)
    options = judge_options(args)
    if options.model is None:
        parser.error("--judge-model openai/NAME is needed")
    files = result_files(args.files)
    status, tallies = judge_files(files, options, args.max_failed, dry_run=args.dry_run, repair=args.repair)
    for tally in tallies:
        print(printable("\n".join(tally.judge.lines(tally.total.right, tally.total.total))))
    return status


if __name__ == "__main__":
    cli.run(main)
