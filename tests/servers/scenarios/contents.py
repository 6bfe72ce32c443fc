"""Content as parts, and no content at all."""

from __future__ import annotations

import re
from typing import Any

from servers.answers import ABSENT, RIGHT_TEXT, Answer
from servers.faults import until
from servers.scenario import ANY, BOTH, CUT_SHORT, PLAIN, RIGHT, STREAM, Record, Scenario, failed, thinks

HALF, REST = RIGHT_TEXT[:14], RIGHT_TEXT[14:]
LONG = "".join(f"so {number} " for number in range(9_000))
TEXT = {"type": "text", "text": RIGHT_TEXT}
THOUGHT = "one and one"
THINKS = Record(thinks(THOUGHT))

PARTS: dict[str, tuple[list[Any], Record]] = {
    "one text": ([TEXT], RIGHT),
    "two texts": ([{"type": "text", "text": HALF}, {"type": "text", "text": REST}], RIGHT),
    "output texts": ([{"type": "output_text", "text": RIGHT_TEXT, "annotations": []}], RIGHT),
    "plain strings": ([HALF, REST], RIGHT),
    "a text and a kind unknown": ([TEXT, {"type": "image_url", "image_url": {"url": "x"}}], RIGHT),
    "a thought as a list, then a text": (
        [{"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}]}, TEXT],
        THINKS,
    ),
    "a thought as a string, then a text": ([{"type": "thinking", "thinking": THOUGHT, "signature": "x"}, TEXT], THINKS),
    "a reasoning part, then a text": ([{"type": "reasoning", "text": THOUGHT}, TEXT], THINKS),
    "two thoughts, then a text": (
        [{"type": "thinking", "thinking": "one "}, {"type": "thinking", "thinking": "and one"}, TEXT],
        THINKS,
    ),
    "a redacted thought, then a text": ([{"type": "redacted_thinking", "data": "c2VjcmV0"}, TEXT], RIGHT),
}
NOTHING: dict[str, Any] = {
    "null": None, "an empty text": "", "white space": " \n\t\n", "no parts": [], "missing": ABSENT,
    "an empty part": [{"type": "text", "text": ""}],
}  # fmt: skip

SCENARIOS = [
    *(Scenario(f"content of {name}", [Answer(parts)], expected) for name, (parts, expected) in PARTS.items()),
    Scenario("content as one object", [Answer({"type": "text", "text": RIGHT_TEXT})]),
    *(
        Scenario(
            f"no content: {name}",
            [Answer(content)],
            failed("empty|no text|no content"),
            requests=3,
            status=1,
            spent=(30, 15),
            modes=modes,
        )
        for (name, content), modes in zip(NOTHING.items(), (BOTH, STREAM, PLAIN, STREAM, PLAIN, STREAM), strict=True)
    ),
    Scenario("no content twice, then right", until(2, Answer(None)), requests=3, spent=(30, 15), modes=STREAM),
    Scenario("an empty text, then right", until(1, Answer("")), requests=2, spent=(20, 10), modes=PLAIN),
    Scenario(
        "no content beside other rows",
        [Answer("")],
        failed("empty|no text|no content"),
        rows=3,
        odd=1,
        requests=5,
        status=1,
        modes=STREAM,
    ),
    *(
        Scenario(
            f"no content at the limit: {name}",
            [Answer(content, "length")],
            Record(re.compile(r"\A\s*\Z"), "length", False, "truncated", server_word=ANY),
        )
        for name, content in (("null", None), ("an empty text", ""))
    ),
    Scenario(
        "parts at the limit",
        [Answer([{"type": "text", "text": HALF}], "length")],
        Record(HALF, "length", False, "truncated", server_word=ANY),
    ),
    Scenario(
        "eos without content",
        [Answer("", "eos")],
        failed("empty|no text|no content", server_word=ANY),
        requests=3,
        modes=STREAM,
        status=1,
    ),
    Scenario("a long answer", [Answer(LONG + RIGHT_TEXT)], Record(LONG + RIGHT_TEXT)),
    Scenario(
        "a long answer at the limit",
        [Answer(LONG, "length")],
        Record(LONG, "length", False, "truncated"),
    ),
    Scenario("a second choice is left alone", [Answer(body={"extra": [1, 2]})]),
    Scenario("a right answer, truncated", [Answer(RIGHT_TEXT, "length")], CUT_SHORT),
]
