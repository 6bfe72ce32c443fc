r"""The formula around a box: a box that is a part of it ("3 + \boxed{5}") is read as the whole, or not at all."""

from __future__ import annotations

import re
from typing import NamedTuple

from util.answers.extraction.boxes import AnswerBox
from util.answers.extraction.wordings import UNIT, pattern
from util.answers.trimming import balanced

PART_OF_FORMULA = "the box is a part of a larger formula or quantity"
_MAX_WHOLE = 300
"""Characters on either side of a box that its formula may have."""

# What may stand between a box and the formula that holds it, and says nothing.
_OPENED = pattern(
    r"(?:[ \t\n]|\{|\$|&|\\[(\[,;:! ]|\\q?quad|\\(?:displaystyle|Large|large|huge|Huge|centering|bf|color\{\w{1,20}\})|\*\*|__|\\(?:text|textbf|mathbf|mathrm|underline|color|emph)(?=\{\Z)"
    r"|\\begin\{\w{1,16}\*?\}|<[A-Za-z/][^<>\n]{0,30}>|\\hspace\{\w{1,8}\}|[`\"'“])\Z"
)
_PLAIN_BEFORE = re.compile(r"(?:(?:\s[A-Za-z]{2,20}|:|\s=)\s{1,2}|\n)(?:\$\$?|\\[(\[])?\s{0,2}\Z")
_PLAIN_AFTER = re.compile(r"\s{0,2}(?:\$\$?|\\[)\]])?[.*]{0,3}(?:\s{0,8}\Z|\n)")
"""The two commonest surroundings, which need no closer look."""
_OPERATION_BEFORE = pattern(
    r"(?i)(?:\b(?:twice|thrice|half|half of|double|triple|minus|plus|negative|times|divided by|multiplied by|(?:square|cube|cubic|root|roots|reciprocal|opposite|inverse|logarithm|factorial|multiples?|power|powers|percent) of|divisible by"
    r"|(?<!no )(?<!not )(?:more|less|fewer|greater|larger|smaller|bigger|higher|lower) than(?: or equal to)?)|\d[,$)]{0,2}\s(?:and|or)|\d\s?[x×])\s{1,2}[$\s\\(*]{0,4}\Z"
)
_ARROW = pattern(
    r"(?:=>|-+>|→|⇒|⟹|➜|➡️?|►|▶|☞|∴|:=|\\(?:Rightarrow|implies|to|therefore|rightarrow|longrightarrow|Longrightarrow|iff|Leftrightarrow|ldots|dots|colon|because|in|text\{[^{}]{0,60}\}|tag\{\w{1,5}\}|end\{\w{1,16}\*?\}|\[\d{1,3}pt\])|\\\\)\Z"
)
_OPERATOR = pattern(
    r"(?:[+/^<>|≤≥≠±×÷·√∓∙!]|\\(?:cdot|times|div|pm|mp|le|ge|leq|geq|leqslant|geqslant|lt|gt|ne|neq|not|neg|sqrt(?:\[[^\]]{0,9}\])?|ln|log(?:_\{?\w{1,3}\}?)?|lg|sin|cos|tan|cot|sec|arcsin|arccos|arctan|exp|min|max|gcd|frac|dfrac|tfrac|binom|bmod|cup|cap|setminus|circ|vec|overline|lfloor|lceil|lvert|mid)"
    r"|\d|\d\.|(?<![A-Za-z\\])[A-Za-z]_?\d?|\^\{[^{}]{1,40}\}|_\{[^{}]{1,40}\}|\\(?:pi|theta|alpha|beta|lambda|infty)|\\(?:frac|dfrac|tfrac|binom|dbinom|tbinom)\{[^{}]{1,80}\}(?:\{[^{}]{1,80}\})?|\\sqrt\{[^{}]{1,80}\}|\d\s?\))\Z"
)
_APPLIED = pattern(r"(?:(?<![A-Za-z])[A-Za-z]|\\(?:ln|log|sin|cos|tan|sqrt|exp|gcd|min|max))(?:\\left)?\(\Z")
_MINUS = pattern(r"[-−–]\Z")
_OPERAND = pattern(r"(?:[\d)}$=(&,\[+*/{^]|\\\(|\\\[|(?<![A-Za-z])[A-Za-z]|\\[A-Za-z]+)\s{0,2}\Z")
_TIMES = pattern(r"(?:\d|\)|(?<![A-Za-z])[A-Za-z])\s?\*\s?\Z")
_LINE_START = pattern(r"(?:^|\n)[ \t>]{0,6}(?:[-+*•>|]|\(?\d{1,2}[.)])\s{0,3}\Z")
_CLOSED = pattern(
    r"(?:[ \t\n}]|\$|&|\\[)\],;:! ]|\\q?quad(?![A-Za-z])|\\\\(?:\[\w{1,6}\])?|\*\*|__|\\end\{\w{1,16}\*?\}|`|\\(?:right\b\.?|displaystyle|hfill|blacksquare|square|Box|qed)(?![A-Za-z]))"
)
_FACTORIAL = pattern(r"!(?=[\s]{0,2}(?:\$|\\\)|\\\]|[+\-*/=}]))")
_GOES_ON = pattern(
    r"(?:[\^_](?![_\s])|\s?[+/−](?=\s?[\w\\$({])|\s?[-–](?=\s?(?:[\d\\({$]|[A-Za-z](?![A-Za-z])))|\s?\*(?=\s?[\d\\(])|\s?<(?!/?[A-Za-z_]{1,14}\s?/?>|[|｜])|\s?[>≤≥≠±×÷·√∪∩]"
    r"|\s?\\(?:ldots|dots|cdots|cdot|times|div|pm|mp|le|ge|leq|geq|leqslant|geqslant|lt|gt|ne|neq|sqrt|pi|frac|dfrac|tfrac|cup|cap|setminus|ln|log|sin|cos|tan|circ|binom|bmod)(?![A-Za-z])"
    r"|\.?\d|(?:th|st|nd|rd)\b|\s?[a-zA-Z](?=[\^)$\s_}\\]|\Z)(?!\s[A-Za-z])|[a-zA-Z](?![A-Za-z])|\\(?:theta|alpha|beta|lambda)|\s?:\s?\d|\((?![^()\n]{0,60}[A-Za-z]{3})(?=[\w+\-\\^ ]{1,40}\))|\s?,\s?(?:\\ldots|\.\.\.|-?\d))"
)
_POWER_OF_BRACKET = pattern(r"\s?(?:\\right)?[)\]]\s?(?:[\^!](?!\s)|/\s?\d|\\cdot|\\times)")
_SYMBOL_BEHIND = pattern(r"\\[,;:! ]\s?(?![mshgLNJWVAK](?![A-Za-z]))[A-Za-z](?![A-Za-z])")
_SCALE = pattern(
    r"(?i)(?:\\?[a-z]*\{)?\s?(?:(?:million|billion|trillion|thousand|hundred|dozen)s?\b|(?:degrees? )?below zero|squared\b|cubed\b|factorial\b|plus\b|minus\b|divided by|multiplied by|out of \$?\\?\(?\d|over \$?\d|and a half|to the power|e\d)"
)
_BELOW_ZERO = pattern(r"[\s$)\\]{0,4}(?:[CF]\s)?(?:below|under) zero")
_SECOND_UNIT = pattern(
    r"(?:(?<=[a-z}])[$\s)\\]{0,4},?\s(?:and\s)?\$?\d+\$?\s?(?:\\text\{\s?)?(?:min|hour|sec|h\b|s\b|cm\b|mm\b|m\b|inch|in\b|cent|gram|g\b|day|week|month|ounce|oz)|:\d\d(?!\d))"
)
_PERCENT = pattern(r"\s?(?:\\?%|\\text\{\s?(?:\\?%|percent)|percent\b|per cent\b)")
_DEGREES = pattern(r"\s?(?:\^\s?\{?\s?\\circ\s?\}?|°|\\degree|degrees\b|\\text\{\s?degrees)")
_TEXT_UNIT = pattern(r"\s?\\(?:text|mathrm|mbox|textrm|rm)\s?\{\s{0,3}([^{}]{1,40}?)\s{0,3}\}(?P<power>\^\{?[23]\}?)?")
_BREAK = pattern(
    r"\$|\n|=|&|\\\(|\\\[|\\\)|\\\]|\\Rightarrow|\\implies|\\approx|(?<![\\A-Za-z{])[A-Za-z]{2,}[\s:,]{0,3}"
)
_RIGHT_BREAK = pattern(r"\$|\n|=|&|\\\)|\\\]|\\Rightarrow|\\implies|\\approx|\.(?=\s|\Z)|(?<![\\A-Za-z{])[A-Za-z]{2,}")


class Reading(NamedTuple):
    """The answer that a box gives with the formula around it; fault: why it gives none. Ends at ``end`` of the text."""

    text: str
    end: int
    fault: str = ""


def in_its_formula(text: str, first: AnswerBox, last: AnswerBox, content: str) -> Reading:
    """A box, or the joined boxes from ``first`` to ``last`` with their joint content, with what the formula adds."""
    before = text[max(0, first.start - 10) : first.start].rstrip("$ (\\[")
    if before.endswith((" is", " =", ":", " get", "**")) and _PLAIN_AFTER.match(text, last.end):
        return Reading(content, last.end)
    if _OPERATION_BEFORE().search(text, max(0, first.start - 60), first.start):
        return Reading(content, last.end, PART_OF_FORMULA)
    if _PLAIN_BEFORE.search(text, max(0, first.start - 24), first.start) and _PLAIN_AFTER.match(text, last.end):
        return Reading(content, last.end)
    left, crossed_left = _neighbour(text, first.start, left=True)
    right, crossed_right = _neighbour(text, last.end, left=False)
    if (bracketed := _bracketed(text, first, last, content)) is not None:
        return bracketed
    glued_left, glued_right = _glued_left(text, left, first.start), _glued_right(text, last.end, right, crossed_right)
    if glued_left or glued_right:
        crossed = (glued_left and crossed_left) or (glued_right and crossed_right)
        return Reading(content, last.end, PART_OF_FORMULA) if crossed else _whole(text, first, last, content)
    reading = _with_unit(text, last.end, right, content)
    if _BELOW_ZERO().match(text, reading.end) or _SECOND_UNIT().match(text, reading.end):
        return Reading(content, last.end, PART_OF_FORMULA)
    return reading


def _neighbour(text: str, place: int, *, left: bool) -> tuple[int, bool]:
    """(offset where a box's neighbour begins or ends, whether a delimiter of mathematics is between them)."""
    crossed, delimiters = False, ("$", r"\(", r"\[") if left else ("$", r"\)", r"\]")
    for _ in range(24):
        match = _OPENED().search(text, max(0, place - 36), place) if left else _CLOSED().match(text, place)
        if match is None:
            break
        crossed = crossed or match[0] in delimiters or "\n" in match[0]
        place = match.start() if left else match.end()
    return place, crossed


def _glued_left(text: str, left: int, start: int) -> bool:
    window = text[max(0, left - 100) : left]
    gap = text[left:start]
    if not window or _ARROW().search(window):
        return False
    if _MINUS().search(window):
        return _is_minus(window, gap)
    if window.endswith("*"):
        return (gap == "" and _TIMES().search(window) is not None) or re.search(r"\d\s?\*\Z", window) is not None
    if _LINE_START().search(window) or re.search(r"<[A-Za-z/][^<>\n]{0,30}>\Z", window):
        return False
    if window.endswith("("):
        return _APPLIED().search(window) is not None
    if window.endswith("_"):
        return gap in ("", "{")
    if window.endswith("|") and gap and text[text.rfind("\n", 0, start) + 1 : start].lstrip().startswith("|"):
        return False  # a cell of a table
    match = _OPERATOR().search(window)
    if match is None:
        return False
    if match[0].endswith("."):
        return gap == ""
    if match[0][-1].isalnum() and "\\" not in match[0]:
        # A number or a letter before a box multiplies it only without anything between.
        return gap == "" or (
            gap in ("{", " ", r"\,")
            and match[0][-1].isdigit()
            and not re.search(r"(?<![\\A-Za-z])[A-Za-z]{2,}\s?\d+\Z", window)
        )
    if match[0] in ("!", "|", "<", ">") and "\n" in gap:
        return False
    return not (match[0] == "!" and gap.startswith(" "))


def _is_minus(window: str, gap: str) -> bool:
    """Whether the dash that ends ``window`` is the sign of the box behind it, and no bullet or pause."""
    if gap.startswith(("\n", " \n")):
        return False
    if not gap or gap.startswith(("$", "{", "\\")):
        return True
    return not _LINE_START().search(window) and _OPERAND().search(window[:-1]) is not None


def _glued_right(text: str, end: int, right: int, crossed: bool) -> bool:
    if _PERCENT().match(text, end) or _DEGREES().match(text, end):
        return False
    if _SCALE().match(text, right) or any(
        words().match(text, end) for words in (_FACTORIAL, _GOES_ON, _POWER_OF_BRACKET, _SYMBOL_BEHIND)
    ):
        return True
    if not crossed:
        goes_on = right > end and _GOES_ON().match(text, right) is not None
        return goes_on and not text[right].isalpha() and "\n" not in text[end:right]
    return re.compile(r"[\^/+×÷]|[-−*](?=\s?[\d$\\(])").match(text, right) is not None and "\n\n" not in text[end:right]


def _bracketed(text: str, first: AnswerBox, last: AnswerBox, content: str) -> Reading | None:
    """Boxes inside of brackets together with other things: read with the brackets."""
    before = re.search(
        r"(?:\\left)?(?P<open>\(|\[|\\\{)(?P<inside>[^()\[\]\n$]{0,60})\Z", text[max(0, first.start - 80) : first.start]
    )
    after = re.match(
        r"(?P<inside>[^()\[\]\n$]{0,60}?)(?:\\right)?(?P<close>\)|\]|\\\})", text[last.end : last.end + 80]
    )
    if before is None or after is None or before["inside"].rstrip().endswith("\\") or "text" in before["inside"]:
        return None
    inside_before, inside_after = before["inside"].strip(), after["inside"].strip(" \\,;")
    if re.search(r"[A-Za-z]{3}", re.sub(r"\\[A-Za-z]+", "", inside_before + inside_after)) or (
        before["open"] == "[" and text[max(0, first.start - 81) : first.start].rstrip().endswith("\\[")
    ):
        return None
    if not (inside_before or inside_after or "," in content):
        return None
    whole = f"{before['open']}{inside_before} {content}{after['inside']}{after['close']}"
    return Reading(whole, last.end + after.end())


def _whole(text: str, first: AnswerBox, last: AnswerBox, content: str) -> Reading:
    """The formula around a box, from the last relation before it to the next one; a fault if its ends are not clear."""
    left, right = text[max(0, first.start - _MAX_WHOLE) : first.start], text[last.end : last.end + _MAX_WHOLE]
    starts = [match.end() for match in _BREAK().finditer(left)]
    left = left[max(starts, default=0) :]
    end = _RIGHT_BREAK().search(right)
    right = right[: end.start()] if end else right
    whole = f"{left}{{{content}}}{right}".strip()
    if not (left.strip() or right.strip(" .,;!")) or not balanced(whole):
        return Reading(content, last.end, PART_OF_FORMULA)
    return Reading(whole, last.end + len(right))


def _with_unit(text: str, end: int, right: int, content: str) -> Reading:
    if (match := _PERCENT().match(text, end) or _PERCENT().match(text, right)) is not None:
        return Reading(content if "%" in content else content + r"\%", match.end())
    if (match := _DEGREES().match(text, end)) is not None:
        return Reading(content if "circ" in content else content + r"^\circ", match.end())
    if (match := _TEXT_UNIT().match(text, right)) is not None and UNIT().fullmatch(match[1]):
        return Reading(rf"{content}\text{{ {match[1]}}}{match['power'] or ''}", match.end())
    if "\n" not in text[end:right] and (unit := UNIT().match(text, right)) is not None and _is_free(text, unit):
        return Reading(content if "\\text" in content else rf"{content}\text{{ {unit[0]}}}", unit.end())
    return Reading(content, end)


def _is_free(text: str, unit: re.Match[str]) -> bool:
    """Whether a unit in words ends there: "in" is an inch only before a full stop, "5 m in total" is metres."""
    if len(unit[0]) > 2 and unit[0] != "in ":
        return True
    ends = re.match(r"\s*(?:[.,;)$]|\Z)", text[unit.end() :]) is not None
    return ends and unit[0] not in ("in", "a", "s", "A", "h", "K")
