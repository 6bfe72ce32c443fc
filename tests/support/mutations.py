"""Mutants of an answer: small changes of its text, each of one kind.

Whether a mutant means something else is decided elsewhere (``support.answer_meanings``); here are only the changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from support.answer_shapes import plain, split

PIECE = re.compile(
    r"\\begin\{\w+\}|\\end\{\w+\}|\\(?:text|textbf|mathrm|mathbb)\{[^{}]*\}|\\[A-Za-z]+|\\\\|\\.|\d{1,3}(?:,\d{3})+(?!\d)|\d+|[A-Za-z]|\s+|.",
    re.DOTALL,
)

SWAPPED = {
    "\\sin": ("\\cos", "\\sinh", "\\tan"), "\\cos": ("\\sin", "\\sec"), "\\tan": ("\\cot", "\\sin"), "\\cot": ("\\tan",),
    "\\sec": ("\\csc", "\\cos"), "\\arcsin": ("\\arccos", "\\sin"), "\\arccos": ("\\arcsin",), "\\arctan": ("\\tan", "\\arcsin"),
    "\\ln": ("\\exp", "\\sqrt"), "\\log": ("\\sqrt",), "\\exp": ("\\ln", "\\sin"), "\\max": ("\\min",), "\\min": ("\\max",),
    "\\gcd": ("\\max", "\\min"), "\\lfloor": ("\\lceil",), "\\lceil": ("\\lfloor",), "\\sum": ("\\prod",), "\\prod": ("\\sum",),
    "\\binom": ("\\frac",), "\\frac": ("\\binom",), "\\sqrt": ("\\sqrt[3]", "\\ln"), "\\pi": ("e", "3", "2\\pi"), "e": ("\\pi", "2"),
    "\\cup": ("\\cap", ","), "\\pm": ("+", "-"),
}  # fmt: skip
RELATION = {
    "<": (">", "\\le"), ">": ("<", "\\ge"), "\\le": ("<", "\\ge"), "\\ge": (">", "\\le"), "\\neq": ("=", ">"),
    "=": ("<", "\\neq", "\\ge"), "\\equiv": ("\\not\\equiv",), "\\in": ("\\notin",),
}  # fmt: skip
UNITS = {
    "km": ("m", "cm"), "cm": ("m", "mm"), "m": ("km", "cm"), "kg": ("g",), "g": ("kg",), "m/s": ("km/h",), "km/h": ("m/s",),
    "minutes": ("hours", "seconds"), "hours": ("minutes", "days"), "days": ("hours",), "seconds": ("minutes",), "L": ("mL",),
    "mile": ("km", "feet"), "feet": ("inches",), "N": ("J",), "J": ("N",), "dollars": ("cents",), "cents": ("dollars",),
    "apples": ("books",), "students": ("books",),
}  # fmt: skip
WORDS = [
    "yes",
    "no",
    "even",
    "odd",
    "red",
    "Tuesday",
    "Bob",
    "circle",
    "hyperbola",
    "increasing",
    "constant",
    "both",
    "infinitely",
    "many",
    "solutions",
    "true",
    "false",
    "prime",
]

Pieces = list[str]


def mutants(gold: str, kind: str) -> Iterator[tuple[str, str]]:
    """(kind of change, text) of every mutant, in a fixed order; some occur twice, some mean the same as the gold answer."""
    pieces = PIECE.findall(gold)
    if not gold.isascii():
        return  # the evaluator of the test reads no Unicode forms
    inside = _in_subscripts(pieces)
    for name, change in CHANGES.items():
        for place in range(len(pieces)):
            if place in inside and name not in ("digit", "letter"):
                continue
            for replacement in change(pieces, place):
                yield name, "".join([*pieces[:place], replacement, *pieces[place + 1 :]])
    yield from _whole(gold, kind)


def _in_subscripts(pieces: Pieces) -> set[int]:
    r"""Places inside of the braces of subscripts, bounds of sums excepted."""
    found: set[int] = set()
    for place, piece in enumerate(pieces):
        if (
            piece == "_"
            and pieces[place + 1 : place + 2] == ["{"]
            and pieces[place - 1] not in ("\\sum", "\\prod", "\\int")
        ):
            end = pieces.index("}", place)
            found.update(range(place + 2, end))
    return found


def _digit(pieces: Pieces, place: int) -> Iterator[str]:
    item = pieces[place]
    if not item.replace(",", "").isdigit():
        return
    for index, figure in enumerate(item):
        for step in (1, 5, 9) if figure != "," else ():
            yield item[:index] + str((int(figure) + step) % 10) + item[index + 1 :]
    if item.isdigit() and pieces[place - 1 : place] != ["."] and pieces[place + 1 : place + 2] != ["."]:
        yield from (item + "0", item + item[-1])
        if len(item) > 1:
            yield from (item[::-1], item[1:], item[:-1])


def _size(pieces: Pieces, place: int) -> Iterator[str]:
    """A number by one, or by a large number: for constants inside of floors, absolute values and maxima."""
    item = pieces[place]
    if item.isdigit() and pieces[place - 1 : place] != ["."] and pieces[place + 1 : place + 2] != ["."]:
        for step in (1, -1, 2, 10, 99, 1000, 10**6):
            if int(item) + step >= 0:
                yield str(int(item) + step)


def _sign(pieces: Pieces, place: int) -> Iterator[str]:
    item = pieces[place]
    if item in ("+", "-"):
        yield "-" if item == "+" else "+"
        yield f"{item}{item}" if place else ""


def _minus(pieces: Pieces, place: int) -> Iterator[str]:
    """A minus sign that was not there."""
    if pieces[place - 1 : place] in (
        [],
        ["("],
        ["["],
        ["{"],
        [","],
        ["="],
        ["&"],
        ["\\le"],
        ["<"],
        [">"],
        ["\\ge"],
        ["\\\\"],
    ):
        item = pieces[place]
        if item not in ("-", "+", " ", ")", "]", "}", "(", "[", "\\{", "|") and not item.startswith(
            ("\\begin", "\\text", "\\end", "\\c")
        ):
            yield f"-{item}"


def _function(pieces: Pieces, place: int) -> Iterator[str]:
    yield from SWAPPED.get(pieces[place], ())


def _relation(pieces: Pieces, place: int) -> Iterator[str]:
    for other in RELATION.get(pieces[place], ()):
        yield f"{other} " if other.startswith("\\") else other


def _bracket(pieces: Pieces, place: int) -> Iterator[str]:
    yield from {"(": ("[",), "[": ("(",), ")": ("]",), "]": (")",), "|": ("(",)}.get(pieces[place], ())


def _letter(pieces: Pieces, place: int) -> Iterator[str]:
    item = pieces[place]
    if len(item) == 1 and item.isalpha():
        others = [
            piece for piece in dict.fromkeys(pieces) if len(piece) == 1 and piece.isalpha() and piece not in (item, "e")
        ]
        yield from (*others[:3], "w" if item != "w" else "v")
        around = pieces[place - 1 : place] + pieces[place + 1 : place + 2]
        if len(pieces) > 1 and not any(piece.isalpha() or piece == "_" for piece in around):
            yield item.swapcase()  # not in words, and not in digits of a base
    elif item in ("\\alpha", "\\theta", "\\lambda", "\\rho", "\\mu", "\\omega"):
        yield "\\beta "


def _exponent(pieces: Pieces, place: int) -> Iterator[str]:
    item = pieces[place]
    if item == "^" and pieces[place + 1 : place + 2] != ["{"] and pieces[place + 1 : place + 2] != ["\\circ"]:
        yield from ("^{2}^", "")
    elif item == "^":
        yield ""
    elif len(item) == 1 and item.isalpha() and pieces[place + 1 : place + 2] not in (["^"], ["_"], ["("]):
        yield from (f"{item}^2", f"{item}^{{-1}}", f"\\sqrt{{{item}}}")
    elif item.isdigit() and pieces[place - 1 : place] == ["^"]:
        yield from (f"{{-{item}}}", f"{{{int(item) + 1}}}", f"{{{item}0}}")


def _operator(pieces: Pieces, place: int) -> Iterator[str]:
    item = pieces[place]
    if item in ("+", "-") and place:
        yield from ("\\cdot ", "/")
    elif item in ("/", "\\cdot", "\\times"):
        yield from ("+", "-", "\\cdot " if item == "/" else "/")


def _argument(pieces: Pieces, place: int) -> Iterator[str]:
    """A letter shifted or scaled."""
    item = pieces[place]
    if len(item) == 1 and item.isalpha() and item != "e" and pieces[place + 1 : place + 2] not in (["_"],):
        yield from (
            f"({item}+1)",
            f"({item}-1)",
            f"(2{item})",
            f"({item}+100)",
            f"({item}+1000)",
            f"\\frac{{{item}}}{{2}}",
            f"|{item}|",
            f"(-{item})",
        )


def _subscript(pieces: Pieces, place: int) -> Iterator[str]:
    if (
        pieces[place] == "_"
        and pieces[place + 1 : place + 2]
        and pieces[place + 1] != "{"
        and pieces[place - 1] not in ("\\log", "\\sum", "\\prod", "\\int")
    ):
        following = pieces[place + 1]
        yield from ("_{9}\\cdot ", "")
        if following.isdigit():
            yield "_1" if following == "0" else "_0"


def _item(pieces: Pieces, place: int) -> Iterator[str]:
    """A sign, number or letter dropped or doubled."""
    item = pieces[place]
    if item.isalnum() and "." not in (pieces[place - 1 : place] + pieces[place + 1 : place + 2]):
        yield ""
        yield f"{item}\\cdot {item}"


def _unit(pieces: Pieces, place: int) -> Iterator[str]:
    match = re.fullmatch(r"\\(text|mathrm)\{( ?)([^{}]*)\}", pieces[place])
    if match:
        for other in UNITS.get(match[3].strip(), ()):
            yield f"\\{match[1]}{{{match[2]}{other}}}"


CHANGES: dict[str, Callable[[Pieces, int], Iterator[str]]] = {
    "digit": _digit, "size of a number": _size, "sign": _sign, "minus": _minus, "function": _function, "relation": _relation,
    "bracket": _bracket, "letter": _letter, "exponent": _exponent, "operator": _operator, "argument": _argument,
    "subscript": _subscript, "dropped or doubled": _item, "unit": _unit,
}  # fmt: skip


def _whole(gold: str, kind: str) -> Iterator[tuple[str, str]]:
    """Changes of the whole answer: its items, its scale, its words."""
    if "=" not in gold and "\\in" not in gold:
        yield from _items_changed(gold)
    if kind in ("option", "text"):
        letters = "ABCDE" if kind == "option" else ()
        inner = re.sub(r"\\text(?:bf)?\{([^{}]*)\}", r"\1", gold)
        for other in letters or WORDS:
            replaced = re.sub(r"[A-E]", other, inner) if letters else other
            yield "words", gold.replace(inner, replaced) if inner in gold else replaced
        if not letters:
            yield from (
                ("words", gold.replace(inner, f"not {inner}")),
                ("words", gold.replace(inner, f"{inner} or {WORDS[0]}")),
            )
        return
    if not re.search(r"[,=<>:&%$]|\\(?:in|le|ge|ne|cup|pm|text|equiv|circ|mathrm)", gold):
        yield from _scaled(gold)


def _scaled(gold: str) -> Iterator[tuple[str, str]]:
    for text in (
        f"2({gold})", f"-({gold})", f"({gold})+1", f"({gold})-1", f"({gold})+0.0000001", f"({gold})(1+10^{{-9}})", f"\\frac{{1}}{{{gold}}}",
        f"({gold})^2", f"\\sqrt{{{gold}}}", f"10({gold})", f"({gold})\\pi", f"({gold})+10^{{-20}}", f"|{gold}|", f"\\lfloor {gold}\\rfloor",
        f"\\max(0,{gold})", f"\\min(100,{gold})", f"({gold})i", f"({gold})+x-1", f"x({gold})", f"({gold})^{{-1}}", f"({gold})!",
    ):  # fmt: skip
        if "." not in gold or ("+0.0" not in text and "10^{-" not in text):  # within the precision of a decimal
            yield "whole answer", text


def _items_changed(gold: str) -> Iterator[tuple[str, str]]:
    """Items of a tuple, set or list in another order, dropped, doubled or added."""
    text = plain(gold)
    match = re.fullmatch(r"(\(|\[|\\\{|)(.*?)(\)|\]|\\\}|)", text)
    if (
        match is None
        or "\\cup" in text
        or "\\mathbb" in text
        or len(split(match[2], r",")) < 2
        or re.fullmatch(r"[^ ]*\d,\d{3}.*", text)
    ):
        return
    opened, closed = match[1], match[3]
    items = split(match[2], ",")
    for place in range(len(items)):
        rest = items[:place] + items[place + 1 :]
        yield "item dropped", opened + ", ".join(rest) + closed
        yield "item doubled", opened + ", ".join([*items, items[place]]) + closed
    yield "item added", opened + ", ".join([*items, "73"]) + closed
    yield "item added", opened + ", ".join(["0", *items]) + closed
    for place in range(len(items) - 1):
        swapped = [*items[:place], items[place + 1], items[place], *items[place + 2 :]]
        yield "order", opened + ", ".join(swapped) + closed
    yield "order", opened + ", ".join(items[::-1]) + closed
