"""Compares what came of a run with what its scenario expects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from servers.scenario import ANY, COUNTED, ESTIMATED, NOT_TRUE, RIGHT, SERVER_WORD, Record, Scenario
from servers.server import ScriptedServer, Seen

MOST_FAILED = 0.05
"""The share of failed responses above which there is no score."""

KEY = "sk-scenario-key-"
"""How every key of a scenario begins."""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str


@dataclass
class Played:
    """A scenario that was played. records: row -> the response's fields, with its token counts under "usage"."""

    scenario: Scenario
    mode: str
    folder: Path
    server: ScriptedServer
    ended: Ended
    seconds: float
    requests: int
    records: dict[int, dict[str, Any]] = field(default_factory=dict)

    @property
    def chats(self) -> list[Seen]:
        """The requests of the first run."""
        return self.server.chats[: self.requests]

    @property
    def score(self) -> Any:
        """The accuracy that was printed or written; ``ANY`` where there is none at all."""
        if self.scenario.script == "eval":
            path = self.folder / "results.txt"
            return json.loads(path.read_text()).get("MATH500", ANY) if path.exists() else ANY
        lines = [line for line in self.ended.out.splitlines() if line.startswith('{"acc"')]
        return json.loads(lines[-1])["acc"] if lines else ANY


def compare(played: Played) -> None:
    """Everything that the scenario expects, and what holds for every run."""
    scenario, ended = played.scenario, played.ended
    check(not played.server.faults, f"the scenario itself failed: {played.server.faults}", ended)
    check("Traceback" not in ended.err, "a traceback", ended)
    check(scenario.status in (ANY, ended.status), f"status {ended.status}, expected {scenario.status}", ended)
    check(
        within(played.requests, scenario.requests), f"{played.requests} requests, expected {scenario.requests}", ended
    )
    for words in scenario.says:
        check(re.search(words, ended.err), f"stderr lacks {words!r}", ended)
    for words in scenario.hushed:
        check(not re.search(words, ended.err), f"stderr has {words!r}", ended)
    if scenario.once:
        count = sum(bool(re.search(scenario.once, line)) for line in re.split("[\r\n]+", ended.err))
        check(count == 1, f"{count} lines of stderr with {scenario.once!r}, expected 1", ended)
    if scenario.seconds is not None:
        check(played.seconds <= scenario.seconds, f"{played.seconds:.1f} s, at most {scenario.seconds:g}", ended)
    _compare_requests(played)
    _compare_records(played)
    _compare_score(played)
    _compare_files(played)
    if scenario.spent is not None:
        check(
            all(a >= b for a, b in zip(used(ended), scenario.spent, strict=True)),
            f"used {used(ended)} tokens, expected {scenario.spent} or more", ended,
        )  # fmt: skip
    if scenario.check is not None:
        scenario.check(played)


def _compare_requests(played: Played) -> None:
    """Every request is well formed, and streams or not as the command says."""
    for seen in played.chats:
        check(seen.headers.get("content-type", "").startswith("application/json"), "not sent as JSON", played.ended)
        check(seen.body.get("model") == "m", f"another model: {seen.body}", played.ended)
        check(played.mode == "stream" or not seen.streams, "a stream in spite of --no-stream", played.ended)
    if played.chats and played.mode == "stream":
        first = played.chats[0].body
        check(first.get("stream") is True, f"no stream was asked for: {first}", played.ended)
        check((first.get("stream_options") or {}).get("include_usage") is True, "no usage was asked for", played.ended)


def _compare_records(played: Played) -> None:
    scenario = played.scenario
    if scenario.expected is None:
        return
    for row in range(scenario.rows):
        check(row in played.records, f"no record of row {row}; there are {sorted(played.records)}", played.ended)
        expected = scenario.expected if scenario.odd in (None, row) else RIGHT
        if not scenario.judged:
            expected = replace(expected, correctness=ANY, reason="")
        for fault in differences(expected, played.records[row]):
            check(False, f"row {row}: {fault}\n  {str(played.records[row])[:1500]}", played.ended)


def differences(expected: Record, found: dict[str, Any]) -> Iterator[str]:
    """Where a record is not as expected."""
    if isinstance(expected.content, re.Pattern):
        if not expected.content.search(found["content"]):
            yield f"content {found['content']!r}, expected a match of {expected.content.pattern!r}"
    elif expected.content is not ANY and found["content"] != expected.content:
        yield f"content {found['content']!r}, expected {expected.content!r}"
    if expected.finish_reason not in (ANY, found.get("finish_reason")):
        yield f"finish_reason {found.get('finish_reason')!r}, expected {expected.finish_reason!r}"
    correct = found.get("correctness")
    if expected.correctness is NOT_TRUE:
        if correct is True:
            yield "judged right"
    elif expected.correctness is not ANY and correct is not expected.correctness:
        yield f"correctness {correct!r}, expected {expected.correctness!r}"
    for name in ("reason", "error"):
        if not re.search(getattr(expected, name), str(found.get(name) or ""), re.IGNORECASE):
            yield f"{name} {found.get(name)!r}, expected {getattr(expected, name)!r}"
    if expected.final is not ANY and found.get("final") is not expected.final:
        yield f"final {found.get('final')!r}, expected {expected.final!r}"
    if expected.server_word is not ANY and found.get(SERVER_WORD) != expected.server_word:
        yield f"{SERVER_WORD} {found.get(SERVER_WORD)!r}, expected {expected.server_word!r}"
    partial = found.get("partial_text")
    if expected.partial is not ANY and (
        (partial is None) != (expected.partial is None) or not re.search(expected.partial or "", partial or "")
    ):
        yield f"partial_text {partial!r}, expected {expected.partial!r}"
    yield from _usage_differences(expected.usage, found["usage"])


def _usage_differences(expected: Any, found: dict[str, Any]) -> Iterator[str]:
    counts = (found.get("prompt_tokens", 0), found.get("completion_tokens", 0))
    if expected is COUNTED:
        if not all(0 < count < 100_000 for count in counts) or not found.get(ESTIMATED):
            yield f"usage {found}, expected counts of our own, marked {ESTIMATED!r}"
    elif expected is not ANY and counts != expected:
        yield f"usage {found}, expected {expected}"


def _compare_score(played: Played) -> None:
    """No score from nothing: more than 5 % without an answer make none, and the status is 1."""
    scenario, score = played.scenario, played.score
    gone = [found for found in played.records.values() if found.get("finish_reason") == "error"]
    if len(gone) > MOST_FAILED * scenario.rows or not played.records:
        check(not isinstance(score, int | float), f"a score of {score} from too few answers", played.ended)
        check(played.ended.status == 1, f"status {played.ended.status} though too few were answered", played.ended)
    if scenario.score is not ANY:
        check(score == scenario.score, f"a score of {score}, expected {scenario.score}", played.ended)


def _compare_files(played: Played) -> None:
    """Every file is UTF-8 without half characters; no key is anywhere."""
    texts = [played.ended.out, played.ended.err]
    for path in (path for path in (played.folder / "out").rglob("*") if path.is_file()):
        texts.append(path.read_text(encoding="utf-8"))
        if path.suffix == ".json":
            value = json.loads(texts[-1], parse_constant=not_json)
            json.dumps(value, ensure_ascii=False).encode()
    check(not any(KEY in text for text in texts), "a key in an output", played.ended)


def used(ended: Ended) -> tuple[int, int]:
    """Prompt and completion tokens that the run says it used."""
    found = re.search(r"(?:used|spent)\b[^\n]*?([\d,]+) prompt\b[^\n]*?([\d,]+) completion", ended.err + ended.out)
    if found is None:
        return 0, 0
    prompt, completion = (int(count.replace(",", "")) for count in found.groups())
    return prompt, completion


def within(count: int, expected: Any) -> bool:
    """Whether a number of requests is as expected: a number, a range, or ``ANY``."""
    if expected is ANY:
        return True
    return count in expected if isinstance(expected, range) else count == expected


def check(right: Any, fault: str, ended: Ended) -> None:
    if not right:
        pytest.fail(f"{fault}\n--- stdout\n{ended.out[-1500:]}\n--- stderr\n{ended.err[-2500:]}", pytrace=False)


def not_json(word: str) -> NoReturn:
    """For ``json.loads``: refuses NaN and Infinity."""
    raise AssertionError(f"{word} is not JSON")
