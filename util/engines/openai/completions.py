"""From what was heard of an answer to what becomes of its request. What has a text and an end is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from util.engines.base import Completion, Request
from util.engines.openai.finish_words import Ending, ending_of
from util.engines.openai.outcomes import Done, Refused, Retry, Scope
from util.engines.openai.refusals import ApiFault, fault_of_error
from util.engines.openai.shapes import Heard, usage_in
from util.records import LENGTH, REPETITION, STOP, Response, Usage
from util.system.characters import printable, whole
from util.text.thought import CLOSING, opened_thought, with_thought

_FINISH = {Ending.FINISHED: STOP, Ending.TRUNCATED: LENGTH, Ending.REPETITION: REPETITION}
_PLAIN_WORDS = (STOP, LENGTH, REPETITION)
"""Words that need no note in the record."""

Estimate = Callable[[Heard], Usage]
"""Counts an answer's tokens where the server does not."""


def usage_of(heard: Heard, estimate: Estimate) -> Usage:
    """The tokens of an answer: the server's count, else our own."""
    found = usage_in(heard.usage)
    if found is None or (not found.completion_tokens and not heard.is_empty):
        return estimate(heard)
    return found


def outcome_of(
    request: Request, heard: Heard, estimate: Estimate, max_tokens: int | None = None
) -> Done | Retry | Refused | ApiFault:
    """What becomes of a request that was answered. max_tokens: the limit that was sent, where it was a lower one.

    An ApiFault is an error object instead of an answer: it counts like an error status.
    """
    text = joined(heard)
    usage = usage_of(heard, estimate)
    if heard.error is not None:
        return fault_of_error(200, heard.error)
    if heard.odd and heard.is_empty and heard.word is None:
        return Retry(heard.odd, usage=usage if usage_in(heard.usage) else Usage())
    if heard.word is None and not heard.ended:
        return Retry("the stream ended in the middle of the answer", usage=usage, partial=text)
    word = heard.word or ""
    ending = ending_of(word)
    if ending is Ending.BROKEN:
        return Retry(
            f"the server did not finish the answer (finish reason {printable(word)!r})", usage=usage, partial=text
        )
    if ending is Ending.FILTERED or (heard.refusal and heard.is_empty):
        why = f": {printable(heard.refusal)[:200]}" if heard.refusal else ""
        return Refused(Scope.REQUEST, f"the API withheld the response (content filter){why}", usage, text)
    if not text.strip() and ending is Ending.FINISHED:
        why = f" (finish reason {printable(word)!r})" if word else ""
        return Retry(f"the answer is empty{why}", usage=usage, empty=True)
    extra: dict[str, Any] = {"server_finish_reason": whole(word)[:100]} if word and word not in _PLAIN_WORDS else {}
    if max_tokens is not None and max_tokens < request.sampling.max_tokens:
        extra["max_tokens"] = max_tokens
    response = Response(
        content=text,
        finish_reason=_FINISH[ending],
        usage=usage,
        seed=request.sampling.seed,
        logprob=heard.logprob_of_all if request.sampling.logprobs else None,
        extra=extra,
    )
    return Done(Completion(request.sample, response))


def joined(heard: Heard) -> str:
    """Thought and answer as one text: between think tags, unless the answer has them already.

    A thought without an answer stays open: nothing behind it could be one.
    """
    text, thought = whole(heard.text), whole(heard.thought)
    if not thought.strip():
        return text
    if not text.strip():
        return opened_thought(thought)
    has_tags = any(tag in text for tag in CLOSING)
    if text.strip() == thought.strip() or (has_tags and thought.strip() in text):
        return text
    return with_thought(thought, text)


def is_only_thought(heard: Heard) -> bool:
    """Whether a finished answer is all reasoning: the sign of a wrong reasoning parser."""
    finished = ending_of(heard.word or "") is Ending.FINISHED
    return finished and bool(heard.thought.strip()) and not heard.text.strip()
