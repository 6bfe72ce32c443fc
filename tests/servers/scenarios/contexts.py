"""``max_tokens`` above what the server gives: sent again with what is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from servers.answers import Answer, Step, both
from servers.compare import Played
from servers.faults import at_most, fault, limit_of
from servers.scenario import RIGHT, Record, Scenario, up_to
from util.prompting.prompts import THOUGHT_SOLUTION_SYSTEM

BAD = {"kind": "BadRequestError", "code": 400}
INVALID = {"kind": "invalid_request_error", "code": "invalid_value", "param": "max_tokens"}
MODELS_OF_VLLM = {
    "object": "list",
    "data": [{"id": "m", "object": "model", "owned_by": "vllm", "root": "m", "max_model_len": 32768}],
}
OPENAI_MODELS = {"object": "list", "data": [{"id": "m", "object": "model", "owned_by": "system"}, {"id": "other"}]}
SAID = r"(?i)max[-_ ]?tokens|context|completion tokens to"

OLD_VLLM = (
    "This model's maximum context length is {limit} tokens. However, you requested {total} tokens ({prompt} in the messages, "
    "{asked} in the completion). Please reduce the length of the messages or completion."
)
WORDINGS: dict[str, tuple[int, Callable[[Any], Step]]] = {
    "old vLLM": (32597, at_most(32597, OLD_VLLM, form="flat")),
    "vLLM": (
        32597,
        at_most(
            32597, "'max_tokens' or 'max_completion_tokens' is too large: {asked}. This model's maximum context length is "
            "{limit} tokens and your request has {prompt} input tokens ({asked} > {limit} - {prompt}). "
            "(parameter=max_tokens, value={asked})", param="max_tokens", **BAD,
        ),
    ),
    "later vLLM": (
        7829,
        at_most(
            7829, "This model's maximum context length is {limit} tokens. However, you requested {asked} output tokens and "
            "your prompt contains {prompt} input tokens, for a total of {total} tokens. Please reduce the length of the "
            "input prompt or the number of requested output tokens.", **BAD,
        ),
    ),
    "vLLM's newest": (
        3925,
        at_most(
            3925, "You passed {prompt} input tokens and requested {asked} output tokens. However, the model's context length "
            "is only {limit} tokens, resulting in a maximum input length of 0 tokens. Please reduce the length of the input "
            "prompt or the number of requested output tokens.", **BAD,
        ),
    ),
    "SGLang": (
        32597,
        at_most(
            32597, "Requested token count exceeds the model's maximum context length of {limit} tokens. You requested a total "
            "of {total} tokens: {prompt} tokens from the input messages and {asked} tokens for the completion. Please reduce "
            "the number of tokens in the input messages or the completion to fit within the limit.", form="flat",
        ),
    ),
    "DeepSeek": (
        8192,
        at_most(8192, "Invalid max_tokens value, the valid range of max_tokens is [1, {most}]", kind="invalid_request_error"),
    ),
    "OpenAI": (
        16384,
        at_most(
            16384, "max_tokens is too large: {asked}. This model supports at most {most} completion tokens, whereas you "
            "provided {asked}.", **INVALID,
        ),
    ),
    "OpenRouter": (
        32597,
        at_most(
            32597, "This endpoint's maximum context length is {limit} tokens. However, you requested about {total} tokens "
            "({prompt} of text input, {asked} in the output). Please reduce the length of either one, or use the "
            '"middle-out" transform to compress your prompt automatically.', code=400, metadata={"provider_name": None},
        ),
    ),
    "TGI": (
        8022,
        at_most(
            8022, "Input validation error: `inputs` tokens + `max_new_tokens` must be <= {limit}. Given: {prompt} `inputs` "
            "tokens and {asked} `max_new_tokens`", status=422, form="string",
        ),
    ),
    "Groq": (
        8192,
        at_most(
            8192, "`max_tokens` must be less than or equal to `{most}`, the maximum value for `max_tokens` is less than the "
            "`context_window` for this model", kind="invalid_request_error", param="max_tokens",
        ),
    ),
    "Mistral": (
        32597,
        at_most(
            32597, "Prompt contains {prompt} tokens and 0 draft tokens, too large for model with {limit} maximum context "
            "length", form="flat",
        ),
    ),
    "Gemini": (
        8192,
        at_most(
            8192, "Unable to submit request because it has a maxOutputTokens value of {asked} but the supported range is from "
            "1 (inclusive) to 8193 (exclusive). Update the value and try again.", form="list",
        ),
    ),
    "Anthropic": (
        8192,
        at_most(
            8192, "max_tokens: {asked} > {most}, which is the maximum allowed number of output tokens for m", form="anthropic",
            kind="invalid_request_error",
        ),
    ),
    "Anthropic's context": (
        20029,
        at_most(
            20029, "input length and `max_tokens` exceed context limit: {prompt} + {asked} > {limit}, decrease input length or "
            "`max_tokens` and try again", form="anthropic", kind="invalid_request_error",
        ),
    ),
    "DashScope": (8192, at_most(8192, "Range of max_tokens should be [1, {most}]", code="invalid_parameter_error")),
    "Bedrock": (
        8192,
        at_most(
            8192, "The maximum tokens you requested exceeds the model limit of {most}. Try again with a maximum tokens value "
            "that is lower than {most}.", form="message",
        ),
    ),
}  # fmt: skip
AT_LEAST_CLOSE = {"Bedrock"}
"""Wordings that leave open whether the number itself may be asked for."""


def asked_for(most: int, *, exact: bool = True) -> Callable[[Played], None]:
    """The last request asked for exactly that (or for one less)."""

    def look(played: Played) -> None:
        last = limit_of(played.chats[-1])
        assert last == most if exact else most - 1 <= last <= most, f"asked for {last}, {most} were left"

    return look


def without_numbers(seen: Any) -> Step:
    return (
        Answer() if limit_of(seen) + 171 <= 32768 else fault(400, "max_tokens exceeds the context", param="max_tokens")
    )


def left_by_our_count(played: Played) -> None:
    assert 32000 < limit_of(played.chats[-1]) <= 32768 - 171


def renamed_and_clamped(seen: Any) -> Step:
    if "max_tokens" in seen.body:
        return fault(
            400, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            param="max_tokens", code="unsupported_parameter",
        )  # fmt: skip
    return WORDINGS["OpenAI"][1](seen)


def in_a_success(seen: Any) -> Step:
    asked = limit_of(seen)
    words = OLD_VLLM.format(limit=32768, total=asked + 171, prompt=171, asked=asked)
    return Answer() if asked <= 32597 else both({"error": {"message": words, "code": 400, "type": "BadRequestError"}})


def never_enough(seen: Any) -> Step:
    """The server counts otherwise than it says."""
    return fault(400, OLD_VLLM.format(limit=32768, total=limit_of(seen) + 171, prompt=171, asked=limit_of(seen)))


SCENARIOS = [
    *(
        Scenario(
            f"max_tokens too large: {name}", step, requests=2, once=SAID,
            check=asked_for(most, exact=name not in AT_LEAST_CLOSE),
        )
        for name, (most, step) in WORDINGS.items()
    ),
    *(
        Scenario(
            f"max_tokens too large in four rows: {name}", WORDINGS[name][1], rows=4, requests=up_to(8, 5), once=SAID,
            rerun=0,
        )
        for name in ("vLLM", "DeepSeek", "OpenRouter")
    ),
    Scenario(
        "max_tokens too large, one by one", WORDINGS["OpenAI"][1], rows=4, requests=up_to(5), once=SAID,
        options=("--concurrency", "1"),
    ),
    Scenario(
        "max_tokens of the user's own too large", WORDINGS["vLLM"][1], requests=2, once=SAID,
        options=("--max-tokens", "100000"), check=asked_for(32597),
    ),
    Scenario("max_tokens that fit", WORDINGS["vLLM"][1], options=("--max-tokens", "1000"), check=asked_for(1000)),
    Scenario(
        "max_tokens too large, and the server lists its context", WORDINGS["vLLM"][1], models=MODELS_OF_VLLM,
        requests=up_to(2),
    ),
    Scenario(
        "max_tokens too large without numbers, and the server lists its context", without_numbers, models=MODELS_OF_VLLM,
        requests=up_to(3), check=left_by_our_count, system=THOUGHT_SOLUTION_SYSTEM,
    ),
    Scenario("the list of models says nothing", WORDINGS["DeepSeek"][1], models=OPENAI_MODELS, requests=2),
    Scenario(
        "the list of models is odd", WORDINGS["DeepSeek"][1], requests=2,
        models={"data": [None, 7, {"id": None, "max_model_len": "many"}, {"id": "m", "max_model_len": -5}]},
    ),
    Scenario("max_tokens is renamed, then too large", renamed_and_clamped, requests=3, check=asked_for(16384)),
    Scenario("max_tokens too large, said in a success", in_a_success, requests=2, check=asked_for(32597)),
    Scenario(
        "max_tokens that are never small enough", never_enough, None, requests=up_to(8), status=1,
        says=("maximum context length",), seconds=20,
    ),
    Scenario(
        "a clamped answer that ends at its limit",
        at_most(32597, OLD_VLLM, form="flat"),
        RIGHT,
        requests=2,
        script="eval",
        score=1.0,
    ),
    Scenario(
        "a clamped answer is truncated",
        lambda seen: Answer("so " * 30, "length") if limit_of(seen) <= 8192 else WORDINGS["DeepSeek"][1](seen),
        Record("so " * 30, "length", False, "truncated"),
        requests=2,
    ),
]  # fmt: skip
