"""Find the program in a response. Only this module decides which code the judge runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass

from util.text.fences import Block, blocks
from util.text.thought import after_closing, after_reasoning, first_opening, without_markers

_DOING = (
    ast.Call, ast.Assign, ast.AugAssign, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef,
    ast.ClassDef, ast.Lambda,
)  # fmt: skip
MAX_CODE = 100_000
"""Maximum characters of a program; longer code is a model's repetition, not a solution."""

_ACTS = re.compile(r"\b(?:print|input)\s*\(|\bstdout\b|^\s*(?:import|from|def|class)\s", re.MULTILINE)
_DEFINES = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(\w++)|^(\w++)[ \t]*=", re.MULTILINE)
_SESSION = (">>>", "$ ")
"""A block that begins with one of these is a Python or shell session."""


@dataclass(frozen=True)
class Candidates:
    """The pieces of code in one response that the judge may run, in order, and the choice among them."""

    codes: tuple[str, ...]
    defining: dict[str, int]
    """Name -> index of the last code that defines it (see ``defined_names``)."""
    fenced: bool
    """False: the only code is a response without fences."""

    @classmethod
    def of(cls, codes: Iterable[str], *, fenced: bool = True) -> Candidates:
        codes = tuple(codes)
        defining = {name: i for i, code in enumerate(codes) for name in defined_names(code)}
        return cls(codes, defining, fenced)

    def index(self, function: str | None) -> int | None:
        """Index of the code to run for a call-based problem that asks for ``function``, or a stdin problem (None).

        A call-based problem takes the last code that defines the function, else the last code; a stdin
        problem takes the last code that is not an interactive session.
        """
        last = len(self.codes) - 1
        if function is not None:
            return self.defining.get(function, last if self.codes else None)
        return next((i for i in range(last, -1, -1) if not self.codes[i].lstrip().startswith(_SESSION)), None)

    def code(self, function: str | None) -> str | None:
        index = self.index(function)
        return None if index is None else self.codes[index]


def extract_code(response: str, function: str | None = None) -> str | None:
    """The program in a response: its last complete Python block after the reasoning.

    A block without a language counts if it is a program (sample output is also fenced). A block that
    defines the requested function is preferred to later ones that do not (usage examples). A response
    without fences that is valid Python as it stands is used unchanged.
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
    found = _complete(text)
    if found or "```" in text or "~~~" in text:
        return Candidates.of(block.code for block in _code_blocks(found))
    return Candidates.of([text] if text.strip() and _parses(text) else (), fenced=False)


def code_blocks(text: str) -> list[Block]:
    """The complete blocks of ``text`` that the judge may run, in the reasoning and in the answer."""
    return _code_blocks(_complete(text))


def defined_names(code: str) -> set[str]:
    """Names that ``code`` defines as functions, or assigns at the beginning of a line.

    >>> sorted(defined_names("def f(x):\\n    y = x\\n    return y\\ng = f"))
    ['f', 'g']
    """
    return {match[1] or match[2] for match in _DEFINES.finditer(code)}


def acts(code: str) -> bool:
    """Whether Python code does or defines anything: "6" and "x = 6" are valid Python as well."""
    return _ACTS.search(code[:MAX_CODE]) is not None


def does_something(code: str) -> bool:
    """Whether Python code calls, defines or assigns anything. Prose such as "B" or "Answer: 2" does not.

    >>> does_something("f = max"), does_something("Answer: 2")
    (True, False)
    """
    tree = _tree(code)
    return tree is not None and any(isinstance(node, _DOING) for node in ast.walk(tree))


def same_program(one: str, other: str) -> bool:
    """Whether two programs differ only in layout: the same characters except white space, the same syntax tree.

    >>> same_program("if x:\\n  y()", "if x:\\n\\n    y()\\n"), same_program("print('a b')", "print('ab')")
    (True, False)
    """
    if one.strip("\n") == other.strip("\n"):
        return True
    if "".join(one.split()) != "".join(other.split()):
        return False
    trees = _tree(one), _tree(other)
    try:
        return trees[0] is not None and trees[1] is not None and ast.dump(trees[0]) == ast.dump(trees[1])
    except RecursionError:
        return False


def _complete(text: str) -> list[Block]:
    return [block for block in blocks(text) if block.closed and block.code.strip()]


def _code_blocks(found: list[Block]) -> list[Block]:
    """Python blocks, and blocks without a language that are programs; without any, all blocks without a language.

    Sample output and shell commands also appear in fences without a language.
    """
    programs = [b for b in found if b.is_python or (not b.language and acts(b.code) and _parses(b.code))]
    return programs or [b for b in found if not b.language]


def _parses(code: str) -> bool:
    return _tree(code) is not None


def _tree(code: str) -> ast.Module | None:
    if len(code) > MAX_CODE:
        return None
    try:
        return ast.parse(code)  # not compile(), which folds constants of any size
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _after_mentions(response: str) -> str | None:
    """The text after the reasoning if a code block precedes the first opening think tag, else None.

    Such a tag is part of a comment or string in the final code; it does not begin unfinished reasoning.
    """
    rest = after_closing(response)
    return rest if blocks(without_markers(rest[: first_opening(rest)])) else None
