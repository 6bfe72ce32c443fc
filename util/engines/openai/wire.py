"""What goes to an OpenAI-compatible server, and what its answers mean."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from util.engines.base import Completion, Request, Usage
from util.prompting.profiles import profile_of

_OWN_CODES = frozenset(
    [
        "context_length_exceeded",
        "content_filter",
        "content_policy_violation",
        "invalid_prompt",
        "string_above_max_length",
    ]
)
_OWN_WORDS = re.compile(
    r"context (?:length|window)|maximum context|too (?:long|many tokens|large)|content (?:filter|policy|management)|"
    r"safety|flagged|moderation|invalid (?:prompt|unicode|utf)|prompt (?:length|is)",
    re.IGNORECASE,
)
_TOKEN_LIMITS = ("max_tokens", "max_completion_tokens")


def body_of(model: str, request: Request) -> dict[str, Any]:
    """The body of a chat completion request, in the terms that ``model`` takes."""
    sampling = request.sampling
    common: dict[str, Any] = {"model": model, "messages": request.messages}
    common |= {"logprobs": True} if sampling.logprobs else {}
    if profile_of(f"openai/{model}").fixed_sampling:
        return common | {"max_completion_tokens": sampling.max_tokens}
    sampled = {"temperature": sampling.temperature, "top_p": sampling.top_p, "max_tokens": sampling.max_tokens}
    return common | sampled | ({"seed": sampling.seed} if sampling.seed is not None else {})


def line_completion(line: bytes, request_of: Callable[[str], Request | None]) -> tuple[str, Completion | Any, Usage]:
    """(custom_id, what it came to, usage) of a line of a batch's output or error file.

    A failure that another try may mend comes back as its error, see ``failure_of_line``. The custom_id is
    empty where the line cannot be read.
    """
    try:
        found = json.loads(line, object_hook=lambda fields: SimpleNamespace(**fields))
    except (ValueError, TypeError):
        return "", None, Usage()
    name = str(getattr(found, "custom_id", ""))
    request, response = request_of(name), getattr(found, "response", None)
    if request is None or response is None:
        return name, getattr(found, "error", None), Usage()
    status, body = getattr(response, "status_code", 0), getattr(response, "body", None)
    usage = usage_of(body)
    if status == 200:
        try:
            return name, completion_of(request, body), usage
        except ValueError as error:
            return name, SimpleNamespace(code="unreadable", message=str(error)), usage
    return name, _failure(request, status if isinstance(status, int) else 0, getattr(body, "error", None)), usage


def _failure(request: Request, status: int, error: Any) -> Completion | Any:
    text = error if isinstance(error, str) else str(getattr(error, "message", "") or "no reason given")
    fault = SimpleNamespace(status_code=status, code=getattr(error, "code", None), message=text)
    if status in (0, 408, 409, 429) or status >= 500:
        return fault
    return Completion.failed(request, f"API status {status}: {text}"[:500], final=is_own_fault(fault))


def spent_on(budget: Any, usage: Usage) -> None:
    """Count an answer that was paid for, whether or not it can be used."""
    if usage.prompt_tokens or usage.completion_tokens:
        budget.spend(usage)


def failure_of_line(error: Any) -> str:
    return f"{getattr(error, 'code', None) or 'error'}: {getattr(error, 'message', None) or 'no reason given'}"[:500]


def completion_of(request: Request, answer: Any) -> Completion:
    """The completion that an answer holds.

    Raises:
        ValueError: the body is no chat completion.
    """
    choices: Any = getattr(answer, "choices", None)
    message = getattr(choices[0], "message", None) if choices else None
    if message is None:
        raise ValueError("the answer has no choices with a message")
    usage = usage_of(answer)
    text = getattr(message, "content", None) or ""
    # Servers with a reasoning parser hand the thinking over apart from the answer.
    thinking = getattr(message, "reasoning_content", None) or getattr(message, "reasoning", None)
    if isinstance(thinking, str) and thinking:
        text = f"<think>\n{thinking}\n</think>\n\n{text}"
    if not isinstance(text, str):
        raise ValueError("the answer's content is no text")
    reason = getattr(choices[0], "finish_reason", None)
    if reason == "content_filter" or getattr(message, "refusal", None):
        return Completion.failed(request, "the API withheld the response (content filter)", final=True)
    if reason not in ("stop", "length"):
        raise ValueError(f"the response ended with finish_reason {reason!r}")
    return Completion(
        request.key,
        request.temperature,
        request.sample_index,
        text=text,
        finish_reason=reason,
        usage=usage,
        seed=request.sampling.seed,
        logprob=logprob_of(choices[0]) if request.sampling.logprobs else None,
    )


def logprob_of(choice: Any) -> float | None:
    """The sum of the tokens' log-probabilities; None where the answer does not tell them."""
    tokens = getattr(getattr(choice, "logprobs", None), "content", None) or []
    values = [value for token in tokens if isinstance(value := getattr(token, "logprob", None), int | float)]
    return float(sum(values)) if tokens and len(values) == len(tokens) else None


def usage_of(answer: Any) -> Usage:
    """The tokens that an answer says it took; 0 where it does not say."""
    usage = getattr(answer, "usage", None)
    counts = [getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens")]
    return Usage(*(count if isinstance(count, int) else 0 for count in counts))


def quota_is_gone(error: Any) -> bool:
    """A 429 that no waiting helps against."""
    return error.code == "insufficient_quota" or "insufficient_quota" in str(error.body)


def names_token_limit(error: Any) -> bool:
    """A 400 because --max-tokens is more than the model gives: the command's fault, not one row's."""
    return error.status_code == 400 and error.param in _TOKEN_LIMITS


def is_own_fault(error: Any) -> bool:
    """Whether a 4xx is about this request's own content, so that others may pass."""
    if error.status_code not in (400, 413, 422):
        return False
    return error.code in _OWN_CODES or error.status_code == 413 or bool(_OWN_WORDS.search(str(error.message)))
