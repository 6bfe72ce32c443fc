"""Training data formats: turns in, one row out."""

from __future__ import annotations

from typing import Any

from util.training.thought_forms import Turn

Row = dict[str, Any]


def sharegpt(turns: list[Turn]) -> Row:
    """``system`` and ``conversations``: the format of Sky-T1's data and of LLaMA-Factory."""
    system = "\n\n".join(turn["content"] for turn in turns if turn["role"] == "system")
    return {"system": system, "conversations": [_named(turn) for turn in turns if turn["role"] != "system"]}


def as_messages(turns: list[Turn]) -> Row:
    """TRL's conversational format."""
    return {"messages": turns}


def prompt_completion(turns: list[Turn]) -> Row:
    """TRL's conversational prompt and completion: the last turn is the completion, which alone is trained on."""
    return {"prompt": turns[:-1], "completion": turns[-1:]}


def preference(chosen: list[Turn], rejected: list[Turn]) -> Row:
    """TRL's conversational preference format: one prompt, and two alternatives of the last turn."""
    return {"prompt": chosen[:-1], "chosen": chosen[-1:], "rejected": rejected[-1:]}


def ranking(chosen: list[Turn], rejected: list[Turn]) -> Row:
    """LLaMA-Factory's preference format: a conversation that ends with the user, and two alternatives of the next turn."""
    return sharegpt(chosen[:-1]) | {"chosen": _named(chosen[-1]), "rejected": _named(rejected[-1])}


def row_of(form: str, turns: list[Turn], rejected: list[Turn] | None = None) -> Row:
    """The row of a conversation in a format. rejected: the other response of a pair."""
    if rejected is not None:
        return (ranking if form == "ranking" else preference)(turns, rejected)
    return {"sharegpt": sharegpt, "messages": as_messages, "prompt-completion": prompt_completion}[form](turns)


def dataset_info(form: str, file_name: str, *, thought_apart: bool = False) -> Row | None:
    """The dataset_info.json entry of a file; None for what LLaMA-Factory reads in another format or not whole.

    thought_apart: whether thoughts have a field of their own, which LLaMA-Factory drops.
    """
    if form in ("sharegpt", "ranking"):
        columns = {"messages": "conversations", "system": "system"}
        tags = {"role_tag": "from", "content_tag": "value"}
    elif form == "messages" and not thought_apart:
        columns, tags = {"messages": "messages"}, {"role_tag": "role", "content_tag": "content", "system_tag": "system"}
    else:
        return None
    tags |= {"user_tag": "user", "assistant_tag": "assistant"}
    entry: Row = {"file_name": file_name, "formatting": "sharegpt"}
    if form == "ranking":
        entry["ranking"] = True
        columns |= {"chosen": "chosen", "rejected": "rejected"}
    return entry | {"columns": columns, "tags": tags}


def _named(turn: Turn) -> Turn:
    return {"from": turn["role"], "value": turn["content"]}
