"""Split a response into reasoning and answer. Defines the think tags and Sky-T1's section markers.

Two notations separate the reasoning from the answer: ``<think>...</think>`` (or ``<thinking>``) before
the answer, and Sky-T1's four section markers. Tags are matched exactly, in lower case.
"""

from __future__ import annotations

import re

MAX_RESPONSE = 2_000_000
"""The answer is searched for only in this many characters at the end of a response."""

THINK_BEGIN, THINK_END = "<think>", "</think>"
THOUGHT_BEGIN, THOUGHT_END = "<|begin_of_thought|>", "<|end_of_thought|>"
SOLUTION_BEGIN, SOLUTION_END = "<|begin_of_solution|>", "<|end_of_solution|>"

MARKERS = (THOUGHT_BEGIN, THOUGHT_END, SOLUTION_BEGIN, SOLUTION_END)
"""Sky-T1's section markers, in order."""

_OPENING_TAGS = (THINK_BEGIN, "<thinking>")
_CLOSING_TAGS = (THINK_END, "</thinking>")
TAGS = (*_OPENING_TAGS, *_CLOSING_TAGS)
OPENING = (*_OPENING_TAGS, THOUGHT_BEGIN)
CLOSING = (*_CLOSING_TAGS, THOUGHT_END)

THOUGHT_ENDS = (
    *CLOSING,
    "[/THINK]",
    "</seed:think>",
    "<|END_THINKING|>",
    "\u25c1/think\u25b7",
    "<|end|><|start|>assistant<|channel|>final<|message|>",
)
"""What ends a thought in the raw text of any model: also of Magistral, Seed-OSS, Command A, Kimi and gpt-oss."""


DELIMITERS = (
    (THINK_BEGIN, THINK_END),
    ("<thinking>", "</thinking>"),
    (THOUGHT_BEGIN, THOUGHT_END),
    ("[THINK]", "[/THINK]"),
    ("<seed:think>", "</seed:think>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("\u25c1think\u25b7", "\u25c1/think\u25b7"),
    ("<|channel>thought", "<channel|>"),
    ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
)
"""What opens and closes a thought in the raw text of a model."""


def _any_of(texts: tuple[str, ...]) -> str:
    return "|".join(map(re.escape, texts))


_OPENING_AT_START = re.compile(rf"\s*(?:{_any_of(_OPENING_TAGS)})")
_CLOSING_TAG = re.compile(_any_of(_CLOSING_TAGS))
_MARKER = re.compile(_any_of(MARKERS))


def after_reasoning(response: str) -> str | None:
    """The part of a response that can contain the answer; None if its reasoning does not end."""
    rest = after_closing(response)
    return None if any(tag in rest for tag in OPENING) else without_markers(rest)


def after_closing(response: str) -> str:
    """The text after the last closing think tag or thought marker; without one, the response."""
    text = response[-MAX_RESPONSE:]
    return text[max((text.rfind(tag) + len(tag) for tag in CLOSING if tag in text), default=0) :]


def first_opening(text: str) -> int | None:
    """Offset of the first opening think tag or thought marker, or None."""
    return min((text.find(tag) for tag in OPENING if tag in text), default=None)


def without_markers(text: str) -> str:
    """``text`` with each marker replaced by a line break, so that its ">" is not read as "greater than"."""
    return _MARKER.sub("\n", text)


def with_thought(thought: str, answer: str) -> str:
    """Join reasoning and answer into one response, for servers that return the reasoning in a separate field."""
    return f"{THINK_BEGIN}\n{thought}\n{THINK_END}\n\n{answer}"


def opened_thought(thought: str) -> str:
    """A thought that has not ended: nothing behind it could be an answer."""
    return thought if any(tag in thought for tag in OPENING) else f"{THINK_BEGIN}\n{thought}"


def closing_of(raw: str) -> str | None:
    """What closes the thought at the end of a raw text (prompt and response, special tokens included).

    "" where no thought was opened; None where it has ended.

    >>> closing_of("<think>So 2"), closing_of("So 2"), closing_of("So 2</think> It is")
    ('</think>', '', None)
    """
    opened = [(place, end) for begin, end in DELIMITERS if (place := raw.rfind(begin)) >= 0]
    place, closing = max(opened, default=(-1, ""))
    ended = max(raw.rfind(end) for _, end in DELIMITERS)
    return None if ended > place else closing


def raw_response(content: str, prompt_end: str, markers: tuple[str, str] | None = None) -> str:
    """A response as the model wrote it, of the text that was recorded of it.

    prompt_end: the end of its prompt, which may have opened the thought. markers: of a thought, where the record has think
    tags instead.

    >>> raw_response("<think>\\nSo 2\\n</think>\\n\\n2.", "", ("[THINK]", "[/THINK]"))
    '[THINK]So 2[/THINK]2.'
    >>> raw_response("<think>\\nSo 2", "assistant: <think>\\n")
    'So 2'
    """
    opening = _OPENING_AT_START.match(content)
    is_opened = bool(closing_of(prompt_end))
    if markers is None:
        return content[opening.end() :].lstrip("\n") if opening and is_opened else content
    if not opening:
        return content
    begin, end = ("" if is_opened else markers[0]), markers[1]
    parts = split_at_think_tag(content)
    if parts is None:
        return begin + content[opening.end() :].strip("\n")
    return f"{begin}{parts[0].strip(chr(10))}{end}{parts[1].lstrip(chr(10))}"


def begins_with_thought(response: str) -> bool:
    """Whether a response begins with an opening think tag."""
    return _OPENING_AT_START.match(response) is not None


def split_at_think_tag(response: str) -> tuple[str, str] | None:
    """(reasoning, answer) before and after the last closing think tag, without tags; None without a closing tag."""
    last = None
    for last in _CLOSING_TAG.finditer(response):  # noqa: B007 (only the last one matters)
        pass
    if last is None:
        return None
    opening = _OPENING_AT_START.match(response, 0, last.start())
    return response[opening.end() if opening else 0 : last.start()], response[last.end() :]


def assemble(thought: str, solution: str) -> str:
    """A response with the two sections between their markers."""
    return (
        f"{THOUGHT_BEGIN}\n\n{thought.strip()}\n\n{THOUGHT_END}\n\n"
        f"{SOLUTION_BEGIN}\n\n{solution.strip()}\n\n{SOLUTION_END}"
    )


def sections(text: str) -> tuple[str, str] | None:
    """(thought, solution) of a text with all four markers, each once and in order; None for other texts."""
    if any(text.count(marker) != 1 for marker in MARKERS):
        return None
    places = [text.index(marker) for marker in MARKERS]
    if places != sorted(places):
        return None
    thought = text[places[0] + len(THOUGHT_BEGIN) : places[1]].strip()
    solution = text[places[2] + len(SOLUTION_BEGIN) : places[3]].strip()
    return (thought, solution) if thought and solution else None


def sections_after_thought(text: str) -> tuple[str, str] | None:
    """(thought, solution) of a text whose writer may have thought in think tags before it wrote the sections.

    Its own thought may mention the markers: only those after its end count. The sections may hold think tags, so that
    its end is the first closing tag behind which each marker is found once. None where there are no sections.
    """
    last = {marker: text.rfind(marker) for marker in MARKERS}
    once = max(text.rfind(marker, 0, last[marker]) + 1 if last[marker] > 0 else 0 for marker in MARKERS)
    start = 0
    if once or begins_with_thought(text):
        tags = _CLOSING_TAG.finditer(text, 0, max(0, last[THOUGHT_BEGIN]))
        ends = (tag.end() for tag in tags)
        start = next((end for end in ends if end >= once), -1)
    if start < 0 or _CLOSING_TAG.search(text, max(0, last[SOLUTION_END])):
        return None
    return sections(text[start:])
