"""Names of further sampling parameters, the same for vLLM in this process and for a vLLM or SGLang server."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from util.system.errors import UserError

NAMES = (
    "top_k", "min_p", "presence_penalty", "frequency_penalty", "repetition_penalty", "stop", "stop_token_ids",
    "include_stop_str_in_output", "ignore_eos", "min_tokens", "skip_special_tokens", "spaces_between_special_tokens",
    "logit_bias", "allowed_token_ids", "bad_words", "thinking_token_budget", "repetition_detection",
)  # fmt: skip
"""Fields of vLLM's SamplingParams that change a text; vLLM's server takes all of them in a request's body."""

_OWN_OPTIONS = {
    "temperature": "--temperatures", "top_p": "--top-p", "max_tokens": "--max-tokens", "seed": "--seed", "n": "--n",
    "logprobs": "--best-of-n-by logprob", "max_completion_tokens": "--max-tokens",
}  # fmt: skip


def check_sampling_args(args: Mapping[str, Any]) -> None:
    """Refuse names that no engine knows.

    Raises:
        UserError: says which option or which name to use instead.
    """
    for name in args:
        if name in _OWN_OPTIONS:
            raise UserError(f"--sampling-args {name}=...: use {_OWN_OPTIONS[name]} instead.")
        if name not in NAMES:
            near = difflib.get_close_matches(name, (*NAMES, *_OWN_OPTIONS), 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(NAMES)}."
            raise UserError(
                f"--sampling-args {name}=...: no such sampling parameter; {hint} A field that only a server knows goes into "
                "--request-args."
            )
