"""Complete a piece of code with the definitions that it uses and that other blocks of the response hold."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from util.code.extraction_outline import Outline, TopDefinition
from util.code.extraction_scope import NO_EFFECTS, Effects
from util.text.python_text import MAX_CODE, is_python, parsed

MAX_JOINED = 500
"""Maximum definitions that are joined to a piece."""

Place = tuple[int, int]
"""(index of a piece, index of one of its definitions)."""


@dataclass(frozen=True)
class Joined:
    """A program made of one piece and definitions of others. pieces: all indices, in order. effects: of the definitions."""

    code: str
    pieces: tuple[int, ...]
    effects: Effects = NO_EFFECTS


def joined(outlines: Sequence[Outline], index: int) -> Joined:
    """Piece ``index`` with the definitions that it needs from other pieces, before it and in their order.

    A function or class is taken from the last piece that defines it. Imports and values are taken from pieces
    that supply a function or class, and from pieces that are no programs: a program that forgets an import does
    not get it from an earlier version of itself. Statements that read, print or run anything are never taken.
    """
    piece = outlines[index]
    if not piece.missing:
        return Joined(piece.code, (index,))
    places = _places(outlines, index)
    if not places or len(places) > MAX_JOINED:
        return Joined(piece.code, (index,))
    definitions = [outlines[i].definitions[j] for i, j in sorted(places)]
    code = _code("\n".join(definition.text for definition in definitions), piece.code)
    if len(code) > MAX_CODE or not is_python(code):
        return Joined(piece.code, (index,))
    found = NO_EFFECTS
    for definition in definitions:
        found |= definition.effects
    return Joined(code, tuple(sorted({index, *(i for i, _ in places)})), found)


def _places(outlines: Sequence[Outline], index: int) -> set[Place]:
    """Where the definitions are that piece ``index`` needs, and those that they need in turn."""
    own = outlines[index]
    table = _table(outlines, index)
    suppliers, places, known = set[int](), set[Place](), set(own.top)
    pending, values = [(name, index) for name in sorted(own.missing)], list[str]()
    while pending or values:
        solid = bool(pending)
        name, source = pending.pop() if solid else (values.pop(), index)
        if name in known:
            continue
        candidates = table.get(name, {})
        chosen = source if source in candidates else None
        if chosen is None:
            functions = [i for i, found in candidates.items() if any(d.solid for _, d in found)]
            allowed = functions or (
                [] if solid else [i for i in candidates if i in suppliers or _is_part(outlines[i], own)]
            )
            if not allowed:
                if solid and candidates:
                    values.append(name)  # when the suppliers are known
                continue
            chosen = allowed[-1]
        known.add(name)
        for j, definition in candidates[chosen]:
            if definition.solid:
                suppliers.add(chosen)
            places.add((chosen, j))
            pending += [(need, chosen) for need in sorted(definition.needs)]
        if len(places) > MAX_JOINED:
            return places
    if not own.missing <= known or any(not outlines[i].definitions[j].needs <= known for i, j in places):
        # What is still missing may come from a starred import.
        parts = (i for i in table.get("*", {}) if i in suppliers or _is_part(outlines[i], own))
        places.update((i, j) for i in parts for j, _ in table["*"][i])
    return places


def _table(outlines: Sequence[Outline], index: int) -> dict[str, dict[int, list[tuple[int, TopDefinition]]]]:
    """Name -> index of a piece -> its definitions of the name, for all other pieces. Functions without a body count not."""
    table: dict[str, dict[int, list[tuple[int, TopDefinition]]]] = {}
    for i, piece in enumerate(outlines):
        if i == index:
            continue
        for j, definition in enumerate(piece.definitions):
            for name in definition.names - piece.stubs:
                table.setdefault(name, {}).setdefault(i, []).append((j, definition))
    return table


def _is_part(piece: Outline, main: Outline) -> bool:
    """Whether a piece is a part of the program that ``main`` completes, not a program or an earlier version of it."""
    return not piece.runs and main.functions.keys().isdisjoint(piece.functions)


def _code(definitions: str, code: str) -> str:
    """``definitions`` before ``code``, but behind its imports from ``__future__``, which must come first."""
    tree = parsed(code)
    future = [
        statement.end_lineno or 0
        for statement in (tree.body if tree is not None else [])
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
    ]
    lines = code.split("\n")
    split = max(future, default=0)
    return "\n".join([*lines[:split], *definitions.split("\n"), "", "", *lines[split:]])
