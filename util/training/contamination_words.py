"""The words of a question, whatever its layout: line breaks, spacing, LaTeX, markdown, Unicode, numbers in words.

Two copies of a question that differ in these alone have the same words and operators:

>>> words(signs(r"Let $\\dfrac{1}{2}\\left(x_{1}+3\\right)\\leq \\text{twenty-five}$."))
['let', '1', '2', 'x1', '3', '25']
>>> words(signs("Let **½ (x₁ + 3) ≤ 25**"))
['let', '1', '2', 'x1', '3', '25']
>>> signed(signs("What is 6 times 2?")) == signed(signs(r"what is $6\\cdot 2$")), signed(signs("What is 6 - 2?"))
(True, ['what', 'is', '6', '-2'])
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator

_SUPERSCRIPTS = {ord(sign): f"^{digit}" for digit, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
_SUBSCRIPTS = {ord(sign): f"_{digit}" for digit, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")}
_HALVES = {ord(sign): f" {unicodedata.normalize('NFKC', sign)} " for sign in "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"}
_SIGNS = {
    "−": "-", "–": "-", "‐": "-", "‑": "-", "⁄": "/", "∕": "/", "÷": "/", "×": "*", "·": "*", "⋅": "*", "∗": "*", "∙": "*",
    "≤": "<=", "⩽": "<=", "≥": ">=", "⩾": ">=", "≠": "!=", "°": " degrees ", "∞": " infinity ", "√": " sqrt ",
    "∠": " angle ", "△": " triangle ", "∆": " triangle ", "∈": " in ", "∑": " sum ", "∏": " product ", "∫": " integral ",
    "∪": " union ", "∩": " intersection ", "⊂": " subset ", "⊆": " subset ", "⊥": " perpendicular ", "∥": " parallel ",
    "∣": "|", "…": " ", "\xad": "", "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "",
}  # fmt: skip
_TABLE = _SUPERSCRIPTS | _SUBSCRIPTS | _HALVES | {ord(sign): text for sign, text in _SIGNS.items()}
_TABLE |= {
    code: f" {unicodedata.name(chr(code)).split(' WITH ')[0].split()[-1].lower()} "
    for code in (*range(0x391, 0x3AA), *range(0x3B1, 0x3CA))
    if unicodedata.name(chr(code), "").startswith("GREEK") and code != 0x3A2
}
_TABLE |= {0x3C2: " sigma ", 0x3D5: " phi ", 0x3F5: " epsilon ", 0x3D1: " theta ", 0x3BB: " lambda ", 0x39B: " lambda "}

_COMMANDS = {
    # Operators, as one sign each.
    **dict.fromkeys(("times", "cdot", "ast", "bullet"), "*"), **dict.fromkeys(("div",), "/"),
    **dict.fromkeys(("le", "leq", "leqslant", "leqq"), "<="), **dict.fromkeys(("ge", "geq", "geqslant", "geqq"), ">="),
    **dict.fromkeys(("ne", "neq"), "!="), **dict.fromkeys(("lt",), "<"), **dict.fromkeys(("gt",), ">"),
    **dict.fromkeys(("mid", "vert", "lvert", "rvert"), "|"),
    # The same word as their Unicode signs.
    "circ": " degrees ", "degree": " degrees ", "infty": " infinity ", "int": " integral ", "prod": " product ",
    "cup": " union ", "cap": " intersection ", "subseteq": " subset ", "perp": " perpendicular ",
    "varepsilon": " epsilon ", "varphi": " phi ", "vartheta": " theta ", "varrho": " rho ", "bmod": " mod ", "pmod": " mod ",
    "frac": " ", "dfrac": " ", "tfrac": " ", "cfrac": " ",
    # Layout.
    **dict.fromkeys((
        "left", "right", "big", "bigl", "bigr", "bigg", "biggl", "biggr", "middle", "displaystyle", "textstyle",
        "scriptstyle", "limits", "nolimits", "quad", "qquad", "text", "textbf", "textit", "textrm", "texttt", "textsf",
        "emph", "mbox", "hbox", "mathrm", "mathbf", "mathbb", "mathcal", "mathfrak", "mathit", "mathsf", "mathtt",
        "boldsymbol", "bm", "operatorname", "rm", "bf", "it", "ldots", "dots", "cdots", "vdots", "ddots", "dotsc", "dotsb",
        "overline", "underline", "bar", "vec", "hat", "widehat", "overrightarrow", "lfloor", "rfloor", "lceil", "rceil",
        "lbrace", "rbrace", "langle", "rangle", "noindent", "par", "newline", "linebreak", "centering", "item", "hline",
        "boxed", "hfill", "smallskip", "medskip", "bigskip", "displaylimits", "nonumber", "notag", "thinspace",
    ), " "),
}  # fmt: skip
_DEPTH = 8
"""Nested fractions whose sign "/" is told; deeper ones only lose it."""
_FRACTION = re.compile(r"\\[dtc]?frac\s*(?:\{([^{}]*)\}|(\w))\s*(?:\{([^{}]*)\}|(\w))")
_HIDDEN = re.compile(
    r"\\(?:begin|end)\s*\{[^{}]*\}(?:\{[lcr| ]*\})?|\\(?:[hv]space|label|phantom|hphantom|vphantom)\*?\s*\{[^{}]*\}"
)
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?")
_TAG = re.compile(
    r"</?(?:br|em|strong|sub|sup|span|div|code|pre|p|li|ul|ol|table|tr|td|th|center)\b(?:\s+[\w-]+=[^<>]*)?\s*/?>|"
    r"</?[biu]>",
    re.IGNORECASE,
)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\((?:https?:|/|\.|#|data:)[^()\s]*(?:\s+\"[^\"]*\")?\)")
_HYPHENATED = re.compile(r"(?<=[^\W\d_])-[^\S\n]*\n\s*(?=[^\W\d_])")
_PER_CENT = re.compile(r"\bper\s+cent\b")
_DIVIDED = re.compile(r"divided\s+by")
_TERM = re.compile(
    r"(\d|(?<![^\W\d_])[a-z])(?:[\s_{$]|\\[()])+(?=[a-z](?![^\W\d_]))|(?<![^\W\d_])(?:([b-z])(?:[\s_{$]|\\[()])+|(a)(?:[_{$]|\\[()])+)(?=\d)"
)
"""Parts of a product or of a name with an index, such as "3 x y" and "x_{1}": one word with and without spaces."""
_SPACE = re.compile(r"\\[,;:! \\]|~")
_SIGN = re.compile(r"[^\W_]+|[<>!]?=|[-+*/^<>]")
_EMPHASIS = re.compile(r"\*\*|(?<![\w*])\*(?=[^\s*])([^*\n]*[^\s*])\*(?![\w*])")
OPERATORS = frozenset(("-", "+", "*", "/", "^", "=", "<", ">", "<=", ">=", "!="))
_SPOKEN = {"plus": "+", "minus": "-", "times": "*", "dividedby": "/", "over": "/", "equals": "="}

_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINALS = (
    "zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth",
    "nineteenth",
)  # fmt: skip
SMALL = {word: number for number, word in enumerate(_UNITS)} | {
    word: 10 * number for number, word in enumerate(_TENS, 2)
}
LARGE = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_SUFFIXED = {word: number for number, word in enumerate(_ORDINALS) if number > 2}
"""Ordinals that mean nothing else: "first" and "second" are also an adverb and a unit."""


def signs(text: str) -> list[str]:
    """The words, numbers and operators of ``text`` in lower case, without layout.

    A number of more than three digits is split from the right into groups of three, with or without a separator
    (1000; 1,000; 1{,}000). Operators are those between or before numbers and single letters.
    """
    return numbered(_operators(_SIGN.findall(_TERM.sub(r"\1\2\3", plain_formulas(text)))))


def words(tokens: list[str]) -> list[str]:
    """``signs`` without operators."""
    return [token for token in tokens if token not in OPERATORS]


def signed(tokens: list[str]) -> list[str]:
    """``signs`` with each operator joined to the word after it, so that there are as many as ``words``."""
    found: list[str] = []
    before = ""
    for token in tokens:
        if token in OPERATORS:
            before += token
        else:
            found.append(before + token)
            before = ""
    return found


def spellings(text: str) -> Iterator[list[str]]:
    """``signs``, and where lines end in a hyphen also those with the parts of such words joined."""
    yield signs(text)
    if "-" in text and _HYPHENATED.search(text):
        yield signs(_HYPHENATED.sub("", text))


def _operators(tokens: list[str]) -> list[str]:
    """Without signs that are no operators, such as hyphens and bullets; with "plus" and the like as signs."""
    found: list[str] = []
    for place, token in enumerate(tokens):
        sign = _SPOKEN.get(token, token)
        if sign not in OPERATORS:
            found.append(token)
            continue
        spoken = token != sign
        before, after = found[-1] if found else "", tokens[place + 1] if place + 1 < len(tokens) else ""
        if token == "-" and before in SMALL and SMALL[before] >= 20 and 0 < SMALL.get(after, 0) < 10:
            continue  # twenty-five
        if _operand(after) and (not spoken or _operand(before)):
            found.append(sign)
        elif spoken:
            found.append(token)
    return found


def _operand(token: str) -> bool:
    return token[:1].isdigit() or token[-1:].isdigit() or token in SMALL or (len(token) == 1 and token.isalpha())


def plain_formulas(text: str) -> str:
    """``text`` in lower case and Unicode form NFKC without markup; operators as ASCII signs, fractions as a/b."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_TABLE)).translate(_TABLE)
    if "&" in text and ";" in text:
        text = unicodedata.normalize("NFKC", html.unescape(text)).translate(_TABLE)
    if "<" in text:
        text = _TAG.sub(" ", text)
    if "](" in text:
        text = _LINK.sub(r" \1 ", text)
    if "\\" in text:
        text = _without_latex(text)
    if "*" in text:
        text = _EMPHASIS.sub(r"\1", text)
    text = text.lower()
    if "%" in text or "per" in text:
        text = _PER_CENT.sub("percent", text.replace("%", " percent "))
    return _DIVIDED.sub("dividedby", text) if "divided" in text else text


def _without_latex(text: str) -> str:
    if "frac" in text:
        for _ in range(_DEPTH):  # from the innermost one outwards
            text, found = _FRACTION.subn(r" (\1\2)/(\3\4) ", text)
            if not found:
                break
    text = _SPACE.sub(" ", _HIDDEN.sub(" ", text))
    return _COMMAND.sub(lambda match: _COMMANDS.get(match[1].lower(), f" {match[1]} "), text)


def numbered(tokens: list[str]) -> list[str]:
    """Numbers in words as digits, and digits in groups of three.

    >>> numbered("three hundred and five of the 12000 in thirty four rows are third".split())
    ['305', 'of', 'the', '12', '000', 'in', '34', 'rows', 'are', '3', 'rd']
    """
    found: list[str] = []
    place, end = 0, len(tokens)
    while place < end:
        token = tokens[place]
        if token in SMALL:
            value, place = in_words(tokens, place)
            found += _groups(str(value))
            continue
        if token in _SUFFIXED:
            number = _SUFFIXED[token]
            found += [str(number), "rd" if number == 3 else "th"]
        elif len(token) > 3 and token.isdigit():
            found += _groups(token)
        else:
            found.append(token)
        place += 1
    return found


def in_words(tokens: list[str], place: int) -> tuple[int, int]:
    """The number that begins at ``place``, and the place after it."""
    total, current = 0, SMALL[tokens[place]]
    place += 1
    while place < len(tokens):
        token = tokens[place]
        following = tokens[place + 1] if token == "and" and place + 1 < len(tokens) else ""
        if token in LARGE:
            size = LARGE[token]
            if size == 100:
                current *= size
            else:
                total, current = total + current * size, 0
        elif token in SMALL and _continues(current, SMALL[token], total):
            current += SMALL[token]
        elif (
            following in SMALL
            and (current >= 100 or (total and not current))
            and _continues(current, SMALL[following], total)
        ):
            current += SMALL[following]
            place += 1
        else:
            break
        place += 1
    return total + current, place


def _continues(current: int, more: int, total: int) -> bool:
    """Whether ``more`` belongs to a number of which ``current`` has been read: "twenty" + "five", not "two" + "three"."""
    if more == 0:
        return False
    if current % 100 == 0:
        return current > 0 or total > 0
    return current % 10 == 0 and current % 100 >= 20 and more < 10


def _groups(digits: str) -> Iterable[str]:
    first = len(digits) % 3 or 3
    return [digits[:first], *(digits[start : start + 3] for start in range(first, len(digits), 3))]
