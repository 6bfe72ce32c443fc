"""The counts of a conversion, and what the script makes of them."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from util.distill.formatting import Formatted
from util.results.manifest import generating_run, runs_of
from util.results.paths import ResultPaths
from util.system.characters import printable
from util.system.messages import is_quiet
from util.system.redaction import MASK


@dataclass
class Conversions:
    """How many responses were converted, and why the others were not.

    refused: reason -> responses that the rewriter or the verification failed. skipped: reason -> responses that were
    not to be converted, or have no whole text. retriable: failed requests that a rerun may complete.
    """

    converted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    retriable: int = 0

    @property
    def total(self) -> int:
        return self.converted + self.refused.total() + self.skipped.total()

    def count(self, formatted: Formatted, *, wanted: bool) -> None:
        """Count one response. wanted: whether it was to be converted."""
        if formatted.text is not None:
            self.converted += 1
        else:
            (self.refused if wanted else self.skipped)[formatted.reason] += 1

    def add(self, other: Conversions) -> None:
        self.converted += other.converted
        self.refused += other.refused
        self.skipped += other.skipped
        self.retriable += other.retriable


def print_counts(path: Path, counts: Conversions) -> None:
    """Print how many responses of a file were converted, and why the others were not."""
    print(f"{printable(ResultPaths(path).converted.name)}: {counts.converted} of {counts.total} converted")
    for reason, number in (counts.refused + counts.skipped).most_common():
        print(f"  {number} not converted: {printable(reason)}", file=sys.stderr)


def print_next(files: Sequence[Path], counts: Conversions) -> None:
    """Print the next command, if anything was converted; nothing in a quiet run."""
    if counts.converted and not is_quiet() and (command := next_check(files)):
        print(printable(f"next: {command}"))


def next_check(files: Sequence[Path]) -> str | None:
    """The command that judges the rewrites of the first of these result files, as far as its journal tells.

    It is the command that made the responses, with --check.
    """
    for path in files:
        words = shlex.split(str(generating_run(list(runs_of(path))).get("command", "")))
        if len(words) > 1 and Path(words[1]).name == "inference_and_check.py" and MASK not in " ".join(words):
            kept = [word for word in words if word not in ("--inference", "--check", "--overwrite")]
            return shlex.join([*kept, "--check"])
    return None


def conversion_status(counts: Conversions) -> int:
    """The exit status of a conversion of all files; prints what failed.

    It is 1 if no response could be converted. Where there was nothing to convert, it is 0 and a line says why. Failed
    requests are counted apart (``util/run/ending.py``).
    """
    if not counts.converted and counts.refused:
        print(f"error: no response could be converted: {_listed(counts.refused)}", file=sys.stderr)
        return 1
    if not counts.converted:
        print(f"nothing to convert: {_listed(counts.skipped) or 'there are no responses'}", file=sys.stderr)
    return 0


def _listed(reasons: Counter[str]) -> str:
    """The most frequent reasons with their numbers."""
    return "; ".join(f"{printable(reason)} ({number})" for reason, number in reasons.most_common(3))
