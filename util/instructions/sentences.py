"""Count words and sentences of a text.

A sentence ends at . ! ? … or their equivalents in other scripts, not at the end of a line: a heading without a full stop
belongs to the sentence behind it. Abbreviations, initials, numbers of lists and dots inside a word end none.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"\w+")
_CLOSERS = "\"'”’»)\\]}*_`」』）"
_END = re.compile(rf"(?:[.!?…؟।॥։۔]+[{_CLOSERS}]*(?=\s|$))|(?:[。！？｡]+[{_CLOSERS}]*)")
_LAST_WORD = re.compile(r"[^\s(\[{\"'“‘«*_`]*$")
_LIST_NUMBER = re.compile(r"(?:^|\n)[ \t>*_-]*(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4})$")
_TITLES = frozenset(
    """
    mr mrs ms messrs mx dr prof st capt lt cpl sgt sen gov hon rev pres supt insp
    vs cf e.g eg i.e ie viz approx ca resp ed eds est al p.s p.p.s
    """.split()  # noqa: SIM905
)
"""Abbreviations that a name or the rest of the sentence follows."""
_BEFORE_NUMBERS = frozenset(
    """
    no nos fig figs eq eqs sec ch vol vols pp art par jan feb mar apr jun jul aug sep sept oct nov dec
    """.split()  # noqa: SIM905
)
"""Abbreviations before a number, and words elsewhere: "My answer is no." ends a sentence, "No. 5" does not."""
_ENDINGS = frozenset("etc inc ltd co corp bros jr sr esq dept univ assn a.m p.m u.s u.k u.n e.u d.c b.c a.d ph.d b.a m.a m.d b.s m.s d.d.s r.n ave blvd rd".split())  # fmt: skip # noqa: SIM905
"""Abbreviations that may also end a sentence: they do before a capital letter."""
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_NEXT = re.compile(r"\s+[\"'“‘«(\[*_]*(\S)")


def count_words(text: str) -> int:
    """Runs of letters, digits and underscores, as in the authors' program: "don't" is two.

    >>> count_words("Don't stop: it's 9.5 km.")
    8
    """
    return len(_WORD.findall(text))


def count_sentences(text: str) -> int:
    """The number of sentences.

    >>> count_sentences("Dr. A. Smith paid $3.50 at 5 p.m. on Friday... why? Nobody knows")
    2
    >>> count_sentences("1. Wash it. 2. Dry it."), count_sentences("Yes!"), count_sentences("...")
    (2, 1, 0)
    """
    count, start = 0, 0
    for end in _END.finditer(text):
        if _continues(text, end):
            continue
        count += _says_something(text[start : end.start()])
        start = end.end()
    return count + _says_something(text[start:])


def _says_something(text: str) -> bool:
    """Whether a stretch has a word; the number of a list item alone is no sentence."""
    return any(c.isalpha() for c in text) or (any(c.isdigit() for c in text) and not _LIST_NUMBER.search(text.rstrip()))


def _continues(text: str, end: re.Match[str]) -> bool:
    """Whether the sentence goes on behind a mark that could end it."""
    mark = end[0].rstrip(_CLOSERS.replace("\\", ""))
    if mark not in (".", "...", "…", ".."):
        return False
    before = text[max(0, end.start() - 40) : end.start()]
    follows = _NEXT.match(text, end.end())
    if mark != ".":
        return follows is not None and follows[1].islower()
    if len(mark) < len(end[0]):  # a quotation or a bracket was closed
        return False
    word = _LAST_WORD.search(before)
    last = (word[0] if word else "").lower()
    if last in _TITLES or _LIST_NUMBER.search(before):
        return follows is not None
    if last in _BEFORE_NUMBERS:
        return follows is not None and follows[1].isdigit()
    if last in _ENDINGS or _DOTTED.fullmatch(last):
        return follows is not None and not follows[1].isupper()
    is_initial = len(last) == 1 and last.isalpha() and last != "i"
    return is_initial and follows is not None
