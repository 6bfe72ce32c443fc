"""Python source as text: strings and comments told from code, characters that do not belong into code, parsing."""

from __future__ import annotations

import ast
import re
import threading
import warnings
from collections.abc import Sequence
from typing import NamedTuple

MAX_CODE = 100_000
"""Maximum characters of a program; longer code is a model's repetition, not a solution."""

_SHORT = r"\"(?:[^\"\\\n]|\\[\s\S])*+\"?|'(?:[^'\\\n]|\\[\s\S])*+'?"
_OPENS = re.compile(rf"(?P<triple>\"\"\"|''')|(?P<comment>#[^\n]*+)|{_SHORT}")
_PARTS = re.compile(rf"(?P<triple>\"\"\"|''')|(?P<comment>#[^\n]*+)|(?P<fence>`{{3,}}+|~{{3,}}+)|{_SHORT}")
_CLOSES = {
    quote: re.compile(rf"(?:[^\\{quote[0]}]++|\\[\s\S]|{quote[0]}(?!{quote[1:]}))*+{quote}") for quote in ('"""', "'''")
}
# Spaces that Python does not accept as indentation, and characters without a width.
_SPACES, _NOTHING = (
    "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000",
    "\u00ad\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff",
)
_ODD = re.compile(rf"[{_SPACES}{_NOTHING}]")
_LITERAL_OR_ODD = re.compile(
    rf"(?P<kept>\"\"\"(?:[^\\\"]++|\\[\s\S]|\"(?!\"\"))*+(?:\"\"\"|\Z)|'''(?:[^\\']++|\\[\s\S]|'(?!''))*+(?:'''|\Z)"
    rf"|{_SHORT}|#[^\n]*+)|(?P<space>[{_SPACES}])|[{_NOTHING}]++"
)
_PARSING = threading.Lock()


class FenceInLine(NamedTuple):
    """A run of fence characters in a line of code. in_comment: within a comment."""

    start: int
    end: int
    in_comment: bool


def parsed(code: str) -> ast.Module | None:
    """The syntax tree of ``code``; None if it is not valid Python, or longer than ``MAX_CODE``.

    Warnings about the code, such as invalid escapes, are not shown and not turned into errors.
    """
    if len(code) > MAX_CODE:
        return None
    with _PARSING, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(code)  # not compile(), which folds constants of any size
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def is_python(code: str) -> bool:
    """Whether ``code`` is valid Python of at most ``MAX_CODE`` characters."""
    return parsed(code) is not None


def string_after(lines: Sequence[str], quote: str) -> str:
    """The triple quote of the string that is open after ``lines``, "" for none. quote: the one open before them.

    >>> string_after(["x = ", "    '''Add", "  one."], ""), string_after(['"one" # no string'], "")
    ("'''", '')
    """
    code, place = "\n".join(lines), 0
    while True:
        if quote:
            closing = _CLOSES[quote].match(code, place)
            if closing is None:
                return quote
            quote, place = "", closing.end()
        opening = _OPENS.search(code, place)
        while opening is not None and not opening["triple"]:
            opening = _OPENS.search(code, opening.end())
        if opening is None:
            return ""
        quote, place = opening[0], opening.end()


def first_fence(line: str, mark: str, quote: str) -> FenceInLine | None:
    """The first run in a line that begins with ``mark`` and cannot be code or part of a string.

    ``~~~`` can be code: such a run counts only at the end of a line. quote: of the string that is open at the
    beginning of the line, or "".

    >>> first_fence("print(x)``` This prints x.", "```", ""), first_fence("print('```')", "```", "")
    (FenceInLine(start=8, end=11, in_comment=False), None)
    """
    place = 0
    if quote:
        closing = _CLOSES[quote].match(line)
        if closing is None:
            return None
        place = closing.end()
    while (part := _PARTS.search(line, place)) is not None:
        place = part.end()
        if part["comment"]:
            run = re.search(rf"{re.escape(mark)}{mark[0]}*+", part[0])
            if run is None or mark[0] * 3 in part[0][run.end() :]:  # a comment about ```code```
                return None
            return FenceInLine(part.start() + run.start(), part.start() + run.end(), True)
        if part["triple"]:
            closing = _CLOSES[part["triple"]].match(line, place)
            if closing is None:
                return None
            place = closing.end()
        elif part["fence"] and part[0].startswith(mark) and (mark[0] == "`" or not line[place:].strip()):
            return FenceInLine(part.start(), part.end(), False)
    return None


def without_odd_characters(code: str) -> str:
    """``code`` with plain spaces for no-break and wide ones, and without byte order marks and zero-width characters.

    Strings and comments stay as they are. Python accepts none of these characters elsewhere.

    >>> without_odd_characters("\\ufeffprint(\\u00a0'a\\u200bb')") == "print( 'a\\u200bb')"
    True
    """
    if not _ODD.search(code):
        return code
    return _LITERAL_OR_ODD.sub(lambda match: match["kept"] or (" " if match["space"] else ""), code)
