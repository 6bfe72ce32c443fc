"""Thought and solution sections: split by rules, put together, verify."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from util.answers.extract import extract_answer

THOUGHT_BEGIN, THOUGHT_END = "<|begin_of_thought|>", "<|end_of_thought|>"
SOLUTION_BEGIN, SOLUTION_END = "<|begin_of_solution|>", "<|end_of_solution|>"
MARKERS = (THOUGHT_BEGIN, THOUGHT_END, SOLUTION_BEGIN, SOLUTION_END)

_THINK_END = re.compile(r"</think(?:ing)?>")
_THINK_BEGIN = re.compile(r"^\s*<think(?:ing)?>")
_WORD = re.compile(r"\w+")
_FENCE = re.compile(r"^```(?:python3?|py3?)?[ \t]*\n.*?^```[ \t]*$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Formatted:
    """text has the four markers; None with the reason where that was not possible."""

    text: str | None
    reason: str


def assemble(thought: str, solution: str) -> str:
    """The two sections between their markers."""
    return (
        f"{THOUGHT_BEGIN}\n\n{thought.strip()}\n\n{THOUGHT_END}\n\n"
        f"{SOLUTION_BEGIN}\n\n{solution.strip()}\n\n{SOLUTION_END}"
    )


def sections(text: str) -> tuple[str, str] | None:
    """(thought, solution) of a text with all four markers, once each and in order."""
    if any(text.count(marker) != 1 for marker in MARKERS):
        return None
    places = [text.index(marker) for marker in MARKERS]
    if places != sorted(places):
        return None
    thought = text[places[0] + len(THOUGHT_BEGIN) : places[1]].strip()
    solution = text[places[2] + len(SOLUTION_BEGIN) : places[3]].strip()
    return (thought, solution) if thought and solution else None


def by_rules(response: str) -> Formatted:
    """Split a response without any model: by its own marks, or before its final part."""
    found = sections(response)
    if found is not None:
        return Formatted(assemble(*found), "it had the markers")
    if any(marker in response for marker in MARKERS):
        return Formatted(None, "markers are missing, repeated or out of order")
    ends = list(_THINK_END.finditer(response))
    if ends:
        thought = _THINK_BEGIN.sub("", response[: ends[-1].start()])
        parts, how = (thought, response[ends[-1].end() :]), "split at the think tag"
    elif _THINK_BEGIN.search(response):
        return Formatted(None, "the thinking never ends")
    else:
        split = _before_final_part(response)
        if split is None:
            return Formatted(None, "no final solution can be told from the reasoning")
        parts, how = split, "split before the final part"
    if not parts[0].strip() or not parts[1].strip():
        return Formatted(None, "the thought or the solution would be empty")
    return verified(response, assemble(*parts), how)


def verified(response: str, text: str, how: str, min_similarity: float = 0.0) -> Formatted:
    """``text`` if it has both sections, the response's own final answer or code, and its reasoning.

    min_similarity: share of the response's word trigrams that the thought section must keep.
    """
    found = sections(text)
    if found is None:
        return Formatted(None, "the rewrite lacks the four markers, once each and in order")
    if extract_answer(text) != extract_answer(_plain_end(response)):
        return Formatted(None, "the solution section has another final answer than the response")
    # Code that is the answer must stand where it is looked for; code on the way to another answer may not.
    place = found[1] if extract_answer(text) is None else text
    if _last_code(place) != _last_code(response):
        return Formatted(None, "the solution section has other code than the response")
    if similarity(response, found[0]) < min_similarity:
        return Formatted(None, f"the thought section keeps less than {min_similarity:g} of the response")
    return Formatted(text, how)


def similarity(response: str, thought: str) -> float:
    """Share of the response's word trigrams, its final code block left out, that ``thought`` keeps.

    Order matters within three words only, so that moved paragraphs cost little; repeated trigrams
    count as often as they are repeated. Texts of fewer than three words are compared by words.

    >>> similarity("we add one and one", "we add one and one again"), similarity("a b c d", "x a b c")
    (1.0, 0.5)
    """
    blocks = list(_FENCE.finditer(response))
    if blocks:
        response = response[: blocks[-1].start()] + response[blocks[-1].end() :]
    words = _WORD.findall(response.lower())
    length = 3 if len(words) >= 3 else 1
    wanted, kept = _grams(words, length), _grams(_WORD.findall(thought.lower()), length)
    return (wanted & kept).total() / wanted.total() if wanted else 1.0


def _grams(words: list[str], length: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[i : i + length]) for i in range(len(words) - length + 1))


def _before_final_part(response: str) -> tuple[str, str] | None:
    """Before the last code block, or else before the line with the final answer."""
    blocks = list(_FENCE.finditer(response))
    if blocks:
        return response[: blocks[-1].start()], response[blocks[-1].start() :]
    if extract_answer(response) is None:
        return None
    lines = response.rstrip().split("\n")
    for number in range(len(lines) - 1, 0, -1):
        rest = "\n".join(lines[number:])
        if extract_answer(rest) == extract_answer(response):
            return "\n".join(lines[:number]), rest
    return None


def _plain_end(response: str) -> str:
    found = sections(response)
    return found[1] if found else response


def _last_code(text: str) -> str:
    blocks = _FENCE.findall(text)
    return "".join(blocks[-1].split()) if blocks else ""
