"""The one place that reads answers: whatever fields a server uses, a text, a thought, an ending and a bill.

A plain body and the chunks of a stream are read into the same ``Heard``. A server may send anything: what does not fit
is left out, and no exception but ``ValueError`` leaves this module.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from util.records import Usage
from util.system.characters import printable

MAX_COUNT = 2**25
"""A larger token count is not a count: no context holds that many tokens."""

FINISH_REASON = "finish_reason"
"""The field of a choice; the wire's, which result files happen to share."""

_MAX_DEPTH = 8
"""Of parts within parts."""

_THOUGHT_FIELDS = ("reasoning_content", "reasoning", "thinking", "reasoning_text")
_THOUGHT_PARTS = ("thinking", "reasoning", "thought", "reasoning_content", "summary")
_DETAILS = "reasoning_details"


@dataclass
class Heard:
    """What has arrived of one answer.

    thoughts: field -> pieces of the reasoning; servers that use two fields send it twice. word: the finish reason as
    the server spells it, None before one came. usage: as it came. error: an error object of the body or choice.
    refusal: the model's own words of refusal. chunks, characters: of text and thought. ended: the answer is complete,
    whatever the word. logprob: sum over the tokens, None where one is missing. odd: why the body is no answer. ids,
    prompt_ids: tokens of completion and prompt, where the server tells them.
    """

    pieces: list[str] = field(default_factory=list)
    thoughts: dict[str, list[str]] = field(default_factory=dict)
    word: str | None = None
    usage: Any = None
    error: Any = None
    refusal: str = ""
    chunks: int = 0
    characters: int = 0
    ended: bool = False
    logprob: float | None = None
    odd: str = ""
    ids: list[int] = field(default_factory=list)
    prompt_ids: list[int] = field(default_factory=list)
    _logprobs_missing: bool = False

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def thought(self) -> str:
        """The reasoning: the longest of the fields that carry it."""
        return max(("".join(pieces) for pieces in self.thoughts.values()), key=len, default="")

    @property
    def is_empty(self) -> bool:
        return not self.chunks

    def add_choice(self, choice: Any) -> bool:
        """Take in a choice of a body or chunk; whether it brought text or thought."""
        if not isinstance(choice, dict):
            return False
        if choice.get("error"):
            self.error = self.error or choice["error"]
        reason = choice.get(FINISH_REASON)
        if reason is not None and reason != "":
            self.word = reason if isinstance(reason, str) else str(reason)[:100]
        self.ids += _ids_in(choice.get("token_ids"))
        self.prompt_ids = self.prompt_ids or _ids_in(choice.get("prompt_token_ids"))
        found = self._add_message(_message_of(choice))
        if found or _is_object(choice.get("logprobs")):  # a token without a text of its own has one, too
            self._add_logprobs(choice.get("logprobs"))
        return found

    def _add_message(self, message: dict[str, Any]) -> bool:
        text, inner = parts_of(message.get("content"))
        thoughts = {name: value for name in _THOUGHT_FIELDS if (value := _thought_in(message.get(name)))}
        if details := _details_of(message.get(_DETAILS)):
            thoughts[_DETAILS] = details
        if inner:
            thoughts["parts"] = inner
        for name, value in thoughts.items():
            self.thoughts.setdefault(name, []).append(value)
        if text:
            self.pieces.append(text)
        if isinstance(message.get("refusal"), str):
            self.refusal += message["refusal"]
        self.chunks += bool(text or thoughts)
        self.characters += len(text) + max(map(len, thoughts.values()), default=0)
        return bool(text or thoughts)

    def _add_logprobs(self, logprobs: Any) -> None:
        tokens = logprobs.get("content", logprobs.get("token_logprobs")) if isinstance(logprobs, dict) else None
        if not isinstance(tokens, list) or not tokens:
            self._logprobs_missing = True
            return
        values = [token.get("logprob") if isinstance(token, dict) else token for token in tokens]
        numbers = [float(value) for value in values if isinstance(value, int | float) and -1e6 < value < 1e6]
        if len(numbers) == len(values):
            self.logprob = (self.logprob or 0.0) + math.fsum(numbers)
        else:
            self._logprobs_missing = True

    @property
    def logprob_of_all(self) -> float | None:
        """The sum of the log-probabilities, if every piece of the answer had them."""
        return None if self._logprobs_missing else self.logprob


def heard_in(body: Any) -> Heard:
    """A plain body. One that is no chat completion has ``odd`` or ``error`` set."""
    heard = Heard(ended=True)
    if isinstance(body, list) and body:  # an error in a list, as Gemini's API sends it
        body = body[0]
    if not isinstance(body, dict):
        heard.odd = "the body is not a chat completion: it is not a JSON object"
        return heard
    heard.usage, heard.error = body.get("usage"), error_in(body)
    choices = body.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    if isinstance(first, dict) and (_message_of(first) or first.get("error") or first.get(FINISH_REASON)):
        heard.add_choice(first)
    elif not heard.error:
        heard.odd = f"the body is not a chat completion: it has no choice with a message{said_in(body)}"
    return heard


def said_in(body: dict[str, Any]) -> str:
    """What a body that is neither answer nor error says, in brackets; "" where it says nothing."""
    said = next((body[name] for name in ("message", "msg", "reason", "status") if isinstance(body.get(name), str)), "")
    return f" ({printable(said)[:200]})" if said else ""


def error_in(body: dict[str, Any]) -> Any:
    """The error object of a body, or None: under "error", or a body that is one itself (older vLLM)."""
    if body.get("error"):
        return body["error"]
    if body.get("object") == "error" or ("detail" in body and "choices" not in body):
        return body
    if body.get("type") == "error" and "message" in body:
        return body
    return None


def _message_of(choice: dict[str, Any]) -> dict[str, Any]:
    for name in ("message", "delta"):
        if isinstance(choice.get(name), dict):
            return dict(choice[name])
    # A choice of the older completions endpoint.
    return {"content": choice["text"]} if isinstance(choice.get("text"), str) else {}


def parts_of(content: Any, depth: int = 0) -> tuple[str, str]:
    """(text, thought) of a message's content: a string, a list of parts, or anything else ("")."""
    if isinstance(content, str) or depth > _MAX_DEPTH:
        return (content, "") if isinstance(content, str) else ("", "")
    texts, thoughts = [], []
    for part in _items(content):
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict):
            thought = next((found for name in _THOUGHT_PARTS if (found := _thought_in(part.get(name), depth + 1))), "")
            text, inner = parts_of(part.get("text", part.get("content")), depth + 1)
            is_thought = bool(thought) or str(part.get("type")) in _THOUGHT_PARTS
            thoughts.append(thought or (text if is_thought else inner))
            texts.append("" if is_thought else text)
    return "".join(texts), "".join(thoughts)


def _thought_in(value: Any, depth: int = 0) -> str:
    """A thought that is a string, parts, or an object with a text."""
    return "".join(parts_of(value, depth))


def _details_of(value: Any) -> str:
    """The readable text of OpenRouter's reasoning_details: encrypted parts have none."""
    return "".join(_thought_in(part.get("text") or part.get("summary")) for part in _items(value) if _is_object(part))


def _items(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list):
        yield from value


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def usage_of_chunk(chunk: dict[str, Any]) -> Any:
    """The token counts of a chunk, as they came; Groq's stand in a field of their own."""
    own = chunk.get("x_groq")
    return chunk.get("usage") or (own.get("usage") if isinstance(own, dict) else None)


def usage_in(value: Any) -> Usage | None:
    """The token counts of an answer; None where they are missing or cannot be counts."""
    if not isinstance(value, dict):
        return None
    prompt = _count(value.get("prompt_tokens", value.get("input_tokens")))
    completion = _count(value.get("completion_tokens", value.get("output_tokens")))
    if prompt is None or completion is None or not prompt + completion:
        return None
    details = value.get("completion_tokens_details", value.get("output_tokens_details"))
    reasoning = _count(details.get("reasoning_tokens")) if isinstance(details, dict) else None
    reasoning = _count(value.get("reasoning_tokens")) if reasoning is None else reasoning
    return Usage(prompt, completion, {"reasoning_tokens": reasoning} if reasoning else {})


def _ids_in(value: Any) -> list[int]:
    """Token ids; [] where they are missing or cannot be ids."""
    return list(value) if isinstance(value, list) and all(type(each) is int for each in value) else []


def _count(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT else None


def read_json(data: bytes | str) -> Any:
    """The value of a JSON text, lone surrogates included.

    Raises:
        ValueError: the text is not JSON, or nested too deeply.
    """
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the body is not JSON: {str(error)[:100]}") from error


def first_json(text: str) -> Any:
    """The JSON value at the start of a text, whatever stands behind it; None without one."""
    try:
        return json.JSONDecoder().raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None


def is_whole(start: bytes | bytearray) -> bool:
    """Whether a body that broke off is a complete answer all the same: its length may have been wrong."""
    value = first_json(start.decode("utf-8-sig", "replace")) if b"choices" in start else None
    return isinstance(value, dict) and "choices" in value
