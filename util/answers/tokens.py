r"""LaTeX and plain-text mathematics as tokens.

A token is (kind, value): "n" a number, "w" a run of letters, "c" a command such as ``frac``,
"t" the words of a text command, "o" an operator, bracket or separator.
"""

from __future__ import annotations

import re
from fractions import Fraction

from util.answers.nodes import Unreadable

Token = tuple[str, str]

MAX_TOKENS = 1_200
MAX_DEPTH = 40

_TOKEN = re.compile(
    r"(?P<n>[1-9]\d{0,2}(?:(?:,|, ?\\!|\\!)\d{3})+(?!\d)(?:\.\d+)?|[1-9]\d{0,2}(?: \d{3})+(?![\d.,/])|\d+(?:\.\d+)?(?:[eE][+-]?\d{1,4}(?![\w.^]))?|\.\d+)"
    r"|\\(?P<c>[a-zA-Z]+)\*?|\\(?P<e>[^a-zA-Z])|(?P<w>[a-zA-Z]+)"
    r"|(?P<o>\.\.\.+|<=|>=|=<|=>|!=|<>|==|->|\*\*|:=|'+|[^\s\w])|(?P<space>\s+|_)",
    re.ASCII,
)
_NUMBER_FIRST = re.compile(r"\s*(-?\d[\d,]*(?:\.\d+)?)\s+([A-Za-z][A-Za-z .]*)")
_OPERATORS = {
    "cdot": "*", "times": "*", "ast": "*", "bullet": "*", "div": "/", "le": "<=", "leq": "<=", "leqslant": "<=",
    "leqq": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", "geqq": ">=", "ne": "!=", "neq": "!=", "lt": "<",
    "gt": ">", "to": "->", "rightarrow": "->", "pm": "±", "mp": "∓", "cup": "∪", "cap": "∩", "setminus": "∖",
    "backslash": "∖", "in": "∈", "notin": "∉", "mid": "|", "vert": "|", "lvert": "|", "rvert": "|", "Vert": "‖",
    "lVert": "‖", "rVert": "‖", "lbrace": r"\{", "rbrace": r"\}", "land": "and", "wedge": "and", "lor": "or",
    "vee": "or", "colon": ":", "approx": "≈", "simeq": "≈", "equiv": "≡", "sim": "∼", "ldots": "…", "cdots": "…",
    "dots": "…", "dotsc": "…", "dotsb": "…", "vdots": "…", "prime": "'", "langle": "⟨", "rangle": "⟩",
    "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "emptyset": "∅", "varnothing": "∅", "lbrack": "[",
    "rbrack": "]", "implies": "=>", "Rightarrow": "=>", "Longrightarrow": "=>", "iff": "⟺", "Leftrightarrow": "⟺",
    "bigcup": "∪", "bigcap": "∩", "circ": "°", "degree": "°", "newline": "\\\\", "cr": "\\\\", "lparen": "(",
    "rparen": ")", "subset": "⊂", "subseteq": "⊂", "parallel": "∥", "perp": "⊥", "propto": "∝", "star": "*",
}  # fmt: skip
_SPELLINGS = {"**": "^", "=<": "<=", "<>": "!=", "==": "=", ":=": "=", "...": "…", "⟺": "=>"}
_ESCAPED = {"{": r"\{", "}": r"\}", "%": "%", "|": "‖", "\\": "\\\\", "_": "_", "#": "#", "&": "&"}
_TEXT_COMMANDS = frozenset(
    [
        "text",
        "textbf",
        "textrm",
        "textit",
        "textsf",
        "texttt",
        "textnormal",
        "mbox",
        "mathrm",
        "mathbf",
        "mathit",
        "mathsf",
        "mathtt",
        "mathnormal",
        "operatorname",
        "boldsymbol",
        "bm",
        "mathcal",
        "mathbb",
        "mathfrak",
        "mathscr",
        "hbox",
        "rm",
        "bold",
        "pmb",
        "underline",
        "emph",
    ]
)
_LETTER_STYLES = frozenset(["mathbb", "mathcal", "mathfrak", "mathscr"])
DAMAGED = {
    "frac": "frac",
    "sqrt": "sqrt",
    "dfrac": "frac",
    "tfrac": "frac",
    "cdot": "*",
    "infty": "infty",
    "binom": "binom",
}
"""Commands that are recognised without their backslash."""

_OPEN, _CLOSE = frozenset(["(", "[", "{", r"\{", "⟨", "⌊", "⌈"]), frozenset([")", "]", "}", r"\}", "⟩", "⌋", "⌉"])


def tokenize(text: str) -> list[Token]:
    """Tokens of a ``layout.cleaned`` text.

    Raises:
        Unreadable: a character without a meaning, too many tokens, or brackets nested too deeply.
    """
    tokens: list[Token] = []
    position, depth = 0, 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Unreadable(f"the character {text[position]!r}")
        position = match.end()
        kind = match.lastgroup
        if kind == "space":
            if match[0] == "_":
                tokens.append(("o", "_"))
        elif kind == "c" and match["c"] in _TEXT_COMMANDS:
            content, position = _argument(text, position)
            number = _NUMBER_FIRST.fullmatch(content) if match["c"] in ("text", "mbox", "textbf", "mathrm") else None
            if number is not None:  # "6 feet" inside one text command
                tokens += [*tokenize(number[1]), ("t", number[2].strip())]
            else:
                tokens.append(_text_token(match["c"], content))
        elif kind == "c" and match["c"] in ("begin", "end"):
            content, position = _argument(text, position)
            tokens.append((match["c"], content.strip().rstrip("*")))
        else:
            token = _token(kind or "", match)
            depth += (token[1] in _OPEN) - (token[1] in _CLOSE)
            if depth > MAX_DEPTH:
                raise Unreadable("brackets nested too deeply")
            tokens.append(token)
        if len(tokens) > MAX_TOKENS:
            raise Unreadable("too long an expression")
    return tokens


def number_value(text: str) -> tuple[Fraction, int | None]:
    """Value and decimal places of a number token.

    Raises:
        Unreadable: the number has over 1,000 digits.
    """
    plain = re.sub(r"[,\s\\!]", "", text)
    mantissa, _, exponent = plain.replace("E", "e").partition("e")
    whole, point, decimals = mantissa.partition(".")
    if len(whole) > 1000 or len(decimals) > 1000:
        raise Unreadable("a number of over 1,000 digits")
    value = Fraction(int(whole + decimals or "0"), 10 ** len(decimals)) * Fraction(10) ** int(exponent or 0)
    return value, len(decimals) if point and not exponent else None


def _token(kind: str, match: re.Match[str]) -> Token:
    value = match[kind]
    if kind == "n":
        return "n", value
    if kind == "c":
        return ("o", _OPERATORS[value]) if value in _OPERATORS else ("c", value)
    if kind == "e":
        if value not in _ESCAPED:
            raise Unreadable(f"the command \\{value}")
        return "o", _ESCAPED[value]
    if kind == "w":
        if value in DAMAGED:
            name = DAMAGED[value]
            return ("c", name) if name.isalpha() else ("o", name)
        return "w", value
    if value.startswith("..."):
        return "o", "…"
    return "o", _SPELLINGS.get(value, value)


def _argument(text: str, position: int) -> tuple[str, int]:
    """The braced argument at ``position`` (or one character), and where it ends."""
    while position < len(text) and text[position].isspace():
        position += 1
    if position >= len(text):
        raise Unreadable("a command without its argument")
    if text[position] != "{":
        return text[position], position + 1
    depth = 0
    for end in range(position, len(text)):
        if text[end] == "\\":
            continue
        depth += (text[end] == "{") - (text[end] == "}")
        if depth == 0:
            return text[position + 1 : end], end + 1
    raise Unreadable("a brace that is never closed")


def _text_token(command: str, content: str) -> Token:
    content = " ".join(content.split())
    if command in _LETTER_STYLES and len(content) == 1:
        return ("c", f"set{content}") if command == "mathbb" else ("w", content)
    if len(content) == 1 and content.isalpha() and command not in ("text", "mbox", "mathrm", "textrm", "hbox"):
        # A bold i, j or k is a unit vector; other bold letters are the letters.
        return (
            ("c", f"vector{content}")
            if content in "ijk" and command in ("mathbf", "boldsymbol", "bm")
            else ("w", content)
        )
    return "t", content
