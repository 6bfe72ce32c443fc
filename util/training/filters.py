"""The filters of right responses: each is off unless it is asked for; what they drop is recorded with the reason.

Responses are read from the temporary file in batches, so that memory does not grow with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from util.training import filter_languages, filter_loops, filter_words
from util.training.duplicate_responses import near_duplicates
from util.training.filter_agreement import disagreements
from util.training.filter_options import FilterOptions
from util.training.filter_text import Flaw, ResponseParts, parts_of
from util.training.filter_tokens import TokenCounter
from util.training.gather import Sample, TrainingPool, TrainingProblem

Filter = Callable[[ResponseParts], Flaw | None]
TOKENS = "tokens"
BATCH = 1_000_000
"""Characters that are read before their tokens are counted."""

Read = tuple[TrainingProblem, Sample, ResponseParts, str]
"""A response with the whole text of its row."""


def prepare(options: FilterOptions) -> None:
    """Find out what cannot work before any file is read.

    Raises:
        UserError: options that need each other; a tokenizer that cannot be read; a package that is missing.
    """
    options.check_filters()
    if options.tokenizer is not None:
        _counter(options.tokenizer)
    if "language" in options.filters:
        filter_languages.identifier()


def apply_filters(pool: TrainingPool, options: FilterOptions) -> None:
    """Reject what the filters find; each response is counted under the first that finds something."""
    wanted = text_filters(options)
    if wanted or options.tokenizer is not None:
        for batch in _batches(pool):
            _filter(pool, batch, wanted, options)
    if "agreement" in options.filters or options.dedup_responses is not None:
        for problem in list(pool.problems.values()):
            if len(problem.right) > 1:
                _filter_together(pool, problem, options)


def text_filters(options: FilterOptions) -> dict[str, Filter]:
    """The filters that look at one response, by name."""
    known: dict[str, Filter] = {
        "parts": filter_words.missing_part,
        "format": filter_words.bad_format,
        "refusals": filter_words.refusal,
        "prompts": filter_words.leaked_prompt,
        "scripts": lambda parts: filter_languages.foreign_script(parts, options.foreign_letters),
        "loops": filter_loops.loop,
        "language": lambda parts: filter_languages.foreign_language(parts, options.languages),
    }
    return {name: check for name, check in known.items() if name in options.filters}


def _batches(pool: TrainingPool) -> Iterator[list[Read]]:
    batch: list[Read] = []
    size = 0
    for problem in list(pool.problems.values()):
        for sample in list(problem.right):
            messages = pool.messages(sample)
            system = "\n".join(turn.content for turn in messages if turn.role == "system")
            question = "\n".join(turn.content for turn in messages[:-1] if turn.role != "system")
            parts = parts_of(question, messages[-1].content, system)
            batch.append((problem, sample, parts, "\n".join(turn.content for turn in messages)))
            size += sample.size
            if size >= BATCH:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch


def _filter(pool: TrainingPool, batch: list[Read], wanted: dict[str, Filter], options: FilterOptions) -> None:
    left: list[Read] = []
    for problem, sample, parts, whole in batch:
        found = ((name, check(parts)) for name, check in wanted.items())
        name, flaw = next(((name, flaw) for name, flaw in found if flaw is not None), ("", None))
        if flaw is not None:
            pool.reject(problem, sample, name, flaw.reason, flaw.detail)
        else:
            left.append((problem, sample, parts, whole))
    if options.tokenizer is not None and left:
        for (problem, sample, _, _), flaw in zip(left, _too_long_or_short(left, options), strict=True):
            if flaw is not None:
                pool.reject(problem, sample, TOKENS, flaw.reason, flaw.detail)


@lru_cache(maxsize=1)
def _counter(name: str) -> TokenCounter:
    return TokenCounter(name)


def _too_long_or_short(batch: list[Read], options: FilterOptions) -> list[Flaw | None]:
    assert options.tokenizer is not None
    counts = _counter(options.tokenizer).counts
    found: list[Flaw | None] = [None] * len(batch)
    for what, limits, texts in (
        ("the thought", options.thought_tokens, lambda: [parts.thought or "" for _, _, parts, _ in batch]),
        ("the answer", options.answer_tokens, lambda: [parts.answer or "" for _, _, parts, _ in batch]),
    ):
        if limits is not None:
            found = [old or limits.flaw(what, n) for old, n in zip(found, counts(texts()), strict=True)]
    most = options.max_tokens_row
    if most is not None:
        rows = counts([whole for *_, whole in batch])
        found = [
            old or (Flaw("the row is too long", f"{n} tokens, at most {most} are wanted") if n > most else None)
            for old, n in zip(found, rows, strict=True)
        ]
    return found


def _filter_together(pool: TrainingPool, problem: TrainingProblem, options: FilterOptions) -> None:
    """The filters that compare the right responses of one problem."""
    samples = list(problem.right)
    if "agreement" in options.filters:
        answers = [parts_of("", pool.messages(sample)[-1].content).answer or "" for sample in samples]
        for sample, flaw in zip(samples, disagreements(answers), strict=True):
            if flaw is not None:
                pool.reject(problem, sample, "agreement", flaw.reason, flaw.detail)
    samples = list(problem.right)
    if options.dedup_responses is not None and len(samples) > 1:
        texts = [pool.messages(sample)[-1].content for sample in samples]
        for number, twin in near_duplicates(texts, options.dedup_responses):
            origin = pool.origin(samples[twin])
            detail = f"{origin.file}, temperature {origin.temperature}, sample {origin.sample}"
            pool.reject(problem, samples[number], "responses", "nearly equals another response", detail)
