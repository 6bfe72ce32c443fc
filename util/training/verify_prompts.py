"""Rows for reinforcement learning: make the prompt and what responses are checked against again, and compare."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from util.prompting.prompts import THOUGHT_SOLUTION_SYSTEM
from util.records import Message
from util.results.entries import Entry
from util.results.json_file import dumps
from util.training.problem_names import key_text, source_of
from util.training.published_rows import PublishedRow, without_nothing
from util.training.rl_rows import TruthOf, prompt_record, rl_row
from util.training.verify_sources import difference


def prompt_difference(row: PublishedRow, dataset: str, entry: Entry, truth_of: TruthOf) -> str:
    """Where a row differs from the one that its problem gives; "" where it does not."""
    record = prompt_record(dataset, source_of(dataset, entry), key_text(entry), entry, truth_of)
    if isinstance(record, str):
        return f"no row can be made of its problem: {record}"
    fields: dict[str, Any] = row.fields
    info = fields.get("extra_info")
    index = info.get("index") if isinstance(info, dict) else None
    messages = [Message("user", entry.question)]
    if row.system:
        messages.insert(0, Message("system", THOUGHT_SOLUTION_SYSTEM))
    form, named = ("verl", fields.get("data_source")) if "data_source" in fields else ("rlvr", None)
    position = index if isinstance(index, int) else row.number - 1
    again = rl_row(form, record, messages, position, named if isinstance(named, str) else None)
    for name, made in again.items():
        published = without_nothing(fields.get(name))
        if published != made:
            return f"{name} {difference(_text(published), _text(made), 'its problem')}"
    return ""


def matches(row: PublishedRow, problems: Iterable[tuple[str, Entry]], truth_of: TruthOf) -> bool:
    """Whether one of several (dataset, problem) gives the row."""
    return any(not prompt_difference(row, dataset, entry, truth_of) for dataset, entry in problems)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else dumps(value)
