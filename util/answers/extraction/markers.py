r"""Find markers of a final answer ("the answer is", ``####``, answer tags, headings) and the values behind them."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator

from util.answers.extraction.candidate import BOLD, FORMULA, HASHES, HEADING, PHRASE, TAG, Candidate
from util.answers.extraction.commitment import DENIED
from util.answers.extraction.stated_values import MATH_SPAN, Value, value_after
from util.answers.extraction.wordings import ASCII, OTHERS, pattern
from util.answers.layout import MAX_ANSWER

MAX_MARKERS = 40
"""Only this many occurrences of each marker at the end of a response are considered."""
_SHORTEST = 3
"""Characters of the shortest marker with its value."""

_COPULA = (
    r"(?:is(?:n['’]t)?(?![a-z])|can(?:not|['’]t) be|are|was|equals?|becomes|(?:should|must|would|will|has to|can only|needs to|shall) be|(?:turns|comes|works) out (?:to be|as|at)|comes to(?: be)?|works out to"
    r"|is (?:therefore|thus|hence|then|simply)|=>|[=:：→⇒]|[–—]|-(?=\s))"
)
_QUALIFIER = (
    r"(?:\s{1,3}(?:to|of|for|in)\s(?!\$?-?\d|\\)[^.\n$\\:]{1,80}?|\s?\([^()\n]{0,60}\)|\s{1,3}(?:choice|option|value|here|above)\b)?"
    r"(?:\s?,?\s?\b(?:in [^,.\n]{1,40}|therefore|then|thus|hence|indeed|here|finally|so)\b,?)?"
)
# Behind the word "answer".
_SAYS = pattern(
    rf"(?i)[sS]?{_QUALIFIER}[*_}}\s]{{0,6}}(?:</?(?:b|strong)>)?\s{{0,3}}{_COPULA}(?![A-Za-z])(?:\s{{0,3}}[:：])?|\s+of(?=\s{{0,3}}[$\\\d*-])|\s(?=\$-?(?:\d|\\[dt]?frac|\\sqrt)|\\\(-?(?:\d|\\[dt]?frac|\\sqrt))|[sS]?\s?】"
)
_BARE_HEADING = pattern(r"[sS]?[*_}:：#\s]{0,12}?(?:\n|\Z)")
_HEADING_BEFORE = pattern(
    r"(?i)(?:^|\n)[^\w\n]{0,14}(?:\\(?:textbf|section\*?|subsection\*?)\{)?(?:step \d{1,2}\s?[:.)-]{0,2}\s{0,2}|\d{1,2}[.)]\s)?(?:the |my |our )?(?:final |correct )?\Z"
)
_DIRECT = pattern(r"[*_}]{0,3}\.[*_}]{0,3}\s{1,3}(?=\S)|\s{1,3}(?=[-$\\(\[]{0,3}\d[^\n]{0,24}(?:\n|\Z))")
_NEGATED = pattern(r"(?i)cannot|n['’]t\b|\bnot\b|\bnever\b|\bno longer\b")
_OF_ANOTHER = pattern(
    r"(?i)s?\s(?:to|for|of|in)\s(?:the\s)?(?:previous|other|first|next|second|last|original|simpler|general|part|problem|exercise|question \d|case|example|[a-z]\s?=|\$[a-z])"
)
_KEY = pattern(
    r"[\"']\s{0,3}:\s{0,3}(?:\"(?P<quoted>(?:[^\"\\\n]|\\.){0,2000})\"|(?P<bare>[^\s\"{}\[][^\s\"{}]{0,200}|\[[^\]\n]{0,200}\]))"
)
_TAG_BEFORE = pattern(r"[<\[](?:final[_ ])?\Z", re.IGNORECASE)
_PREFIX = pattern(r"(?:\b(?:the|my|our|a|an|final|correct|right|required|desired)\s){0,3}\Z", re.IGNORECASE)
_FINAL = pattern(r"(?:result|value|solution|output|count|total)\b", re.IGNORECASE)
_IS_ANSWER = pattern(
    rf"(?s)(?P<value>{MATH_SPAN}|\*\*[^*\n]{{1,80}}\*\*|(?<![\w.,])-?\d[\d,]*(?:\.\d+)?)\s(?:is|are)\s(?:therefore\s|thus\s|indeed\s)?(?:the|our|my)\s(?:\w+\s)?\Z"
)
_CHINESE_ENDING = pattern(
    rf"(?s)(?:^|[\n。；])\s{{0,4}}(?:因此|所以|故|综上|于是|从而)[^。\n]{{0,100}}?(?:为|是|等于|共有|得|有)\s{{0,3}}(?P<value>{MATH_SPAN}|-?\d[\d,]*(?:\.\d+)?)"
    r"\s?(?:[一-龥]{0,6}|\\?%)[。.！]?\s*\Z"
)
_GAP = re.compile(r"\s{0,2}(?:is|:|is:|[*]{1,2}:?|:[*]{2})?[\s*$]{0,8}(?:\\[(\[]\s{0,2})?")
_SHORT = pattern(r"\s?(?:[.:=*]|is\b){1,4}")
_HASHES = pattern(r"#{4}(?!#)[ \t]{0,4}")
_NUMBERED = pattern(r"\\?\$?\s?-?[\d$\\(\[{.][^\n]{0,200}")
_BOLD_LINE = pattern(r"[ \t>]{0,4}\*\*([^*\n]{1,80})\*\*[.!]?\s*\Z")
_BOLD_VALUE = pattern(
    r"(?:(?:[A-Za-z]\w?\s?=\s?)?\\?\$?-?\d[\d,./]*%?(?:\s[A-Za-z²³/]{1,12}){0,3}|\$[^$]{1,70}\$|\\\(.{1,70}?\\\)|-?\\(?:frac|sqrt|pi)[^ ]{0,60})\.?"
)
_FORMULA = pattern(MATH_SPAN, re.DOTALL)
_NUMBER = pattern(r"(?<![\w.])-?\d{1,40}(?:,\d{3})*(?:\.\d{1,40})?(?:/\d{1,40})?")


def marked(text: str, boxes: Container[int], start: int = 0) -> list[Candidate]:
    """The candidates behind markers, in the order of their places. Those without a value are left out.

    boxes: the offsets of boxes. A marker with a box right behind it is left out: the box is the candidate.
    start: offset from which markers are looked for.
    """
    if len(text) - start < _SHORTEST:
        return []
    found: list[Candidate] = []
    for word, read in _READERS:
        for place in _places(text, word, start):
            _add(found, read(text, place, boxes))
    if start == 0 and text.startswith(("A:", "A：")):
        _add(found, _candidate(PHRASE, 0, value_after(text, 2)))
    for word, phrase in ASCII if text.isascii() else (*ASCII, *OTHERS):
        for place in _places(text, word, start):
            if (match := phrase().match(text, place + len(word))) is not None:
                _add(found, _candidate(PHRASE, place, value_after(text, match.end(), sentence=True)))
    found.sort(key=lambda candidate: (candidate.start, candidate.end))
    return found


def unmarked(text: str) -> Candidate | None:
    """A bold last line that is a value, or a Chinese last sentence that begins with "therefore"."""
    tail = text[-600:]
    shift = len(text) - len(tail)
    line = tail.rstrip().rpartition("\n")[2]
    bold = _BOLD_LINE().match(line) if "**" in line else None
    if bold is not None and _BOLD_VALUE().fullmatch(bold[1].strip()):
        value = value_after(bold[1], 0)
        start = shift + tail.rindex(bold[1])
        return Candidate(value.text, start, start + len(bold[1]), BOLD, value.fault) if value else None
    if not tail.isascii() and (ending := _CHINESE_ENDING().search(tail)) is not None:
        return Candidate(ending["value"], shift + ending.start(), shift + ending.end("value"), PHRASE)
    return None


def last_formula(text: str) -> Candidate | None:
    """The last formula, else the last number: what lenient extraction takes."""
    shift = max(0, len(text) - MAX_ANSWER)
    for formula in (_FORMULA, _NUMBER):
        found = list(formula().finditer(text, shift))
        if found:
            return Candidate(found[-1][0], found[-1].start(), found[-1].end(), FORMULA)
    return None


def _places(text: str, word: str, start: int) -> Iterator[int]:
    """Offsets of the last occurrences behind ``start``, from the end."""
    if text.find(word, start) < 0:
        return
    place = len(text)
    for _ in range(MAX_MARKERS):
        place = text.rfind(word, start, place)
        if place < 0:
            return
        yield place


def _add(found: list[Candidate], candidate: Candidate | None) -> None:
    if candidate is not None:
        found.append(candidate)


def _candidate(kind: str, start: int, value: Value | None) -> Candidate | None:
    if value is None or not value.text.strip():
        return None
    return Candidate(value.text, start, value.end, kind, value.fault, value.weak)


def _answer_at(text: str, place: int, boxes: Container[int]) -> Candidate | None:
    """The candidate of a word "answer" whose second letter is at ``place``, if it marks one."""
    place -= 1
    if place < 0 or text[place] not in "aA" or (place > 0 and text[place - 1].isalpha()):
        return None
    after = place + len("answer")
    if (gap := _GAP.match(text, after)) is not None and gap.end() in boxes:
        return None
    before = text[max(0, place - 40) : place]
    start = place - len(_PREFIX().search(before)[0])  # type: ignore[index]
    if _TAG_BEFORE().search(before) and text[after : after + 1] in (">", "]"):
        return _tagged(text, place, after + 1)
    if before.endswith(('"', "'", "final_")) and (key := _KEY().match(text, after)) is not None:
        value = key["quoted"].replace("\\\\", "\\") if key["quoted"] is not None else key["bare"]
        return Candidate(value, place, key.end(), TAG) if value.strip() else None
    is_at_line_start = _HEADING_BEFORE().search(before) is not None
    direct = _DIRECT().match(text, after) if is_at_line_start and text[place] == "A" else None
    if direct is not None:
        return _candidate(HEADING, start, value_after(text, direct.end(), sentence=True))
    says = _SAYS().match(text, after)
    if says is not None:
        if says[0].endswith("=") and text[place] == "a" and text[place - 1 : place] in ("", "\n", "\t"):
            return None  # an assignment in a program
        is_label = says[0].rstrip().endswith((":", "：", "—", "–", "-", "】"))
        value = value_after(text, says.end(), sentence=is_label)
        if value is not None and not value.fault and _NEGATED().search(says[0]):
            value = value._replace(fault=DENIED)
        if value is not None and _OF_ANOTHER().match(says[0]):
            value = value._replace(weak=True)
        return _candidate(HEADING if is_label and is_at_line_start else PHRASE, start, value)
    heading = _BARE_HEADING().match(text, after)
    if heading is not None and is_at_line_start:
        return _candidate(HEADING, start, value_after(text, heading.end(), sentence=True))
    told_before = _IS_ANSWER().search(text, max(0, place - 160), place)
    return Candidate(told_before["value"], told_before.start(), after, PHRASE) if told_before else None


def _tagged(text: str, place: int, start: int) -> Candidate | None:
    """The content of an answer tag that begins at ``start``, up to the next tag."""
    ends = [end for end in (text.find(close, start, start + MAX_ANSWER) for close in ("</", "[/")) if end >= 0]
    end = min(ends, default=min(len(text), start + MAX_ANSWER))
    content = text[start:end].strip()
    value = value_after(content, 0, sentence=True) if content else None
    if value is None or "\n" in content or not value.text.strip():
        return None if not content else Candidate(content, place, end, TAG)
    if value.fault:
        return Candidate(value.text, place, end, TAG, value.fault)
    words = re.search(r"[A-Za-z]{3}", re.sub(r"\\[A-Za-z]+", "", content))
    return Candidate(value.text if words else content, place, end, TAG)


def _hashes_at(text: str, place: int, boxes: Container[int]) -> Candidate | None:
    """Four hashes mark an answer anywhere on a line; at its start only if no heading of text follows them."""
    if place > 0 and text[place - 1] == "#":
        return None
    match = _HASHES().match(text, place)
    if match is None or match.end() in boxes:
        return None
    line = text[match.end() :].partition("\n")[0].strip(" *\t")
    at_start = not text[text.rfind("\n", 0, place) + 1 : place].strip()
    goes_on = bool(text[match.end() + len(line) :].strip(" \n*`"))
    if at_start and goes_on and (not _NUMBERED().fullmatch(line) or re.match(r"\d+[.):]\s|\d+\s[A-Z]", line)):
        return None
    if at_start and re.match(
        r"(?:step|case|part|method|solution|conclusion|verification|check|explanation)\b", line, re.I
    ):
        return None
    return _candidate(HASHES, place, value_after(text, match.end(), one_line=True, sentence=True))


def _final_at(text: str, place: int, boxes: Container[int]) -> Candidate | None:
    """The candidate of "final result", "final value" and the like, at the letters "inal "."""
    noun = _FINAL().match(text, place + len("inal "))
    if noun is None or text[place - 1 : place] not in ("f", "F"):
        return None
    if (gap := _GAP.match(text, noun.end())) is not None and gap.end() in boxes:
        return None
    says = _SAYS().match(text, noun.end())
    return _candidate(PHRASE, place - 1, value_after(text, says.end(), sentence=True)) if says else None


def _line_at(text: str, place: int, boxes: Container[int]) -> Candidate | None:
    return _candidate(PHRASE, place + 1, value_after(text, place + len("\nA:"), sentence=True))


def _short_at(text: str, place: int, boxes: Container[int]) -> Candidate | None:
    match = _SHORT().match(text, place + len("Ans"))
    if match is None or (place > 0 and text[place - 1].isalpha()):
        return None
    return _candidate(PHRASE, place, value_after(text, match.end()))


_READERS: tuple[tuple[str, Callable[[str, int, Container[int]], Candidate | None]], ...] = (
    ("nswer", _answer_at),
    ("NSWER", _answer_at),
    ("####", _hashes_at),
    ("inal ", _final_at),
    ("INAL ", _final_at),
    ("Ans", _short_at),
    ("ANS", _short_at),
    ("\nA:", _line_at),
    ("\nA：", _line_at),
)
"""A constant part of each marker, and what reads the candidate at an occurrence of it."""
