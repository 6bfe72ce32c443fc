"""Convert result files: each response rewritten into thought and solution."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from util.engines.base import Engine, Request, Sampling
from util.errors import UserError
from util.formatting import Formatted, by_rules, verified
from util.pipeline import Outcome, run_street
from util.progress import Progress
from util.prompts import REWRITE_REQUEST, REWRITE_SYSTEM, fill
from util.resultfile import Entry, read_results, write_results
from util.samples import Slot, samples
from util.store import ResultStore

PREFIX = "converted_"
Counts = Counter[str]


def result_files(folder: Path) -> list[Path]:
    """The result files of a folder, without what this tool itself wrote.

    Raises:
        UserError: there are none.
    """
    if not folder.is_dir():
        raise UserError(f"--input_dir {folder} is no folder. Give the --result-dir of the generation.")
    files = [
        p
        for p in sorted(folder.glob("*.json"))
        if not p.name.startswith((PREFIX, "labeled_", "train_data", "dataset_info", "."))
    ]
    if not files:
        raise UserError(
            f"{folder} holds no result file. Generate first: python inference_and_check.py ... "
            f"--result-dir {folder} --inference"
        )
    return files


def convert_by_rules(path: Path, keep: Callable[[Entry], bool]) -> Counts:
    """Write ``converted_NAME`` beside a result file, without any API."""
    counts: Counts = Counter()
    write_results(
        path.with_name(PREFIX + path.name), _converted(path, lambda _, r: by_rules(r["content"]), keep, counts)
    )
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
        done = sum(store.finished(slot) for slot, _, _ in _wanted(path, keep))
        progress = Progress(path.name[:40], total, done)
        try:
            run_street(_rewrite(path, store, engine, keep, max_tokens, progress))
        finally:
            progress.close()
        counts: Counts = Counter()

        def rewritten(slot: Slot, response: Entry) -> Formatted:
            found = store.response(slot)
            if found is None or found["finish_reason"] != "stop":
                return Formatted(None, (found or {}).get("error") or "the rewrite was cut off")
            return verified(response["content"], found["content"], f"rewritten by {model}")

        store.finalize(_converted(path, rewritten, keep, counts))
        return counts
    finally:
        store.close()


async def _rewrite(
    path: Path, store: ResultStore, engine: Engine, keep: Callable[[Entry], bool], max_tokens: int, progress: Progress
) -> Outcome:
    def requests() -> Iterator[Request]:
        for slot, entry, response in _wanted(path, keep):
            if not store.finished(slot):
                text = fill(REWRITE_REQUEST, question=str(entry.get("prompt") or slot[0]), response=response["content"])
                messages = [{"role": "system", "content": REWRITE_SYSTEM}, {"role": "user", "content": text}]
                yield Request(
                    slot.key, messages, Sampling(0.0, max_tokens=max_tokens), slot.sample_index, slot.temperature
                )

    async for completion in engine.generate(requests()):
        store.add_completion(completion)
        progress.generated(completion.usage.completion_tokens)
    await store.sync()
    return Outcome()


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
    total = sum(counts.values())
    print(f"{PREFIX}{path.name}: {counts.pop('converted', 0)} of {total} converted")
    for reason, number in counts.most_common():
        print(f"  {number} left as they were: {reason}", file=sys.stderr)


def count_wanted(path: Path, keep: Callable[[Entry], bool]) -> int:
    """Responses of a file that a conversion would rewrite."""
    return sum(1 for _ in _wanted(path, keep))
