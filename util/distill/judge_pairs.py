"""Which responses a judge model may look at, and what of them it is shown.

Only mathematics and other answers in words, told by the evidence of their verdicts: programs are run, and options are
letters. The judge sees the final answer that the suite extracts, never the thought.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from util.answers.extract import extract_answer
from util.distill.judge_prompt import AnswerPair
from util.records import Response
from util.results.entries import Entry
from util.system.characters import printable
from util.text.control_tokens import token_inside

MOST_QUESTION, MOST_ANSWER = 12_000, 2_000
"""Characters of a question, and of a gold answer or an answer; what is longer is not shown to a judge."""
PROSE_WORDS = 3
"""Words from which on a gold answer is prose."""

_NUMBERED = re.compile(r" #\d+$")
_COMMAND, _WORD = re.compile(r"\\[A-Za-z]+|\$[^$]*\$"), re.compile(r"[^\W\d_]{2,}")
_DECIDES = frozenset(("text", "number", "exact", "mathematics"))
"""Layers of the rules that are sure enough of a rejection for a calibration; points and roundings are not."""
_DOUBTFUL = ("words against mathematics", "where the gold answer is its value", "the answer is too long")
"""Parts of the reasons of rejections that a reader might see otherwise."""
_TO_A_JUDGE = re.compile(
    r"(?i)\b(?:judge[sd]?|grad(?:er|ers|ing)|verdicts?|evaluat(?:or|ors)|instructions?|ignore|disregard|system prompt|"
    r"(?:reference|candidate|gold|expected)\s+answer|same\s+result|as\s+an?\s+ai|chat\s*gpt)\b"
)


class Kind(Enum):
    """decided: by the rules, for the calibration. undecided: the verdict is null. prose: other words than a gold answer in
    prose."""

    DECIDED = "decided"
    UNDECIDED = "undecided"
    PROSE = "prose"


@dataclass(frozen=True)
class JudgeCase:
    """A response and what it is compared with. rules: their verdict. skip: why it is not shown to a judge, "" if it may be.

    same_text: whether the answer is written as the gold answer is.
    """

    pair: AnswerPair
    kind: Kind
    rules: bool | None
    skip: str = ""

    @property
    def same_text(self) -> bool:
        return "".join(self.pair.gold.split()) == "".join(self.pair.answer.split())


def case_of(entry: Entry, response: Response) -> JudgeCase | None:
    """The case of a response; None where a judge has no say: no text, no answer, no gold answer, a program, an option."""
    verdict = response.verdict
    if verdict is None or response.failed or response.truncated:
        return None
    gold, answer, layer = (verdict.evidence.get(name) for name in ("gold", "answer", "layer"))
    if not isinstance(gold, str) or not gold.strip() or not isinstance(layer, str):
        return None
    if not isinstance(answer, str) and verdict.correct is None:
        answer = extract_answer(response.judged_text)
    if not isinstance(answer, str) or not answer.strip():
        return None
    if verdict.correct is None:
        kind = Kind.UNDECIDED
    elif verdict.correct is False and layer in ("", "text") and is_prose(gold):
        kind = Kind.PROSE
    elif layer in _DECIDES and not any(text in verdict.reason for text in _DOUBTFUL):
        kind = Kind.DECIDED
    else:
        return None
    pair = AnswerPair(_NUMBERED.sub("", entry.key), gold, answer)
    return JudgeCase(pair, kind, verdict.correct, why_not_shown(pair))


def is_prose(gold: str) -> bool:
    r"""Whether a gold answer is words: at least three of two letters or more outside of formulas.

    >>> is_prose("All odd primes"), is_prose("\\text{no}"), is_prose("$abc = def$ or \\frac{xy}{2}")
    (True, False, False)
    """
    return len(_WORD.findall(_COMMAND.sub(" ", gold))) >= PROSE_WORDS


def why_not_shown(pair: AnswerPair) -> str:
    """Why a pair is not shown to a judge, "" if it may be."""
    for name, text, most in (
        ("question", pair.question, MOST_QUESTION), ("gold answer", pair.gold, MOST_ANSWER), ("answer", pair.answer, MOST_ANSWER),
    ):  # fmt: skip
        if len(text) > most:
            return f"the {name} is longer than {most:,} characters"
        if (token := token_inside(text)) is not None:
            return f"a control token in the {name}: {printable(token)}"
    known = f"{pair.question}\n{pair.gold}".casefold()
    for match in _TO_A_JUDGE.finditer(pair.answer):
        if match[0].casefold() not in known:
            return "the answer speaks to whoever judges it"
    return ""
