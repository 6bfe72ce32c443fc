"""The forms of training data that trainers read."""

from __future__ import annotations

from typing import Any

from util.engines.base import Message

FORMATS = ("sharegpt", "messages", "preference")


def sharegpt(messages: list[Message]) -> dict[str, Any]:
    """``system`` and ``conversations``, as Sky-T1's own data and LLaMA-Factory have them."""
    system = "\n\n".join(turn["content"] for turn in messages if turn["role"] == "system")
    turns = [{"from": turn["role"], "value": turn["content"]} for turn in messages if turn["role"] != "system"]
    return {"system": system, "conversations": turns}


def as_messages(messages: list[Message]) -> dict[str, Any]:
    """TRL's conversational form."""
    return {"messages": messages}


def preference(chosen: list[Message], rejected: list[Message]) -> dict[str, Any]:
    """TRL's conversational preference form: one prompt, two last turns."""
    return {"prompt": chosen[:-1], "chosen": chosen[-1:], "rejected": rejected[-1:]}


def dataset_info(form: str, file_name: str) -> dict[str, Any] | None:
    """LLaMA-Factory's entry for a file; None for preferences, which it wants as single turns."""
    if form == "sharegpt":
        columns = {"messages": "conversations", "system": "system"}
        tags = {"role_tag": "from", "content_tag": "value"}
    elif form == "messages":
        columns, tags = {"messages": "messages"}, {"role_tag": "role", "content_tag": "content", "system_tag": "system"}
    else:
        return None
    tags |= {"user_tag": "user", "assistant_tag": "assistant"}
    return {"file_name": file_name, "formatting": "sharegpt", "columns": columns, "tags": tags}
