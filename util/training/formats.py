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


def _named(turn: Turn) -> Turn:
    return {"from": turn["role"], "value": turn["content"]}
