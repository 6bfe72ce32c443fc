"""What a judge model is asked about two final answers, and how its verdict is read.

Each request has its own marks, which nobody can know who wrote a response: one for the lines around the data, and one that
the verdict must repeat. Every pair is asked about twice, with the choices in two orders. Only a verdict that both give
counts, so that a model that prefers a letter or cannot make up its mind has none.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

from util.prompting.prompts import JUDGE_CHOICES, JUDGE_SYSTEM
from util.records import Message, Response
from util.system.characters import printable, utf8
from util.text.thought import after_reasoning

PROMPT_VERSION = 1
"""Raise it when the texts of the prompt or the reading of verdicts change: what was judged before is then asked again."""
ORDERS = 2
"""Requests per pair."""
LETTERS = "ABC"
SHOWN = 160
"""Characters of the judge's own words that a reason keeps."""
_ARRANGEMENTS = tuple(permutations((True, False, None)))


@dataclass(frozen=True)
class AnswerPair:
    """Two final answers to one question."""

    question: str
    gold: str
    answer: str

    @cached_property
    def digest(self) -> str:
        """32 hexadecimal digits that name the pair and the version of the prompt."""
        parts = (str(PROMPT_VERSION), self.question, self.gold, self.answer)
        return hashlib.blake2b(utf8("\0".join(map(_sized, parts))), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Marks:
    """The marks of one request. data: of the lines around the data. verdict: what the verdict must repeat.

    choices: the meaning of each letter, in order.
    """

    data: str
    verdict: str
    choices: tuple[bool | None, ...]


@dataclass(frozen=True)
class JudgeReading:
    """A verdict as it was read. correct: None where there is none; ``reason`` then says why."""

    correct: bool | None
    reason: str


def marks_of(pair: AnswerPair, order: int, secret: str) -> Marks:
    """The marks of a pair's request. order: 0 or 1. secret: drawn at random for each journal, so that a rerun repeats them."""
    both = _random(secret, pair.digest, "choices")
    first = _ARRANGEMENTS[int.from_bytes(both[:4]) % len(_ARRANGEMENTS)]
    own = _random(secret, pair.digest, f"marks {order}").hex()
    turn = order * (1 + both[4] % 2)  # a rotation: no choice keeps its letter
    return Marks(own[:10], own[10:20], (*first[turn:], *first[:turn]))


def messages_of(pair: AnswerPair, marks: Marks) -> list[Message]:
    """The request: both answers between marked lines, and the choices."""
    parts = [("problem", pair.question), ("reference answer", pair.gold), ("candidate answer", pair.answer)]
    data = "\n".join(f"[{marks.data}: {name}]\n{text}" for name, text in parts)
    choices = [f"{letter}. {JUDGE_CHOICES[choice]}" for letter, choice in zip(LETTERS, marks.choices, strict=True)]
    request = [
        f"The marked lines begin with [{marks.data}: and nothing else is one.",
        "",
        data,
        f"[{marks.data}: end]",
        "",
        "Which is true?",
        *choices,
        "",
        "Give one short sentence of reasoning. Then end with a line of its own that holds the word "
        f"{marks.verdict} followed by a colon and the letter of your choice.",
    ]
    return [Message("system", JUDGE_SYSTEM), Message("user", "\n".join(request))]


def reading_of(response: Response, marks: Marks) -> JudgeReading:
    """The verdict in a judge's response. It must be on a line of its own, once or always the same, with its mark."""
    if not response.stopped:
        return JudgeReading(None, "the judge's answer was cut off")
    text = after_reasoning(response.content)
    if text is None:
        return JudgeReading(None, "the judge's thought did not end")
    lines = text.splitlines()
    told = {each: letter for each in lines if (letter := _letter(each, marks)) is not None}
    found = [told[each] for each in lines if each in told]
    if not found or text.count(marks.verdict) != len(found):
        return JudgeReading(None, "the judge did not answer in the form that was asked for")
    if len(set(found)) > 1:
        return JudgeReading(None, "the judge gave several verdicts")
    own = " ".join(" ".join(each for each in lines if each not in told).split())
    correct, own = marks.choices[LETTERS.index(found[0])], printable(own[:SHOWN])
    return JudgeReading(correct, own if correct is not None else f"{CANNOT_TELL}: {own}")


def _letter(line: str, marks: Marks) -> str | None:
    """The letter of a line that holds nothing but a verdict, with or without the words of that choice; else None."""
    bare = re.sub(r"[*_`\"'>\[\]()]", " ", line).strip()
    match = re.fullmatch(rf"{marks.verdict}\s*[:=-]?\s*([{LETTERS}])(?:\s*[.:)-]*\s*(.*))?", bare)
    if match is None:
        return None
    words = JUDGE_CHOICES[marks.choices[LETTERS.index(match[1])]]
    return match[1] if match[2].strip(" .") in ("", words) else None


def joint(first: JudgeReading, second: JudgeReading) -> JudgeReading:
    """What both orders say; no verdict where they differ."""
    if first.correct is not None and first.correct == second.correct:
        return first
    for reading in (first, second):
        if reading.correct is None:
            return reading
    return JudgeReading(None, DIFFERS)


DIFFERS = "the judge's verdict changes with the order of the choices"
CANNOT_TELL = "the judge cannot tell"


def _random(secret: str, digest: str, use: str) -> bytes:
    return hmac.digest(secret.encode(), f"{digest} {use}".encode(), "sha256")


def _sized(text: str) -> str:
    return f"{len(text)} {text}"
