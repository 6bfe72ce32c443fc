"""Whether what is trained is the assistant's text: its thought and answer between their tags, and one end token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from util.text.thought import DELIMITERS, begins_with_thought, sections, split_at_think_tag
from util.training.form_options import THOUGHT_FIELDS
from util.training.rendering import Rendering, Span, Student, Turn

LOST = "the template drops the thought"
LOST_EARLIER = "the template drops the thought of an earlier turn"
EMPTY = "an empty thought block is trained"
EMPTY_PROMPT = "an empty thought block stands in front of the response"
DOUBLED = "the thought's tags are doubled"
NO_TAGS = "the thought is trained without its tags"
ANSWER = "the answer is changed or missing"
FRONT = "text in front of the response is trained"
MORE = "text after the answer is trained"
NO_END = "no end token is trained"
ENDS = "the end token is doubled"
NOT_ONE = "the end token is no token of this tokenizer"
NOTHING = "nothing is trained"
SPANS = "the template marks more or fewer spans than there are assistant turns"
CONTROL = "a control token inside the assistant's text"
BOS_TWICE, NO_BOS = "the BOS token is doubled", "the BOS token that the tokenizer adds by itself is missing"
UNTRAINED = "the beginning of the response is not trained"
NOT_WHOLE = "this trainer renders each turn alone, and the template then renders it otherwise"
CUT = "longer than the cutoff"

_OPENINGS = tuple(begin for begin, _ in DELIMITERS)
_CLOSINGS = tuple(end for _, end in DELIMITERS)
_FINAL = "<|channel|>final<|message|>"
"""In front of an answer without a thought, in gpt-oss' format."""


def _any(texts: tuple[str, ...]) -> str:
    return "(?:" + "|".join(map(re.escape, sorted(set(texts), key=len, reverse=True))) + ")"


_OPENING = re.compile(rf"\s*({_any(_OPENINGS)})")
_CLOSING = re.compile(rf"\s*({_any(_CLOSINGS)})")
_EMPTY = re.compile(rf"\s*{_any(_OPENINGS)}\s*{_any(_CLOSINGS)}")
_EMPTY_END = re.compile(rf"{_any(_OPENINGS)}\s*{_any(_CLOSINGS)}\s*$")


@dataclass(frozen=True)
class Spoken:
    """What an assistant turn says. thought: "" where it has none or where the whole text must be trained verbatim."""

    thought: str
    answer: str


def spoken(turn: Turn) -> Spoken:
    """Thought and answer of a turn, without white space at their ends.

    Sky-T1's sections count as one text: no template knows their markers, so they must be trained verbatim.
    """
    content = turn["content"]
    field = next((turn[name] for name in THOUGHT_FIELDS if turn.get(name, "").strip()), "")
    if field:
        return Spoken(field.strip(), content.strip())
    parts = split_at_think_tag(content) if begins_with_thought(content) and sections(content) is None else None
    return Spoken(parts[0].strip(), parts[1].strip()) if parts else Spoken("", content.strip())


def faults(student: Student, turns: list[Turn], rendering: Rendering, cutoff: int | None = None) -> list[str]:
    """What is wrong with the trained tokens of a conversation, each fault once; empty where all is as it should be."""
    found: dict[str, None] = {}
    if not any(rendering.trained):
        found[NOTHING] = None
    if not rendering.is_whole:
        found[NOT_WHOLE] = None
    for span in rendering.spans:
        is_last = span.turn == len(turns) - 1
        found |= dict.fromkeys(_span_faults(student, turns[span.turn], span, is_last))
    found |= dict.fromkeys(_token_faults(student, turns, rendering))
    if cutoff is not None and len(rendering.ids) > cutoff:
        found[CUT] = None
    return list(found)


def _span_faults(student: Student, turn: Turn, span: Span, is_last: bool) -> Iterator[str]:
    said = spoken(turn)
    if span.text is None:
        yield SPANS if is_last or not said.thought else LOST_EARLIER
        return
    if not span.text:
        return  # NOTHING, or another turn's
    rest = span.text[len(role_header(span)) :]
    if span.untrained.strip():
        yield UNTRAINED
    if said.thought and _EMPTY_END.search(span.before):
        yield EMPTY_PROMPT
    if empty := _EMPTY.match(rest):
        yield EMPTY
        rest = rest[empty.end() :]
    if said.thought:
        opened = _OPENING.match(rest)
        is_opened = bool(opened) or span.before.rstrip().endswith(_OPENINGS)
        inner = rest[opened.end() :] if opened else rest
        is_double = opened and (_OPENING.match(inner) or span.before.rstrip().endswith(_OPENINGS))
        if is_double or _OPENING.match(said.thought) or said.thought.endswith(_CLOSINGS):
            yield DOUBLED
            return
        inner = inner.lstrip()
        if not inner.startswith(said.thought):
            yield (LOST if is_last else LOST_EARLIER) if said.thought not in rest else FRONT
            return
        closed = _CLOSING.match(inner, len(said.thought))
        if not closed or not is_opened:
            yield NO_TAGS
            return
        rest = inner[closed.end() :]
        if _CLOSING.match(rest) or _OPENING.match(rest):
            yield DOUBLED
            return
    yield from _answer_faults(student, rest.lstrip(), said.answer)


def role_header(span: Span) -> str:
    """The role in front of the response where it is trained too, as gpt-oss' template for training marks it."""
    opening = _OPENING.search(span.header)  # a thought that the prompt opens belongs to the response
    return span.header[: opening.start()] if opening else span.header


def _answer_faults(student: Student, rest: str, answer: str) -> Iterator[str]:
    rest = rest.removeprefix(_FINAL).lstrip()
    if not rest.startswith(answer):
        yield FRONT if answer and answer in rest else ANSWER
        return
    end = rest[len(answer) :].strip()
    if not end:
        yield NO_END
        return
    tokens = student.tokenizer(end, add_special_tokens=False)["input_ids"]
    if len(tokens) == 1 and tokens[0] in student.tokenizer.added_tokens_decoder and not answer.endswith(end):
        return
    if answer.endswith(end) or (len(tokens) > 1 and set(tokens) <= set(student.tokenizer.added_tokens_decoder)):
        yield ENDS
    elif end.startswith("<") and end.endswith(">"):
        yield NOT_ONE
    else:
        yield MORE


def _token_faults(student: Student, turns: list[Turn], rendering: Rendering) -> Iterator[str]:
    tokenizer, ids = student.tokenizer, rendering.ids
    bos = tokenizer.bos_token_id
    if bos is not None:
        if ids[:2] == [bos, bos]:
            yield BOS_TWICE
        if tokenizer("a")["input_ids"][:1] == [bos] and ids[:1] != [bos]:
            yield NO_BOS
    controls = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special} - {
        *_OPENINGS,
        *_CLOSINGS,
    }
    texts = [text for turn in turns if turn["role"] == "assistant" for name, text in turn.items() if name != "role"]
    if any(token in text for token in controls for text in texts):
        yield CONTROL
