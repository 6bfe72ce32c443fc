"""Training data of others: STILL-2's rows, and ready ShareGPT or messages files."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from util.distill.formatting import assemble, sections
from util.engines.base import Message
from util.hub import Row, local_rows
from util.prompting.prompts import THOUGHT_SOLUTION_SYSTEM
from util.system.errors import UserError
from util.training.gather import Pool

LEFT_OUT = frozenset(["code", "math"])
"""STILL-2's domains that Sky-T1 makes itself, verified: theirs are not taken unless asked for."""

_ROLES = {"human": "user", "gpt": "assistant", "user": "user", "assistant": "assistant", "system": "system"}


def add_extra(pool: Pool, path: Path, domains: Collection[str] | None) -> None:
    """Take every row of ``path``; nothing here was verified by us, and the funnel counts it apart.

    domains: which of STILL-2's to take; None is all but code and math.

    Raises:
        UserError: a row is of no known kind (place and fields named).
    """
    for place, row in local_rows(path, "train").placed():
        if isinstance(row.get("conversations"), list) or isinstance(row.get("messages"), list):
            messages, source = _turns(row, place), path.stem
        elif all(isinstance(row.get(name), str) for name in ("question", "combined_text")):
            domain = str(row.get("domain") or "unknown")
            if domain not in domains if domains is not None else domain in LEFT_OUT:
                pool.left_out[f"{path.name}: rows of the domain {domain}"] += 1
                continue
            found = sections(row["combined_text"])
            source = f"{path.stem}/{domain}"
            if found is None:
                pool.left_out[f"{path.name}: rows without the four markers"] += 1
                continue
            messages = _conversation(row["question"], assemble(*found))
        else:
            raise UserError(
                f"{place}: expected 'question' and 'combined_text' (STILL-2), or 'conversations' or 'messages'; "
                f"this row has {', '.join(map(str, row)) or 'nothing'}."
            )
        pool.count(source, "extra")
        question = "\n".join(turn["content"] for turn in messages[:-1] if turn["role"] != "system")
        pool.add(source, question, [question], messages, ours=False)


def _conversation(question: str, response: str) -> list[Message]:
    return [
        {"role": "system", "content": THOUGHT_SOLUTION_SYSTEM},
        {"role": "user", "content": question},
        {"role": "assistant", "content": response},
    ]


def _turns(row: Row, place: str) -> list[Message]:
    turns: list[Any] = row.get("conversations") or row.get("messages") or []
    messages: list[Message] = []
    if isinstance(row.get("system"), str) and row["system"]:
        messages.append({"role": "system", "content": row["system"]})
    for turn in turns:
        turn = turn if isinstance(turn, dict) else {}
        role, text = _ROLES.get(str(turn.get("from") or turn.get("role"))), turn.get("value", turn.get("content"))
        if role is None or not isinstance(text, str):
            raise UserError(
                f"{place}: a turn needs 'from' and 'value', or 'role' and 'content'; this one is {turn!r:.200}."
            )
        messages.append({"role": role, "content": text})
    roles = [turn["role"] for turn in messages if turn["role"] != "system"]
    if not roles or roles != ["user", "assistant"] * (len(roles) // 2):
        raise UserError(
            f"{place}: the turns must alternate, from a user's to an assistant's; found {', '.join(roles)}."
        )
    return messages
