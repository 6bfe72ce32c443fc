"""Token limits in the words of many servers, and in words that no pattern knows."""

from __future__ import annotations

import pytest

from util.engines.openai.limits import TokenLimits, about_tokens, is_about_prompt, limits_in
from util.engines.openai.refusals import ApiFault
from util.engines.openai.token_room import TokenRoom
from util.records import Usage

R = 32768
SAID = [
    ("This model's maximum context length is 4096 tokens. However, you requested 32900 tokens (132 in the messages, 32768 in the completion). Please reduce the length of the messages or completion.", 4096 - 132),
    ("'max_tokens' or 'max_completion_tokens' is too large: 32768. This model's maximum context length is 8192 tokens and your request has 30 input tokens (32768 > 8192 - 30).", 8192 - 30),
    ("This model's maximum context length is 8192 tokens. However, you requested 32768 output tokens and your prompt contains at least 31 input tokens, for a total of at least 32799 tokens.", 8192 - 31),
    ("Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a total of 32800 tokens: 32 tokens from the input messages and 32768 tokens for the completion.", 4096 - 32),
    ("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", 8192),
    ("This endpoint's maximum context length is 32768 tokens. However, you requested about 33000 tokens (232 of text input, 32768 in the output).", 32768 - 232),
    ("max_tokens is too large: 32768. This model supports at most 16384 completion tokens, whereas you provided 32768.", 16384),
    ("Prompt contains 32 tokens and max_tokens 32768, too large for model with 16384 maximum context length", 16384 - 32),
    ("Prompt contains 32 tokens and max_tokens 32768, too large for model with 32768 maximum context length", 32768 - 32),
    ("max_tokens: 32768 > 8192, which is the maximum allowed number of output tokens", 8192),
    ("`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens` is less than the `context_window` for this model", 8192),
    ("`inputs` tokens + `max_new_tokens` must be <= 4097. Given: 35 `inputs` tokens and 32768 `max_new_tokens`", 4097 - 35),
    ("it has a maxOutputTokens value of 32768 but the supported range is from 1 (inclusive) to 8193 (exclusive).", 8192),
    ("Range of max_tokens should be [1, 8192]", 8192),
    ("input length and `max_tokens` exceed context limit: 1000 + 32768 > 20000, decrease input length", 19000),
    ("The maximum tokens you requested exceeds the model limit of 8192. Try again with a maximum tokens value that is lower than 8192.", 8191),
    ("max_completion_tokens must be at most 4096", 4096),
    ("The maximum value of max_tokens is 4,096", 4096),
    ("max_new_tokens exceeds the limit of 2048", 2048),
    # In other words than any server's:
    ("Token limit reached: you wanted 32768 output tokens, we give 6000", 6000),
    ("Too many tokens: 40 in the prompt and 32768 to generate make 32808, our window holds 5000", 4960),
    # Thousands apart, and other languages:
    ("This model can generate at most 4,096 tokens.", 4096),
    ("The maximum output length is 4'096 tokens", 4096),
    ("`max_tokens` exceeds the maximum of 16 384 tokens", 16384),
    ("Output token limit for model m is 8.192, requested 32.768", 8192),
    ("max_tokens参数非法：取值范围为[1,8192]", 8192),
    ("模型最大输出长度为8192，请减小max_tokens", 8192),
    ("该模型的最大上下文长度为 8192 个 token，但您请求了 32939 个 token（提示 171，补全 32768）", 8192 - 171),
    ("このモデルの最大コンテキスト長は8192トークンです。", 8192 - 40),
    ("Das Kontextfenster umfasst 8192 Token, angefordert wurden 32939 (171 Eingabe, 32768 Ausgabe).", 8192 - 171),
    ("La longueur maximale du contexte est de 8192 jetons, mais vous avez demandé 32939 jetons (171 dans le message, 32768 dans la complétion).", 8192 - 171),
    ("The model's context is 32K tokens; you asked for 32768 + 171.", 32000 - 40),
    # Sums, and contexts by other names:
    ("context overflow: 171 + 32768 = 32939 tokens do not fit into n_ctx = 16384", 16384 - 171),
    ("the request exceeds the available context size (8192 tokens), try increasing it", 8192 - 40),
    ("the sum of prompt tokens (171) and max_tokens (32768) must not exceed 32768", 32768 - 171),
    ("Your request would use 32939 tokens, but only 8192 are available for this model.", 8192 - 171),
    ("The number of tokens to generate (32768) exceeds the server's limit (2048).", 2048),
    ("Maximum completion length exceeded (limit: 4096)", 4096),
    ("Requested 32768 output tokens but the deployment is capped at 4096", 4096),
]  # fmt: skip
TOO_LONG = [
    "Input length (700) exceeds model's maximum context length (512).",
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
    "The decoder prompt (length 5000) is longer than the maximum model length of 4096.",
    "prompt is too long: 210000 tokens > 200000 maximum",
    "The input token count (2845475) exceeds the maximum number of tokens allowed (1048576).",
    "Input tokens: 9000. That prompt is over the 8192 that fit.",
]


def room_in(limits: TokenLimits, prompt: int) -> int | None:
    """Tokens that a completion may have. prompt: where the message does not count it."""
    found = [] if limits.completion is None else [limits.completion]
    if limits.context is not None:
        found.append(limits.context - (limits.prompt or prompt))
    return min(found, default=None)


@pytest.mark.parametrize(("message", "room"), SAID)
def test_what_fits_is_read_from_the_message(message: str, room: int) -> None:
    assert about_tokens(message)
    assert room_in(limits_in(message, R), 40) == room


@pytest.mark.parametrize("message", TOO_LONG)
def test_a_prompt_that_is_too_long_leaves_nothing(message: str) -> None:
    found = room_in(limits_in(message, R), 40)
    assert found is not None
    assert found < 1
    assert is_about_prompt(message)


def test_a_rate_limit_that_is_smaller_than_the_request() -> None:
    message = "Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 33000, please reduce"
    assert limits_in(message, R) == TokenLimits(prompt=232, per_minute=6000)
    assert limits_in("Rate limit reached on tokens per min (TPM): Limit 6000, Requested 500.", 400) == TokenLimits()


@pytest.mark.parametrize(
    "message",
    ["no", "the server is busy, 3 of 5 workers", "invalid value for temperature: 7", "your prompt is not allowed here"],
)
def test_other_messages_name_no_limit(message: str) -> None:
    assert limits_in(message, R) == TokenLimits()
    assert not about_tokens(message)


def test_a_small_number_is_no_limit_for_the_whole_run() -> None:
    assert limits_in("max_tokens of 32768 is too large for m-v3, see section 12 of the manual", R) == TokenLimits()


@pytest.mark.parametrize(
    ("message", "room"),
    [
        ("request (32939 tokens) exceeds the available context size (8192 tokens)", 8192 - 171),
        ("Request of 32,939 tokens is larger than the context of 32,768 tokens.", 32768 - 171),
    ],
)
def test_a_request_is_prompt_and_completion_where_that_is_what_was_sent(message: str, room: int) -> None:
    fitting = TokenRoom().fitting(150.0, R, ApiFault(400, message))
    assert fitting is not None
    assert room - 5 <= fitting.max_tokens <= room


def test_a_server_that_caps_limits_itself_is_asked_for_its_whole_context() -> None:
    room = TokenRoom(declared=512, caps=True)
    assert [room.for_request(wanted, 150.0, None) for wanted in (R, 512, 100)] == [512, 512, 100]
    assert room.context == 512
    assert room.granted(512, Usage(140, 5)) == 512 - 140
    assert room.granted(100, Usage(140, 5)) == 100
    assert room.granted(512, Usage(140, 5, {"estimated": True})) == 512


def test_a_server_that_refuses_its_whole_context_is_asked_for_what_the_prompt_leaves() -> None:
    room = TokenRoom(declared=512, caps=True)
    message = "maximum context length is 512 tokens. However, you requested 652 tokens (140 in the messages, 512 in the completion)"
    fitting = room.fitting(150.0, 512, ApiFault(400, message))
    assert fitting is not None
    assert fitting.max_tokens == 512 - 140
    assert 512 - 200 < room.for_request(R, 150.0, None) < 512 - 140
    assert room.granted(300, Usage(140, 5)) == 300


def test_a_prompt_that_is_too_long_by_itself_says_nothing_of_caps() -> None:
    room = TokenRoom(declared=512, caps=True)
    fitting = room.fitting(
        700.0, 512, ApiFault(400, "Input length (700) exceeds model's maximum context length (512).")
    )
    assert fitting is not None
    assert fitting.max_tokens < 1
    assert room.for_request(R, 150.0, None) == 512
