"""Convert result files: each response rewritten into thought and solution."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from util.distill.formatting import Formatted, by_rules, verified
from util.engines.base import Engine, Request, Sampling
from util.engines.prices import text_tokens
from util.prompting.prompts import REWRITE_REQUEST, REWRITE_SYSTEM, fill
from util.results.journal import FileLock
from util.results.json_file import Entry, read_results, write_results
from util.results.samples import Slot, samples, text_hash
from util.results.store import ResultStore
from util.run.pipeline import collect, run_street
from util.run.progress import Progress
from util.system.errors import UserError

PREFIX = "converted_"
Counts = Counter[str]
RETRIABLE = "(retriable)"
"""Not a response: how many requests failed and may pass in another run."""

TRIES = 2
"""Rewrites of one response at most: a refused one is asked for once more."""
_SECOND_TEMPERATURE = 0.5
"""Of the second try: at 0 it would be the first one again."""


@dataclass(frozen=True)
class RewriteOptions:
    """max_tokens: of a rewrite; a response that is longer is not sent. keep: which responses to rewrite."""

    model: str
    max_tokens: int
    min_similarity: float
    keep: Callable[[Entry], bool]


def result_files(folder: Path) -> list[Path]:
    """The result files of a folder, without what this tool itself wrote.

    Raises:
        UserError: there are none.
    """
    if not folder.is_dir():
        raise UserError(f"--input_dir {folder} is no folder. Give the --result-dir of the generation.")
    files = [p for p in sorted(folder.glob("*.json")) if not p.name.startswith((PREFIX, ".")) and _is_result(p)]
    if not files:
        raise UserError(
            f"{folder} holds no result file. Generate first: python inference_and_check.py ... "
            f"--result-dir {folder} --inference"
        )
    return files


def _is_result(path: Path) -> bool:
    """Whether a JSON file holds responses: folders also hold labels, training data and summaries."""
    try:
        with path.open(encoding="utf-8") as file:
            if not file.read(64).lstrip().startswith("{"):
                return False
        _, entry = next(read_results(path), ("", {}))
    except (UserError, UnicodeDecodeError, OSError) as error:
        print(f"{path.name} is left out: {error}", file=sys.stderr)
        return False
    return bool(entry.get("responses"))


def convert_by_rules(path: Path, keep: Callable[[Entry], bool]) -> Counts:
    """Write ``converted_NAME`` beside a result file, without any API."""
    counts: Counts = Counter()
    target = path.with_name(PREFIX + path.name)
    lock = FileLock(target)
    try:
        write_results(target, _converted(path, lambda _, r: by_rules(r["content"]), keep, counts))
    finally:
        lock.release()
    return counts


def convert_by_api(path: Path, engine: Engine, options: RewriteOptions) -> Counts:
    """The same with a model that rewrites; every rewrite is journaled and verified."""
    target = path.with_name(PREFIX + path.name)
    store = ResultStore(target)
    try:
        store.check_settings({"rewriter": options.model})
        if store.journal_is_empty:
            store.begin({"settings": {"rewriter": options.model}})
        counts: Counts = Counter()
        for attempt in range(1, TRIES + 1):
            _rewrite(path, store, engine, options, attempt, counts)
        store.finalize(_converted(path, lambda slot, r: _judged(store, slot, r, options), options.keep, counts))
        return counts
    finally:
        store.close()


def _rewrite(
    path: Path, store: ResultStore, engine: Engine, options: RewriteOptions, attempt: int, counts: Counts
) -> None:
    """Ask for every rewrite that is missing (attempt 1) or was refused (attempt 2)."""

    def needed() -> Iterator[tuple[Slot, Entry, Entry]]:
        for slot, entry, response in _sendable(path, options):
            found = _rewrite_of(store, slot, response, options.max_tokens)
            if found is None if attempt == 1 else _may_retry(found, response, options):
                yield slot, entry, response

    total = sum(1 for _ in _sendable(path, options))
    missing = sum(1 for _ in needed())
    if attempt > 1 and not missing:
        return
    label = path.name[:40] if attempt == 1 else f"{path.name[:30]}, second try"
    progress = Progress(label, total if attempt == 1 else missing, total - missing if attempt == 1 else 0)
    sources: dict[Slot, str] = {}

    def requests() -> Iterator[Request]:
        for slot, entry, response in needed():
            sources[slot] = text_hash(response["content"])
            yield _request(slot, entry, response, options.max_tokens, attempt)

    def fields(slot: Slot) -> Entry:
        return {"source": sources.pop(slot), "max_tokens": options.max_tokens, "attempt": attempt}

    try:
        outcome = run_street(collect(requests(), store, engine, progress, fields, second=attempt > 1))
    finally:
        progress.close()
    if outcome.retriable:
        counts[RETRIABLE] += outcome.retriable


def _judged(store: ResultStore, slot: Slot, response: Entry, options: RewriteOptions) -> Formatted:
    if too_long := _too_long(response, options.max_tokens):
        return Formatted(None, too_long)
    found = store.response(slot)
    if found is None or found.get("source") != text_hash(response["content"]):
        return Formatted(None, "not rewritten")
    if found["finish_reason"] != "stop":
        return Formatted(None, found.get("error") or "the rewrite was cut off")
    how = f"rewritten by {options.model}"
    return verified(response["content"], found["content"], how, options.min_similarity)


def _may_retry(found: Entry | None, response: Entry, options: RewriteOptions) -> bool:
    """Whether a rewrite is there, was refused, and was not tried twice."""
    if found is None or found["finish_reason"] != "stop" or found.get("attempt", 1) >= TRIES:
        return False
    return verified(response["content"], found["content"], "", options.min_similarity).text is None


def _too_long(response: Entry, max_tokens: int) -> str | None:
    """Why a rewrite cannot be written whole, if so: it repeats the response."""
    return (
        f"longer than the rewriter may write (--max-tokens {max_tokens})"
        if text_tokens(response["content"]) > max_tokens
        else None
    )


def _sendable(path: Path, options: RewriteOptions) -> Iterator[tuple[Slot, Entry, Entry]]:
    for slot, entry, response in _wanted(path, options.keep):
        if _too_long(response, options.max_tokens) is None:
            yield slot, entry, response


def _request(slot: Slot, entry: Entry, response: Entry, max_tokens: int, attempt: int = 1) -> Request:
    text = fill(REWRITE_REQUEST, question=str(entry.get("prompt") or slot.key), response=response["content"])
    messages = [{"role": "system", "content": REWRITE_SYSTEM}, {"role": "user", "content": text}]
    sampling = Sampling(0.0 if attempt == 1 else _SECOND_TEMPERATURE, max_tokens=max_tokens)
    return Request(slot.key, messages, sampling, slot.sample_index, slot.temperature)


def _rewrite_of(store: ResultStore, slot: Slot, response: Entry, max_tokens: int) -> Entry | None:
    """The stored rewrite of exactly this response; None if there is none, or more tokens may do better."""
    found = store.response(slot) if store.finished(slot) else None
    if found is None or found.get("source") != text_hash(response["content"]):
        return None
    if found["finish_reason"] == "length" and int(found.get("max_tokens", 0)) < max_tokens:
        return None
    return found


def _wanted(path: Path, keep: Callable[[Entry], bool]) -> Iterator[tuple[Slot, Entry, Entry]]:
    for key, entry in read_results(path):
        for slot, response, _ in samples(key, entry):
            if _usable(response) is None and keep(response):
                yield slot, entry, response


def _converted(
    path: Path, convert: Callable[[Slot, Entry], Formatted], keep: Callable[[Entry], bool], counts: Counts
) -> Iterator[tuple[str, Entry]]:
    for key, entry in read_results(path):
        for slot, response, _ in samples(key, entry):
            reason = _usable(response) or ("" if keep(response) else "not asked for")
            formatted = Formatted(None, reason) if reason else convert(slot, response)
            counts["converted" if formatted.text else formatted.reason] += 1
            response["conversion"] = formatted.reason
            response.pop("processed_content", None)
            if formatted.text:
                response["processed_content"] = formatted.text
            # A verdict on the old text says nothing of the new one.
            response.pop("correctness", None)
            response.pop("reason", None)
            response.pop("evidence", None)
        yield key, entry


def _usable(response: Entry) -> str | None:
    """None, or why a response is not worth converting."""
    if response.get("finish_reason") == "length":
        return "truncated"
    if response.get("finish_reason") == "error" or not response["content"].strip():
        return "no response"
    return None


def print_counts(path: Path, counts: Counts) -> None:
    counts.pop(RETRIABLE, 0)
    total = sum(counts.values())
    print(f"{PREFIX}{path.name}: {counts.pop('converted', 0)} of {total} converted")
    for reason, number in counts.most_common():
        print(f"  {number} left as they were: {reason}", file=sys.stderr)


def rewrite_requests(path: Path, options: RewriteOptions) -> Iterator[Request]:
    """The requests that rewriting a whole file takes, whether or not the journal has their answers."""
    for slot, entry, response in _sendable(path, options):
        yield _request(slot, entry, response, options.max_tokens)


def rewritten_tokens(request: Request) -> float:
    """Assumed for estimates: a rewrite repeats the response, which is most of its request. Not measured."""
    return max(60.0, text_tokens(request.messages[-1]["content"]) * 0.9)


def count_wanted(path: Path, keep: Callable[[Entry], bool]) -> int:
    """Responses of a file that a conversion would rewrite."""
    return sum(1 for _ in _wanted(path, keep))
