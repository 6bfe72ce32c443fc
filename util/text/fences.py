"""Fenced code blocks of a response, found in one pass over its lines.

Models often write closing fences badly: followed by text, indented in lists, or not at all. Outside a
block, a fence with a language opens one anywhere in a line, a bare fence only at the beginning of a line.
Inside a block, a fence at the beginning of a line closes it, even if text follows; a Python fence also opens
the next block.
"""

from __future__ import annotations

import re
import textwrap
from typing import NamedTuple

PYTHON = frozenset(["python", "python3", "py", "py3", "python2", "pypy", "pypy3"])
_FENCE = re.compile(r"(`{3,}|~{3,})[ \t]*([A-Za-z0-9+#_.-]*)[^\n`]*$")
_CLOSING = re.compile(r"[ \t>]*(`{3,}|~{3,})")
MAX_LINE = 2_000
"""Maximum characters of a line with a fence; longer lines are data."""


class Block(NamedTuple):
    """A code block and its position: ``text[start:end]`` is the block with its fences.

    language: lower case, "" for a bare fence. closed: whether a closing fence was found. start: the beginning
    of the opening fence's line, or of the fence if other text precedes it. end: after the closing fence;
    without one, the start of the next block or the end of the text.
    """

    language: str
    code: str
    closed: bool
    start: int
    end: int

    @property
    def is_python(self) -> bool:
        return self.language in PYTHON


def blocks(text: str) -> list[Block]:
    """All blocks in order, without their common indentation."""
    found: list[Block] = []
    mark, language, start, lines = "", "", 0, list[str]()

    def close(end: int, *, closed: bool) -> None:
        nonlocal mark
        found.append(Block(language, textwrap.dedent("\n".join(lines)) + "\n", closed, start, end))
        mark = ""
        lines.clear()

    offset = 0
    for raw in text.split("\n"):
        line = raw[:-1] if raw.endswith("\r") and offset + len(raw) < len(text) else raw
        match = _FENCE.search(line) if len(line) <= MAX_LINE and ("```" in line or "~~~" in line) else None
        closing = _CLOSING.match(line) if mark else None
        if mark and closing is not None and closing[1].startswith(mark):
            if _language(line, closing) in PYTHON:  # opens another block
                close(offset + _start(line, closing.start(1)), closed=False)
                mark, language, start = closing[1], _language(line, closing), found[-1].end
            else:
                close(offset + closing.end(), closed=True)
        elif mark:
            lines.append(line)
        elif match is not None and (match[2] or not line[: match.start()].strip()):
            mark, language, start = match[1], match[2].lower(), offset + _start(line, match.start())
        offset += len(raw) + 1
    if mark:
        close(len(text), closed=False)
    return found


def _start(line: str, fence: int) -> int:
    """Offset of a block in the line of its opening fence; indentation is part of the block."""
    return fence if line[:fence].strip() else 0


def _language(line: str, fence: re.Match[str]) -> str:
    match = re.match(r"[ \t]*([A-Za-z0-9+#_.-]*)", line[fence.end() :])
    return match[1].lower() if match else ""
