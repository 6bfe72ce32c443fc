"""One run as its journal shows it while it works: what is done, how fast, what it has cost, what went wrong."""

from __future__ import annotations

import json
import time
from collections import deque
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from util.metrics.intervals import Estimate
from util.records import SampleId, temperature_label
from util.report.live_counts import PENDING, LiveResponses
from util.report.section import family_of
from util.results.entries import Fields, sample_of
from util.results.journal_tail import JournalTail
from util.results.ledger import Ledger
from util.results.lock_state import writer_of
from util.results.manifest import Manifest, expected_responses
from util.results.paths import ResultPaths
from util.system.characters import utf8
from util.system.redaction import redacted, redacted_value

WINDOW = 60.0
"""Seconds over which tokens per second are measured."""
SHORTEST = 5.0
"""Seconds of observation before a rate is shown."""
LATEST = 15
PROBLEMS = 20


@dataclass
class _Facts:
    """All that is known of a journal; begun anew when the file was replaced."""

    responses: LiveResponses = field(default_factory=LiveResponses)
    ledger: Ledger = field(default_factory=Ledger)
    manifest: Manifest = field(default_factory=dict)
    checks: bool = False
    """Whether the last run only judges."""
    final: bool = False
    """Whether the result file was written after the last run began."""
    problems: deque[Fields] = field(default_factory=lambda: deque(maxlen=PROBLEMS))
    latest: deque[tuple[SampleId, int]] = field(default_factory=lambda: deque(maxlen=LATEST))
    """The last responses, with the offsets of their lines."""
    verdicts: dict[SampleId, int] = field(default_factory=dict)
    """Of the last responses: sample -> offset of its verdict's line."""
    damaged: int = 0


class LiveRun:
    """Follows a journal and its file of partial responses. Nothing is locked or written."""

    def __init__(self, paths: ResultPaths) -> None:
        self.paths = paths
        self.name = blake2b(utf8(str(paths.path.resolve())), digest_size=6).hexdigest()
        self._journal, self._partials = JournalTail(paths.journal), JournalTail(paths.partial)
        self._facts = _Facts()
        self._flying: dict[SampleId, int] = {}
        self._seen: deque[tuple[float, int, int]] = deque()  # time, tokens, responses
        self._size = 1
        self._caught_up = False
        self.fault = ""

    def read(self) -> bool:
        """Take in a part of what is new; return whether there is more at once."""
        try:
            part, more = self._journal.read(), False
            if part.anew:
                self._facts, self._caught_up = _Facts(), False
                self._flying.clear()
                self._seen.clear()
            for offset, record in part.records:
                self._enter(offset, record)
            for offset, why in part.damaged:
                self._facts.damaged += 1
                self._problem(
                    "damaged line", f"the line at byte {offset:,} of the journal is skipped: {why}", None, None
                )
            more, self._size = part.more, max(1, self._journal.offset + part.left)
            more = self._read_partials() or more
            self.fault = ""
        except OSError as error:  # such as a file system that is gone for a moment
            self.fault, more = f"{error.filename or self.paths.journal} cannot be read: {error.strerror}", False
        if not more:
            self._caught_up = True
            self._observe(time.monotonic())
        return more

    @property
    def gone(self) -> bool:
        return self._journal.changed is None

    def _read_partials(self) -> bool:
        part = self._partials.read()
        if part.anew:
            self._flying.clear()
        for _, record in part.records:
            if record.get("type") == "partial":
                sample, start = sample_of(record), record["start"]
                if start in (0, self._flying.get(sample, 0)):
                    self._flying[sample] = start + (len(record["ids"]) or record.get("counted", 0))
        return part.more

    def _enter(self, offset: int, record: Fields) -> None:
        facts = self._facts
        is_completion = record.get("type") == "completion"
        facts.ledger.enter(record, known=is_completion and sample_of(record) in facts.responses)
        match record.get("type"):
            case "manifest" | "run":
                facts.checks = "check_of" in record
                facts.final = False
                if not facts.checks:
                    facts.manifest = redacted_value(record)
                    facts.responses.begin(int(record.get("settings", {}).get("max_tokens", 0) or 0))
            case "completion":
                sample, response = facts.responses.completion(record)
                self._flying.pop(sample, None)
                if response.failed:
                    self._problem("failed", response.error, sample, record.get("at"))
                else:
                    self._remember(sample, offset)
            case "verdict":
                found = facts.responses.verdict(record)
                if found is not None and found[1].correct is None:
                    self._problem("not judged", found[1].reason, found[0], record.get("at"))
                if found is not None and any(found[0] == sample for sample, _ in facts.latest):
                    facts.verdicts[found[0]] = offset
            case "final":
                facts.final = True

    def _remember(self, sample: SampleId, offset: int) -> None:
        latest = self._facts.latest
        if len(latest) == LATEST:
            self._facts.verdicts.pop(latest[0][0], None)
        latest.append((sample, offset))

    def _problem(self, kind: str, text: str, sample: SampleId | None, at: Any) -> None:
        moment = at if isinstance(at, int | float) else time.time() if self._caught_up else None
        where = "" if sample is None else f"sample {sample.index + 1} of {' '.join(sample.key.split())[:120]}"
        self._facts.problems.append({"kind": kind, "text": redacted(text)[:600], "where": where, "at": moment})

    def _observe(self, now: float) -> None:
        self._seen.append((now, self._facts.responses.tokens + sum(self._flying.values()), self._facts.responses.done))
        while len(self._seen) > 2 and self._seen[1][0] < now - WINDOW:
            self._seen.popleft()

    def latest(self) -> list[tuple[SampleId, int, int | None]]:
        """The last responses, newest first, with the offsets of their lines and of their verdicts' lines."""
        facts = self._facts
        return [(sample, offset, facts.verdicts.get(sample)) for sample, offset in reversed(facts.latest)]

    def code_of(self, sample: SampleId) -> str:
        """``verdict_code`` of one of the last responses, or PENDING."""
        return self._facts.responses.code_of(sample)

    def state(self) -> str:
        """ "running", "finished", or "stopped": nobody writes it, and its result file was not written."""
        if self._facts.final:
            return "finished"
        return "running" if writer_of(self.paths.path) is not None else "stopped"

    def fields(self) -> dict[str, Any]:
        """The run for the page."""
        facts, state = self._facts, self.state()
        responses, manifest = facts.responses, facts.manifest
        expected = expected_responses(manifest)
        codes, accuracy = responses.codes, responses.accuracy()
        running = state == "running"
        flying = max(len(self._flying), facts.ledger.on_their_way) if running else 0
        found: dict[str, Any] = {
            "id": self.name, "title": self._title(), "file": self.paths.name, "state": state, "checks": facts.checks,
            "read": 1.0 if self._caught_up else min(1.0, self._journal.offset / self._size), "fault": self.fault,
            "done": responses.done, "total": expected.total if expected else None,
            "atMost": bool(expected and expected.at_most), "codes": {code: codes[code] for code in sorted(codes) if codes[code]},
            "waiting": codes[PENDING], "accuracy": _interval(accuracy), "tokens": responses.tokens,
            "flying": flying, "flyingTokens": sum(self._flying.values()) if running else 0, "kept": len(self._flying),
            "changed": self._journal.changed, "damaged": facts.damaged, "command": str(manifest.get("command", "")),
            "started": str(manifest.get("started", "")),
        }  # fmt: skip
        found |= self._speed(expected.total if expected else None, running=running) | self._spent()
        if len(responses.by_temperature) > 1:
            found["temperatures"] = [
                {"label": temperature_label(t), "done": each.done, "total": expected.per_temperature if expected else None,
                 "accuracy": _interval(each.accuracy())}
                for t, each in sorted(responses.by_temperature.items())
            ]  # fmt: skip
        return found

    def problems(self) -> list[Fields]:
        """The last problems, newest first."""
        return [problem | {"run": self._title()} for problem in reversed(self._facts.problems)]

    def _title(self) -> str:
        manifest = self._facts.manifest
        settings = manifest.get("settings", {})
        if "rewriter" in settings:
            return f"{self.paths.path.stem}: rewriting"
        if "labeller" in settings:
            return f"{self.paths.path.stem}: difficulty labels"
        budget = settings.get("thinking_budget")
        return family_of(manifest, self.paths.path) + (f", thinking budget {budget}" if budget else "")

    def _speed(self, total: int | None, *, running: bool) -> dict[str, Any]:
        """Tokens per second and seconds left; of a run that has ended, what it noted itself."""
        if not running:
            return {"rate": _noted_rate(self.paths.token_usage), "left": None}
        if len(self._seen) < 2 or (seconds := self._seen[-1][0] - self._seen[0][0]) < SHORTEST:
            return {"rate": None, "left": None}
        first, last = self._seen[0], self._seen[-1]
        responses = (last[2] - first[2]) / seconds
        left = (total - last[2]) / responses if total is not None and responses > 0 else None
        return {"rate": max(0.0, (last[1] - first[1]) / seconds), "left": left}

    def _spent(self) -> dict[str, Any]:
        ledger = self._facts.ledger
        if ledger.price is None:
            return {"spent": None, "estimated": False}
        dollars = (ledger.prompt_tokens * ledger.price[0] + ledger.completion_tokens * ledger.price[1]) / 1e6
        return {"spent": dollars, "estimated": ledger.estimated > 0}


def _interval(estimate: Estimate | None) -> dict[str, Any] | None:
    if estimate is None:
        return None
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high, "problems": estimate.problems}


def _noted_rate(path: Path) -> float | None:
    """Tokens per second of the last run, from its summary of tokens."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        tokens, seconds = found["completion_tokens_of_last_run"], found["seconds_of_last_run"]
        return float(tokens) / float(seconds) if seconds else None
    except (OSError, ValueError, KeyError, TypeError):  # not written yet, or by another tool
        return None
