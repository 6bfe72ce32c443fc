"""Samples: their names, and how to walk over those of a result entry."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from util.results.json_file import Entry


class Slot(NamedTuple):
    """The name of one sample."""

    key: str
    temperature: str
    sample_index: int


def samples(key: str, entry: Entry) -> Iterator[tuple[Slot, Entry, Entry]]:
    """(slot, response, token usage) of each sample of a normalised entry."""
    for temperature, responses in entry["responses"].items():
        usages = entry["token_usages"].get(temperature, [])
        for index, response in enumerate(responses):
            usage = usages[index] if index < len(usages) and isinstance(usages[index], dict) else {}
            usage = {name: count for name, count in usage.items() if isinstance(count, int)}
            yield Slot(key, temperature, index), response, usage


def judged_text(response: Entry) -> str:
    """What a checker looks at: the rewritten text where there is one."""
    return str(response.get("processed_content") or response["content"])


def text_hash(text: str) -> str:
    """Ties a verdict to the text that it was given on."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def is_finished(response: Entry) -> bool:
    """Whether it needs no further try: it has a text, or failed for good."""
    return response.get("finish_reason") != "error" or bool(response.get("final"))
