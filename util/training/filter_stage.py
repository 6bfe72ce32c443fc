"""The filters of right responses: each is off unless it is asked for; what they drop is recorded with the reason.

Responses are read from the temporary file in batches, so that memory does not grow with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from util.system.errors import UserError
from util.text.language_identifier import identifier
from util.training import filter_languages, filter_loops, filter_words
from util.training.duplicate_responses import near_duplicates
from util.training.filter_agreement import disagreements
from util.training.filter_options import FilterOptions
from util.training.filter_text import Flaw, ResponseParts, parts_of
from util.training.filter_tokens import TokenCounter, TokenRange
from util.training.gather import Sample, TrainingPool, TrainingProblem
from util.training.options import DataOptions

Filter = Callable[[ResponseParts], Flaw | None]
TOKENS = "tokens"
BATCH = 1_000_000
"""Characters that are read before their tokens are counted."""

Read = tuple[TrainingProblem, Sample, ResponseParts, str]
"""A response with the whole text of its row."""


def prepare(options: DataOptions) -> None:
    """Find out what cannot work before any file is read.

    Raises:
        UserError: options that need each other; a tokenizer that cannot be read; a package that is missing.
    """
    options.check_filters()
    if options.has_filters and not options.has_responses:
        raise UserError(
            f"--format {options.form} writes questions without responses: --filters, --dedup-responses and limits of tokens "
            "have nothing to look at. Leave them out."
        )
    if options.tokenizer is not None and not (options.limits_tokens or options.measured):
        raise UserError(
            "--tokenizer has no effect alone: add --thought-tokens, --answer-tokens, --max-tokens-row or --card."
        )
    if options.tokenizer is not None:
        token_counter(options.tokenizer)
    if "language" in options.filters:
        identifier()


def apply_filters(pool: TrainingPool, options: FilterOptions) -> None:
    """Reject what the filters find; each response is counted under the first that finds something."""
    wanted = text_filters(options)
    if wanted or options.limits_tokens:
        for batch in _batches(pool, whole=options.max_tokens_row is not None):
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


def _batches(pool: TrainingPool, *, whole: bool) -> Iterator[list[Read]]:
    """Responses that are left. whole: with the text of their rows."""
    batch: list[Read] = []
    size = 0
    for problem in list(pool.problems.values()):
        for sample in list(problem.right):
            messages = pool.messages(sample)
            system = "\n".join(turn.content for turn in messages if turn.role == "system")
            question = "\n".join(turn.content for turn in messages[:-1] if turn.role != "system")
            parts = parts_of(question, messages[-1].content, system)
            batch.append((problem, sample, parts, _written(pool, sample) if whole else ""))
            size += sample.size
            if size >= BATCH:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch


def _written(pool: TrainingPool, sample: Sample) -> str:
    """All text of a row in the form that is written."""
    return "\n".join(text for turn in pool.turns(sample) for name, text in turn.items() if name != "role")


def _filter(pool: TrainingPool, batch: list[Read], wanted: dict[str, Filter], options: FilterOptions) -> None:
    left: list[Read] = []
    for problem, sample, parts, whole in batch:
        found = ((name, check(parts)) for name, check in wanted.items())
        name, flaw = next(((name, flaw) for name, flaw in found if flaw is not None), ("", None))
        if flaw is not None:
            pool.reject(problem, sample, name, flaw.reason, flaw.detail)
        else:
            left.append((problem, sample, parts, whole))
    if options.limits_tokens and left:
        for (problem, sample, _, _), flaw in zip(left, _too_long_or_short(left, options), strict=True):
            if flaw is not None:
                pool.reject(problem, sample, TOKENS, flaw.reason, flaw.detail)


@lru_cache(maxsize=1)
def token_counter(name: str) -> TokenCounter:
    """The counter of --tokenizer, loaded once."""
    return TokenCounter(name)


def _too_long_or_short(batch: list[Read], options: FilterOptions) -> list[Flaw | None]:
    assert options.tokenizer is not None
    count = token_counter(options.tokenizer).counts
    row = TokenRange(None, options.max_tokens_row) if options.max_tokens_row is not None else None
    measured = (
        ("the thought", options.thought_tokens, [parts.thought or "" for _, _, parts, _ in batch]),
        ("the answer", options.answer_tokens, [parts.answer or "" for _, _, parts, _ in batch]),
        ("the row", row, [whole for *_, whole in batch]),
    )
    found: list[Flaw | None] = [None] * len(batch)
    for what, limits, texts in measured:
        if limits is not None:
            found = [old or limits.flaw(what, number) for old, number in zip(found, count(texts), strict=True)]
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
            twin_origin = str(pool.origin(samples[twin]))
            pool.reject(problem, samples[number], "responses", "nearly equals another response", twin_origin)
