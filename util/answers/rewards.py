"""Rewards for reinforcement learning, in the signatures that trainers call. docs/rewards.md shows their settings.

Importing this module loads nothing beyond ``util.answers``; no trainer has to be installed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from util.answers.extract import verify

Message = Mapping[str, Any]
Completion = str | Sequence[Message]
"""A text, or a conversation of which the last message of the assistant is the response."""

_ONE_AT_A_TIME = threading.Lock()
"""mpmath has one precision per process, and some trainers call from several threads."""


def reward(completions: Sequence[Completion], answer: Sequence[str], **_: Any) -> list[float | None]:
    """1.0 for a right completion, 0.0 for a wrong one, None where the gold answer cannot be judged.

    completions and answer have one length: answer[i] is the gold answer of completions[i]. TRL and open-r1 pass the
    other columns of the dataset and more by name; they are not used.

    Raises:
        ValueError: the lengths differ.
        TypeError: a completion is neither a text nor a list of messages with a text, or a gold answer is no text.
    """
    return [_score(_text_of(completion), gold) for completion, gold in zip(completions, answer, strict=True)]


def compute_score(
    data_source: str, solution_str: str, ground_truth: str, extra_info: Mapping[str, Any] | None = None, **_: Any
) -> float:
    """1.0 for a right response, else 0.0, as verl calls it for every response.

    verl has no value for "not judged": a gold answer that cannot be read gives 0.0 for every response, so that its
    group has no advantage. data_source, extra_info and further settings are not used.

    Raises:
        TypeError: the response or the gold answer is no text.
    """
    return _score(solution_str, ground_truth) or 0.0


def _score(text: str, gold: str) -> float | None:
    if not isinstance(text, str) or not isinstance(gold, str):
        raise TypeError(f"a response and a gold answer are texts, not {type(text).__name__} and {type(gold).__name__}")
    with _ONE_AT_A_TIME:
        correct = verify(text, gold).correct
    return None if correct is None else float(correct)


def _text_of(completion: Completion) -> str:
    """The text of the last message of the assistant; without any such message, of the last one."""
    if isinstance(completion, str):
        return completion
    spoken = [message for message in completion if message.get("role", "assistant") == "assistant"] or list(completion)
    content: Any = spoken[-1].get("content") if spoken else ""
    if content is None:
        return ""  # a message that only calls tools
    if isinstance(content, str):
        return content
    if isinstance(content, list | tuple):
        return "".join(part["text"] for part in content if part.get("type", "text") == "text")
    raise TypeError(f"a message's content is a text or a list of parts, not {type(content).__name__}")
