"""Code between tags such as ``<code>``, ``<answer>`` or ``[PYTHON]``, outside of fences."""

from __future__ import annotations

import re
from collections.abc import Sequence

from util.text.fences import Block, dedented

_NAMES = r"code|python3?|py|pre|program|script|solution|answer|final_answer"
_TAG = re.compile(
    rf"<(?P<end>/?)(?P<name>{_NAMES})(?P<info>\s[^<>\n]{{0,200}})?>|\[(?P<end2>/?)(?P<name2>PYTHON|CODE|ANSWER|SOLUTION)\]"
)
MAX_MARGIN = 200
"""Characters before and behind a pair of tags on one line that are looked at."""
_PYTHON = frozenset(["python", "python3", "py", "PYTHON"])


def tagged_blocks(text: str, fenced: Sequence[Block]) -> list[Block]:
    """The texts between an opening and its closing tag that hold no fences, as blocks in order.

    Tags in prose do not count: the text has several lines, or the tags begin and end their line. An opening tag that
    ends its line and is never closed begins an unclosed block if no other block follows.
    """
    found: list[Block] = []
    opened: dict[str, re.Match[str]] = {}
    number, last = 0, 0  # last: end of the last fenced block before the tag
    for tag in _TAG.finditer(text):
        while number < len(fenced) and fenced[number].end <= tag.start():
            last = fenced[number].end
            number += 1
        if number < len(fenced) and fenced[number].start <= tag.start():
            continue  # part of the code
        name = tag["name"] or tag["name2"]
        if not (tag["end"] or tag["end2"]):
            opened[name] = tag
            continue
        opening = opened.pop(name, None)
        if opening is None or opening.end() <= last:
            continue
        code = text[opening.end() : tag.start()]
        if code.strip() and ("\n" in code or _are_alone(text, opening, tag)):
            found.append(_block(opening, code, tag.end(), closed=True))
            opened.clear()
    end = max([last, *(block.end for block in [*fenced[number:], *found])])
    open_tags = [
        tag for tag in opened.values() if tag.start() >= end and text[tag.end() :].lstrip(" \t\r").startswith("\n")
    ]
    if open_tags:
        tag = open_tags[-1]
        found.append(_block(tag, text[tag.end() :], len(text), closed=False))
    return found


def _are_alone(text: str, opening: re.Match[str], closing: re.Match[str]) -> bool:
    before = text[max(0, opening.start() - MAX_MARGIN) : opening.start()]
    behind = text[closing.end() : closing.end() + MAX_MARGIN]
    margins = before.rpartition("\n")[2], behind.partition("\n")[0]
    return not any(margin.strip() or len(margin) == MAX_MARGIN for margin in margins)


def _block(tag: re.Match[str], code: str, end: int, *, closed: bool) -> Block:
    name = tag["name"] or tag["name2"]
    python = name in _PYTHON or "python" in (tag["info"] or "").lower()
    return Block("python" if python else "", dedented(code.replace("\r\n", "\n").strip("\n")), closed, tag.start(), end)
