"""Training data formats."""

from __future__ import annotations

from typing import Any

from util.records import Message


def sharegpt(messages: list[Message]) -> dict[str, Any]:
    """``system`` and ``conversations``: the format of Sky-T1's data and of LLaMA-Factory."""
    system = "\n\n".join(turn.content for turn in messages if turn.role == "system")
    turns = [{"from": turn.role, "value": turn.content} for turn in messages if turn.role != "system"]
    return {"system": system, "conversations": turns}


def as_messages(messages: list[Message]) -> dict[str, Any]:
    """TRL's conversational format."""
    return {"messages": [_turn(message) for message in messages]}


def preference(chosen: list[Message], rejected: list[Message]) -> dict[str, Any]:
    """TRL's conversational preference format: one prompt, and two alternatives of the last turn."""
    prompt, last, other = chosen[:-1], chosen[-1:], rejected[-1:]
    return {
        name: list(map(_turn, turns)) for name, turns in (("prompt", prompt), ("chosen", last), ("rejected", other))
    }


def _turn(message: Message) -> dict[str, str]:
    return {"role": message.role, "content": message.content}


def dataset_info(form: str, file_name: str) -> dict[str, Any] | None:
    """The dataset_info.json entry of a file; None for preferences, which LLaMA-Factory reads in another format."""
    if form == "sharegpt":
        columns = {"messages": "conversations", "system": "system"}
        tags = {"role_tag": "from", "content_tag": "value"}
    elif form == "messages":
        columns, tags = {"messages": "messages"}, {"role_tag": "role", "content_tag": "content", "system_tag": "system"}
    else:
        return None
    tags |= {"user_tag": "user", "assistant_tag": "assistant"}
    return {"file_name": file_name, "formatting": "sharegpt", "columns": columns, "tags": tags}
