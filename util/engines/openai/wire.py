"""What goes to an OpenAI-compatible server, and what its answers mean.

Answers are read through the structs below. A server may send anything: where a body does not fit, the readers say so
with a ValueError or a neutral value, and with no other exception. Usage is read apart from the text, since an answer
is paid for whether or not it can be used.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from util.engines.base import Completion, Request
from util.engines.chat import chat_dicts
from util.engines.openai.outcomes import NO_USAGE, Refused, Scope
from util.prompting.profiles import profile_of
from util.records import Response, Usage
from util.text.thought import with_thought

_S = TypeVar("_S")

MAX_COUNT = 2**53
"""A larger token count is not a count."""

_REQUEST_CODES = frozenset(
    [
        "context_length_exceeded",
        "content_filter",
        "content_policy_violation",
        "invalid_prompt",
        "string_above_max_length",
    ]
)
_REQUEST_WORDS = re.compile(
    r"context (?:length|window)|maximum context|too (?:long|many tokens|large)|content (?:filter|policy|management)|"
    r"safety|flagged|moderation|invalid (?:prompt|unicode|utf)|prompt (?:length|is)",
    re.IGNORECASE,
)
_TOKEN_LIMITS = ("max_tokens", "max_completion_tokens")
QUOTA = "insufficient_quota"


# -- shapes: fields of type Any are looked at one by one, since servers differ in them -----------------------------


class AnswerMessage(Struct):
    """The message of a choice. reasoning_content, reasoning: the thinking, from servers with a reasoning parser."""

    content: str | None = None
    reasoning_content: Any = None
    reasoning: Any = None
    refusal: Any = None


class AnswerChoice(Struct):
    """One of a chat completion's choices."""

    message: AnswerMessage
    finish_reason: str | None = None
    logprobs: Any = None


class ChatAnswer(Struct):
    """A chat completion; only its first choice is read."""

    choices: list[Any]


class BilledAnswer(Struct):
    """The part of a chat completion that is paid for."""

    usage: Any = None


class AnswerUsage(Struct):
    """The token counts of an answer."""

    prompt_tokens: Any = None
    completion_tokens: Any = None


class TokenScore(Struct):
    """The log-probability of one token."""

    logprob: float


class TokenScores(Struct):
    """The log-probabilities of a choice."""

    content: list[TokenScore] | None = None


class ErrorBody(Struct):
    """The error in a body or a line of a batch."""

    message: Any = None
    code: Any = None


class FailedBody(Struct):
    """The body of an answer that is an error."""

    error: Any = None


class PooledAnswer(Struct):
    """The answer of a pooling model, such as a reward model."""

    data: list[Any]


class PooledItem(Struct):
    """The scores of one input: of a classification head, or of a pooler."""

    probs: Any = None
    data: Any = None


# -- requests ---------------------------------------------------------------------------------------------------------


def body_of(model: str, request: Request) -> dict[str, Any]:
    """The body of a chat completion request, with the parameters that ``model`` takes."""
    sampling = request.sampling
    common: dict[str, Any] = {"model": model, "messages": chat_dicts(request.messages)}
    common |= {"logprobs": True} if sampling.logprobs else {}
    if profile_of(f"openai/{model}").fixed_sampling:
        return common | {"max_completion_tokens": sampling.max_tokens}
    sampled = {"temperature": sampling.temperature, "top_p": sampling.top_p, "max_tokens": sampling.max_tokens}
    return common | sampled | ({"seed": sampling.seed} if sampling.seed is not None else {})


def not_sendable(body: dict[str, Any]) -> str | None:
    """Why a request's body cannot be sent: half a character, which UTF-8 cannot encode; None if it can."""
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        return f"{error.reason} (character {error.start})"
    return None


# -- answers ----------------------------------------------------------------------------------------------------------


def read_json(data: bytes) -> Any:
    """The value of a JSON text, lone surrogates included.

    Raises:
        ValueError: the text is not JSON, or nested too deeply.
    """
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the body is not JSON: {str(error)[:100]}") from error


def read_as(shape: type[_S], value: Any) -> _S | None:
    """A JSON value as a struct; None where it does not fit."""
    try:
        return msgspec.convert(value, shape)
    except (msgspec.ValidationError, RecursionError, UnicodeEncodeError):  # the last: half a character in a name
        return None


def completion_of(request: Request, body: Any) -> Completion:
    """The completion in the body of an answer. One that a content filter withheld is a failure for good.

    Raises:
        ValueError: the body is not a chat completion.
    """
    answer = read_as(ChatAnswer, body)
    if answer is None or not answer.choices:
        raise ValueError("the body is not a chat completion: it has no choices")
    choice = read_as(AnswerChoice, answer.choices[0])
    if choice is None:
        raise ValueError("the body is not a chat completion: its choice has no message with a text")
    message, reason, usage = choice.message, choice.finish_reason, billed_usage(body)
    text = message.content or ""
    thinking = message.reasoning_content or message.reasoning
    if isinstance(thinking, str) and thinking:
        text = with_thought(thinking, text)
    if reason == "content_filter" or message.refusal:
        return Completion.failed(request, "the API withheld the response (content filter)", final=True, usage=usage)
    if reason not in ("stop", "length"):
        raise ValueError(f"the body is not a finished chat completion: it ended with the reason {reason!r}")
    response = Response(
        content=text,
        finish_reason=reason,
        usage=usage,
        seed=request.sampling.seed,
        logprob=_logprob(choice.logprobs) if request.sampling.logprobs else None,
    )
    return Completion(request.sample, response)


def billed_usage(body: Any) -> Usage:
    """The tokens that an answer reports; 0 where it does not."""
    billed = read_as(BilledAnswer, body)
    usage = read_as(AnswerUsage, billed.usage) if billed is not None else None
    return Usage(_count(usage.prompt_tokens), _count(usage.completion_tokens)) if usage is not None else NO_USAGE


def _count(value: Any) -> int:
    return int(value) if isinstance(value, int) and 0 <= value <= MAX_COUNT else 0


def _logprob(logprobs: Any) -> float | None:
    """The sum of the tokens' log-probabilities; None where the answer does not report them all."""
    scores = read_as(TokenScores, logprobs)
    if scores is None or not scores.content:
        return None
    return float(sum(token.logprob for token in scores.content))


# -- refusals -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ApiFault:
    """An answer with an error status."""

    status: int
    message: str
    code: str = ""
    parameter: str = ""

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later."""
        return self.status in (0, 408, 409, 429) or self.status >= 500

    @property
    def of_request(self) -> bool:
        """Whether the fault is in this request's own content, so that others may pass."""
        if self.status not in (400, 413, 422):
            return False
        return self.code in _REQUEST_CODES or self.status == 413 or bool(_REQUEST_WORDS.search(self.message))

    def __str__(self) -> str:
        return f"API status {self.status}: {self.message}"[:500]


def raised_fault(error: Any) -> ApiFault:
    """The fault behind an ``openai.APIStatusError``."""
    return ApiFault(error.status_code, str(error.message), _text(error.code), _text(error.param))


def fault_in(status: Any, body: Any) -> ApiFault:
    """The fault in a body that came with an error status."""
    found = read_as(FailedBody, body)
    error = found.error if found is not None else None
    if isinstance(error, str):
        return ApiFault(_status(status), error or "no reason given")
    fields = read_as(ErrorBody, error) or ErrorBody()
    return ApiFault(_status(status), str(fields.message or "no reason given"), _text(fields.code))


def refusal(fault: ApiFault) -> Refused:
    """Whose fault a client error is."""
    if fault.status == 400 and fault.parameter in _TOKEN_LIMITS:
        return Refused(Scope.COMMAND, f"{fault}. Give a smaller --max-tokens. Everything finished is kept.")
    if fault.of_request:
        return Refused(Scope.REQUEST, str(fault))
    if fault.status in (402, 404, 405):
        return Refused(Scope.COMMAND, refused_everything(str(fault)))
    return Refused(Scope.UNCLEAR, str(fault))


def refused_everything(message: str) -> str:
    """The message of a run that ends because the API refuses its requests."""
    return (
        f"The API refuses every request: {message}. Check --model, --base-url and the options; everything finished is "
        "kept, rerun the same command to continue."
    )


def quota_is_gone(error: Any) -> bool:
    """Whether a 429 is one that waiting does not help against."""
    return bool(error.code == QUOTA) or QUOTA in str(error.body)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _status(value: Any) -> int:
    return value if isinstance(value, int) else 0
