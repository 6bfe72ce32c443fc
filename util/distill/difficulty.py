"""Step 0: difficulty labels for problems, from a model that follows a rubric."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from util.engines.base import Engine, Request, Sampling
from util.engines.prices import Budget, CostEstimate, estimate
from util.prompting.prompts import DIFFICULTY_REMINDER, DIFFICULTY_REQUEST, DIFFICULTY_RUBRIC, fill
from util.records import Message, Row, SampleId
from util.results.entries import text_hash
from util.results.json_file import dumps
from util.results.store import ResultStore
from util.results.writing import write_atomically
from util.run.pipeline import generate_only, run_async
from util.run.progress import Progress
from util.run.rows import RowIndex

UNPARSED = -1
ANSWER_TOKENS = 256
TYPICAL_TOKENS = 40
"""Assumed length of a label with its one-sentence reason, for cost estimates; not measured on GPT-4o-mini."""
_LEVEL = re.compile(r"\[\[?\s*(\d+(?:\.\d+)?)\s*\]?\]")


def parse_level(text: str) -> float:
    """The last level in an answer; -1 if there is none from 1 to 10.

    >>> parse_level("Hard. [[7.5]]"), parse_level("[7]"), parse_level("seven")
    (7.5, 7.0, -1)
    """
    found = _LEVEL.findall(text)
    level = float(found[-1]) if found else UNPARSED
    return level if 1 <= level <= 10 else UNPARSED


@dataclass(frozen=True)
class Labels:
    """The result of labelling. unparsed: rows without a level. failed: requests that a rerun may complete."""

    rows: int
    unparsed: int
    failed: int


def label(rows: RowIndex, output: Path, engine: Engine, model: str, *, repair: bool = False) -> Labels:
    """Label every row and write the labelled rows to ``output``.

    Each answer is written to the journal beside ``output`` as soon as it arrives. repair: see ``ResultStore``.
    """
    with contextlib.closing(ResultStore(output, repair=repair)) as store:
        store.check_settings({"labeller": model})
        if store.journal_is_empty:
            store.begin({"settings": {"labeller": model}})
        failed = sum(_ask(rows, store, engine, attempt) for attempt in (1, 2))
        unparsed = _write(rows, store, output)
        return Labels(len(rows), unparsed, failed)


def _ask(rows: RowIndex, store: ResultStore, engine: Engine, attempt: int) -> int:
    """Request missing labels (attempt 1), or those without a level (attempt 2); return the number of retriable failures."""
    missing = sum(1 for _ in _missing(rows, store, attempt))
    if attempt > 1 and not missing:
        return 0
    total = len(rows) if attempt == 1 else missing
    name = "labels" if attempt == 1 else "labels, second attempt"
    requests = (request(*asked) for asked in _missing(rows, store, attempt))
    with contextlib.closing(Progress(name, total, total - missing)) as progress:
        summary = run_async(
            generate_only(requests, store, engine, progress, lambda sample: {"attempt": attempt}, second=attempt > 1)
        )
    return summary.retriable


def request(key: str, row: Row, unreadable: str | None = None) -> Request:
    """The request for one problem. unreadable: the model's first answer, if it has no level."""
    text = fill(DIFFICULTY_REQUEST, problem=row["problem"], solution=row["solution"])
    messages = [Message("system", DIFFICULTY_RUBRIC), Message("user", text)]
    if unreadable is not None:
        messages += [Message("assistant", unreadable), Message("user", DIFFICULTY_REMINDER)]
    return Request(SampleId(key), messages, Sampling(0.0, max_tokens=ANSWER_TOKENS))


def typical_tokens(request: Request) -> float:
    """Assumed of each label, for estimates."""
    return TYPICAL_TOKENS


def planned(rows: Iterable[tuple[str, Row]], budget: Budget) -> tuple[list[Message], CostEstimate]:
    """The first request's messages, and what labelling all ``rows`` will take; they are read once, and not kept."""
    first: list[Message] = []

    def requests() -> Iterator[Request]:
        for key, row in rows:
            made = request(key, row)
            first[:] = first or made.messages
            yield made

    return first, estimate(requests(), budget, typical_tokens)


def _missing(rows: RowIndex, store: ResultStore, attempt: int) -> Iterator[tuple[str, Row, str | None]]:
    """(key, row, unreadable answer) of each label to request. The same problem from two sources is requested once."""
    asked: set[str] = set()
    for number, key in enumerate(rows):
        if (digest := text_hash(key)) in asked:
            continue
        unreadable = _unreadable(store, key) if attempt > 1 else None
        if unreadable is not None if attempt > 1 else not store.finished(SampleId(key)):
            asked.add(digest)
            yield key, rows.row(number), unreadable


def _unreadable(store: ResultStore, key: str) -> str | None:
    """The first answer, if there is one and it has no level; else None."""
    found = store.response(SampleId(key))
    if found is None or found.failed or found.extra.get("attempt", 1) > 1:
        return None
    return found.content if parse_level(found.content) == UNPARSED else None


def _write(rows: RowIndex, store: ResultStore, output: Path) -> int:
    """Write the rows with their labels; return the number of rows without one."""
    unparsed = 0

    def parts() -> Iterator[str]:
        nonlocal unparsed
        yield "["
        for number, (key, row) in enumerate(rows.items()):
            response = store.response(SampleId(key))
            text = None if response is None or response.failed else response.content
            level = parse_level(text or "")
            labelled = row | {"gpt_difficulty": text, "gpt_difficulty_parsed": level}
            yield (",\n" if number else "\n") + dumps(labelled)
            unparsed += level == UNPARSED
        yield "\n]\n"

    write_atomically(output, parts())
    return unparsed
