"""Control tokens of chat templates, and think tags, in a section of a text for training.

A tokenizer may turn such a text into a special token, so that none may stay in training data. Two kinds:

- Certain ones have a spelling that prose, code and mathematics do not use (``<|im_end|>``, ``<end_of_turn>``).
- Others may be content: ``<s>`` is an HTML tag, and part of ``a<s>b``. They count only at an end of a section, and
  ``<s>`` or ``</s>`` only where the section has no partner for it.
"""

from __future__ import annotations

import re

from util.text.fences import blocks
from util.text.thought import MARKERS, TAGS

_SHORT = "bos|cls|eom|eop|eos|eot|end|pad|sep|sop|unk|BOS|EOS|EOT|END|PAD"
"""Names of tokens with three letters. Other short names may be content: ``<|x|>`` is a mean of absolute values."""
_CERTAIN = (
    rf"(?!{'|'.join(map(re.escape, MARKERS))})<\|(?:[A-Za-z][\w\u2581.:/-]{{3,60}}|{_SHORT})\|>"
    r"|<\uff5c[^<>\uff5c\n]{1,60}\uff5c>"
    r"|<(?:start|end)_of_(?:turn|image|sentence|text)>"
    r"|<</?SYS>>|\[gMASK\]|\[/?THINK\]|\u25c1/?think\u25b7"
)
_THINK = "|".join(map(re.escape, TAGS))
_ROLE = r"(?:assistant|user|system|developer|model|tool|analysis|commentary|final)"
_CONTROL = re.compile(_CERTAIN)
_INSIDE = re.compile(rf"{_CERTAIN}|{_THINK}")
_LONE_TAG = re.compile(rf"^[ \t]*(?:{_THINK})[ \t]*(?:\n|\Z)", re.MULTILINE)
# A token of a turn's start is followed by a role ("<|im_start|>assistant"), which is no content either.
_AT_START = rf"(?:{_CERTAIN})(?:{_ROLE}(?=\s*(?:\n|<|\Z)))?|<bos>|<sop>|\[/INST\]"
_AT_END = rf"(?:(?:{_CERTAIN})(?:{_ROLE})?|<eos>|<pad>|\[INST\])\Z"
_TOKENS_AT_START, _TOKENS_AT_END = re.compile(_AT_START), re.compile(_AT_END)
_TAGS_AT_START, _TAGS_AT_END = re.compile(rf"{_AT_START}|{_THINK}"), re.compile(rf"{_AT_END}|(?:{_THINK})\Z")
_BEGIN, _END = "<s>", "</s>"
_OPENING_TAG = re.compile(r"<s[ >]")


def without_outer_tokens(text: str, *, tags: bool = False) -> str:
    """``text`` without the control tokens at its ends and the white space around them.

    tags: think tags at the ends are removed as well.

    >>> without_outer_tokens("<|im_start|>assistant\\nIt is 2.</s><|im_end|>"), without_outer_tokens("<s>2</s> is struck")
    ('It is 2.', '<s>2</s> is struck')
    """
    at_start, at_end = (_TAGS_AT_START, _TAGS_AT_END) if tags else (_TOKENS_AT_START, _TOKENS_AT_END)
    while True:
        before = text.strip()
        kept = _without_sentence_ends(before)
        if (match := at_start.match(kept)) is not None:
            kept = kept[match.end() :]
        if (match := at_end.search(kept)) is not None:
            kept = kept[: match.start()]
        if kept == before:
            return text
        text = kept.strip()


def without_lone_tags(text: str) -> str:
    """``text`` without the think tags that are alone on their line, outside of code blocks: they mean nothing there.

    >>> without_lone_tags("a\\n<think>\\nb <think>")
    'a\\nb <think>'
    """
    if not _LONE_TAG.search(text):
        return text
    code = [(block.start, block.end) for block in blocks(text)]

    def kept(match: re.Match[str]) -> str:
        return match[0] if any(start <= match.start() < end for start, end in code) else ""

    return _LONE_TAG.sub(kept, text)


def without_tokens(text: str) -> str:
    """``text`` without certain control tokens, as a detokenizer writes it that skips special tokens.

    >>> without_tokens("So 2.<|im_end|>\\n<|begin_of_thought|>")
    'So 2.\\n<|begin_of_thought|>'
    """
    return _CONTROL.sub("", text)


def token_inside(text: str) -> str | None:
    """The first certain control token or think tag in ``text``, or None.

    >>> token_inside("2<|im_end|>"), token_inside("if a<s>b or p <|> q: mean <|x|>")
    ('<|im_end|>', None)
    """
    found = _INSIDE.search(text)
    return found[0] if found else None


def _without_sentence_ends(text: str) -> str:
    """``text`` without ``<s>`` at its start and ``</s>`` at its end, where neither belongs to an HTML element."""
    begins, ends = text.startswith(_BEGIN), text.endswith(_END)
    inner = text[len(_BEGIN) if begins else 0 : -len(_END) if ends else None]
    start = len(_BEGIN) if begins and _END not in inner else 0
    end = len(text) - len(_END) if ends and not _OPENING_TAG.search(inner) else len(text)
    return text[start:end]
