"""The problems of a finished result file, with the verdicts of its journal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from util.records import SampleId
from util.results.entries import Entry
from util.results.json_file import read_results
from util.results.store import ResultStore


def judged_entries(store: ResultStore) -> Iterator[Entry]:
    """The problems of the existing JSON file, with the verdicts of the journal."""
    for entry in read_results(store.path):
        judged = {
            temperature: [
                store.with_verdict(SampleId(entry.key, temperature, index), response)
                for index, response in enumerate(responses)
            ]
            for temperature, responses in entry.responses.items()
        }
        yield replace(entry, responses=judged)
