"""Run the steps of a recipe that are not complete."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from util.results.file_lock import FileLock
from util.results.writing import write_atomically
from util.run.recipe.placeholders import hint
from util.run.recipe.recipe_file import Recipe, RecipeCommand, RecipeStep
from util.run.recipe.recipe_state import RecipeState
from util.run.recipe.step_checks import check_options, missing_inputs
from util.run.recipe.step_process import StepEnd, run_child
from util.system.advice import rerun
from util.system.characters import printable
from util.system.errors import UserError
from util.system.redaction import redacted_command


@dataclass(frozen=True)
class RunChoice:
    """Which steps run. first: run this step and all later ones, complete or not. only: run only this step. overwrite: the
    steps that get --overwrite. keep_going: after a failure, run what does not depend on it."""

    first: str | None = None
    only: str | None = None
    overwrite: tuple[str, ...] = ()
    keep_going: bool = False

    def check(self, recipe: Recipe, options: Mapping[str, frozenset[str]]) -> None:
        """Check the names. options: of each script, by the value of ``run``.

        Raises:
            UserError: there is no such step, or it has no --overwrite.
        """
        steps = {step.name: step for step in recipe.steps}
        for flag, names in (("--from", [self.first]), ("--only", [self.only]), ("--overwrite", self.overwrite)):
            for name in filter(None, names):
                if name not in steps:
                    raise UserError(f"{flag} {name}: {recipe.path} has no such step; {hint(name, steps)}")
        for name in self.overwrite:
            if "--overwrite" not in options[steps[name].run]:
                raise UserError(
                    f"--overwrite {name}: {steps[name].run} has no --overwrite; it writes its files anew anyway."
                )

    def reason(self, recipe: Recipe, state: RecipeState, step: RecipeStep, command: RecipeCommand) -> str | None:
        """Why this command runs; None if it does not."""
        names = [each.name for each in recipe.steps]
        if self.only is not None:
            return "--only" if step.name == self.only else None
        if self.first is not None:
            later = names.index(step.name) >= names.index(self.first)
            return f"--from {self.first}" if later else None
        return "--overwrite" if step.name in self.overwrite else state.why(step, command)


@dataclass
class _Row:
    """A line of the table at the end. seconds: of this run."""

    step: RecipeStep
    seconds: float = 0.0
    run: int = 0
    failed: list[str] = field(default_factory=list)
    note: str = ""

    @property
    def result(self) -> str:
        if self.failed:
            return f"failed: {', '.join(self.failed)}"
        return self.note or ("done" if self.run else "complete before")


def plan(recipe: Recipe, choice: RunChoice) -> int:
    """Print every command, and why it would run or would not."""
    choice.check(recipe, check_options(recipe))
    state, rerun_of = RecipeState(recipe), set[str]()
    for step in recipe.steps:
        reasons = {command: choice.reason(recipe, state, step, command) for command in step.commands}
        earlier = [name for name in step.after if name in rerun_of]
        for command, reason in reasons.items():
            if reason is None and earlier and choice.only is None:
                reason = f"step {earlier[0]} runs before"
            print(printable(f"\n# {command.title}: {reason or _idle(choice, state, command)}"))
            print(printable(_shown(command, choice)))
            if reason is not None:
                rerun_of.add(step.name)
    for fault in missing_inputs(recipe):
        print(printable(f"note: {fault}"), file=sys.stderr)
    _tell_leftovers(state, set())
    return 0


def _tell_leftovers(state: RecipeState, told: set[str]) -> None:
    """Name result files that the recipe no longer makes, once."""
    left = [name for name in state.leftovers() if name not in told]
    told.update(left)
    if left:
        shown = ", ".join(left[:3]) + (f" and {len(left) - 3} more" if len(left) > 3 else "")
        print(
            printable(
                f"note: made with options or selections that the recipe no longer has, and still read by steps that take the "
                f"whole folder: {shown}. Move such files away if they are not to count."
            ),
            file=sys.stderr,
        )


def _idle(choice: RunChoice, state: RecipeState, command: RecipeCommand) -> str:
    record = state.record(command)
    return "complete, not run again" if record and record.stamp else "not run: left out by --from or --only"


def run(recipe: Recipe, choice: RunChoice) -> int:
    """Run what is not complete; returns the exit status.

    Raises:
        UserError: a script refuses its options, or the folder is used by another run; nothing was started.
        KeyboardInterrupt: on Ctrl-C, after the step's own ending.
    """
    options = check_options(recipe)
    choice.check(recipe, options)
    if faults := missing_inputs(recipe):
        raise UserError("\n  ".join([f"{recipe.path} cannot be run yet; nothing was started:", *faults]))
    lock = FileLock(RecipeState(recipe).path)
    try:
        for path, text in recipe.files.items():
            if not path.exists() or path.read_text(encoding="utf-8", errors="replace") != text:
                write_atomically(path, [text])
        return _Run(recipe, choice, options).run()
    finally:
        lock.release()


class _Run:
    def __init__(self, recipe: Recipe, choice: RunChoice, options: Mapping[str, frozenset[str]]) -> None:
        self._recipe, self._choice, self._options = recipe, choice, options
        self._state = RecipeState(recipe)
        self._rows = [_Row(step) for step in recipe.steps]
        self._start = time.monotonic()
        self._told: set[str] = set()

    def run(self) -> int:
        with self._table():
            failed: set[str] = set()
            lost: set[str] = set()  # failed, or not run for a failure before
            for number, row in enumerate(self._rows, 1):
                lacking = [name for name in row.step.after if name in lost]
                if lacking or (failed and not self._choice.keep_going):
                    row.note = f"not run, because {', '.join(sorted(failed))} failed"
                    lost.add(row.step.name)
                    continue
                self._step(number, row)
                if row.failed:
                    failed.add(row.step.name)
                    lost.add(row.step.name)
        return 1 if failed else 0

    def _step(self, number: int, row: _Row) -> None:
        _tell_leftovers(self._state, self._told)
        commands = row.step.commands
        reasons = {command: self._choice.reason(self._recipe, self._state, row.step, command) for command in commands}
        if self._choice.only or self._choice.first:
            if not any(reasons.values()):
                row.note = "not chosen"
            elif incomplete := [
                s.name for s in self._recipe.steps if s.name in row.step.after and not self._state.stamp(s)
            ]:
                print(f"note: {row.step.name} uses {', '.join(incomplete)}, which is not complete", file=sys.stderr)
        for place, (command, reason) in enumerate(reasons.items(), 1):
            if reason is None:
                continue
            of = f", {place} of {len(commands)}" if len(commands) > 1 else ""
            elapsed = _clock(time.monotonic() - self._start)
            print(printable(f"\n== step {number} of {len(self._rows)}: {command.title}{of} [{elapsed}] ({reason})"))
            print(printable(_shown(command, self._choice)), flush=True)
            self._command(row, command)
            if row.failed and not self._choice.keep_going:
                return

    def _command(self, row: _Row, command: RecipeCommand) -> None:
        """Run one command; raises KeyboardInterrupt if it was interrupted."""
        self._state.start(row.step, command)
        start = time.monotonic()
        end = StepEnd(1, interrupted=False)
        try:
            end = run_child(_words(command, self._choice))
        finally:
            seconds = time.monotonic() - start
            row.seconds += seconds
            row.run += 1
            self._state.finish(command, seconds, complete=end.status == 0)
        if end.interrupted:
            row.note = "complete" if end.status == 0 and command is row.step.commands[-1] else "interrupted"
            raise KeyboardInterrupt
        print(printable(f"-- {command.title}: {end.described} after {_clock(seconds)}"), flush=True)
        if end.status != 0:
            row.failed.append(command.part or f"status {end.status}")
            self._tell_failure(row.step, command, end)

    def _tell_failure(self, step: RecipeStep, command: RecipeCommand, end: StepEnd) -> None:
        lines = [
            f"error: step {command.title} {end.described}; its message is above.",
            f"  this command alone: {_shown(command, self._choice).removeprefix('$ ')}",
            f"  to go on with the recipe: correct what the message names, and {rerun()}",
        ]
        if "--overwrite" in self._options[step.run] and step.name not in self._choice.overwrite:
            lines.append(f"  to start this step over, where its settings have changed: add --overwrite {step.name}")
        print(printable("\n".join(lines)), file=sys.stderr)

    @contextlib.contextmanager
    def _table(self) -> Iterator[None]:
        """Print what became of each step, however the run ends."""
        try:
            yield
        finally:
            width = max(len(row.step.name) for row in self._rows) + 2
            print(f"\n{'step':<{width}}{'time':>9}  result")
            for row in self._rows:
                if not row.run and not row.note:
                    row.note = "" if self._state.stamp(row.step) else "not run"
                print(printable(f"{row.step.name:<{width}}{_clock(row.seconds):>9}  {row.result}"))
            print(f"{'all':<{width}}{_clock(time.monotonic() - self._start):>9}", flush=True)


def _words(command: RecipeCommand, choice: RunChoice) -> tuple[str, ...]:
    return (*command.words, "--overwrite") if command.step in choice.overwrite else command.words


def _shown(command: RecipeCommand, choice: RunChoice) -> str:
    return f"$ {redacted_command(['python', *_words(command, choice)])}"


def _clock(seconds: float) -> str:
    """Hours, minutes and seconds.

    >>> _clock(3725.6)
    '1:02:06'
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
