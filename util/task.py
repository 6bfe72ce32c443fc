"""What a dataset is to the suite: the seam between ``tasks/`` and everything else.

A task handler selects rows, makes prompts, and gives a checker. It holds no rows and no state of a
run. The checker is frozen and is sent to the checking processes as it is.
"""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from util.code.interpreters import interpreter
from util.code.problem import Judging, Limits, Wanted
from util.system.arguments import end_index, non_negative_int, positive_float
from util.system.errors import UserError
from util.system.options import option

if TYPE_CHECKING:
    from util.hub.sources import HubSource
    from util.records import Row, Verdict


@dataclass(frozen=True)
class Selection:
    """Which rows of a dataset are wanted.

    source: filters rows, "all" takes every one. start, end: a slice of the rows
    that the source filter leaves; end -1 is the end, the last row included.
    lower, upper: inclusive difficulty bounds (NUMINA), applied after the slice.
    dataset_path: local rows instead of the Hub's. labels: difficulty labels of one's own. columns: (column, value)
    of the rows to keep, before the slice. path_option: what named dataset_path, for messages.
    """

    split: str = option("the dataset's split; each dataset has a default")
    source: str = option(
        "filter: NUMINA's source, APPS' and TACO's difficulty, ...; 'all' for every row", default="all"
    )
    start: int = option("first row of the source's rows", default=0, type=non_negative_int)
    end: int = option("row to stop before; -1 is the end", default=-1, type=end_index)
    filter_difficulty: bool = option(
        "NUMINA: keep rows within the bounds below (or the source's default bounds)", default=False
    )
    lower: float | None = option(
        "inclusive; given twice it is a range", flag="math-difficulty-lower-bound",
        type=float, action="append", metavar="D",
    )  # fmt: skip
    upper: float | None = option("inclusive", flag="math-difficulty-upper-bound", type=float, metavar="D")
    labels: Path | None = option(
        "labels by label_math_difficulty.py", flag="difficulty-labels", type=Path, metavar="FILE"
    )
    dataset_path: Path | None = option(
        "rows of a local JSON, JSONL, CSV, Parquet file or folder", type=Path, metavar="FILE"
    )
    columns: tuple[tuple[str, str], ...] = ()
    path_option: str = "--dataset-path"

    def fields(self) -> dict[str, Any]:
        """The selection as manifests have it; columns only where there are some."""
        found = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(self).items()}
        left_out = {"path_option"} if self.columns else {"path_option", "columns"}
        return {name: value for name, value in found.items() if name not in left_out}

    @property
    def part(self) -> str:
        """Source and columns as result files name them; other characters and long texts give way to a hash."""
        text = "+".join(f"{name}={value}" for name, value in sorted(self.columns))
        plain = re.sub(r"[^\w.=+-]+", "-", text)
        if plain != text or len(plain) > 80:
            plain = f"{plain[:80]}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
        return f"{self.source}+{plain}" if plain else self.source


class UnknownPart(UserError):
    """No row of a dataset has the source or the column that was asked for."""


@dataclass(frozen=True)
class CheckOptions:
    """How responses are judged, and by how many processes."""

    workers: int = option(
        "checker processes; 0 is one per core", default=0, flag="check-workers", type=non_negative_int
    )
    on_cluster: bool = option(
        "check on every node of the Ray cluster (--ray-address, or one started here); --check-workers is per node",
        default=False, flag="check-on-cluster",
    )  # fmt: skip
    answer_extraction: str = option(
        "for mathematics: strict needs a box, 'the answer is' or '####'; lenient takes the last formula or number",
        default="strict", choices=("strict", "lenient"),
    )  # fmt: skip
    math_fallback: bool = option(
        "for mathematics: fall back to math-verify when the built-in parser fails; it may accept a wrong answer",
        default=False,
    )
    unevaluated: str = option(
        "for mathematics: whether a sum, an integral, 20! is right where the gold answer is its value",
        default="reject", choices=("reject", "accept"),
    )  # fmt: skip
    doubtful: str = option(
        "for mathematics: null gives no verdict where points or a rounding decide, as for training data in doubt",
        default="accept", choices=("accept", "null"),
    )  # fmt: skip
    sandbox: str = option(
        "for code: minimum sandbox level required. full: namespaces, Landlock, seccomp, own uid; "
        "strong: seccomp and one layer that guards files; any: whatever there is, which is not safe",
        default="strong", choices=("full", "strong", "any"),
    )  # fmt: skip
    judge: str = option(
        "for code: compat compares as APPS' tester does, which accepts wrong output; for published numbers only",
        default="strict", choices=("strict", "compat"),
    )  # fmt: skip
    all_tests: bool = option("for code: go on after the first failing test", default=False)
    fresh_child_per_test: bool = option("for code: a process per test, instead of one for many", default=False)
    cpu_limit: float | None = option(
        "CPU seconds per test; else the row's limit, else 6", type=positive_float, metavar="S"
    )
    wall_limit: float | None = option(
        "wall seconds per test that a program may sleep; else 15", type=positive_float, metavar="S"
    )
    output_limit: float | None = option("output per test; else 16", type=positive_float, metavar="MIB")
    total_limit: float | None = option("CPU seconds of all tests; else 300", type=positive_float, metavar="S")
    memory_limit: float | None = option(
        "memory per test; else the row's limit, else 1", type=positive_float, metavar="GIB"
    )

    calibrate: bool = option(
        "for code: do not measure the machine's speed at the start; limits on CPU time then count as they are, also on "
        "a machine that is slower than the reference machine", default=True, flag="no-calibrate", action="store_false",
    )  # fmt: skip
    python: str | None = option(
        "for code: interpreter that runs the programs, such as /usr/bin/pypy3 or 3.12; else the one that runs this script",
        metavar="PATH",
    )

    @property
    def judging(self) -> Judging:
        """How programs are judged.

        Raises:
            UserError: there is no such interpreter.
        """
        path = interpreter(self.python) if self.python else ""
        if path is None:
            raise UserError(f"--python {self.python}: there is no such interpreter of Python 3.9 or later here.")
        return Judging(
            wanted=Wanted(self.sandbox, python=path),
            cpu=self.cpu_limit,
            memory=int(self.memory_limit * 2**30) if self.memory_limit else None,
            limits=Limits(
                wall=self.wall_limit or Limits.wall,
                output=int((self.output_limit or Limits.output / 2**20) * 2**20),
                total=self.total_limit or Limits.total,
            ),
            lenient=self.judge == "compat",
            all_tests=self.all_tests,
            fresh=self.fresh_child_per_test,
        )


class Checker(ABC):
    """Judges the responses to a dataset's rows. Frozen and picklable: each checking process gets a copy."""

    @property
    @abstractmethod
    def rules(self) -> str:
        """Names the rules of ``check``; a verdict by other rules is made anew."""

    @abstractmethod
    def check(self, row: Row, response: str) -> Verdict:
        """Whether ``response`` solves ``row``."""

    def deadline(self, row: Row) -> float:
        """Seconds of wall time after which a check of ``row`` is killed."""
        return 30.0

    def prepare(self) -> dict[str, Any]:
        """See that checks work here; called once on each machine, before any check.

        Returns what the manifest should keep of it.

        Raises:
            UserError: checks cannot run here.
        """
        return {}

    def settled(self, prepared: dict[str, Any]) -> Checker:
        """This checker, with what ``prepare`` found out about the machine."""
        return self


class TaskHandler(ABC):
    """One dataset.

    kind: "math", "code", "choice", or "text" for others. version: raised when prompts or checks of this dataset change; it
    is kept in the manifest. question_field: the column whose text is the key in a result file. source_names:
    what else a source is called, as in "AIME:year=2023". fewshot_split: whose rows may be shown as examples.
    fewshot_column: an example has the same value of it as the row asked.
    """

    name: ClassVar[str]
    kind: ClassVar[str]
    version: ClassVar[int]
    template: ClassVar[str]
    question_field: ClassVar[str]
    default_split: ClassVar[str] = "test"
    default_source: ClassVar[str] = "all"
    default_temperature: ClassVar[float] = 0.0
    source_names: ClassVar[tuple[str, ...]] = ()
    fewshot_split: ClassVar[str | None] = None
    fewshot_column: ClassVar[str | None] = None

    @property
    def for_training(self) -> bool:
        """Whether its responses are made for training data, by rejection sampling, and not for an evaluation."""
        return self.default_temperature > 0

    def source_of(self, words: Sequence[str]) -> str:
        """The source that the words of ``--evals NAME:WORD:...`` name.

        Raises:
            UserError: they name none.
        """
        if len(words) > 1:
            raise UserError(f"{self.name} has one source at a time, not {' and '.join(words)}.")
        return words[0]

    @abstractmethod
    def select(self, selection: Selection) -> Iterator[tuple[str, Row]]:
        """Yield (key, row) of every selected row, in order; each call reads the source anew.

        Raises:
            UserError: nothing is selected, or a row lacks a field (row and field named).
        """

    @abstractmethod
    def prompt(self, row: Row) -> str:
        """The user's message for one row."""

    def example(self, row: Row) -> str | None:
        """The response that a row is shown with as an example (--num-fewshot); None if it has no answer to show."""
        return None

    @abstractmethod
    def prompt_texts(self) -> list[str]:
        """All texts that shape the prompt; they are hashed into the manifest."""

    @abstractmethod
    def checker(self, options: CheckOptions) -> Checker:
        """What judges the responses."""

    @abstractmethod
    def hub_source(self, selection: Selection) -> HubSource | None:
        """The Hub's location of what is selected; None for a dataset with local rows alone."""


@dataclass(frozen=True)
class ChosenBenchmark:
    """A benchmark of eval.py, or a part of it.

    label: its name in scores and reports, unique in a run. columns: see ``Selection``. settings: its own options, as
    written.
    """

    label: str
    handler: TaskHandler
    source: str
    columns: tuple[tuple[str, str], ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)

    def selection(self, path: Path | None, limit: int | None = None) -> Selection:
        """Its first ``limit`` rows, from a local file if there is one."""
        return Selection(
            self.handler.default_split, self.source, end=limit or -1, dataset_path=path, columns=self.columns
        )
