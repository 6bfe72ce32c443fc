"""Expected outputs from a reference solution, run in the sandbox as any other program and kept in a cache.

The cache is ``$SKY_T1_CACHE`` or else ``~/.cache/sky-t1-tools`` (under ``$XDG_CACHE_HOME`` if that is set). Its keys
hold the program, its inputs and the version of Python, so an entry is never out of date; it may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from util.code import call_values
from util.code.compare import Rules
from util.code.judge import judge
from util.code.outcome import Outcome
from util.code.problem import Judging, Tests
from util.code.typed_results import typed
from util.records import NOT_JUDGEABLE, Verdict

VERSION = 1
"""Raised when the encoding of results changes."""

IN_MEMORY = 8
_recent: OrderedDict[str, list[bytes]] = OrderedDict()


@dataclass
class _Recorder:
    """Takes every result and keeps it."""

    results: dict[int, bytes] = field(default_factory=dict)

    def outcome(self, tests: Tests, index: int, data: bytes, rules: Rules) -> Outcome:
        self.results[index] = data
        return Outcome("passed")


def with_outputs(tests: Tests, judging: Judging) -> Tests | Verdict:
    """``tests`` with the results of their reference as outputs, or the verdict None if it has none.

    The reference runs under the limits of the solutions: where it exceeds them, no solution could be judged by them.
    Tests without a reference are returned as they are.

    Raises:
        UserError: the sandbox cannot start, or is weaker than required.
    """
    if tests.reference is None:
        return tests
    key = _key(tests, judging.wanted.python or tests.python)
    results = _recent.get(key) or _read(_place(key), len(tests.inputs))
    if results is None:
        recorder = _Recorder()
        asked = replace(tests, outputs=[""] * len(tests.inputs), checker=recorder, any_answer=False)
        verdict = judge(tests.program(tests.reference), asked, replace(judging, lenient=False, all_tests=False))
        if verdict.correct is not True:
            own_fault = verdict.correct is False
            reason = f"{NOT_JUDGEABLE}the reference solution fails: {verdict.reason}" if own_fault else verdict.reason
            return Verdict(None, reason, verdict.evidence)
        results = [recorder.results[index] for index in range(len(tests.inputs))]
        _write(_place(key), results)
    _recent[key] = results
    _recent.move_to_end(key)
    while len(_recent) > IN_MEMORY:
        _recent.popitem(last=False)
    try:
        outputs = [_output(result, tests.function) for result in results]
    except ValueError as error:
        return Verdict(None, f"{NOT_JUDGEABLE}a result of the reference solution cannot be read ({error})")
    return replace(tests, outputs=outputs, reference=None)


def cache_folder() -> Path:
    """Where results of references are kept."""
    if own := os.environ.get("SKY_T1_CACHE"):
        return Path(own).expanduser() / "references"
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "sky-t1-tools" / "references"


def _output(result: bytes, function: str | None) -> Any:
    return result.decode("utf-8") if function is None else call_values.loads(result)


def _key(tests: Tests, python: str) -> str:
    parts = [VERSION, python, list(sys.version_info[:2]), tests.program(tests.reference or ""), tests.function]
    text = json.dumps([*parts, [typed(arguments) for arguments in tests.inputs]], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _place(key: str) -> Path:
    return cache_folder() / key[:2] / f"{key}.json"


def _read(path: Path, count: int) -> list[bytes] | None:
    """The results in an entry; None where there is none, or it is damaged."""
    try:
        digest, texts = json.loads(path.read_text(encoding="utf-8"))
        results = [text.encode("latin-1") for text in texts]
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return None
    return results if len(results) == count and digest == _digest(results) else None


def _write(path: Path, results: list[bytes]) -> None:
    """Write an entry. A cache that cannot be written only costs time."""
    text = json.dumps([_digest(results), [result.decode("latin-1") for result in results]])
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, suffix=".tmp", delete=False) as file:
            file.write(text)
        os.replace(file.name, path)


def _digest(results: list[bytes]) -> str:
    whole = hashlib.sha256()
    for result in results:
        whole.update(len(result).to_bytes(8, "little") + result)
    return whole.hexdigest()
