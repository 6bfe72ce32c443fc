"""Difficulty labels for problems, by a model that follows a rubric."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from util.engines.base import Engine, Request, Sampling
from util.pipeline import collect, run_street
from util.progress import Progress
from util.prompts import DIFFICULTY_REQUEST, DIFFICULTY_RUBRIC, fill
from util.resultfile import Entry, dumps, write_atomically
from util.samples import Slot, text_hash
from util.store import ResultStore

UNPARSED = -1
ANSWER_TOKENS = 256
TYPICAL_TOKENS = 60
"""Assumed of a label with its short reason, for estimates; not measured."""
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
        total = sum(1 for _ in rows())
        done = sum(store.finished(_slot(key)) for key, _ in rows())
        progress = Progress("labels", total, done)
        try:
            outcome = run_street(collect(_missing(rows, store), store, engine, progress))
        finally:
            progress.close()
        return (*_write(rows, store, output), outcome.retriable)
    finally:
        store.close()


def request(key: str, row: Entry) -> Request:
    """The question put to the model about one problem."""
    text = fill(DIFFICULTY_REQUEST, problem=row["problem"], solution=row["solution"])
    messages = [{"role": "system", "content": DIFFICULTY_RUBRIC}, {"role": "user", "content": text}]
    return Request(key, messages, Sampling(0.0, max_tokens=ANSWER_TOKENS))


def _missing(rows: Rows, store: ResultStore) -> Iterator[Request]:
    """What is still to be asked. Two sources may hold the same problem: one answer serves both."""
    asked: set[str] = set()
    for key, row in rows():
        if not store.finished(_slot(key)) and (digest := text_hash(key)) not in asked:
            asked.add(digest)
            yield request(key, row)


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
