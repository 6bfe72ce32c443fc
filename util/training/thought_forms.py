"""The forms in which a response's thought is written: Sky-T1's markers, think tags, or a field of its own.

The pool holds each response as one text, in the notation of its source. It is split into thought and answer only when
rows are written, or where a filter asks for the parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from util.prompting.prompts import THOUGHT_SOLUTION_SYSTEM
from util.records import Message, Response
from util.text.thought import MARKERS, TAGS, THOUGHT_BEGIN, assemble, sections, split_at_think_tag, with_thought
from util.training.form_options import APART, ThoughtForm

Turn = dict[str, str]
"""A turn as rows have it: role, content, and the thought's field where it stands apart."""


class MixedNotationError(ValueError):
    """A text has think tags or markers but cannot be split into one thought and one answer."""


@dataclass(frozen=True)
class ThoughtAndAnswer:
    """A response taken apart; neither part is empty, and neither has white space around it."""

    thought: str
    answer: str


def parts_of(text: str) -> ThoughtAndAnswer | None:
    """Thought and answer of a response in markers or think tags; None if it has no thought, no answer, or no single
    place where the thought ends.

    >>> parts_of("<think>\\nSo 2.\\n</think>\\n\\nIt is 2.")
    ThoughtAndAnswer(thought='So 2.', answer='It is 2.')
    >>> parts_of("It is 2."), parts_of("<think>\\n\\n</think>\\n\\nIt is 2.")
    (None, None)
    """
    marked = sections(text)
    if marked is not None:
        outside = text[: text.index(THOUGHT_BEGIN)]
        return None if any(tag in outside for tag in TAGS) else ThoughtAndAnswer(*marked)
    tagged = split_at_think_tag(text)
    if tagged is None:
        return None
    thought, answer = (part.strip() for part in tagged)
    return ThoughtAndAnswer(thought, answer) if thought and answer and not _notation_in(thought + answer) else None


def writable(text: str, form: ThoughtForm) -> ThoughtAndAnswer | None:
    """The parts of a text if a row of this form can hold them: a thought in think tags or in a field must not itself have
    think tags, which a chat template or a reader would take for the end of the thought."""
    parts = parts_of(text)
    if parts is None or form.is_marked:
        return parts
    return None if any(tag in parts.thought or tag in parts.answer for tag in TAGS) else parts


def text_to_use(response: Response, form: ThoughtForm, *, converted: bool) -> str:
    """The text of a response that training data may hold: the one that its verdict is about; "" if it has none.

    A rewritten text without the markers is a failed rewrite, whatever else it holds. converted: whether the response stands
    in a converted file; of that, the style markers takes rewritten texts only.
    """
    if response.rewritten:
        return response.rewritten if sections(response.rewritten) is not None else ""
    return "" if converted and form.is_marked else response.content


def is_usable(text: str, form: ThoughtForm) -> bool:
    """Whether a response has a thought and an answer that ``form`` can hold."""
    if form.is_marked and sections(text) is not None:
        return True
    return writable(text, form) is not None


def styled(messages: list[Message], form: ThoughtForm, *, ready: bool = False) -> list[Turn]:
    """The turns of a conversation in a form.

    Other styles than markers drop a system prompt that asks for the markers; markers add one where there is none. ready: the
    conversation came as training data; without a style it stays as it is.

    Raises:
        MixedNotationError: an assistant's turn has tags or markers that leave its thought in doubt.
    """
    if ready and form.style is None:
        return [{"role": turn.role, "content": turn.content} for turn in messages]
    turns: list[Turn] = []
    thoughts = 0
    for message in messages:
        if message.role == "system" and not form.is_marked and any(marker in message.content for marker in MARKERS):
            continue
        turn = _turn(message, form)
        thoughts += turn is not None
        turns.append(turn or {"role": message.role, "content": message.content})
    if form.is_marked and thoughts and turns[0]["role"] != "system":
        turns.insert(0, {"role": "system", "content": THOUGHT_SOLUTION_SYSTEM})
    return turns


def thoughts_in(messages: list[Message]) -> Iterator[ThoughtAndAnswer | None]:
    """The parts of each assistant's turn, None for one without a thought."""
    return (parts_of(turn.content) for turn in messages if turn.role == "assistant")


def _turn(message: Message, form: ThoughtForm) -> Turn | None:
    """An assistant's turn with its thought in its place; None for a turn without one."""
    if message.role != "assistant" or not _notation_in(message.content):
        return None
    text = message.content
    if form.is_marked and sections(text) is not None:
        return {"role": message.role, "content": text}
    parts = writable(text, form)
    if parts is None:
        raise MixedNotationError("its thought cannot be told from its answer")
    if form.style == APART:
        return {"role": message.role, form.field: parts.thought, "content": parts.answer}
    content = assemble(parts.thought, parts.answer) if form.is_marked else with_thought(parts.thought, parts.answer)
    return {"role": message.role, "content": content}


def _notation_in(text: str) -> bool:
    return any(sign in text for sign in (*TAGS, *MARKERS))
