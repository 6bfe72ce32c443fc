r"""The value behind a marker: which text after "the answer is", "####" or a heading is the answer."""

from __future__ import annotations

import re
from typing import NamedTuple

from util.answers.extraction.commitment import ASKED, CONDITIONAL, DENIED
from util.answers.extraction.wordings import CONDITION, NO_STATEMENT, REMARK, SCALES, UNIT, pattern
from util.answers.layout import MAX_ANSWER
from util.answers.trimming import trimmed

_LEAD = pattern(
    r"(?:\n\s{0,8}(?:[-+•]|\(?\d{1,2}[.)](?=\s{1,3}[$\\A-Za-z*(]))\s|\s|[*\"“”‘’:：>•▪→⇒⟹➜✅【】「」}]|[-=]{1,3}>|`{3}[a-z]{0,10}\n|`{1,3}|</?(?:b|strong|em|i|p|u|br|div|span)\s?/?>"
    r"|\\(?:Rightarrow|implies|therefore|rightarrow|to|quad|qquad|textbf\{|textit\{|text\{(?=\s*\$)|[,;:!])|[-=_]{3,60}(?=\s))*"
)
_FILLER = pattern(
    r"(?i)(?:\$[A-Za-z](?:_\{?\w\}?)?\$\s(?:is|equals|is equal to)\s|(?:therefore|thus|indeed|simply|just|then|also|hence|clearly|obviously|given by|that|exactly|precisely|equal to|is|be)\b[ ,:]{0,3}"
    r"|there (?:is|are|were|will be)\s{1,3}|(?:the|our|your|its|a|an) [^.\n\\$]{1,60}? (?:is|are|equals|was|will be|=)\s{1,3})"
)
_NEGATED = pattern(
    r"(?:definitely |certainly |clearly |surely )?(?:not|never|no longer)\s(?=[-$\\\d(\[{*]|equal to )", re.IGNORECASE
)
_NOT_BUT = pattern(r"not (?!only)[^.\n]{1,60}?,? but (?:rather |instead |is )?", re.IGNORECASE)
_FORMULA_NAME = pattern(r"the [^.\n]{1,80}? (?:is|are|equals)\s{1,3}(?=\**[$\\])", re.IGNORECASE)
_ABOUT = pattern(
    r"(?:approximately|about|roughly|around|nearly|≈|\\approx)\s{0,3}(?=\$?\\?\$?-?\d+\.\d)", re.IGNORECASE
)
MATH_SPAN = r"(?:\$\$[^$]{1,2000}\$\$|\$(?:[^$\n\\]|\\[^\n]){1,2000}\$|\\\([^\n]{1,2000}?\\\)|\\\[.{1,2000}?\\\])"
_JOINT = r"\**\s{0,3}(?:,|;|、|,?\s?\band\b|,?\s?\bor\b|和|或|与)\s{0,3}\**\s?"
_FORMULAS = pattern(rf"{MATH_SPAN}(?:{_JOINT}{MATH_SPAN}){{0,30}}", re.DOTALL)
_MONEY = pattern(r"\$\s?-?\d[\d,]*(?:\.\d+)?(?!\d)(?!\s?\$|[^$\n]{0,40}\$(?!\d))")
_BOLD = pattern(r"\*\*([^*\n]{1,400})\*\*(?!\*)")
_ENVIRONMENT = pattern(r"\\begin\{(\w{1,20}\*?)\}.{0,3000}?\\end\{\1\}", re.DOTALL)
_END = pattern(
    r"(?i)[\s*_)\]\"'”’`}。！✅✓✔☑️🎉∎■□✨👍😊]*(?:\Z|\n|<|[.;:!。；，？]|,\s{0,3}(?!but|and\b|or\b|if\b|not\b|unless|when|plus|minus|whereas)|\s{0,2}\((?=[^()\n]{0,3}[A-Za-z]{2})(?!mod|if|when|for)"
    r"|,\s(?:and|but)\s(?=(?:we|it|this|that|the|so|other|no|there|you|all|these|hence|thus|also|he|she|they|nothing|none)\b)|,?\s{1,3}(?:because|since|as|which|so|hence|and so|only[.\s]|for (?:all|every|any|each)\s|where|by|from|according|after|obtained|attained|per the|[–—-]\s)|,?\s{0,3}(?:and\s)?(?:not|rather than|instead of)\s)"
)
_SENTENCE_END = pattern(
    r"(?i)\.(?=[)\]*\"”]{1,3}\s{0,3}(?:\Z|\n)|\s{1,3}[A-Z(*\\$#「一-龥✓✅]|\s{0,3}\Z|\s{0,3}\n)|\n|[。；！？]|，(?=[^\d\s])|\?|\s{1,3}\(?#{3,}|\s\((?=[^()\n]{0,3}[A-Za-z]{2})(?!mod)|<(?=[/|a-z｜])|\*\*(?=[\s.,]|\Z)"
    r"|,?\s{1,3}(?:because|since|which|so|hence|where we|where|by|from|according to|as\s(?!\d))\b|\s[–—]\s|;\s|,\s{1,3}(?:not|rather than|instead of)\s|,?\s(?:rather than|instead of|(?:and|but) (?:definitely |certainly )?not)\s|,\sas\s|,\s(?:and|but)\s(?=(?:we|it|this|that|the|so|other|no|there|you|all|these|hence|thus|also|he|she|they|nothing|none)\b|other\s)|,\s(?:obtained|attained|achieved|found|given|reached)\s|✅|✓|✔|🎉|∎|■"
)
_ONE_OF = pattern(r"either\b|one of\b|between\b|any of\b", re.IGNORECASE)
_NUMBER_AND_WORDS = pattern(
    r"(?P<number>(?:[\d\s+*/×().,$-]{1,80}=\s?)?\\?\$?\s?-?\\?\$?\d[\d,]*(?:\.\d+)?(?:\s?/\s?\d+)?)\s?(?P<words>[A-Za-z²³^/ '’-]{1,80}|[一-龥]{1,10}|です|입니다)\Z"
)
_BELOW = pattern(
    rf"(?s)[A-Z][^\d$\\\n.]{{2,80}}(?::|\b(?:is|are|to|by|equals|gives|get|as))[ *]{{0,4}}\n\s{{0,8}}(?P<formula>{MATH_SPAN})(?=[\s.]*(?:\n|\Z))"
)
_ITEM_BEFORE = pattern(r"\n\s{0,8}(?:[-*•+]|\(?\d{1,2}[.)])\s{1,3}[$\\(*]{0,3}\Z")
_ITEM = pattern(
    r"[ \t.,;$\\)*]{0,6}\n[ \t]{0,8}(?P<bullet>(?:[-*•+]|\(?\d{1,2}[.)])\s{1,3})?(?P<value>\$[^$\n]{1,200}\$|\\\([^\n]{1,200}?\\\)|\*\*[^*\n]{1,200}\*\*|[A-Za-z]\w?\s?=\s?[^\n]{1,80}|-?\d[^\n]{0,40})(?=[ \t.,;]*(?:\n|\Z))"
)
_NAME = pattern(r"(?P<name>[A-Za-z]\w{0,2}(?:_\{?\w{1,3}\}?)?)\s?=")
_SYMBOL = pattern(r"(?<![A-Za-z'’])(?![aI]\b)[A-Za-z](?![A-Za-z'’])")
_SCALE_WORD = pattern(r"(?:hundred|thousand|million|billion|trillion|dozen|percent)s?\b", re.IGNORECASE)
_NOTE = pattern(
    r"(?i)(?:when|if|after|to|in|for|by|on|with|at|from|rounded|correct|written)\b(?! (?:the )?(?:power|base|\d))"
)
_WORDS_AFTER = pattern(r"\s{0,3}(?P<words>[A-Za-z一-龥][A-Za-z一-龥 /^²³-]{0,40}?)(?=[\s*]*(?:[.!。,;(]|\Z|\n|\*\*))")


class Value(NamedTuple):
    """A value at text[start:end]. fault: why it is no statement. weak: a remark that counts where nothing else does."""

    text: str
    start: int
    end: int
    fault: str = ""
    weak: bool = False


def value_after(text: str, start: int, *, one_line: bool = False, sentence: bool = False) -> Value | None:
    """The value that begins behind a marker that ends at ``start``; None if nothing does.

    one_line: the value is on the marker's line. sentence: it may be told by a sentence ("She has 5 left").
    """
    line_end = text.find("\n", start)
    limit = line_end if one_line and line_end >= 0 else start + MAX_ANSWER
    lead = _LEAD().match(text, start, limit)
    begin = lead.end() if lead else start
    span = text[begin:limit].rstrip()
    if not span:
        return None
    if (negated := _NEGATED().match(span)) is not None and not _NOT_BUT().match(span):
        inner = value_after(text, begin + negated.end(), one_line=True)
        return inner and inner._replace(fault=DENIED)
    if (remark := NO_STATEMENT().match(span)) is not None:
        return Value(span[:40], begin, begin + remark.end(), "it says something about the answer, not what it is")
    skipped = _skipped(span)
    weak = skipped == 0 and REMARK().match(span) is not None
    begin, span = begin + skipped, span[skipped:]
    if not span:
        return None
    found, end, fault = _read(span)
    if sentence and not fault:
        if (below := _BELOW().match(span)) is not None:
            found, end = below["formula"], below.end()
        found = told(found)
    found, end = _listed(text, start, begin, found, begin + end)
    return Value(found, begin, end, fault, weak)


def _listed(text: str, start: int, begin: int, found: str, end: int) -> tuple[str, int]:
    """A value with those of the next lines, if they are items of one list or give other names their values."""
    items, names = [found], [name["name"] if (name := _NAME().match(trimmed(found))) else ""]
    is_item = _ITEM_BEFORE().search(text, max(0, start - 2), begin) is not None
    while len(items) < 30 and (line := _ITEM().match(text, end)) is not None:
        name = _NAME().match(trimmed(line["value"]))
        if not (is_item and line["bullet"]) and not (
            name and names[0] and name["name"] not in names and not line["bullet"]
        ):
            break
        items.append(trimmed(line["value"]))
        names.append(name["name"] if name else "")
        end = line.end()
    return (", ".join([trimmed(found), *items[1:]]), end) if len(items) > 1 else (found, end)


def _skipped(span: str) -> int:
    """Length of the words before the value: "therefore", "there are", "the minimum value is", "approximately" of decimals."""
    place = 0
    for _ in range(4):
        tried = (words().match(span, place) for words in (_NOT_BUT, _FILLER, _FORMULA_NAME, _ABOUT))
        if (match := next(filter(None, tried), None)) is None:
            break
        place = match.end()
        if span.startswith("not ", place):
            return 0
    return place


def _read(span: str) -> tuple[str, int, str]:
    """(answer, end, fault) of a value at the start of a text."""
    bold = _BOLD().match(span)
    if bold is not None and _END().match(span, bold.end()):
        inner, _, fault = _read(bold[1].strip())
        return inner, bold.end(), fault
    if bold is not None and (words := _words(span, bold.end())) is not None:
        return _with_words(bold[1], words), bold.end(), _changed(words)
    money = _MONEY().match(span)
    formulas = None if money else (_ENVIRONMENT().match(span) or _FORMULAS().match(span))
    if formulas is not None:
        return _formulas_and_unit(span, formulas.end())
    end = _bare_end(span)
    found = span[:end].replace("**", "").strip().rstrip("\"'”’`*_ ")
    if found.startswith("~"):
        found = r"\approx " + found[1:]
    hedge = "it is one of several" if _ONE_OF().match(found) else ""
    fault = ASKED if span[end : end + 1] in ("?", "？") else hedge
    match = _NUMBER_AND_WORDS().match(found)
    if match is None or fault:
        return found, end, fault or _conditional(span[end:])
    if CONDITION().match(match["words"].strip()):
        return match["number"], end, CONDITIONAL
    return _with_words(match["number"], match["words"]), end, _changed(match["words"]) or _conditional(span[end:])


def _bare_end(span: str) -> int:
    """End of a value without delimiters: of its sentence, or where a brace closes that it did not open."""
    match = _SENTENCE_END().search(span)
    end = match.start() if match else len(span)
    depth = place = 0
    while place < end:
        character = span[place]
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return place
        place += 2 if character == "\\" else 1
    return end


def _formulas_and_unit(span: str, end: int) -> tuple[str, int, str]:
    """The formulas at the start of a text, with a unit after them; the complete line if the sentence continues."""
    if re.match(r"[\s*]{0,3}[?？]", span[end:]):
        return span[:end], end, ASKED
    if _END().match(span, end):
        return span[:end], end, _conditional(span[end : end + 120])
    words = _words(span, end)
    if words is not None:
        return _with_words(span[:end], words), end, _changed(words)
    return span.split("\n", 1)[0], end, _conditional(span[end : end + 120])


def _words(span: str, end: int) -> str | None:
    """The words after a formula, up to the end of their sentence or clause."""
    match = _WORDS_AFTER().match(span, end)
    return match["words"].strip() if match and not CONDITION().match(match["words"].strip()) else None


def _with_words(number: str, words: str) -> str:
    """A number with the words after it: a unit is kept, words that change the number too, others are dropped."""
    number, words = trimmed(number.rpartition("=")[2] if words else number), words.strip(" -")
    words = re.sub(r"\s?\b(?:only|altogether|in total|in all|overall)\Z", "", words)
    if not words or re.match(r"[一-龥で입]", words) or _NOTE().match(words):
        return number
    if _SYMBOL().search(words) and not UNIT().match(words):
        return f"{number} {words}"
    if SCALES().search(words) or UNIT().fullmatch(words) or len(words.split()) == 1:
        return rf"{number}\text{{ {words} }}"
    unit = UNIT().match(words)
    if unit is not None and re.match(r"\s(?:of|in|and|long|wide|away|more|per)\b|\s*\Z", words[unit.end() :]):
        return rf"{number}\text{{ {unit[0]} }}"
    return number if len(words.split()) <= 8 else f"{number} {words}"


def _changed(words: str) -> str:
    """A fault if the words behind a number compute with it: "5 divided", "5th"."""
    words = words.strip()
    is_changed = SCALES().search(words) and not _SCALE_WORD().match(words) and not _NOTE().match(words)
    return "the words behind the number change it" if is_changed else ""


def _conditional(rest: str) -> str:
    return CONDITIONAL if CONDITION().match(rest.lstrip(" ,*)$")) else ""


_TELLS = pattern(
    r"(?P<before>[A-Z][^\d$\\*.]{2,90})\**(?P<value>\$[^$\n]{1,80}\$|\\\([^\n]{1,80}?\\\)|\\?\$?-?\d[\d,]*(?:\.\d+)?(?:/\d+)?%?)\**(?P<after>(?:\s[A-Za-z²³/'’]{1,14}){0,8})\Z"
)
_TELLS_NOT = pattern(
    r"(?i)\b(?:no|not|none|never|cannot|neither|less|more than|fewer|least|most|between|or|either|if|when|unless|except|impossible|undefined"
    r"|every|each|of the|than|about|around|over|under|step|case|problem|question|part|option|method|equation|figure|table|page|case|cases)\b|n['’]t\b"
)


_TELLS_MORE = pattern(
    r"\b(?:not|no|or|and|if|when|unless|between|than|either|of the|out of|is|are)\b|n['’]t\b", re.IGNORECASE
)


def told(sentence: str) -> str:
    """The only number of a sentence such as "She has 5 apples left"; the sentence itself if it says more.

    >>> told("She has 5 apples left"), told("None of the 5 works")
    ('5\\\\text{ apples left }', 'None of the 5 works')
    """
    match = _TELLS().match(sentence)
    if match is None or _TELLS_NOT().search(match["before"]):
        return sentence
    if _TELLS_MORE().search(match["after"]) or SCALES().search(match["after"]):
        return sentence
    return _with_words(match["value"], match["after"])
