"""What a filter looks at: one response in its parts, with the question that it answers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from util.text.thought import sections, split_at_think_tag

MAX_PROSE = 200_000
"""Characters in which prose is looked for, so that LaTeX that never closes takes no minutes."""

_FENCED = re.compile(r"^[ \t>]*+(`{3,}+|~{3,}+)[^\n]*+\n.*?(?:^[ \t>]*+\1[`~]*[^\n]*$|\Z)", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`[^`\n]{1,300}`")
_LATEX = re.compile(
    r"\$\$.{0,1000}?\$\$|\\\[.{0,1000}?\\\]|\\\(.{0,300}?\\\)|\$[^$\n]{0,300}\$"
    r"|\\begin\{(\w{1,20}\*?)\}.{0,1000}?\\end\{\1\}|\\[A-Za-z]+|https?://\S+",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class ResponseParts:
    """A response for the filters. thought, answer: without tags; None where the response has no such part.

    system, question: the system prompt, and the user's message.
    """

    question: str
    thought: str | None
    answer: str | None
    system: str = ""

    @property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """(name, text) of the parts that the response has."""
        both = (("thought", self.thought), ("answer", self.answer))
        return tuple((name, text) for name, text in both if text)


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a response is dropped. reason: the same words for every response of a kind. detail: what it was here."""

    reason: str
    detail: str = ""


def parts_of(question: str, response: str, system: str = "") -> ResponseParts:
    """The parts of a response with section markers or think tags; another one is all answer.

    >>> parts_of("q", "<think>\\nSo 2.\\n</think>\\n\\nIt is 2.").thought
    'So 2.'
    """
    both = sections(response) or split_at_think_tag(response)
    if both is None:
        return ResponseParts(question, None, response.strip(), system)
    return ResponseParts(question, both[0].strip(), both[1].strip(), system)


def without_code(text: str) -> str:
    """``text`` with each fenced block and each span in backticks replaced by a space."""
    if "`" not in text and "~~~" not in text:
        return text
    return _INLINE.sub(" ", _FENCED.sub("\n\n", text))


def prose(text: str) -> str:
    """``text`` without code, LaTeX and addresses, each replaced by a space; of a very long one the beginning."""
    text = without_code(text[:MAX_PROSE])
    return _LATEX.sub(" ", text) if any(mark in text for mark in ("$", "\\", "http")) else text


def quoted(text: str, place: int, width: int = 60) -> str:
    """About ``width`` characters around ``place``, on one line, for a detail."""
    start = max(0, place - width // 4)
    return " ".join(text[start : start + width].split())
