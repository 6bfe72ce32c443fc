"""The part of a response that can hold the answer: after its reasoning, before the next turn."""

from __future__ import annotations

import re

from util.text.thought import THOUGHT_ENDS, after_reasoning

_FOREIGN_ENDS = tuple(end for end in THOUGHT_ENDS if end not in ("</think>", "</thinking>", "<|end_of_thought|>"))
_FOREIGN_OPENINGS = (
    "[THINK]",
    "<seed:think>",
    "<|START_THINKING|>",
    "\u25c1think\u25b7",
    "<|channel|>analysis<|message|>",
)
_TURN_ENDS = re.compile(
    r"<\|(?:im_end|eot_id|endoftext|end|eom_id|end_of_text|return|end_of_solution)\|>|</s>"
    r"|<\uff5cend\u2581of\u2581sentence\uff5c>|<end_of_turn>"
)


def answer_part(response: str) -> str | None:
    """The text after the last end of a thought and before the first end of a turn; None if the thought never ends."""
    text = after_reasoning(response)
    if text is None:
        return None
    if "&nbsp;" in text:
        text = text.replace("&nbsp;", " ")
    if "<" not in text and "THINK]" not in text and "\u25c1" not in text:
        return text
    if "\u25c1" in text or "<|" in text or "THINK]" in text or "seed:think" in text:
        start = max((text.rfind(end) + len(end) for end in _FOREIGN_ENDS if end in text), default=0)
        text = text[start:]
        if any(opening in text for opening in _FOREIGN_OPENINGS):
            return None
    if "<|" in text or "</s>" in text or "<\uff5c" in text or "<end_" in text:
        return _first_turn(text)
    return text


def _first_turn(text: str) -> str:
    """The text before the first end of a turn that has something before it."""
    if "<s>" in text:
        text = text.replace("<s>", "").replace("</s>", "")
    place = 0
    for end in _TURN_ENDS.finditer(text):
        if text[place : end.start()].strip():
            return text[: end.start()]
        place = end.end()
    return text
