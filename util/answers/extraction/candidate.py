"""The records of the extraction: a candidate for the final answer, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass

BOX, PHRASE, HASHES, TAG, HEADING, BOLD, FORMULA = "box", "phrase", "hashes", "tag", "heading", "bold line", "formula"
"""Kinds of candidates. A formula counts in lenient mode only."""


@dataclass(frozen=True)
class Candidate:
    """A place that may state the final answer.

    text: the answer as it would be compared. start, end: offsets in characters in the part of the response after its
    reasoning, from the marker or box to the end of the value. kind: one of the kinds above. fault: why it states no
    answer, "" if it does. weak: a remark ("the answer is even"), which counts only where nothing else does.
    """

    text: str
    start: int
    end: int
    kind: str
    fault: str = ""
    weak: bool = False


@dataclass(frozen=True)
class Extraction:
    """The final answer of a response.

    answer: None if there is none. reason: why, in words: which statement decided, or why none counts. candidates: all
    that were found, in their order. kind: of the chosen candidate, "" without an answer.
    """

    answer: str | None
    reason: str
    candidates: tuple[Candidate, ...] = ()
    kind: str = ""
