"""Values in the files of other tools: scores, texts, conversations."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from util.text.thought import with_thought

_SCORES = {
    "c": 1.0, "correct": 1.0, "true": 1.0, "right": 1.0, "yes": 1.0, "pass": 1.0, "passed": 1.0,
    "i": 0.0, "incorrect": 0.0, "false": 0.0, "wrong": 0.0, "no": 0.0, "fail": 0.0, "failed": 0.0, "n": 0.0,
    "p": 0.5,
}  # fmt: skip
"""Words for scores; "C", "P", "I" and "N" are inspect_ai's."""

BEST_SCORES = ("acc", "accuracy", "correct", "exact_match", "pass", "pass@1", "mean", "score")
"""Names of scores that say whether a sample is right, in order of preference."""


def score_of(value: Any) -> float | None:
    """A score from 0 to 1, or None for what is none.

    >>> score_of("C"), score_of(True), score_of("0.5"), score_of("maybe"), score_of({"acc": 1}), score_of(-1.0)
    (1.0, 1.0, 0.5, None, 1.0, 0.0)
    """
    if isinstance(value, Mapping):
        found = best_score(value)
        return found[1] if found else None
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _SCORES:
            return _SCORES[word]
        try:
            value = float(word)
        except ValueError:
            return None
    if not isinstance(value, int | float) or math.isnan(value):
        return None
    # Rewards are often -1 for wrong; above 1 they are weighted sums.
    return min(1.0, max(0.0, float(value)))


def best_score(scores: Mapping[str, Any]) -> tuple[str, float] | None:
    """(name, value) of the score among several that says whether the sample is right."""
    known = {name: found for name, value in scores.items() if (found := score_of(value)) is not None}

    def rank(name: str) -> tuple[int, int]:
        low = name.lower()
        places = [place for place, word in enumerate(BEST_SCORES) if word in low]
        return (min(places, default=len(BEST_SCORES)), list(known).index(name))

    name = min(known, key=rank, default=None)
    return None if name is None else (name, known[name])


def text_of_content(content: Any) -> str:
    """The text of a message's content: a string, or parts of which some are reasoning.

    >>> text_of_content([{"type": "reasoning", "reasoning": "2+2"}, {"type": "text", "text": "4"}])
    '<think>\\n2+2\\n</think>\\n\\n4'
    """
    if isinstance(content, str):
        return content
    if not isinstance(content, Sequence):
        return ""
    thoughts, texts = list[str](), list[str]()
    for part in content:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, Mapping):
            thought = part.get("reasoning") or part.get("thinking")
            if isinstance(thought, str):
                thoughts.append(thought)
            elif isinstance(part.get("text"), str):
                texts.append(part["text"])
    return answered("\n".join(thoughts), "".join(texts))


def answered(thought: Any, answer: str) -> str:
    """A response of its thought, if there is one, and its answer."""
    return with_thought(thought.strip("\n"), answer) if isinstance(thought, str) and thought.strip() else answer


def conversation(value: Any) -> list[tuple[str, str]]:
    """(role, text) of the turns of a conversation: messages, the same as JSON text, or one text as the user's turn."""
    if isinstance(value, str):
        if value.startswith("[{"):
            try:
                return conversation(json.loads(value))
            except ValueError:
                pass
        return [("user", value)]
    if isinstance(value, Mapping):
        return [(str(value.get("role") or "user"), message_text(value))]
    if not isinstance(value, Sequence):
        return []
    if len(value) == 1 and isinstance(value[0], str):
        return conversation(value[0])
    return [turn for item in value for turn in conversation(item)]


def message_text(message: Mapping[str, Any]) -> str:
    """The text of a message, with the thought that some servers keep in a field of its own."""
    thought = message.get("reasoning_content") or message.get("reasoning")
    return answered(thought, text_of_content(message.get("content")))


def asked(value: Any) -> str:
    """The last turn of the user in a conversation."""
    texts = [text for role, text in conversation(value) if role == "user"]
    return texts[-1] if texts else ""
