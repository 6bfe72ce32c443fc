"""A conversation as the student's tokenizer and chat template render it, and the tokens of it that are trained.

Each rule is what a trainer's loader does, token by token (compared with the real loaders in benchmarks/trainers.py):

- MARKERS: the tokens that the template marks with ``{% generation %}`` (TRL with ``assistant_only_loss``).
- PREFIX: everything after the rendered prompt (TRL with prompt and completion, and its preference pairs).
- PLACEHOLDER: what changes when a placeholder takes the turn's place, and the end token after it (axolotl).
- ALONE: each turn is rendered alone; all of an assistant turn but the prompt's ending is trained (verl).

Only the tokenizer's files are read, never the weights.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from util.system.credentials import HUB_TOKENS, exposed
from util.system.errors import UserError
from util.system.named_files import read_text

MARKERS, PREFIX, PLACEHOLDER, ALONE = "markers", "prefix", "placeholder", "alone"

Turn = dict[str, str]
"""A turn as a chat template gets it: role, content, and fields of the thought."""

_PLACEHOLDERS = ("[[dummy_message]]", "zzdummymessagezz")
"""axolotl's: as they differ at both ends, one of them shows where the turn's text begins and ends."""
_MARKER = re.compile(r"\{%[-+]?\s*generation\s*[-+]?%\}")


@dataclass(frozen=True)
class Span:
    """What is trained of one assistant turn.

    turn: its position in the conversation. text: of the trained tokens; None where no span of the conversation is this
    turn's. before: the text in front of it. prompt: what the model gets at inference before it writes this turn.
    """

    turn: int
    text: str | None
    before: str = ""
    prompt: str = ""

    @property
    def left_out(self) -> str:
        """The end of the prompt that the conversation lacks."""
        return self.prompt[shared(self.prompt, self.before + (self.text or "")) :]

    @property
    def header(self) -> str:
        """The end of the prompt where it is trained too."""
        text = self.text or ""
        return text[: max(0, shared(self.prompt, self.before + text) - len(self.before))]

    @property
    def untrained(self) -> str:
        """The beginning of the response that is not trained."""
        return self.before[shared(self.prompt, self.before + (self.text or "")) :]


@dataclass(frozen=True)
class Rendering:
    """A rendered conversation. trained: one flag per token of ``ids``. is_whole: the tokens are those of the conversation
    rendered at once. is_own_prompt: it begins as the student's chat template begins it. other_labels: position -> label that is not the
    token there."""

    text: str
    ids: list[int]
    trained: list[bool]
    spans: list[Span]
    is_whole: bool = True
    is_own_prompt: bool = True
    other_labels: Mapping[int, int] = field(default_factory=dict)

    @property
    def labels(self) -> list[int]:
        """Token ids where trained, else -100, as in a trainer's batch."""
        found = [token if flag else -100 for token, flag in zip(self.ids, self.trained, strict=True)]
        for place, label in self.other_labels.items():
            found[place] = label
        return found


@dataclass(frozen=True)
class Student:
    """A tokenizer with the chat template that is used."""

    name: str
    tokenizer: Any
    template: str

    @property
    def has_markers(self) -> bool:
        return _MARKER.search(self.template) is not None

    def text(self, turns: list[Turn], prompt: bool = False) -> str:
        """The rendered conversation; with ``prompt``, the beginning of the assistant's next turn after it.

        Raises:
            UserError: the template refuses the conversation.
        """
        from jinja2 import TemplateError

        try:
            return str(
                self.tokenizer.apply_chat_template(
                    turns, chat_template=self.template, tokenize=False, add_generation_prompt=prompt
                )
            )
        except (TemplateError, TypeError, AttributeError) as error:
            raise UserError(f"The chat template of {self.name} fails on a row: {error}.") from error

    def encoded(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Token ids and the (start, end) characters of each, without special tokens of the tokenizer's own."""
        found = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        return list(found["input_ids"]), [(start, end) for start, end in found["offset_mapping"]]


def load_student(model: str, template: Path | None = None, needs_template: bool = True) -> Student:
    """The student's tokenizer; its own chat template ("" where it has and needs none), or that of a file.

    Raises:
        UserError: there is no tokenizer or no template, or the tokenizer cannot say which characters a token stands for.
    """
    from transformers import AutoTokenizer

    try:
        with exposed(*HUB_TOKENS):
            tokenizer: Any = AutoTokenizer.from_pretrained(model)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise UserError(
            f"--model {model}: no tokenizer could be loaded ({str(error).splitlines()[0][:200]}). Give a folder with "
            "tokenizer.json and tokenizer_config.json, or a name on the Hub; weights are not needed."
        ) from error
    if not getattr(tokenizer, "is_fast", False):
        raise UserError(
            f"--model {model}: its tokenizer does not say which characters a token stands for. Give a folder with a "
            "tokenizer.json (`tokenizer.save_pretrained` writes one where the model has a fast tokenizer)."
        )
    text = _template_text(template) if template is not None else tokenizer.chat_template
    if isinstance(text, dict):  # named variants; trainers take the default one
        text = text.get("default")
    if not text and needs_template:
        raise UserError(f"--model {model} has no chat template. Give one with --template FILE.")
    return Student(model, tokenizer, text or "")


def _template_text(path: Path) -> str:
    return read_text(path, "--template", "a Jinja template")


def render(student: Student, turns: list[Turn], rule: str) -> Rendering:
    """Render a conversation and find the trained tokens by a rule (MARKERS, PREFIX, PLACEHOLDER, ALONE).

    Raises:
        UserError: the template refuses the conversation.
    """
    return {MARKERS: _by_markers, PREFIX: _by_prefix, PLACEHOLDER: _by_placeholder, ALONE: _alone}[rule](student, turns)


def _by_prefix(student: Student, turns: list[Turn]) -> Rendering:
    text = student.text(turns)
    ids, offsets = student.encoded(text)
    prompt = student.text(turns[:-1], prompt=True)
    start = shared(student.encoded(prompt)[0], ids)
    place = offsets[start][0] if start < len(ids) else len(text)
    span = Span(len(turns) - 1, text[place:], text[:place], prompt)
    return Rendering(text, ids, [number >= start for number in range(len(ids))], [span])


def _by_markers(student: Student, turns: list[Turn]) -> Rendering:
    text = student.text(turns)
    ids, offsets = student.encoded(text)
    found = student.tokenizer.apply_chat_template(
        turns, chat_template=student.template, tokenize=True, return_dict=True, return_assistant_tokens_mask=True
    )
    trained = [flag == 1 for flag in found["assistant_masks"]]
    if list(found["input_ids"]) != ids:
        raise UserError(f"The tokenizer of {student.name} gives other tokens with a mask than without one.")
    assistants = _assistants(turns)
    runs = [list(run) for flag, run in groupby(range(len(ids)), key=lambda number: trained[number]) if flag]
    if len(runs) != len(assistants):
        return Rendering(text, ids, trained, [Span(turn, None) for turn in assistants])
    spans = []
    for turn, run in zip(assistants, runs, strict=True):
        start, end = offsets[run[0]][0], offsets[run[-1]][1]
        spans.append(Span(turn, text[start:end], text[:start], student.text(turns[:turn], prompt=True)))
    return Rendering(text, ids, trained, spans)


def _by_placeholder(student: Student, turns: list[Turn]) -> Rendering:
    text = student.text(turns)
    ids, offsets = student.encoded(text)
    trained, spans = [False] * len(ids), []
    eos = student.tokenizer.eos_token_id
    for turn in _assistants(turns):
        places = []
        for placeholder in _PLACEHOLDERS:
            other = student.text([*turns[:turn], {"role": "assistant", "content": placeholder}, *turns[turn + 1 :]])
            start = shared(text, other)
            tail = min(len(text), len(other)) - start
            places.append((start, len(text) - min(tail, shared(text[::-1], other[::-1]))))
        place, end = min(start for start, _ in places), max(end for _, end in places)
        first = bisect_right([last for _, last in offsets], place)
        after = bisect_left([begin for begin, _ in offsets], end)
        if first >= after:
            spans.append(Span(turn, None))
            continue
        stop = next((number for number in range(after, min(after + 4, len(ids))) if ids[number] == eos), None)
        numbers = [*range(first, after), *([] if stop is None else [stop])]
        for number in numbers:
            trained[number] = True
        said = text[offsets[first][0] : offsets[after - 1][1]]
        said += "" if stop is None else text[slice(*offsets[stop])]
        spans.append(Span(turn, said, text[: offsets[first][0]], student.text(turns[:turn], prompt=True)))
    return Rendering(text, ids, trained, spans)


def _alone(student: Student, turns: list[Turn]) -> Rendering:
    """Turns rendered alone; without what the template writes in front of any first turn, except the first."""
    nothing: Turn = {"role": "user", "content": ""}
    one, two = (student.encoded(student.text([nothing] * number))[0] for number in (1, 2))
    default, opening = 2 * len(one) - len(two), len(student.encoded(student.text([nothing], prompt=True))[0]) - len(one)
    text, spans = "", []
    ids: list[int] = []
    trained: list[bool] = []
    for number, turn in enumerate(turns):
        piece = _one_turn(student, turn)
        tokens, offsets = student.encoded(piece)
        cut = default if number and turn["role"] != "system" else 0
        kept = [turn["role"] == "assistant" and place >= cut + opening for place in range(cut, len(tokens))]
        start = offsets[cut][0] if cut < len(tokens) else len(piece)
        if turn["role"] == "assistant":
            place = offsets[cut + opening][0] if cut + opening < len(tokens) else len(piece)
            prompt = student.text(turns[:number], prompt=True)
            spans.append(Span(number, piece[place:], text + piece[start:place], prompt))
        text, ids, trained = text + piece[start:], ids + tokens[cut:], trained + kept
    return Rendering(text, ids, trained, spans, is_whole=ids == student.encoded(student.text(turns))[0])


def _one_turn(student: Student, turn: Turn) -> str:
    """A turn rendered alone; behind an empty user turn if the template refuses it so."""
    try:
        return student.text([turn])
    except UserError:
        empty: Any = {"role": "user", "content": [{"type": "text", "text": ""}]}
        return student.text([empty, turn])[len(student.text([empty])) :]


def _assistants(turns: list[Turn]) -> list[int]:
    return [number for number, turn in enumerate(turns) if turn["role"] == "assistant"]


def shared(one: Sequence[object], other: Sequence[object]) -> int:
    """Length of the common beginning of two texts or token lists.

    >>> shared("prompt A", "prompt B"), shared([1, 2], [1, 2, 3])
    (7, 2)
    """
    if one == other[: len(one)]:
        return len(one)
    return next(number for number, (a, b) in enumerate(zip(one, [*other, None], strict=False)) if a != b)
