"""What eval.py writes of its benchmarks: scores, their details, tables, exports; kept after each benchmark."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from util.report.exports import check_exports, write_exports
from util.report.score_records import Record, details_path, joined, read_records, write_records
from util.report.score_table import write_table
from util.results.output_checks import SCORES, check_output
from util.results.writing import check_writable, locked
from util.run.console import FinishedRun, print_results
from util.run.cutoff import DateSplitter
from util.run.options import RunOptions
from util.run.output_options import OutputOptions
from util.run.plan import now
from util.run.run_facts import record_of, settings_of
from util.run.tracking import Tracker, logged, tracker
from util.system.characters import printable
from util.system.messages import tell


@dataclass
class Scores:
    """The results of eval.py.

    records: of this run; those of earlier runs that are in the files stay there, unless they are of the same benchmark, model
    and settings. split: gives a run's results by date.
    """

    output: Path
    options: OutputOptions
    split: DateSplitter | None = None
    records: list[Record] = field(default_factory=list)
    done: list[FinishedRun] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    _tracker: Tracker | None = None
    """Set by ``check`` if ``--log-to`` names one."""

    @property
    def scores(self) -> dict[str, float | None]:
        """Benchmark -> accuracy of this run, None without a score."""
        return {record["benchmark"]: record.get("score") for record in self.records}

    def add(self, run: FinishedRun) -> None:
        """Print and keep a benchmark's result; what is written survives a later interruption."""
        if self.split is not None and run.no_score is None:
            run = replace(run, splits=self.split(run))
        print_results(run)
        self.done.append(run)
        self.records = joined(self.records, [record_of(run)])
        if run.status():
            self.failed.append(run.name)
        self.write()

    def check(self) -> None:
        """Check before the run that all files can be written and are ours, and that what logs them is installed.

        Raises:
            UserError: they cannot be, they hold something else, or a package is missing.
        """
        for path in (self.output, details_path(self.output)):
            check_writable(path, "--output-file")
        if self.options.table is not None:
            check_output(self.options.table, "--table", SCORES)
        check_exports([(each.form, each.path) for each in self.options.export])
        read_records(self.output)
        self._tracker = tracker(self.options.log_to)

    def add_error(self, name: str, model: str, message: str, options: RunOptions) -> None:
        """Print and keep the error that ended a benchmark."""
        self.failed.append(name)
        reason = {"reason": "the run ended with an error", "error": message}
        record = {
            "benchmark": name,
            "model": model,
            "score": None,
            "date": now(),
            "settings": settings_of(options),
            **reason,
        }
        self.records = joined(self.records, [record])
        print(printable(f"error: {name} by {model} failed: {message}"), file=sys.stderr)

    def write(self) -> list[Record]:
        """Write the scores, the details beside them and the table; return all records."""
        with locked(self.output):  # two runs may share the file
            records = joined(read_records(self.output), self.records)
            write_records(self.output, records)
            if self.options.table is not None:
                write_table(self.options.table, records)
        return records

    def finish(self) -> None:
        """Write everything; what cannot be exported or logged is told, and counts as a failure."""
        records = self.write()
        if self.options.table is not None:
            tell(printable(f"table: {self.options.table}"))
        own = self.records[-1].get("model")
        model = [record for record in records if record.get("model") == own]
        self.failed += write_exports([(each.form, each.path) for each in self.options.export], model)
        if self._tracker is not None and not logged(self._tracker, self.records):
            self.failed.append("--log-to")
