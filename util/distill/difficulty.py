"""Difficulty labels for problems, by a model that follows a rubric."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from util.engines.base import Engine, Request, Sampling
from util.prompting.prompts import DIFFICULTY_REMINDER, DIFFICULTY_REQUEST, DIFFICULTY_RUBRIC, fill
from util.results.json_file import Entry, dumps, write_atomically
from util.results.samples import Slot, text_hash
from util.results.store import ResultStore
from util.run.pipeline import collect, run_street
from util.run.progress import Progress

UNPARSED = -1
ANSWER_TOKENS = 256
TYPICAL_TOKENS = 40
"""Assumed of a label with its one sentence of reason, for estimates; not measured on GPT-4o-mini."""
_LEVEL = re.compile(r"\[\[?\s*(\d+(?:\.\d+)?)\s*\]?\]")

Rows = Callable[[], Iterator[tuple[str, Entry]]]


def parse_level(text: str) -> float:
    """The level that an answer ends with, -1 if it names none from 1 to 10.

    >>> parse_level("Hard. [[7.5]]"), parse_level("[7]"), parse_level("seven")
    (7.5, 7.0, -1)
    """
    found = _LEVEL.findall(text)
    level = float(found[-1]) if found else UNPARSED
    return level if 1 <= level <= 10 else UNPARSED


def label(rows: Rows, output: Path, engine: Engine, model: str) -> tuple[int, int, int]:
    """Label every row and write the list; return (rows, unparsed, requests that failed and may pass later).

    Each answer is in the journal beside ``output`` as soon as it arrives.
    """
    store = ResultStore(output)
    try:
        store.check_settings({"labeller": model})
        if store.journal_is_empty:
            store.begin({"settings": {"labeller": model}})
        failed = 0
        for attempt in (1, 2):
            failed += _ask(rows, store, engine, attempt)
        return (*_write(rows, store, output), failed)
    finally:
        store.close()


def _ask(rows: Rows, store: ResultStore, engine: Engine, attempt: int) -> int:
    """Ask what is missing (attempt 1) or was unreadable (attempt 2); return how many may pass later."""
    missing = sum(1 for _ in _missing(rows, store, attempt))
    if attempt > 1 and not missing:
        return 0
    total = sum(1 for _ in rows()) if attempt == 1 else missing
    progress = Progress("labels" if attempt == 1 else "labels, second try", total, total - missing)
    try:
        requests = _missing(rows, store, attempt)
        outcome = run_street(
            collect(requests, store, engine, progress, lambda slot: {"attempt": attempt}, second=attempt > 1)
        )
    finally:
        progress.close()
    return outcome.retriable


def request(key: str, row: Entry, unreadable: str | None = None) -> Request:
    """The question put to the model about one problem. unreadable: its first answer, if that names no level."""
    text = fill(DIFFICULTY_REQUEST, problem=row["problem"], solution=row["solution"])
    messages = [{"role": "system", "content": DIFFICULTY_RUBRIC}, {"role": "user", "content": text}]
    if unreadable is not None:
        messages += [{"role": "assistant", "content": unreadable}, {"role": "user", "content": DIFFICULTY_REMINDER}]
    return Request(key, messages, Sampling(0.0, max_tokens=ANSWER_TOKENS))


def _missing(rows: Rows, store: ResultStore, attempt: int) -> Iterator[Request]:
    """What is still to be asked. Two sources may hold the same problem: one answer serves both."""
    asked: set[str] = set()
    for key, row in rows():
        if (digest := text_hash(key)) in asked:
            continue
        unreadable = _unreadable(store, key) if attempt > 1 else None
        if unreadable is not None if attempt > 1 else not store.finished(_slot(key)):
            asked.add(digest)
            yield request(key, row, unreadable)


def _unreadable(store: ResultStore, key: str) -> str | None:
    """The first answer, if it is there and names no level."""
    found = store.response(_slot(key))
    if found is None or found["finish_reason"] == "error" or found.get("attempt", 1) > 1:
        return None
    return found["content"] if parse_level(found["content"]) == UNPARSED else None


def _write(rows: Rows, store: ResultStore, output: Path) -> tuple[int, int]:
    count = unparsed = 0

    def parts() -> Iterator[str]:
        nonlocal count, unparsed
        yield "["
        for key, row in rows():
            response = store.response(_slot(key)) or {}
            failed = response.get("finish_reason", "error") == "error"
            text = None if failed else response["content"]
            level = parse_level(text or "")
            labelled = row | {"gpt_difficulty": text, "gpt_difficulty_parsed": level}
            yield (",\n" if count else "\n") + dumps(labelled)
            count += 1
            unparsed += level == UNPARSED
        yield "\n]\n"

    write_atomically(output, parts())
    return count, unparsed


def _slot(key: str) -> Slot:
    return Slot(key, "0", 0)
