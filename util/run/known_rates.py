"""The pass rates of an earlier run, which select the problems of this one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from util.metrics.band_rule import Band
from util.system.characters import printable
from util.system.errors import UserError
from util.system.messages import tell

if TYPE_CHECKING:
    from util.metrics.pass_rates import PassRate
    from util.records import Row


@dataclass(frozen=True)
class RateSelection:
    """``--pass-rate-from``: the rows whose rate in the result files under ``path`` lies in the band."""

    path: Path
    band: Band

    def check(self, result: Path) -> None:
        """Refuse a result file that the rates come from.

        Raises:
            UserError: it is, or there is no result file.
        """
        if result.exists() and result.resolve() in (path.resolve() for path in self._files()):
            raise UserError(
                f"--pass-rate-from {self.path} has {result.name}, the file that this command would write. Choose another "
                "--result-dir for the selected problems."
            )

    def rows(self, rows: Iterable[tuple[str, Row]]) -> Iterator[tuple[str, Row]]:
        """The selected ones of (key, row); says at the end how many were not.

        Raises:
            UserError: there is no result file, or one cannot be read.
        """
        from util.metrics.pass_rates import ProblemRates, place_of
        from util.results.json_file import read_results
        from util.results.problem_identity import problem_identity

        known = ProblemRates()
        for path in self._files():
            for entry in read_results(path):
                known.add(problem_identity(entry.key, entry.row), (response for _, response in entry.samples()))
        counts: Counter[str] = Counter()
        for key, row in rows:
            rate: PassRate | None = known.find(problem_identity(key, row))
            place = place_of(rate, self.band) if rate is not None else "not in the files"
            counts[place] += 1
            if place == f"in {self.band}":
                yield key, row
        found = ", ".join(f"{count} {place}" for place, count in sorted(counts.items()))
        tell(printable(f"pass rates of {self.path}: {found or 'no rows'}"))

    def described(self) -> dict[str, Any]:
        """The selection in a manifest."""
        return {"files": [str(path) for path in self._files()], "band": str(self.band)}

    def _files(self) -> list[Path]:
        if not self.path.exists():
            raise UserError(f"--pass-rate-from {self.path} does not exist. Give a result file, or a folder with some.")
        from util.results.json_file import result_files

        return result_files([self.path])
