"""Fenced code blocks of a response, found line by line.

Models often write closing fences badly: followed by text, behind the last line of code, indented in lists, or not
at all. Outside a block, a fence with a language opens one anywhere in a line, a bare fence only at the beginning of
a line; list markers, quotation marks and tags may precede it. Inside a block, a fence at the beginning of a line
closes it, even if text follows; a Python fence also opens the next block. Python has no backtick outside of strings
and comments, so in a block that may be Python any other run of backticks closes as well, and a fence within a
string of several lines does not, if the longer block is valid Python.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from util.text.python_text import first_fence, is_python, string_after

_PYTHON = re.compile(r"(?:c?python|py|pypy)[-_]?\d*(?:\.\d+)*\Z")
# What may precede a bare fence: indentation, quotation and list markers, tags.
_PREFIX = re.compile(r"(?:[\s>\ufeff\u200b]|(?:[-*+]|\d{1,9}[.)])\s|<[^<>\n]{1,60}>|\[[A-Z]{2,12}\])*+\Z")
_LANGUAGE = r"[^\S\n]*(?:\{\s*)?\.?([A-Za-z0-9+#_.-]*)"
_FENCE = re.compile(rf"(?<![`~])(`{{3,}}+|~{{3,}}+){_LANGUAGE}[^\n`]*$")
_CLOSING = re.compile(r"[\s>]*+(`{3,}+|~{3,}+)")
_INFO = re.compile(_LANGUAGE)
MAX_LINE = 2_000
"""Maximum characters of a line with an opening fence; longer lines are data."""
MAX_DOUBTS = 8
"""Fences within strings or comments that are weighed in one text; the others close their blocks."""
MAX_QUOTES = 16
MAX_NESTING = 4


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
        return is_python_language(self.language)


class _Opening(NamedTuple):
    mark: str
    language: str
    start: int
    quotes: int


class _End(NamedTuple):
    """Where a block ends. line: its number. kept: characters of that line that are code. following: next line to read."""

    line: int
    kept: int
    end: int
    closed: bool
    following: int


@dataclass
class _Scan:
    """The lines of a text (without their line ends) and the offset of each."""

    lines: list[str]
    offsets: list[int]
    size: int
    doubts: int = field(default=MAX_DOUBTS)


@lru_cache(maxsize=256)
def is_python_language(language: str) -> bool:
    """Whether the language of a fence is Python.

    >>> [is_python_language(name) for name in ("python", "Python3.11", "py", "pycon", "cpp")]
    [True, True, True, False, False]
    """
    return _PYTHON.match(language.lower()) is not None


def blocks(text: str) -> list[Block]:
    """All blocks in order, without their common indentation and quotation marks. Blocks within blocks: ``inner``."""
    if "```" not in text and "~~~" not in text:
        return []
    scan = _scanned(text)
    found: list[Block] = []
    number, resumed = 0, 0  # resumed: where a block ends whose closing fence opens the next
    while number < len(scan.lines):
        opening = _opening(scan, number, resumed)
        number += 1
        if opening is None:
            continue
        end = _end(scan, opening, number)
        code = [*scan.lines[number : end.line], *([scan.lines[end.line][: end.kept]] if end.kept else [])]
        found.append(
            Block(opening.language, dedented(_unquoted(code, opening.quotes)), end.closed, opening.start, end.end)
        )
        number, resumed = end.following, end.end
    return found


def inner(block: Block, depth: int = 0) -> list[Block]:
    """The blocks within a block with a longer fence, such as a Python block in a Markdown block; [] without any.

    Their positions are those of the outermost block. A Python block has none, unless it begins with a fence.
    """
    head = block.code.lstrip()
    if depth >= MAX_NESTING or ("```" not in head and "~~~" not in head):
        return []
    if not head.startswith(("```", "~~~")) and (block.is_python or is_python(block.code)):
        return []
    found: list[Block] = []
    for part in blocks(block.code):
        here = part._replace(start=block.start, end=block.end)
        found += inner(here, depth + 1) or [here]
    return found


def dedented(code: str) -> str:
    """``code`` without its common indentation, with a line break at its end.

    If only the text of a string or a comment is less indented than the first line, the indentation of the first
    line is removed as far as each line has it.
    """
    if not code.endswith("\n"):
        code += "\n"
    if code[0] not in " \t\n":
        return code
    first = re.match(r"(?:[ \t]*+\n)*+([ \t]*+)", code)
    if first is None or not first[1]:
        return code
    without = textwrap.dedent(code)
    if re.match(r"(?:[ \t]*+\n)*+[ \t]", without) is None:
        return without
    return re.sub(rf"^[ \t]{{1,{len(first[1])}}}", "", code, flags=re.MULTILINE)


def _scanned(text: str) -> _Scan:
    raw = text.split("\n")
    offsets = list(accumulate((len(line) + 1 for line in raw[:-1]), initial=0))
    lines = [line[:-1] if line.endswith("\r") else line for line in raw[:-1]] if "\r\n" in text else raw[:-1]
    return _Scan([*lines, raw[-1]], offsets, len(text))


def _opening(scan: _Scan, number: int, resumed: int) -> _Opening | None:
    """The fence that opens a block in a line, if there is one. resumed: what precedes it belongs to another block."""
    line = scan.lines[number]
    if len(line) > MAX_LINE or ("```" not in line and "~~~" not in line):
        return None
    first = max(0, resumed - scan.offsets[number])
    match = _FENCE.search(line, first)
    if match is None:
        return None
    before, language = line[: match.start()], match[2].lower()
    if (
        before
        and _PREFIX.match(before) is None
        and not (language if match[1][0] == "`" else is_python_language(language))
    ):
        return None
    start = match.start() if before.strip() else first
    return _Opening(match[1], language, scan.offsets[number] + start, min(before.count(">"), MAX_QUOTES))


def _end(scan: _Scan, opening: _Opening, first: int) -> _End:
    """The end of the block whose first line of code is ``first``.

    A fence in a string of several lines, or in a comment, is in doubt: it closes the block only if
    the block as it would be without this fence is not valid Python.
    """
    certain, doubtful = None, list[_End]()
    may_be_python = is_python_language(opening.language) or not opening.language
    string, known = "", first  # the string that is open at the beginning of line ``known``
    for number in range(first, len(scan.lines)):
        line = scan.lines[number]
        if opening.mark not in line:
            continue
        if may_be_python and number > known and scan.doubts > 0:
            string, known = string_after(scan.lines[known:number], string), number
        end, in_doubt = _closing(scan, opening, number, string, may_be_python=may_be_python)
        if end is None:
            continue
        if not in_doubt or scan.doubts <= 0:
            certain = end
            break
        doubtful.append(end)
        scan.doubts -= 1
    certain = certain or _End(len(scan.lines), 0, scan.size, False, len(scan.lines))
    if not doubtful or _is_python(scan, opening, first, certain):
        return certain
    plain = next((end for end in doubtful if not end.kept), None)
    return next((end for end in doubtful[:4] if _is_python(scan, opening, first, end)), plain or certain)


def _closing(
    scan: _Scan, opening: _Opening, number: int, string: str, *, may_be_python: bool
) -> tuple[_End | None, bool]:
    """(end of the block in a line, whether it is in doubt)."""
    line, offset = scan.lines[number], scan.offsets[number]
    match = _CLOSING.match(line)
    if match is not None and match[1].startswith(opening.mark):
        info = _INFO.match(line, match.end())
        # "``` Python is slow here" is a remark behind a closing fence.
        alone = line[match.end() : match.end() + 1].strip() or not info or not line[info.end() :].strip()
        if info is not None and alone and is_python_language(info[1]):  # opens another block
            start = match.start(1) if line[: match.start(1)].strip() else 0
            return _End(number, 0, offset + start, False, number), bool(string)
        return _End(number, 0, offset + match.end(), True, number + 1), bool(string)
    if not may_be_python:
        return None, False
    found = first_fence(line, opening.mark, string)
    if found is None:
        return None, False
    return _End(number, found.start, offset + found.end, True, number + 1), found.in_comment


def _is_python(scan: _Scan, opening: _Opening, first: int, end: _End) -> bool:
    code = [*scan.lines[first : end.line], *([scan.lines[end.line][: end.kept]] if end.kept else [])]
    return is_python(dedented(_unquoted(code, opening.quotes)))


def _unquoted(lines: Sequence[str], quotes: int) -> str:
    """The lines without up to ``quotes`` quotation marks each, if all of them are quoted; ">>> " is a session's prompt."""
    if quotes and all(line.lstrip().startswith(">") for line in lines if line.strip()):
        marks = re.compile(rf"(?:[ \t]*>(?!>>(?:[ \t]|$)) ?){{0,{quotes}}}")
        lines = [line[marks.match(line).end() :] for line in lines]  # type: ignore[union-attr]  # matches ""
    return "\n".join(lines)
