"""Refusals that are one row's own fault: final, and all others are answered."""

from __future__ import annotations

from servers.faults import fault
from servers.scenario import ANY, Scenario, failed, up_to
from servers.wire import Reply

CONTEXT = {"code": "context_length_exceeded", "param": "messages", "kind": "invalid_request_error"}

TOO_LONG: dict[str, tuple[Reply, str]] = {
    "vLLM": (
        fault(
            400, "This model's maximum context length is 32768 tokens. However, your prompt contains at least 32769 input "
            "tokens, which exceeds this limit even without any output tokens. Please reduce the length of the input prompt. "
            "(parameter=input_tokens, value=32769)", kind="BadRequestError", code=400, param="input_tokens",
        ),
        "maximum context length",
    ),
    "old vLLM": (
        fault(
            400, "This model's maximum context length is 4096 tokens. However, you requested 36865 tokens (4097 in the "
            "messages, 32768 in the completion). Please reduce the length of the messages or completion.", form="flat",
        ),
        "4097 in the messages",
    ),
    "vLLM's engine": (
        fault(
            400, "The decoder prompt (length 40000) is longer than the maximum model length of 32768. Make sure that "
            "`max_model_len` is no smaller than the number of text tokens.", kind="BadRequestError", code=400,
        ),
        "longer than the maximum model length",
    ),
    "SGLang": (
        fault(400, "The input (40000 tokens) is longer than the model's context length (32768 tokens).", form="flat"),
        "longer than the model's context length",
    ),
    "OpenAI": (
        fault(
            400, "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. "
            "Please reduce the length of the messages.", **CONTEXT,
        ),
        "resulted in 9000 tokens",
    ),
    "OpenAI's later models": (
        fault(
            400, "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens. "
            "Please reduce the length of the messages.", **CONTEXT,
        ),
        "configured limit of 272000",
    ),
    "OpenAI's strings": (
        fault(
            400, "Invalid 'messages[1].content': string too long. Expected a string with maximum length 1048576, but got a "
            "string with length 2000000 instead.", code="string_above_max_length", param="messages[1].content",
        ),
        "string too long",
    ),
    "Anthropic": (
        fault(
            400, "prompt is too long: 213462 tokens > 200000 maximum", form="anthropic", kind="invalid_request_error"
        ),
        "prompt is too long",
    ),
    "Gemini": (
        fault(400, "The input token count (2845475) exceeds the maximum number of tokens allowed (1048576).", form="list"),
        "input token count",
    ),
    "llama.cpp": (
        fault(
            400, "the request exceeds the available context size. try increasing the context size or enable context shift",
            kind="exceed_context_size_error", code=400,
        ),
        "available context size",
    ),
    "Mistral": (
        fault(
            400, "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
            form="flat",
        ),
        "too large for model",
    ),
    "TGI": (
        fault(
            422, "Input validation error: `inputs` must have less than 4096 tokens. Given: 9000", form="string"
        ),
        "must have less than 4096",
    ),
    "xAI": (
        fault(400, "This model's maximum prompt length is 131072 but the request contains 537812 tokens.", form="string"),
        "maximum prompt length",
    ),
    "a proxy": (fault(413, "Request Entity Too Large", form="html"), "Request Entity Too Large"),
}  # fmt: skip

NOT_ALLOWED: dict[str, tuple[Reply, str]] = {
    "Azure": (
        fault(
            400, "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
            code="content_filter", param="prompt",
        ),
        "content management policy",
    ),
    "OpenAI": (
        fault(
            400, "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
            code="invalid_prompt",
        ),
        "flagged",
    ),
    "OpenRouter": (
        fault(
            403, "m requires moderation on X. Your input was flagged for \"violence\".", code=403,
            metadata={"reasons": ["violence"], "flagged_input": "what is 1+1?"},
        ),
        "flagged",
    ),
    "DeepSeek": (fault(400, "Content Exists Risk", kind="invalid_request_error", code="invalid_request_error"), "Content Exists Risk"),
    "DashScope": (
        fault(400, "Input data may contain inappropriate content.", code="data_inspection_failed"),
        "inappropriate content",
    ),
    "a block with a number": (
        fault(400, "Moderation Block", kind="content_filter", code="421", param="The request was rejected"),
        "Moderation Block",
    ),
}  # fmt: skip

UNSPECIFIC: dict[str, Reply] = {
    "400": fault(400, "Bad request"),
    "422": fault(422, "Unprocessable Entity", form="detail"),
    "400 without a body": Reply([], 400),
}

SCENARIOS = [
    *(
        Scenario(
            f"a prompt too long: {name}",
            [reply],
            failed(words, final=True),
            rows=3,
            odd=1,
            requests=3,
            status=1,
            rerun=0,
        )
        for name, (reply, words) in TOO_LONG.items()
    ),
    Scenario(
        "one prompt too long of 24",
        [TOO_LONG["vLLM"][0]],
        failed("maximum context length", final=True),
        rows=24,
        odd=0,
        requests=24,
        rerun=0,
    ),
    Scenario(
        "every prompt is too long",
        [TOO_LONG["OpenAI"][0]],
        failed("9000 tokens", final=True),
        rows=2,
        requests=2,
        status=1,
        says=("9000 tokens",),
    ),
    *(
        Scenario(
            f"a prompt not allowed: {name}",
            [reply],
            failed(words, final=True),
            rows=3,
            odd=1,
            requests=3,
            status=1,
            rerun=0,
        )
        for name, (reply, words) in NOT_ALLOWED.items()
    ),
    *(
        Scenario(f"{name} for one row of 24", [reply], failed("", final=True), rows=24, odd=3, requests=24, rerun=0)
        for name, reply in UNSPECIFIC.items()
    ),
    Scenario(
        "400 for the first row, before any success",
        [UNSPECIFIC["400"]],
        failed("Bad request", final=True),
        rows=24,
        odd=0,
        requests=24,
        options=("--concurrency", "1"),
        rerun=0,
    ),
    # Whether a rerun may help is open: a law of a place, or a text that no place allows.
    Scenario(
        "451 for one row of three",
        [fault(451, "Unavailable For Legal Reasons")],
        failed("Legal Reasons", final=ANY),
        rows=3,
        odd=1,
        requests=up_to(4, 3),
        status=1,
        options=("--max-retries", "1"),
    ),
    Scenario(
        "one row of three fails, in eval.py",
        [UNSPECIFIC["400"]],
        failed("Bad request", final=True),
        rows=3,
        odd=2,
        requests=3,
        status=1,
        script="eval",
        score=None,
    ),
]
