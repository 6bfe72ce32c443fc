"""Text in the columns of a terminal: how wide it is, and how it is shortened."""

from __future__ import annotations

import os
import unicodedata
from typing import Any

COMMAND = "next: python "
"""What a command to be copied begins with."""

COLUMNS = 80
"""Of a terminal that does not tell how wide it is, and of what is no terminal."""


def columns_of(text: str) -> int:
    """The columns that a text of one line takes in a terminal.

    >>> columns_of("abc"), columns_of("数学"), columns_of("e\\u0301")
    (3, 4, 1)
    """
    return sum(map(_columns, text)) if not text.isascii() else len(text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def shortened(text: str, columns: int) -> str:
    """The text in at most ``columns`` columns; a longer one loses its middle, since names differ at both ends.

    >>> shortened("LiveCodeBench:v6:hard", 12), shortened("MATH500", 12), shortened("abc", 1)
    ('LiveC...hard', 'MATH500', 'a')
    """
    if columns_of(text) <= columns:
        return text
    dots = "..." if columns >= 7 else "." if columns >= 3 else ""
    room = columns - len(dots)
    end = _cut(text[::-1], room // 2 if dots else 0)[::-1]
    return _cut(text, room - columns_of(end)) + dots + end


def _cut(text: str, columns: int) -> str:
    """As many characters as fit, from the start."""
    taken = 0
    for place, character in enumerate(text):
        taken += _columns(character)
        if taken > columns:
            return text[:place]
    return text


def padded(text: str, columns: int, *, right: bool = False) -> str:
    """The text, shortened or filled with spaces to exactly ``columns`` columns. right: the spaces are before it."""
    text = shortened(text, columns)
    spaces = " " * (columns - columns_of(text))
    return spaces + text if right else text + spaces


def folded(text: str, columns: int) -> str:
    """Text of several lines with those that are too long folded at spaces, for a terminal; words stay whole.

    JSON, which others read, and tracebacks stay as they are; a command can be copied in any case.

    >>> folded("a note on the path of the file\\n", 20)
    'a note on the path\\n  of the file\\n'
    """
    if len(text) <= columns // 2 or text.startswith(("{", "[")) or "Traceback (most recent" in text:
        return text
    return "\n".join(_folded(line, columns) if columns_of(line) > columns else line for line in text.split("\n"))


def _folded(line: str, columns: int) -> str:
    import textwrap

    start = line[: len(line) - len(line.lstrip(" "))]
    width = columns - (columns_of(line) - len(line))  # wide characters: as if all of them were in each line
    command = COMMAND in line
    if width < 20 or (command and ("'" in line or '"' in line)):
        return line
    lines = textwrap.wrap(
        line.lstrip(" "), width - 2 * command, initial_indent=start, subsequent_indent=f"{start}  ", break_long_words=False,
        break_on_hyphens=False, replace_whitespace=False, expand_tabs=False,
    )  # fmt: skip
    return (" \\\n" if command else "\n").join(lines)


def terminal_size(stream: Any) -> tuple[int, int]:
    """Columns and rows of the terminal behind a stream; 80 and 24 where there is none, or it does not say."""
    try:
        found = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError, AttributeError):
        return COLUMNS, 24
    return found.columns or COLUMNS, found.lines or 24
