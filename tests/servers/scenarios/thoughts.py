"""Reasoning in a field, in tags, twice, or with nothing beside it."""

from __future__ import annotations

import re
from typing import Any

from servers.answers import ABSENT, RIGHT_TEXT, TOKENS, Answer, chunk, pieces_of, said
from servers.compare import Played
from servers.scenario import ANY, NOT_TRUE, STREAM, Record, Scenario, thinks, up_to

THOUGHT = "one and one make two"
THINKS = Record(thinks(THOUGHT))
TAGGED = f"<think>\n{THOUGHT}\n</think>\n\n{RIGHT_TEXT}"
TEXTS = [{"type": "reasoning.text", "text": THOUGHT, "index": 0, "format": "unknown"}]
SUMMARY = [{"type": "reasoning.summary", "summary": THOUGHT, "index": 0}]
SECRET = [{"type": "reasoning.encrypted", "data": "c2VjcmV0", "index": 0}]

FIELDS: dict[str, dict[str, Any]] = {
    "reasoning_content": {"reasoning_content": THOUGHT},
    "reasoning": {"reasoning": THOUGHT},
    "reasoning_details of text": {"reasoning_details": TEXTS},
    "reasoning_details of a summary": {"reasoning_details": SUMMARY},
    "reasoning_details of text and secrets": {"reasoning_details": [*TEXTS, *SECRET]},
    "reasoning_content and reasoning": {"reasoning_content": THOUGHT, "reasoning": THOUGHT},
    "reasoning and reasoning_details": {"reasoning": THOUGHT, "reasoning_details": TEXTS},
    "all three": {"reasoning_content": THOUGHT, "reasoning": THOUGHT, "reasoning_details": SUMMARY},
    "reasoning beside a null field": {"reasoning_content": None, "reasoning": THOUGHT},
    "reasoning beside an empty field": {"reasoning_content": "", "reasoning": THOUGHT},
}
NO_THOUGHT: dict[str, dict[str, Any]] = {
    "a null field": {"reasoning_content": None, "reasoning": None},
    "an empty field": {"reasoning_content": ""},
    "only secrets": {"reasoning_details": SECRET},
    "no details": {"reasoning_details": []},
}
ODD: dict[str, Any] = {"a number": 7, "a list": [1, None], "an object": {"a": {"b": 1}}, "true": True}


def unended(finish_reason: str = "stop") -> Record:
    """A thought without an end, and no answer."""
    return Record(re.compile(rf"\A<think>\n{THOUGHT}\s*\Z"), finish_reason, NOT_TRUE, server_word=ANY)


def in_one_delta(seen: Any) -> Any:
    """Each delta has the same thought in two fields."""
    thought = [chunk({"reasoning": piece, "reasoning_content": piece}) for piece in pieces_of(THOUGHT)]
    return said(*thought, chunk({"content": RIGHT_TEXT}), chunk({}, "stop"), chunk(usage=TOKENS))


def detail_by_detail(seen: Any) -> Any:
    """The details come in pieces, beside the same text in a field."""
    pieces = pieces_of(THOUGHT)
    details = [[{"type": "reasoning.text", "text": piece, "index": 0}] for piece in pieces]
    thought = [chunk({"reasoning": a, "reasoning_details": b}) for a, b in zip(pieces, details, strict=True)]
    return said(*thought, chunk({"content": RIGHT_TEXT}), chunk({}, "stop"), chunk(usage=TOKENS))


def has_reasoning_tokens(played: Played) -> None:
    assert played.records[0]["usage"]["reasoning_tokens"] == 3


SCENARIOS = [
    *(Scenario(f"thought in {name}", [Answer(message=fields)], THINKS) for name, fields in FIELDS.items()),
    *(Scenario(f"no thought: {name}", [Answer(message=fields)]) for name, fields in NO_THOUGHT.items()),
    *(
        Scenario(
            f"the reasoning field is {name}",
            [Answer(message={"reasoning": value})],
            Record(re.compile(re.escape(RIGHT_TEXT)), server_word=ANY),
        )
        for name, value in ODD.items()
    ),
    Scenario("thought in two fields of one delta", in_one_delta, THINKS, modes=STREAM),
    Scenario("thought in pieces of details", detail_by_detail, THINKS, modes=STREAM),
    Scenario("thought in tags", [Answer(TAGGED)], THINKS),
    Scenario(
        "thought in tight tags",
        [Answer(f"<think>{THOUGHT}</think>{RIGHT_TEXT}")],
        Record(re.compile(rf"\A<think>\s*{THOUGHT}\s*</think>\s*{re.escape(RIGHT_TEXT)}\Z")),
    ),
    Scenario(
        "thought before a closing tag alone",
        [Answer(f"{THOUGHT}\n</think>\n\n{RIGHT_TEXT}")],
        Record(re.compile(rf"\A(<think>\n)?{THOUGHT}\n</think>\n\n{re.escape(RIGHT_TEXT)}\Z")),
    ),
    Scenario("thought in a field and in tags", [Answer(TAGGED, message={"reasoning_content": THOUGHT})], THINKS),
    Scenario(
        "thought in a field and in tight tags",
        [Answer(f"<think>{THOUGHT}</think>{RIGHT_TEXT}", message={"reasoning": THOUGHT})],
        Record(re.compile(rf"\A<think>\s*{THOUGHT}\s*</think>\s*{re.escape(RIGHT_TEXT)}\Z")),
    ),
    Scenario(
        "a tag without an end",
        [Answer(f"<think>\n{THOUGHT}")],
        unended(),
    ),
    *(
        Scenario(
            f"all in the reasoning field, content {name}",
            [Answer(content, message={"reasoning_content": THOUGHT})],
            unended(),
            rows=8,
            requests=8,
            status=ANY,
            once="(?i)reasoning.parser",
        )
        for name, content in (("null", None), ("empty", ""), ("missing", ABSENT))
    ),
    Scenario(
        "a truncated thought",
        [Answer(None, "length", message={"reasoning_content": THOUGHT})],
        unended("length"),
        rows=4,
        requests=4,
        hushed=("(?i)reasoning.parser",),
    ),
    Scenario(
        "one thought without an answer among eight",
        [Answer(None, message={"reasoning": THOUGHT})],
        unended(),
        rows=8,
        odd=2,
        requests=8,
    ),
    Scenario(
        "reasoning tokens are kept",
        [
            Answer(
                message={"reasoning": THOUGHT}, usage={**TOKENS, "completion_tokens_details": {"reasoning_tokens": 3}}
            )
        ],
        THINKS,
        check=has_reasoning_tokens,
    ),
    Scenario(
        "a truncated thought, then the limit inside the answer",
        [Answer("So it", "length", message={"reasoning_content": THOUGHT})],
        Record(thinks(THOUGHT, "So it"), "length", False, "truncated", server_word=ANY),
        requests=up_to(1),
    ),
]
