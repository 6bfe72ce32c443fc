"""The outer form of an answer: tuple, interval, equation, quantity and so on, with the expressions inside as text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from support.latex_values import Refused, formula

RELATIONS = re.compile(r"\\(?:leqslant|leq|le|geqslant|geq|ge|neq|ne|lt|gt)(?![A-Za-z])|[<>=]")


@dataclass(frozen=True)
class Shape:
    """An answer's outer form. texts: what is compared as text; parts: the expressions inside."""

    kind: str
    texts: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


def shape(text: str, kind: str = "") -> Shape:
    """The outer form of an answer.

    Raises:
        Refused: none of the forms that this module knows.
    """
    text = plain(text)
    for reader in READERS:
        if (found := reader(text, kind)) is not None:
            return found
    formula(text)
    return Shape("scalar", (), (text,))


def plain(text: str) -> str:
    text = re.sub(r"\\(?:left|right)(?![A-Za-z])|\\[,;:!]", "", text.strip().strip("$"))
    return re.sub(r"\\[dt]frac(?![A-Za-z])", r"\\frac", text).strip()


def split(text: str, separator: str) -> list[str]:
    r"""The parts of a text at separators (a regular expression) outside of brackets."""
    depth, start, found, place = 0, 0, [], 0
    pattern = re.compile(separator)
    while place < len(text):
        if depth == 0 and (match := pattern.match(text, place)):
            found.append(text[start:place])
            start = place = match.end()
            continue
        depth += (text[place] in "([{") - (text[place] in ")]}")
        place += 2 if text[place] == "\\" and text[place + 1 : place + 2] not in ("{", "}") else 1
    return [part.strip() for part in [*found, text[start:]]]


def _choice(text: str, kind: str) -> Shape | None:
    words = re.sub(r"\\(?:text|textbf|mathrm|mathbf)\{([^{}]*)\}", r"\1", text)
    if kind in ("option", "text") or (re.fullmatch(r"\\text(?:bf)?\{[^{}]*\}", text)):
        return Shape("words", (re.sub(r"[^a-z0-9]", "", words.lower()),))
    return None


def _environment(text: str, kind: str) -> Shape | None:
    match = re.fullmatch(r"(?:(\w\(\w\))=)?\\begin\{(\w+)\}(.*)\\end\{(\w+)\}", text, re.DOTALL)
    if not match or match[2] != match[4]:
        return None
    rows = [row.split("&") for row in re.split(r"\\\\", match[3])]
    parts = tuple(plain(cell) for row in rows for cell in row)
    if match[2] == "cases":
        if any(len(row) != 2 for row in rows):
            raise Refused("cases")
        return Shape("cases", (match[1] or "",), parts)
    if match[2] not in ("pmatrix", "bmatrix"):  # others are determinants or norms
        raise Refused(match[2])
    return Shape("tuple", ("matrix", *(str(len(row)) for row in rows)), parts)


def _congruence(text: str, kind: str) -> Shape | None:
    match = re.fullmatch(r"(\w) ?\\equiv ?(.*?) ?\\pmod ?\{?(\d+)\}?", text)
    return Shape("congruence", (match[1],), (match[2], match[3])) if match else None


def _parameter(text: str, kind: str) -> Shape | None:
    match = re.fullmatch(r"(?:(\w) ?= ?)?(.*?), ?(\w) ?\\in ?\\mathbb\{Z\}", text)
    return Shape("parameter", (match[1] or "", match[3]), (match[2],)) if match else None


def _union(text: str, kind: str) -> Shape | None:
    pieces = split(text, r"\\cup(?![A-Za-z])")
    infinite = "\\infty" in text
    if len(pieces) < 2 and not infinite and kind != "interval" and not re.fullmatch(r"\[.*\)|\(.*\]", text):
        return None
    parts: list[str] = []
    brackets = []
    for piece in pieces:
        if piece.startswith("\\{") and piece.endswith("\\}"):
            for item in split(piece[2:-2], ","):
                parts += [item, item]
                brackets.append("[]")
            continue
        ends = split(piece[1:-1], ",")
        if len(ends) != 2 or piece[0] not in "([" or piece[-1] not in ")]":
            raise Refused("an interval")
        brackets.append(piece[0] + piece[-1])
        parts += ends
    return Shape("union", tuple(brackets), tuple(parts))


def _set(text: str, kind: str) -> Shape | None:
    if text.startswith("\\{") and text.endswith("\\}") and "\\mid" not in text:
        return Shape("set", (), tuple(split(text[2:-2], ",")))
    return None


def _tuple(text: str, kind: str) -> Shape | None:
    if text[:1] in ("(", "[") and text[-1:] in (")", "]") and len(split(text, ",")) == 1:
        items = split(text[1:-1], ",")
        if len(items) > 1 and _wrapped(text):
            return Shape("tuple", (text[0] + text[-1],), tuple(items))
    return None


def _wrapped(text: str) -> bool:
    """Whether the bracket at the start is closed at the end."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0:
            return place == len(text) - 1
    return False


def _list(text: str, kind: str) -> Shape | None:
    items = split(text, r",| ?\\text\{ ?(?:and|or) ?\} ?")
    if len(items) < 2 or re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", text):
        return None
    if re.search(r"[<>]|\\[lg]e", text):
        joint = re.search(r"\\text\{ ?(and|or) ?\}", text)
        return Shape("relation", (joint[1],) if joint else (), tuple(items))
    return Shape("set", ("list",), tuple(items))


def _signs(text: str, kind: str) -> Shape | None:
    if not re.search(r"\\pm(?![A-Za-z])", text) or "=" in text:
        return None
    return Shape("set", ("list",), tuple(re.sub(r"\\pm(?![A-Za-z])", sign, text) for sign in "+-"))


def _named(text: str, kind: str) -> Shape | None:
    match = re.fullmatch(r"([A-Za-z]\([A-Za-z0-9]+(?:,[A-Za-z])?\)|\|[A-Z]{2}\||\\mathrm\{\w\}) ?=(.*)", text)
    if not match or RELATIONS.search(match[2]):
        return None
    return Shape("tuple", (match[1],), (match[2].strip(),))


def _relation(text: str, kind: str) -> Shape | None:
    return Shape("relation", (), (text,)) if RELATIONS.search(text) else None


def _ratio(text: str, kind: str) -> Shape | None:
    items = split(text, ":")
    return Shape("ratio", (), tuple(items)) if len(items) > 1 else None


def _quantity(text: str, kind: str) -> Shape | None:
    if text.startswith("\\$"):
        return Shape("quantity", ("$",), (text[2:].strip(),)) if _readable(text[2:]) else None
    match = re.fullmatch(r"(.+?) ?\\(?:text|mathrm)\{ ?([^{}]*)\}((?:\^\d)?)", text)
    if match and _readable(match[1]):
        return Shape("quantity", (match[2].strip() + match[3],), (match[1],))
    return Shape("quantity", ("%",), (text[:-2],)) if text.endswith("\\%") else None


def _readable(text: str) -> bool:
    try:
        formula(text)
    except Refused:
        return False
    return True


READERS: tuple[Callable[[str, str], Shape | None], ...] = (
    _choice, _environment, _congruence, _parameter, _named, _union, _set, _tuple, _quantity, _list, _signs, _relation, _ratio,
)  # fmt: skip
