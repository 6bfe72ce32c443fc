"""Step 2: rewrite each response of a result file into thought and solution."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace as changed

from util.distill.conversions import Conversions
from util.distill.formatting import Formatted, by_rules, verified
from util.engines.base import Engine, Request, Sampling
from util.engines.options import PARTIAL_TOKENS
from util.engines.prices import text_tokens
from util.prompting.prompts import REWRITE_REQUEST, REWRITE_SYSTEM, fill
from util.records import Message, Response, SampleId
from util.results.entries import Entry, Fields, judged, text_hash
from util.results.file_lock import FileLock
from util.results.json_file import is_result_file, read_results, write_results
from util.results.paths import ResultPaths
from util.results.store import ResultStore
from util.run.pipeline import generate_only, run_async
from util.run.progress import Progress
from util.system.characters import printable
from util.system.errors import UserError

TRIES = 2
"""Maximum rewrites per response: a rejected one is requested once more."""
_SECOND_TEMPERATURE = 0.5
"""Temperature of the second attempt; at 0 it would repeat the first."""

Wanted = tuple[SampleId, Entry, Response]
"""A response to rewrite, with its problem."""


@dataclass(frozen=True)
class RewriteOptions:
    """max_tokens: of a rewrite; longer responses are not sent. only_correct: do not rewrite other responses."""

    model: str
    max_tokens: int
    min_similarity: float
    only_correct: bool

    def keeps(self, response: Response) -> bool:
        """Whether to rewrite a response."""
        return not self.only_correct or response.correct is True


def files_to_rewrite(folder: Path) -> tuple[list[Path], int]:
    """The result files in a folder, without converted files, and the number of files that cannot be read.

    Raises:
        UserError: there is no such file.
    """
    if not folder.is_dir():
        raise UserError(f"--input-dir {folder} is not a folder. Use the --result-dir of the generation.")
    candidates = [p for p in sorted(folder.glob("*.json")) if not ResultPaths(p).is_converted and p.name[0] != "."]
    usable = {path: _usable_file(path) for path in candidates}
    files, unreadable = [path for path in candidates if usable[path]], list(usable.values()).count(None)
    if not files:
        named = f" that can be read ({unreadable} cannot)" if unreadable else ""
        raise UserError(
            f"{folder} has no result file{named}. Generate responses first: python inference_and_check.py ... "
            f"--result-dir {folder} --inference"
        )
    return files, unreadable


def _usable_file(path: Path) -> bool | None:
    """Whether a JSON file is a result file: the folder may also contain labels, training data and summaries.

    None if it cannot be read; says why on standard error.
    """
    try:
        return is_result_file(path)
    except UserError as error:
        print(printable(f"error: {path.name} is left out: {error}"), file=sys.stderr)
        return None


def convert_by_rules(path: Path, options: RewriteOptions) -> Conversions:
    """Write ``converted_NAME`` beside a result file, using rules only."""
    counts = Conversions()
    target = ResultPaths(path).converted.path
    lock = FileLock(target)
    try:
        write_results(
            target,
            _converted(path, lambda _, entry, response: by_rules(response.content, entry.prompt), options, counts),
        )
    finally:
        lock.release()
    return counts


def convert_by_api(path: Path, engine: Engine, options: RewriteOptions, *, repair: bool = False) -> Conversions:
    """Write ``converted_NAME`` using a model; every rewrite is written to the journal and verified.

    repair: see ``ResultStore``.
    """
    with contextlib.closing(
        ResultStore(ResultPaths(path).converted.path, repair=repair, partial_tokens=PARTIAL_TOKENS)
    ) as store:
        store.check_settings({"rewriter": options.model})
        if store.journal_is_empty:
            store.begin({"settings": {"rewriter": options.model}})
        counts = Conversions()
        for attempt in range(1, TRIES + 1):
            _rewrite(path, store, engine, options, attempt, counts)
        judge = _Rewrites(store, options).formatted
        store.finalize(_converted(path, judge, options, counts))
        return counts


def _rewrite(
    path: Path, store: ResultStore, engine: Engine, options: RewriteOptions, attempt: int, counts: Conversions
) -> None:
    """Request the missing rewrites (attempt 1), or those that were rejected (attempt 2)."""
    rewrites = _Rewrites(store, options)

    def needed() -> Iterator[Wanted]:
        for sample, entry, response in _sendable(path, options):
            found = rewrites.stored(sample, response)
            if found is None if attempt == 1 else rewrites.may_retry(found, entry, response):
                yield sample, entry, response

    total = sum(1 for _ in _sendable(path, options))
    missing = sum(1 for _ in needed())
    if attempt > 1 and not missing:
        return
    label = path.name[:40] if attempt == 1 else f"{path.name[:30]}, second attempt"
    sources: dict[SampleId, str] = {}

    def requests() -> Iterator[Request]:
        for sample, entry, response in needed():
            sources[sample] = text_hash(response.content)
            yield _request(sample, entry, response, options.max_tokens, attempt)

    def fields(sample: SampleId) -> Fields:
        return {"source": sources.pop(sample), "max_tokens": options.max_tokens, "attempt": attempt}

    known = total - missing
    with contextlib.closing(Progress(label, *((total, known) if attempt == 1 else (missing, 0)))) as progress:
        summary = run_async(generate_only(requests(), store, engine, progress, fields, second=attempt > 1))
    counts.retriable += summary.retriable


@dataclass(frozen=True)
class _Rewrites:
    """The rewrites in the journal of a converted file."""

    store: ResultStore
    options: RewriteOptions

    def stored(self, sample: SampleId, response: Response) -> Response | None:
        """The stored rewrite of exactly this response; None if there is none, or if a higher token limit may help."""
        found = self.store.response(sample) if self.store.finished(sample) else None
        if found is None or found.extra.get("source") != text_hash(response.content):
            return None
        if found.truncated and int(found.extra.get("max_tokens", 0)) < self.options.max_tokens:
            return None
        return found

    def may_retry(self, found: Response | None, entry: Entry, response: Response) -> bool:
        """Whether a rewrite exists, was rejected, and has not had its second attempt."""
        if found is None or not found.stopped or found.extra.get("attempt", 1) >= TRIES:
            return False
        return self._verified(found, entry, response).text is None

    def formatted(self, sample: SampleId, entry: Entry, response: Response) -> Formatted:
        """The verified rewrite of a response, or why there is none."""
        if too_long := _too_long(response, self.options.max_tokens):
            return Formatted(None, too_long)
        found = self.store.response(sample)
        if found is None or found.extra.get("source") != text_hash(response.content):
            return Formatted(None, "not rewritten")
        if not found.stopped:
            return Formatted(None, found.error or "the rewrite was cut off")
        return self._verified(found, entry, response)

    def _verified(self, found: Response, entry: Entry, response: Response) -> Formatted:
        how, similarity = f"rewritten by {self.options.model}", self.options.min_similarity
        return verified(response.content, found.content, how, similarity, prompt=entry.prompt)


def _too_long(response: Response, max_tokens: int) -> str | None:
    """Why a rewrite does not fit into the token limit, or None. A rewrite repeats the response."""
    if text_tokens(response.content) > max_tokens:
        return f"longer than the rewriter may write (--max-tokens {max_tokens})"
    return None


def _sendable(path: Path, options: RewriteOptions) -> Iterator[Wanted]:
    for sample, entry, response in _wanted(path, options):
        if _too_long(response, options.max_tokens) is None:
            yield sample, entry, response


def _request(sample: SampleId, entry: Entry, response: Response, max_tokens: int, attempt: int = 1) -> Request:
    text = fill(REWRITE_REQUEST, question=entry.question, response=response.content)
    messages = [Message("system", REWRITE_SYSTEM), Message("user", text)]
    return Request(sample, messages, Sampling(0.0 if attempt == 1 else _SECOND_TEMPERATURE, max_tokens=max_tokens))


def _wanted(path: Path, options: RewriteOptions) -> Iterator[Wanted]:
    for entry in read_results(path):
        for sample, response in entry.samples():
            if _unusable(response) is None and options.keeps(response):
                yield sample, entry, response


def _converted(
    path: Path, convert: Callable[[SampleId, Entry, Response], Formatted], options: RewriteOptions, counts: Conversions
) -> Iterator[Entry]:
    for entry in read_results(path):
        rewritten: dict[float, list[Response]] = {temperature: [] for temperature in entry.responses}
        for sample, response in entry.samples():
            reason = _unusable(response) or ("" if options.keeps(response) else "not asked for")
            formatted = Formatted(None, reason) if reason else convert(sample, entry, response)
            counts.count(formatted, wanted=not reason)
            # The verdict on the old text does not apply to the new one.
            found = changed(judged(response, None), rewritten=formatted.text, conversion=formatted.reason)
            rewritten[sample.temperature].append(found)
        yield Entry(entry.key, entry.row, entry.prompt, rewritten)


def _unusable(response: Response) -> str | None:
    """Why a response is not converted, or None."""
    if response.truncated:
        return "truncated"
    if response.failed or not response.content.strip():
        return "no response"
    return None


def rewrite_requests(path: Path, options: RewriteOptions) -> Iterator[Request]:
    """All requests to rewrite a file, including those that the journal already answers."""
    for sample, entry, response in _sendable(path, options):
        yield _request(sample, entry, response, options.max_tokens)


def rewritten_tokens(request: Request) -> float:
    """Estimated tokens of a rewrite: it repeats the response, which is most of its request. Not measured."""
    return max(60.0, text_tokens(request.messages[-1].content) * 0.9)


def count_wanted(path: Path, options: RewriteOptions) -> int:
    """The number of responses in a file that a conversion rewrites."""
    return sum(1 for _ in _wanted(path, options))
