"""Whether a candidate is a committed statement: not denied, not asked, not supposed, not taken back."""

from __future__ import annotations

from util.answers.extraction import wordings
from util.answers.extraction.wordings import BUT, pattern

DENIED, ASKED, CONDITIONAL = "its sentence denies it", "it is asked, not stated", "it holds under a condition"
SUPPOSED_ONLY, UNSURE = "it is only supposed", "its sentence does not commit to it"
TAKEN_BACK = "the response takes it back"
_BEFORE, _AFTER, _TAIL = 220, 240, 2_000
"""Characters before and after a candidate, and after the last one, that are read."""

_PLAIN_WORDS = frozenset(
    ["so", "the", "final", "answer", "is", "therefore,", "thus,", "hence,", "therefore", "thus", "hence", "we", "get",
     "have", "=", ":", "value", "total", "number", "of", "a", "an", "sum", "and", "are", "is:", "answer:", "our",
     "required", "and,", "equals", "gives", "there", "area"]
)  # fmt: skip
"""Before most candidates only these stand, and nothing needs a closer look."""
_TRIGGER = pattern(
    r"n['’]t|not|ever|nor\b|nstead|ather|ther|iffer|qual|xclud|ything|far|xcept|ithout|nlike|onger|[≠不并排]|\\ne|wrong|false|correct|true|possible|istake|rror|nonsense|lie|tempt"
    r"|doubt|sure|certain|irst|nitial|rigin|arlier|revious|old|ought|aive|lance|ommon|might|may|could|would|ome|eople|tudent|riend|laim|sa[iy]|hink|elieve|rote|uess|used|uppose|ssume|magine|retend"
    r"|print|typo|erhaps|aybe|ossibly|onceiv|book|key|eacher|obody|roneous|Wrong|May"
)
"""Parts of the words that make a statement none: without any of them, nothing before a candidate needs a closer look."""
_MARKUP = pattern(
    r"</?[A-Za-z_]{1,14}>|\$+|\\[()\[\],;:! ]|\\q?quad(?![a-zA-Z])|\\(?:text|textbf|mathbf|mathrm|boxed|emph)\{|\*+|[{}`&]|\\displaystyle"
)
_OTHER_CASE = pattern(
    r"(?i)\botherwise\b|\belse\b|\b(?:odd|even)\b|,? (?:and|but|or) \S{0,14}\d\S{0,8} (?:if|when|for)\b"
)
_OF_ANOTHER = pattern(
    r"(?i)\A\s{0,3}[(*]{0,2}(?:if|when|for|in|without|had|were|assuming|with|note that (?:if|for|when))\b|\b(?:problem|exercise|question|example|previous|references?|earlier)\b"
)
_ASIDE = pattern(r"\s{0,3}[(\[]\s?[A-Za-z]")
_ANNOUNCES = pattern(r"(?i)answer|result|final|\b(?:so|thus|hence|therefore|total|is|are|get|have)\b")
_SENTENCE_START = pattern(r"(?<![A-Z])[.!?;](?=\s)|[。！？；]")
_WORD = pattern(r"[A-Za-z一-龥]")
_CLOSERS = pattern(r"(?:[\s}$*_`\"'”’)\]]|\\[)\],;:! ]|\\q?quad(?![a-zA-Z])|\\end\{\w{1,16}\*?\})*")
_SENTENCES = pattern(
    r"(?i)(?<=[.!?。！？])[\s*_)]{1,4}|\n+|;\s|；|。|,\s(?=(?:wait|oops|no,|hmm|sorry)\b)|\s[–—]\s|(?<=\)),?\s"
)


def fault_of(text: str, start: int, end: int, *, phrase: bool = False) -> str:
    """Why the candidate at text[start:end] is no committed statement, by the words of its own sentence; "" if it is.

    phrase: the candidate begins with its marker ("the answer is ..."), not with its value.
    """
    before = sentence_before(text, start)
    if phrase or (before and not _PLAIN_WORDS.issuperset(before.lower().split()) and _TRIGGER().search(before)):
        if phrase and wordings.SUPPOSED().search(before):
            return SUPPOSED_ONLY
        if wordings.DENIED_BEFORE().search(before) and not phrase:
            return DENIED
        if (possible := wordings.POSSIBLE().search(before)) is not None and not BUT().search(before, possible.start()):
            return UNSURE
        for match in wordings.UNCOMMITTED().finditer(before):
            if not BUT().search(before, match.end()):
                return UNSURE
    if phrase and " would " in text[start : min(end, start + 60)] and _supposes(before + " would "):
        return SUPPOSED_ONLY
    if "would" in before and _supposes(before):
        return SUPPOSED_ONLY
    return _fault_after(text, end)


def is_remark(text: str, start: int) -> bool:
    """Whether a phrase speaks of another case or another problem: "If zero counts, the answer is 6"."""
    return _OF_ANOTHER().search(sentence_before(text, start)) is not None


def is_aside(text: str, start: int) -> bool:
    """Whether a box stands in a sentence in brackets that does not announce an answer."""
    if text.rfind("(", max(0, start - _BEFORE), start) < 0 and text.rfind("[", max(0, start - _BEFORE), start) < 0:
        return False
    before = sentence_before(text, start)
    if not _ASIDE().match(before):
        return False
    return ")" not in before and not _ANNOUNCES().search(before)


def _supposes(before: str) -> bool:
    return wordings.COUNTERFACTUAL().search(before) is not None and not BUT().search(before, before.rfind("would"))


def _fault_after(text: str, end: int) -> str:
    after = text[end : end + _AFTER]
    if not after.strip(" .$\n*)]}\\"):
        return ""
    closers = _CLOSERS().match(after)
    place = closers.end() if closers else 0
    if after[place : place + 1] in ("?", "？") and "\n" not in after[:place]:
        return ASKED
    if "\n\n" in after[:place]:
        return ""
    plain = _MARKUP().sub("", after)
    clause = plain.partition("\n")[0].partition(". ")[0]
    if wordings.CONDITION().match(plain.lstrip(" ,(")) and _OTHER_CASE().search(clause):
        return CONDITIONAL
    return DENIED if wordings.DENIED_AFTER().match(plain.lstrip("\n")) else ""


def sentence_before(text: str, start: int) -> str:
    """The text before a candidate in its own sentence, without markup, on one line."""
    before = text[max(0, start - _BEFORE) : start]
    while (line := before.rfind("\n")) >= 0:
        if _WORD().search(_MARKUP().sub("", before[line:])):
            before = before[line + 1 :]
            break
        before = before[:line] + " " + before[line + 1 :]
    if not before.isascii() or any(mark in before for mark in ".!?;"):
        ends = [match.end() for match in _SENTENCE_START().finditer(before)]
        before = before[max(ends, default=0) :]
    return before if before.replace(" ", "").isalpha() else _MARKUP().sub("", before)


def taken_back(text: str, end: int) -> bool:
    """Whether a sentence behind ``end`` takes back what was said."""
    if not text[end : end + 8].strip(" .$\n*)]}\\") and len(text) <= end + 8:
        return False
    tail = text[end : end + _TAIL]
    if not _WORD().search(tail):
        return False
    tail = wordings.HARMLESS_ASIDE().sub(" ", _MARKUP().sub("", tail))
    previous = ""
    for part in _SENTENCES().split(tail):
        sentence = part.strip(" \t.,!:)")
        retracts = sentence and wordings.RETRACTION().match(sentence)
        if retracts and (wordings.INTERJECTION().match(sentence) or not _excused(previous, sentence)):
            return True
        previous = sentence
    return False


def _excused(previous: str, sentence: str) -> bool:
    speaks_of_others = wordings.BLAMES_OTHERS().search(f"{previous[:160]} {sentence[:160]}")
    return speaks_of_others is not None or wordings.HYPOTHETICAL().search(sentence[:240]) is not None
