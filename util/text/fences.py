"""Fenced code blocks of a response, found in one pass over its lines.

Models close fences badly: with text behind them, indented in lists, not at all. A fence with a
language always opens a block, and ends one that is open; a bare fence closes what is open.
"""

from __future__ import annotations

import re
import textwrap
from typing import NamedTuple

PYTHON = frozenset(["python", "python3", "py", "py3", "python2", "pypy", "pypy3"])
_FENCE = re.compile(r"(`{3,}|~{3,})[ \t]*([A-Za-z0-9+#_.-]*)[^\n`]*$")
_CLOSING = re.compile(r"[ \t>]*(`{3,}|~{3,})")
MAX_LINE = 2_000
"""Characters of a line that may hold a fence; longer lines are data."""


class Block(NamedTuple):
    """language is lower case, "" for a bare fence; closed: whether its end was found."""

    language: str
    code: str
    closed: bool

    @property
    def is_python(self) -> bool:
        return self.language in PYTHON


def blocks(text: str) -> list[Block]:
    """All blocks in order, their common indentation removed."""
    found: list[Block] = []
    mark, language, lines = "", "", list[str]()

    def close(*, whole: bool) -> None:
        nonlocal mark
        found.append(Block(language, textwrap.dedent("\n".join(lines)) + "\n", whole))
        mark = ""
        lines.clear()

    for line in text.replace("\r\n", "\n").split("\n"):
        match = _FENCE.search(line) if len(line) <= MAX_LINE and ("```" in line or "~~~" in line) else None
        closing = _CLOSING.match(line) if mark else None
        if mark and closing is not None and closing[1].startswith(mark) and not _opens(line, closing):
            close(whole=True)
        elif mark and closing is not None and closing[1].startswith(mark):
            close(whole=False)
            mark, language = closing[1], _language(line, closing)
        elif mark:
            lines.append(line)
        elif match is not None and (match[2] or not line[: match.start()].strip()):
            mark, language = match[1], match[2].lower()
    if mark:
        close(whole=False)
    return found


def _opens(line: str, fence: re.Match[str]) -> bool:
    """Whether a fence inside a block opens another one: it names a language of programs."""
    return _language(line, fence) in PYTHON


def _language(line: str, fence: re.Match[str]) -> str:
    match = re.match(r"[ \t]*([A-Za-z0-9+#_.-]*)", line[fence.end() :])
    return match[1].lower() if match else ""
