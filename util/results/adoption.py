"""Responses of a result file that its journal lacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace as changed

from util.results.entries import Entry, judged
from util.results.json_file import read_results
from util.results.manifest import Manifest
from util.system.errors import UserError

if TYPE_CHECKING:
    from util.results.store import ResultStore


def adopt(store: ResultStore, objection: Callable[[Entry], str | None], manifest: Manifest | None) -> int:
    """Add to the journal what it lacks of the JSON file; return how many responses. See ``ResultStore.adopt``.

    Raises:
        UserError: an entry does not belong to this run; nothing was changed. The disk is full.
    """
    for entry in read_results(store.path):
        if (why := objection(entry)) is not None:
            raise UserError(
                f"{store.path} has no journal and does not belong to this run: {why}. Choose another "
                "--result-dir, or start over with --overwrite (old files are kept as .bak)."
            )
    if manifest is not None and store.journal_is_empty:
        store.begin(manifest)
    count = 0
    for entry in read_results(store.path):
        for sample, response in entry.samples():
            if store.finished(sample):
                continue
            adopted = changed(judged(response, None), finish_reason=response.finish_reason or "stop")
            store.add(sample, adopted, adopted=True)
            if response.verdict is not None and response.correct is not None:
                store.add_verdict(sample, response.judged_text, response.verdict)
            count += 1
    store.check_room()
    return count
