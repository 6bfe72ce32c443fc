"""Additional training data: STILL-2 rows, and files in ShareGPT, messages or prompt-completion format."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from util.hub import local_rows
from util.prompting.prompts import THOUGHT_SOLUTION_SYSTEM
from util.records import Message, Row
from util.system.characters import Replacements
from util.system.errors import UserError
from util.text.thought import assemble, sections, with_thought
from util.training.form_options import THOUGHT_FIELDS
from util.training.gather import Origin, TrainingPool
from util.training.thought_forms import MixedNotationError, styled, thoughts_in

LEFT_OUT = frozenset(["code", "math"])
"""STILL-2 domains that are left out by default: Sky-T1 generates and verifies its own data for them."""

_ROLES = {"human": "user", "gpt": "assistant", "user": "user", "assistant": "assistant", "system": "system"}


def add_extra(candidates: TrainingPool, path: Path, domains: Collection[str] | None) -> None:
    """Add the rows of ``path``. They are not verified; the funnel counts them as "extra".

    domains: STILL-2 domains to add; None adds all except code and math.

    Raises:
        UserError: a row has none of the known formats; names the row and its fields.
    """
    replaced = Replacements(str(path))
    for place, row in map(replaced.whole, local_rows(path, "train", option="--extra", may_be_empty=True).placed()):
        if any(isinstance(row.get(name), list) for name in ("conversations", "messages", "completion")):
            (messages, ready), source = _turns(row, place), path.stem
        elif all(isinstance(row.get(name), str) for name in ("question", "combined_text")):
            domain = str(row.get("domain") or "unknown")
            if domain not in domains if domains is not None else domain in LEFT_OUT:
                candidates.left_out[f"{path.name}: rows of the domain {domain}"] += 1
                continue
            found = sections(row["combined_text"])
            source = f"{path.stem}/{domain}"
            if found is None:
                candidates.left_out[f"{path.name}: rows without the four markers"] += 1
                continue
            messages, ready = _conversation(row["question"], assemble(*found)), False
        else:
            raise UserError(
                f"{place}: expected 'question' and 'combined_text' (STILL-2), 'conversations', 'messages', or 'prompt' and "
                f"'completion' as lists of messages; "
                f"this row has {', '.join(map(str, row)) or 'nothing'}."
            )
        if not _fits(candidates, path, messages, ready):
            continue
        candidates.count(source, "extra")
        question = "\n".join(turn.content for turn in messages[:-1] if turn.role != "system")
        candidates.add(source, question, [question], messages, Origin(str(path), place), ours=False, ready=ready)
    replaced.tell()


def _conversation(question: str, response: str) -> list[Message]:
    return [
        Message("system", THOUGHT_SOLUTION_SYSTEM),
        Message("user", question),
        Message("assistant", response),
    ]


def _fits(candidates: TrainingPool, path: Path, messages: list[Message], ready: bool) -> bool:
    """Whether a conversation can be written in the pool's form; counts one that cannot."""
    try:
        styled(messages, candidates.form, ready=ready)
    except MixedNotationError as error:
        candidates.left_out[f"{path.name}: rows left out since {error}"] += 1
        return False
    if candidates.form.style is not None and not any(thoughts_in(messages)):
        candidates.notations["extra without a thought"] += 1
    return True


def _turns(row: Row, place: str) -> tuple[list[Message], bool]:
    """The turns, and whether they are as they stand in the row: a thought in a field of its own goes into think tags."""
    turns: list[Any] = row.get("conversations") or row.get("messages") or []
    if isinstance(row.get("completion"), list):
        turns = [*(row["prompt"] if isinstance(row.get("prompt"), list) else []), *row["completion"]]
    messages: list[Message] = []
    ready = True
    if isinstance(row.get("system"), str) and row["system"]:
        messages.append(Message("system", row["system"]))
    for turn in turns:
        turn = turn if isinstance(turn, dict) else {}
        role, text = _ROLES.get(str(turn.get("from") or turn.get("role"))), turn.get("value", turn.get("content"))
        if role is None or not isinstance(text, str):
            raise UserError(
                f"{place}: a turn needs 'from' and 'value', or 'role' and 'content'; this one is {turn!r:.200}."
            )
        thought = next((turn[name] for name in THOUGHT_FIELDS if isinstance(turn.get(name), str)), "").strip()
        if role == "assistant" and thought:
            text, ready = with_thought(thought, text.strip()), False
        messages.append(Message(role, text))
    roles = [turn.role for turn in messages if turn.role != "system"]
    if not roles or roles != ["user", "assistant"] * (len(roles) // 2):
        raise UserError(
            f"{place}: turns must alternate between user and assistant, beginning with user; found {', '.join(roles)}."
        )
    return messages, ready
