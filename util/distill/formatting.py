"""Thought and solution sections: split a response by rules, and verify a rewrite."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from util.answers.extract import extract_answer
from util.code.extract_code import Candidates, candidates, code_blocks, code_candidates, same_program
from util.code.extraction_outline import does_something
from util.prompting.prompts import CODE_CALL, CODE_STDIN
from util.system.characters import printable
from util.text.control_tokens import token_inside, without_lone_tags, without_outer_tokens
from util.text.thought import (
    MARKERS,
    assemble,
    begins_with_thought,
    sections_after_thought,
    split_at_think_tag,
    without_markers,
)

_WORD = re.compile(r"\w+")
_TARGET = re.compile(r"`(\w+)`")
_STDIN_HEAD = CODE_STDIN.partition("{question}")[0]
_CALL_HEAD, _CALL_TAIL = (
    CODE_CALL.partition("{target}")[0],
    CODE_CALL.partition("{target}")[2].partition("{question}")[0],
)
_UNDEFINED = ""
"""A function name that no code defines."""
_EMPTY = "the thought or the solution would be empty"


@dataclass(frozen=True)
class Formatted:
    """A formatted response. text: with the four markers, or None; ``reason`` then says why."""

    text: str | None
    reason: str


def by_rules(response: str, prompt: str | None = None) -> Formatted:
    """Split a response without a model: at its markers or think tag, or else before its final part.

    prompt: see ``verified``. Control tokens are treated as there.
    """
    response = without_outer_tokens(response)
    if sections_after_thought(response) is not None:
        return verified(response, response, "it had the markers", prompt=prompt)
    if any(marker in response for marker in MARKERS):
        return Formatted(None, "markers are missing, repeated or out of order")
    split, how = split_at_think_tag(response), "split at the think tag"
    if split is None and begins_with_thought(response):
        return Formatted(None, "the thinking never ends")
    if split is None:
        split, how = _before_final_part(response, prompt), "split before the final part"
    if split is None:
        return Formatted(None, "no final solution can be told from the reasoning")
    if not split[0].strip() or not split[1].strip():
        return Formatted(None, _EMPTY)
    return verified(response, assemble(*split), how, prompt=prompt)


def verified(
    response: str, rewrite: str, how: str, min_similarity: float = 0.0, *, prompt: str | None = None
) -> Formatted:
    """Accept the two sections of ``rewrite`` if they have the final answer, code and reasoning of ``response``.

    The text is put together anew: nothing outside of the sections is kept. Control tokens and think tags are removed
    at the ends of a section, and think tags alone on their line in the thought; any other refuses the rewrite.

    min_similarity: share of the response's word trigrams that the thought section must keep. prompt: the
    problem as sent to the model. It names the function of a call-based problem; without a prompt, it may be
    any function that the response defines.
    """
    found = sections_after_thought(rewrite)
    if found is None:
        return Formatted(None, "the rewrite lacks the four markers, once each and in order")
    thought, solution = (
        without_outer_tokens(section, tags=True) for section in (without_lone_tags(found[0]), found[1])
    )
    if not thought or not solution:
        return Formatted(None, _EMPTY)
    for section, text in (("thought", thought), ("solution", solution)):
        if (token := token_inside(text)) is not None:
            return Formatted(None, f"a control token or think tag inside the {section}: {printable(token)}")
    response, text = without_outer_tokens(response), assemble(thought, solution)
    if "".join(text.split()) == "".join(rewrite.split()):
        text = rewrite  # verdicts belong to a text: those on rewrites of earlier versions, with other blank lines, hold
    answer = extract_answer(text)
    if answer != extract_answer(response):
        return Formatted(None, "the solution section has another final answer than the response")
    reason = _other_code(response, text, prompt, answered=answer is not None)
    if reason is not None:
        return Formatted(None, reason)
    if similarity(response, thought) < min_similarity:
        return Formatted(None, f"the thought section keeps less than {min_similarity:g} of the response")
    return Formatted(text, how)


def similarity(response: str, thought: str) -> float:
    """Share of the response's word trigrams, without its final code block, that ``thought`` keeps.

    Only the order within three words matters, so moving a paragraph hardly changes the value. Each occurrence
    of a trigram counts. A response of fewer than three words is compared by single words.

    >>> similarity("we add one and one", "we add one and one again"), similarity("a b c d", "x a b c")
    (1.0, 0.5)
    """
    blocks = code_blocks(response)
    if blocks:
        response = response[: blocks[-1].start] + response[blocks[-1].end :]
    words = _WORD.findall(response.lower())
    length = 3 if len(words) >= 3 else 1
    wanted, kept = _grams(words, length), _grams(_WORD.findall(thought.lower()), length)
    return (wanted & kept).total() / wanted.total() if wanted else 1.0


def _grams(words: list[str], length: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[i : i + length]) for i in range(len(words) - length + 1))


def _other_code(response: str, text: str, prompt: str | None, *, answered: bool) -> str | None:
    """Why the code of a rewrite is not the response's; None if it is.

    Which block the judge runs depends on what the problem asks for (see ``_Asked``): the judge must run
    the same program in both texts, whatever of it may be asked for.

    A written answer may be what the problem asks for, and the code only a step on the way to it. Then the
    solution section may leave the code to the thought section (judged as code, it would fail: nothing is
    found to run), but may not hold other code, and the last code of both texts must be the same.
    """
    before, after = _judged(response), _judged(text)
    asked = _Asked.by(prompt, before, after)
    answered = answered and not asked.program
    # Functions with the same two indices have the same two programs.
    indices = {(before.index(function), after.index(function)): function for function in asked.functions}
    for function in indices.values():
        old, new = before.code(function), after.code(function)
        if new is None and (old is None or answered):
            continue
        if old is None or new is None or not same_program(old, new):
            return "the solution section has other code than the response"
    if answered:
        if not same_program(_last_code(response), _last_code(text)):
            return "the rewrite has other code than the response"
    elif not before.codes and _last_code(response):
        return "the response has code in its reasoning only, and no final answer"
    return None


@dataclass(frozen=True)
class _Asked:
    """What a problem may ask for.

    functions: names, None for a program that reads standard input, ``_UNDEFINED`` for a function that no code
    defines. program: whether a program is asked for, and no written answer.
    """

    functions: tuple[str | None, ...]
    program: bool = False

    @classmethod
    def by(cls, prompt: str | None, *found: Candidates) -> _Asked:
        """The project's own prompts say it exactly. Other prompts: the functions that the prompt mentions, or any."""
        defining = dict.fromkeys(name for candidates_ in found for name in candidates_.defining)
        if prompt and prompt.startswith(_STDIN_HEAD):
            return cls((None,), program=True)
        if prompt and prompt.startswith(_CALL_HEAD):
            target = prompt[len(_CALL_HEAD) :].partition(_CALL_TAIL)[0]
            return cls(tuple(_TARGET.findall(target)) or (None, _UNDEFINED, *defining), program=True)
        words = set(_WORD.findall(prompt or ""))
        mentioned = [name for name in defining if name in words]
        return cls((None, _UNDEFINED, *(mentioned or defining)))


def _judged(text: str) -> Candidates:
    """The codes of a text that the judge may run, without prose that happens to be valid Python ("B", "Answer: 2")."""
    found = candidates(text)
    return found if found.fenced else Candidates.of(code for code in found.codes if does_something(code))


def _last_code(text: str) -> str:
    """The last code in reasoning and answer together; "" if there is none."""
    blocks = code_blocks(without_markers(text))
    return blocks[-1].code if blocks else ""


def _before_final_part(response: str, prompt: str | None) -> tuple[str, str] | None:
    """Split before the first block that the judge may run; without one, before the line with the final answer."""
    blocks, found = code_candidates(response)
    if blocks:
        needed = {index for function in _Asked.by(prompt, found).functions for index in found.pieces(function)}
        starts = [blocks[index].start for index in needed]
        if starts:
            return response[: min(starts)], response[min(starts) :]
    answer = extract_answer(response)
    if answer is None:
        return None
    lines = response.rstrip().split("\n")
    for number in range(len(lines) - 1, 0, -1):
        rest = "\n".join(lines[number:])
        if extract_answer(rest) == answer:
            return "\n".join(lines[:number]), rest
    return None
