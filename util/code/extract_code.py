"""Find the program in a response. Only this module decides which code the judge runs.

The response's blocks are found by ``util.text.fences`` and ``extraction_tags``, the final program among them by
``extraction_choice``, and what it uses of other blocks by ``extraction_join``. No code is run to choose.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from util.code.extraction_choice import (
    choice_for_call,
    choice_for_input,
    excerpts_of,
    is_unfinished_program,
    later_change,
)
from util.code.extraction_join import Joined, joined
from util.code.extraction_outline import Outline, does_something, is_session, outlined
from util.code.extraction_tags import tagged_blocks
from util.text.fences import Block, blocks, dedented, inner
from util.text.python_text import MAX_CODE, is_python, parsed, without_odd_characters
from util.text.thought import after_closing, after_reasoning, first_opening, without_markers

MAX_PIECES, MAX_CHARACTERS = 64, MAX_CODE + MAX_CODE // 2
"""Only the last pieces of a response are looked at, up to these numbers of pieces and characters."""

_ACTS = re.compile(r"\b(?:print|input)\s*\(|\bstdout\b|^\s*(?:import|from|def|class)\s", re.MULTILINE)
_DEFINES = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(\w++)|^(\w++)[ \t]*=", re.MULTILINE)
_BEGINS = re.compile(
    r"\s*+(?:#.*|import \w|from [\w.]+ import |(?:async )?def \w+\(|class \w+[:(]|@\w|\w.* = .*(?:input\(|stdin))"
)
_TERMINATOR = re.compile(r"^[ \t]*(?:</\w{1,20}>|\[/[A-Z]{2,12}\]|<\|[^|\n]{1,40}\|>|</?s>)\s*$", re.MULTILINE)
"""A line that ends a block whose closing fence is missing."""


@dataclass(frozen=True)
class Candidates:
    """The pieces of code in one response that the judge may run, in order, and the choice among them."""

    codes: tuple[str, ...]
    defining: dict[str, int]
    """Name -> index of the last code that defines it (see ``defined_names``)."""
    fenced: bool
    """False: the only code is a response without fences."""
    is_cut: bool = False
    """The response ends within another program, so that none of the codes is the final one."""
    is_open: bool = False
    """The last code has no closing fence: it is valid, but may be the beginning of a longer program."""

    @classmethod
    def of(
        cls, codes: Iterable[str], *, fenced: bool = True, is_cut: bool = False, is_open: bool = False
    ) -> Candidates:
        codes = tuple(codes)
        defining = {name: i for i, code in enumerate(codes) for name in defined_names(code)}
        return cls(codes, defining, fenced, is_cut, is_open)

    def index(self, function: str | None) -> int | None:
        """Index of the final code for a call-based problem that asks for ``function``, or a stdin problem (None).

        The rules are those of ``extraction_choice``. A call-based problem whose function no code defines takes
        the code of a stdin problem, or else the last code. None: there is no program, or its end is missing.
        """
        if self.is_cut or not self.codes:
            return None
        if len(self.codes) == 1:
            return self._for_input if function is None else 0
        chosen = self._for_input if function is None else self._for_call(function)
        last = len(self.codes) - 1
        if self.is_open and chosen is not None and last not in self._joined(chosen).pieces:
            end = self._outlines[last]
            if is_unfinished_program(end) and end.lines not in self._outlines[chosen].lines:
                return None  # the response ends within a later program
        return chosen

    def code(self, function: str | None) -> str | None:
        """The program: the code at ``index`` with the definitions that it uses of the others (see ``joined``)."""
        index = self.index(function)
        return None if index is None else self._joined(index).code

    def pieces(self, function: str | None) -> tuple[int, ...]:
        """Indices of the codes that ``code`` is made of."""
        index = self.index(function)
        return () if index is None else self._joined(index).pieces

    @cached_property
    def _outlines(self) -> list[Outline]:
        return [outlined(code) for code in self.codes]

    @cached_property
    def _for_input(self) -> int | None:
        if len(self.codes) == 1:
            return None if is_session(self.codes[0]) else 0
        return choice_for_input(self._outlines, self._excerpts, lambda index: self._joined(index).effects)

    def _for_call(self, function: str) -> int:
        chosen = choice_for_call(self._outlines, function, self._excerpts)
        if chosen is not None:
            return self._changes[chosen]
        chosen = self.defining.get(function, self._for_input)
        return len(self.codes) - 1 if chosen is None else chosen

    @cached_property
    def _excerpts(self) -> frozenset[int]:
        return excerpts_of(self._outlines)

    @cached_property
    def _changes(self) -> list[int]:
        return [later_change(self._outlines, i) for i in range(len(self.codes))]

    @cached_property
    def _programs(self) -> dict[int, Joined]:
        return {}

    def _joined(self, index: int) -> Joined:
        if len(self.codes) == 1:
            return Joined(self.codes[0], (0,))
        if index not in self._programs:
            self._programs[index] = joined(self._outlines, index)
        return self._programs[index]


def extract_code(response: str, function: str | None = None) -> str | None:
    """The final program in a response; None if there is none, or the response ends within it.

    function: the name that a call-based problem asks for, None for a program that reads standard input. Only the
    text after the reasoning counts. Of several blocks, the last program is taken; examples of its use, tests,
    excerpts and outputs behind it do not replace it (see ``extraction_choice``). A block that uses functions or
    classes of other blocks gets them (see ``extraction_join``). A block without a language counts if it is a
    program, a block without a closing fence if it is valid. A response that is valid Python as it stands is
    used unchanged, except for characters that Python does not accept.
    """
    return candidates(response).code(function)


def candidates(response: str) -> Candidates:
    """All code that the judge may run for ``response``, for any requested function."""
    text = after_reasoning(response)
    if text is None:
        text = _after_mentions(response)
    if text is None:
        return Candidates.of(())
    text = without_markers(text)
    has_fences = "```" in text or "~~~" in text
    plain = without_odd_characters(text) if len(text) <= MAX_CODE else text
    if has_fences and is_python(plain) and does_something(plain):
        return Candidates.of([plain], fenced=False)
    found, fenced = code_candidates(text)
    if found or fenced.is_cut or has_fences:
        return fenced
    return Candidates.of([plain] if plain.strip() and is_python(plain) else (), fenced=False)


def code_candidates(text: str) -> tuple[list[Block], Candidates]:
    """The blocks of ``text`` that the judge may run, in the reasoning and in the answer, and the choice among them."""
    found, is_cut = _pieces(text)
    is_open = bool(found) and not found[-1].closed
    return found, Candidates.of((block.code for block in found), is_cut=is_cut, is_open=is_open)


def code_blocks(text: str) -> list[Block]:
    """The blocks of ``text`` that the judge may run, in the reasoning and in the answer."""
    return _pieces(text)[0]


def defined_names(code: str) -> set[str]:
    """Names that ``code`` defines as functions, or assigns at the beginning of a line.

    >>> sorted(defined_names("def f(x):\\n    y = x\\n    return y\\ng = f"))
    ['f', 'g']
    """
    return {match[1] or match[2] for match in _DEFINES.finditer(code)}


def acts(code: str) -> bool:
    """Whether Python code does or defines anything: "6" and "x = 6" are valid Python as well."""
    return _ACTS.search(code[:MAX_CODE]) is not None


def same_program(one: str, other: str) -> bool:
    """Whether two programs differ only in layout: the same characters except white space, the same syntax tree.

    >>> same_program("if x:\\n  y()", "if x:\\n\\n    y()\\n"), same_program("print('a b')", "print('ab')")
    (True, False)
    """
    if one.strip("\n") == other.strip("\n"):
        return True
    if "".join(one.split()) != "".join(other.split()):
        return False
    trees = parsed(one), parsed(other)
    try:
        return trees[0] is not None and trees[1] is not None and ast.dump(trees[0]) == ast.dump(trees[1])
    except RecursionError:
        return False


def _pieces(text: str) -> tuple[list[Block], bool]:
    """(blocks that the judge may run, whether ``text`` ends within another program).

    Python blocks, and blocks without a language that are programs; without any, all blocks without a language.
    Sample output and shell commands also appear in fences without a language.
    """
    fenced = blocks(text)
    tagged = tagged_blocks(text, fenced)
    found = _last(sorted([*fenced, *tagged], key=lambda block: block.start) if tagged else fenced)
    is_cut = bool(found) and _is_cut(found[-1])
    pieces = [block for block in found if _is_piece(block)]
    if pieces or not found:
        return pieces, is_cut
    tags = {block.start for block in tagged}
    return [b for b in found if not b.language and b.closed and b.start not in tags], is_cut


def _last(found: Sequence[Block]) -> list[Block]:
    """The last blocks that may be Python, as many as are looked at, without characters that Python does not accept."""
    kept, size = list[Block](), 0
    for block in (part for outer in reversed(found) for part in reversed(inner(outer) or [outer])):
        if (block.language and not block.is_python) or not block.code.strip():
            continue
        code = block.code
        if not block.closed and (end := _TERMINATOR.search(code)) is not None:
            code = code[: end.start()]
        plain = without_odd_characters(code)
        size += len(plain)
        if len(kept) == MAX_PIECES or (kept and size > MAX_CHARACTERS):
            break
        kept.append(block._replace(code=code if plain == code else dedented(plain)))
    return kept[::-1]


def _is_piece(block: Block) -> bool:
    """Whether a block counts as code: invalid code only if it is closed, and Python or the beginning of a program."""
    if block.closed and block.is_python:
        return True
    if is_python(block.code):
        return does_something(block.code) if block.is_python else acts(block.code)
    return block.closed and _begins_program(block)


def _is_cut(block: Block) -> bool:
    """Whether the last block has no end and is invalid, and began a program."""
    return not block.closed and not is_python(block.code) and _begins_program(block)


def _begins_program(block: Block) -> bool:
    """Whether invalid code was meant to be a program. The first line of a bare fence must be code: it may hold prose."""
    if not (block.is_python or _BEGINS.match(block.code)):
        return False
    return is_unfinished_program(outlined(block.code))


def _after_mentions(response: str) -> str | None:
    """The text after the reasoning if a code block precedes the first opening think tag, else None.

    Such a tag is part of a comment or string in the final code; it does not begin unfinished reasoning.
    """
    rest = after_closing(response)
    return rest if blocks(without_markers(rest[: first_opening(rest)])) else None
