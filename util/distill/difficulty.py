"""Step 0: difficulty labels for problems, from a model that follows a rubric."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from util.distill.level import SHOWN, UNPARSED, level_of, why_unreadable
from util.engines.base import Engine, Request, Sampling
from util.engines.options import PARTIAL_TOKENS
from util.engines.prices import Budget, CostEstimate, estimate
from util.prompting.prompts import DIFFICULTY_REMINDER, DIFFICULTY_REQUEST, DIFFICULTY_RUBRIC, fill
from util.records import Message, Response, Row, SampleId
from util.results.entries import Fields, text_hash
from util.results.json_file import dumps
from util.results.store import ResultStore
from util.results.writing import write_atomically
from util.run.pipeline import generate_only, run_async
from util.run.progress import Progress
from util.run.rows import RowIndex
from util.run.summary import RunSummary
from util.system.characters import printable
from util.text.thought import after_reasoning

ANSWER_TOKENS = 1024
"""Default limit of an answer with its thought. A label takes some 40 tokens, but a model may think first."""
_EARLIER_TOKENS = 256
"""The limit of answers whose journal does not tell it."""
TYPICAL_TOKENS = 40
"""Assumed length of a label with its one-sentence reason, for cost estimates; not measured on GPT-4o-mini."""


@dataclass(frozen=True)
class Labels:
    """The labels of a file.

    rows: of the file. asked: requests that this run sent. unparsed: rows without a level. failed: requests of this run
    that a rerun may complete. example: the first characters of an answer without a level, for the console; hint: why it
    has none.
    """

    rows: int
    asked: int
    unparsed: int
    failed: int
    example: str = ""
    hint: str = ""


def label(
    rows: RowIndex,
    output: Path,
    engine: Engine,
    model: str,
    max_tokens: int = ANSWER_TOKENS,
    *,
    repair: bool = False,
) -> Labels:
    """Label every row and write the labelled rows to ``output``.

    Each answer is written to the journal beside ``output`` as soon as it arrives. repair: see ``ResultStore``.
    """
    with contextlib.closing(ResultStore(output, repair=repair, partial_tokens=PARTIAL_TOKENS)) as store:
        store.check_settings({"labeller": model})
        if store.journal_is_empty:
            store.begin({"settings": {"labeller": model}})
        asked = [_ask(rows, store, engine, attempt, max_tokens) for attempt in (1, 2)]
        unparsed, example = _write(rows, store, output)
        return Labels(
            rows=len(rows),
            asked=sum(summary.generated + summary.failed for summary in asked),
            unparsed=unparsed,
            failed=sum(summary.retriable for summary in asked),
            example=printable(example.content[:SHOWN]) if example else "",
            hint=why_unreadable(example, max_tokens) if example else "",
        )


def _ask(rows: RowIndex, store: ResultStore, engine: Engine, attempt: int, max_tokens: int) -> RunSummary:
    """Request missing labels (attempt 1), or those without a level (attempt 2)."""
    missing = sum(1 for _ in _missing(rows, store, attempt, max_tokens))
    if attempt > 1 and not missing:
        return RunSummary()
    total = len(rows) if attempt == 1 else missing
    name = "labels" if attempt == 1 else "labels, second attempt"
    requests = (
        request(key, row, max_tokens, unreadable=unreadable)
        for key, row, unreadable in _missing(rows, store, attempt, max_tokens)
    )

    def fields(sample: SampleId) -> Fields:
        return {"attempt": attempt, "max_tokens": max_tokens}

    with contextlib.closing(Progress(name, total, total - missing)) as progress:
        return run_async(generate_only(requests, store, engine, progress, fields, second=attempt > 1))


def request(key: str, row: Row, max_tokens: int = ANSWER_TOKENS, *, unreadable: str | None = None) -> Request:
    """The request for one problem. unreadable: the model's first answer, if it has no level.

    Of that answer, the model gets back only what follows its thought. Where that is nothing, the reminder follows the
    problem at once: many chat templates refuse two user turns in a row.
    """
    text = fill(DIFFICULTY_REQUEST, problem=row["problem"], solution=row["solution"])
    system = Message("system", DIFFICULTY_RUBRIC)
    answer = (after_reasoning(unreadable) or "").strip() if unreadable is not None else ""
    if answer:
        turns = [Message("user", text), Message("assistant", answer), Message("user", DIFFICULTY_REMINDER)]
    else:
        turns = [Message("user", text if unreadable is None else f"{text}\n\n{DIFFICULTY_REMINDER}")]
    return Request(SampleId(key), [system, *turns], Sampling(0.0, max_tokens=max_tokens))


def typical_tokens(request: Request) -> float:
    """Assumed of each label, for estimates."""
    return TYPICAL_TOKENS


def planned(
    rows: Iterable[tuple[str, Row]], budget: Budget, max_tokens: int = ANSWER_TOKENS
) -> tuple[list[Message], CostEstimate]:
    """The first request's messages, and what labelling all ``rows`` will take; they are read once, and not kept."""
    first: list[Message] = []

    def requests() -> Iterator[Request]:
        for key, row in rows:
            made = request(key, row, max_tokens)
            first[:] = first or made.messages
            yield made

    return first, estimate(requests(), budget, typical_tokens)


def _missing(
    rows: RowIndex, store: ResultStore, attempt: int, max_tokens: int
) -> Iterator[tuple[str, Row, str | None]]:
    """(key, row, unreadable answer) of each label to request. The same problem from two sources is requested once."""
    asked: set[str] = set()
    for number, key in enumerate(rows):
        if (digest := text_hash(key)) in asked:
            continue
        found = store.response(SampleId(key))
        if attempt == 1 and not _kept(found, max_tokens):
            asked.add(digest)
            yield key, rows.row(number), None
        elif attempt > 1 and found is not None and _may_retry(found):
            asked.add(digest)
            yield key, rows.row(number), found.content


def _kept(found: Response | None, max_tokens: int) -> bool:
    """Whether a first answer needs no other: it failed for good, or is whole, or no higher token limit may help."""
    if found is None or not found.finished:
        return False
    return not found.truncated or int(found.extra.get("max_tokens", _EARLIER_TOKENS)) >= max_tokens


def _may_retry(found: Response) -> bool:
    """Whether an answer has no level and has not had its second attempt."""
    return not found.failed and found.extra.get("attempt", 1) == 1 and level_of(found) == UNPARSED


def _write(rows: RowIndex, store: ResultStore, output: Path) -> tuple[int, Response | None]:
    """Write the rows with their labels; return the number of rows without one, and an answer without a level."""
    unparsed = 0
    example: Response | None = None

    def parts() -> Iterator[str]:
        nonlocal unparsed, example
        yield "["
        for number, (key, row) in enumerate(rows.items()):
            response = store.response(SampleId(key))
            level = level_of(response)
            text = None if response is None or response.failed else response.content
            labelled = row | {"gpt_difficulty": text, "gpt_difficulty_parsed": level}
            yield (",\n" if number else "\n") + dumps(labelled)
            if level == UNPARSED:
                unparsed += 1
                # An answer tells more than a failed request.
                example = response if example is None or example.failed else example
        yield "\n]\n"

    write_atomically(output, parts())
    return unparsed, example
