"""All runs of a folder while they work: read by one thread, shown to any number of pages."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from util.records import SampleId
from util.report.live_run import PROBLEMS, LiveRun
from util.report.packed import problem_texts
from util.results.entries import Entry, judged, response_of, verdict_of
from util.results.journal_lines import DamagedLineError
from util.results.journal_tail import record_at
from util.results.paths import ResultPaths
from util.system.characters import printable
from util.system.redaction import redacted

INTERVAL = 1.0
"""Seconds between two looks at the files, while a page asks."""
ASLEEP = 30.0
"""Seconds without a page after which nothing is read any more."""
SHOWN = 15
"""Last responses of all runs that can be read in full."""


class LiveFolder:
    """Follows the journals of folders and result files. ``start`` reads in the background; ``close`` ends that."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = list(paths)
        self._runs: dict[Path, LiveRun] = {}
        self._lock = threading.Lock()
        self._asked, self._end = threading.Event(), threading.Event()
        self._last_asked = time.monotonic()
        self._state: dict[str, Any] = {"runs": [], "problems": [], "latest": [], "read": 0.0, "fault": ""}
        self._asked.set()
        self._thread = threading.Thread(target=self._follow, name="live", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._end.set()
        self._asked.set()

    def state(self) -> dict[str, Any]:
        """What the page shows; never waits for the files."""
        self._last_asked = time.monotonic()
        self._asked.set()
        return self._state

    def response(self, run: str, offset: int) -> dict[str, Any] | None:
        """One of the last responses with its texts, as ``Report.responseView`` takes it; None if it is not among them."""
        with self._lock:
            found = [
                (each.paths.journal, sample, verdict)
                for each in self._runs.values()
                if each.name == run
                for sample, at, verdict in each.latest()
                if at == offset
            ]
        try:
            return _texts(found[0][0], found[0][1], offset, found[0][2]) if found else None
        except (OSError, DamagedLineError):  # the file was replaced a moment ago
            return None

    def has_results(self) -> list[Path]:
        """The result files that are there."""
        with self._lock:
            return [run.paths.path for run in self._runs.values() if run.paths.path.exists()]

    def read_all(self) -> None:
        """Take in everything that is there now."""
        more = True
        while more and not self._end.is_set():
            fault = self._find()
            with self._lock:
                more = any([run.read() for run in self._runs.values()])  # noqa: C419 (each reads its part)
            self._state = self._shown(fault)

    def _follow(self) -> None:
        while not self._end.is_set():
            self._asked.wait()
            try:
                self.read_all()
            except Exception as error:  # a fault of ours: the page says so instead of standing still
                print(printable(redacted(traceback.format_exc())), file=sys.stderr)
                self._state |= {
                    "fault": f"The view itself has failed ({type(error).__name__}); its command shows where."
                }
            if time.monotonic() - self._last_asked > ASLEEP:
                self._asked.clear()
            self._end.wait(INTERVAL)

    def _find(self) -> str:
        """Add the journals that are new, forget those that are gone; what cannot be read."""
        found, fault = dict[Path, ResultPaths](), ""
        for path in self._paths:
            try:
                for paths in _journals(path):
                    found[paths.journal] = paths
            except OSError as error:
                fault = f"{path} cannot be read: {error.strerror}"
        with self._lock:
            for journal in [each for each in self._runs if each not in found]:
                del self._runs[journal]
            for journal, paths in found.items():
                if journal not in self._runs:
                    self._runs[journal] = LiveRun(paths)
        return fault

    def _shown(self, fault: str) -> dict[str, Any]:
        with self._lock:
            order = {"running": 0, "stopped": 1, "finished": 2}
            runs = sorted(
                (run.fields() for run in self._runs.values()), key=lambda run: (order[run["state"]], run["file"])
            )
            problems = [problem for run in self._runs.values() for problem in run.problems()]
            latest = [
                {"run": run.name, "at": offset, "key": " ".join(sample.key.split())[:160], "sample": sample.index + 1, "code": run.code_of(sample), "title": fields["title"]}
                for fields in runs
                for run in self._runs.values()
                if run.name == fields["id"]
                for sample, offset, _ in run.latest()
            ]  # fmt: skip
        problems.sort(key=lambda problem: -(problem["at"] or 0))
        read = min((run["read"] for run in runs), default=1.0)
        return {
            "runs": runs, "problems": problems[:PROBLEMS], "latest": latest[:SHOWN], "read": read, "fault": fault,
            "results": any(run["state"] == "finished" for run in runs),
        }  # fmt: skip


def _journals(path: Path) -> list[ResultPaths]:
    """The result files whose journals are in a folder, or that of a file.

    Raises:
        OSError: the folder cannot be read.
    """
    if not path.is_dir():
        return [ResultPaths(path)] if ResultPaths(path).journal.exists() else []
    names = sorted(each.name for each in path.iterdir() if each.name.endswith(".journal.jsonl"))
    return [ResultPaths(path / f"{name.removesuffix('.journal.jsonl')}.json") for name in names]


def _texts(journal: Path, sample: SampleId, offset: int, verdict: int | None) -> dict[str, Any]:
    record = record_at(journal, offset)
    response = response_of(record["response"], record.get("usage"))
    if verdict is not None:
        response = judged(response, verdict_of(record_at(journal, verdict)["verdict"]))
    return problem_texts(Entry(sample.key, {}, None, {sample.temperature: [response]}))
