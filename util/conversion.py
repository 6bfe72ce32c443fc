"""Convert result files: each response rewritten into thought and solution."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from util.engines.base import Engine, Request, Sampling
from util.engines.prices import text_tokens
from util.errors import UserError
from util.formatting import Formatted, by_rules, verified
from util.journal import FileLock
from util.pipeline import collect, run_street
from util.progress import Progress
from util.prompts import REWRITE_REQUEST, REWRITE_SYSTEM, fill
from util.resultfile import Entry, read_results, write_results
from util.samples import Slot, samples, text_hash
from util.store import ResultStore

PREFIX = "converted_"
Counts = Counter[str]
RETRIABLE = "(retriable)"
"""Not a response: how many requests failed and may pass in another run."""


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


def convert_by_api(path: Path, engine: Engine, model: str, keep: Callable[[Entry], bool], max_tokens: int) -> Counts:
    """The same with a model that rewrites; every rewrite is journaled and verified."""
    target = path.with_name(PREFIX + path.name)
    store = ResultStore(target)
    try:
        store.check_settings({"rewriter": model})
        if store.journal_is_empty:
            store.begin({"settings": {"rewriter": model}})
        total = sum(1 for _ in _wanted(path, keep))
        done = sum(_rewrite_of(store, slot, r, max_tokens) is not None for slot, _, r in _wanted(path, keep))
        progress = Progress(path.name[:40], total, done)
        sources: dict[Slot, str] = {}

        def missing() -> Iterator[Request]:
            for slot, entry, response in _wanted(path, keep):
                if _rewrite_of(store, slot, response, max_tokens) is None:
                    sources[slot] = text_hash(response["content"])
                    yield _request(slot, entry, response, max_tokens)

        def fields(slot: Slot) -> Entry:
            return {"source": sources.pop(slot), "max_tokens": max_tokens}

        try:
            outcome = run_street(collect(missing(), store, engine, progress, fields))
        finally:
            progress.close()
        counts: Counts = Counter({RETRIABLE: outcome.retriable} if outcome.retriable else {})

        def rewritten(slot: Slot, response: Entry) -> Formatted:
            found = store.response(slot)
            if found is None or found.get("source") != text_hash(response["content"]):
                return Formatted(None, "not rewritten")
            if found["finish_reason"] != "stop":
                return Formatted(None, found.get("error") or "the rewrite was cut off")
            return verified(response["content"], found["content"], f"rewritten by {model}")

        store.finalize(_converted(path, rewritten, keep, counts))
        return counts
    finally:
        store.close()


def _request(slot: Slot, entry: Entry, response: Entry, max_tokens: int) -> Request:
    text = fill(REWRITE_REQUEST, question=str(entry.get("prompt") or slot.key), response=response["content"])
    messages = [{"role": "system", "content": REWRITE_SYSTEM}, {"role": "user", "content": text}]
    return Request(slot.key, messages, Sampling(0.0, max_tokens=max_tokens), slot.sample_index, slot.temperature)


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


def rewrite_requests(path: Path, keep: Callable[[Entry], bool], max_tokens: int) -> Iterator[Request]:
    """The requests that rewriting a whole file takes, whether or not the journal has their answers."""
    for slot, entry, response in _wanted(path, keep):
        yield _request(slot, entry, response, max_tokens)


def rewritten_tokens(request: Request) -> float:
    """Assumed for estimates: a rewrite repeats the response, which is most of its request. Not measured."""
    return max(60.0, text_tokens(request.messages[-1]["content"]) * 0.9)


def count_wanted(path: Path, keep: Callable[[Entry], bool]) -> int:
    """Responses of a file that a conversion would rewrite."""
    return sum(1 for _ in _wanted(path, keep))
