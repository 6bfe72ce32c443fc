"""Read the answers of BIG-Bench Hard: options, words, lists of words, brackets."""

from __future__ import annotations

import re

from util.answers.chosen_option import LETTERS

YES_NO = (("yes", "no"), ("valid", "invalid"), ("true", "false"))
"""Pairs of which a target is one."""
_HEAD = re.compile(r"(?i)^options\s*:[ \t]*$", re.MULTILINE)
_OPTION = re.compile(r"^[ \t]*\(([A-Z])\)[ \t]*(.*)$", re.MULTILINE)
_STYLE = re.compile(r"\\(?:text\w*|math(?:rm|bf|sf|it|tt)|mbox|rm|bf|boxed|fbox|operatorname)\b")
_SPACE = re.compile(r"\\(?:[ ,;:!]|q?quad\b|\\)|~|\$|\\[()\[\]]")
_EDGE = " \t\n.,;:!?\"'`*_(){}[]"
_ANSWER = re.compile(r"(?i)(?:answer(?:\s+is)?\**\s*[:=]|answer\s+is|brackets?\s+(?:are|is)\s*:?)\**")
_FENCE = re.compile(r"```\w*\n?|`")
_LATEX_BRACKETS = re.compile(r"\\(?:left|right|big|Big)?\s*(langle|rangle|lbrace|rbrace|lbrack|rbrack|[{}\[\]()])")
_NAMED = {"langle": "<", "rangle": ">", "lbrace": "{", "rbrace": "}", "lbrack": "[", "rbrack": "]"}
_BRACKETS = re.compile(r"[\[\](){}<>](?:[\s,]*[\[\](){}<>])*")
_CLOSING = re.compile(r"[\])}>](?:\s*[\])}>])*")


def options_in(question: str) -> list[str]:
    r"""The texts of the options behind the line "Options:"; [] where they are not lettered (A), (B), ...

    >>> options_in("Which?\nOptions:\n(A) one\n(B) two"), options_in("So?\nOptions:\n- Yes\n- No")
    (['one', 'two'], [])
    """
    heads = list(_HEAD.finditer(question))
    found = _OPTION.findall(question[heads[-1].end() :]) if heads else []
    is_lettered = len(found) > 1 and "".join(letter for letter, _ in found) == LETTERS[: len(found)]
    return [text.strip() for _, text in found] if is_lettered else []


def right_letter(question: str, target: str) -> str | None:
    r"""The letter of the target, which is "(A)", "A" or, in a few rows, an option's text; None if it is none of them.

    >>> right_letter("Options:\n(A) one\n(B) two", "(B)"), right_letter("Options:\n(A) one\n(B) two", "one")
    ('B', 'A')
    """
    options, plain = options_in(question), target.strip()
    letter = plain.strip("()")
    if len(letter) == 1 and letter in LETTERS[: len(options)]:
        return letter
    same = [LETTERS[n] for n, text in enumerate(options) if text.casefold() == plain.casefold()]
    return same[0] if len(same) == 1 else None


def same_word(answer: str, pairs: tuple[tuple[str, str], ...]) -> str | None:
    r"""The word of the pairs that an answer is, or begins with before a comma, full stop or dash; None if it is none.

    >>> same_word(r"\text{Yes}.", YES_NO), same_word("no, it is not", YES_NO), same_word("Yes and no", YES_NO)
    ('yes', 'no', None)
    """
    plain = _plain(answer).strip(_EDGE).casefold()
    first = re.split(r"\s*[,.;:–—]\s*|\s+-\s+", plain, maxsplit=1)[0].strip(_EDGE)
    return first if any(first in pair for pair in pairs) else None


def same_words(answer: str, gold: str) -> bool:
    r"""Whether an answer is the list of words in its order, separated by spaces, commas, lines or numbers of a list.

    >>> same_words(r"\text{ape, bee}, \text{cat}", "ape bee cat"), same_words("bee ape cat", "ape bee cat")
    (True, False)
    """
    plain = re.sub(r"(?m)^\s*(?:\d+[.)]|[-*•])\s+", " ", _plain(answer))
    words = [word.strip("\"'`*_.[](){}") for word in re.split(r"[\s,;]+|\s*(?:->|→|<)\s*", plain)]
    return [word.casefold() for word in words if word] == gold.casefold().split()


def closers(target: str) -> str | None:
    """A target of closing brackets without its spaces; None for others.

    >>> closers("] ) >"), closers("(A)")
    ('])>', None)
    """
    plain = target.strip()
    return re.sub(r"\s", "", plain) if _CLOSING.fullmatch(plain) else None


def closing_of(text: str, *, alone: bool = False) -> str | None:
    r"""The brackets that a response states as its answer, without spaces: behind the last "answer", else on the last line.

    None where other characters stand among them. alone: the whole text is the statement.

    >>> closing_of("So far so good.\nAnswer: ] } )"), closing_of(r"The answer is \boxed{] \} )}."), closing_of("Answer: x ]")
    (']})', ']})', None)
    """
    stated = list(_ANSWER.finditer(text))
    lines = text.strip().splitlines() or [""]
    part = text if alone else text[stated[-1].end() :].strip() if stated else lines[-1]
    if not alone:
        part = _first_lines(part)
    part = _FENCE.sub("", part)
    if boxed := re.search(r"\\boxed\s*\{(.*)\}", part, re.DOTALL):
        part = boxed[1]
    part = re.sub(r"\\text\w*\s*\{(.*)\}", r"\1", part, flags=re.DOTALL)
    part = _LATEX_BRACKETS.sub(lambda match: f" {_NAMED.get(match[1], match[1])} ", part)
    part = _SPACE.sub(" ", part).strip(" \t\n.:\"'*_")
    return re.sub(r"[\s,]", "", part) if _BRACKETS.fullmatch(part) else None


def _first_lines(text: str) -> str:
    """The first paragraph, or the contents of a code fence that begins it."""
    if text.startswith("```"):
        return text[3:].partition("\n")[2].partition("```")[0]
    return text.partition("\n\n")[0]


def _plain(answer: str) -> str:
    """An answer without LaTeX's styles, spaces and braces."""
    return re.sub(r"[{}]", " ", _SPACE.sub(" ", _STYLE.sub(" ", answer)))
