"""The command-line options of an OpenAI-compatible API. Nothing but the standard library is imported here."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from util.engines.chat_template import ChatTemplate
from util.system.arguments import Assignments, non_negative_int, positive_float, positive_int
from util.system.errors import UserError
from util.system.options import option

_NOT_BY_ARGS = {
    "model": "--model",
    "messages": "--system-prompt",
    "stream": "--no-stream",
    "n": "--n",
    "max_tokens": "--max-tokens",
    "max_completion_tokens": "--max-tokens",
}
"""Fields of a request that only an option sets, since the suite depends on them."""


@dataclass(frozen=True)
class ApiOptions:
    """An OpenAI-compatible server: address, keys, limits, money. rpm and tpm are per key and minute.

    given: fields of a request that the user set, which a server's refusal
    does not change in silence. fixed_sampling: see ``ModelProfile``; None where the model's own profile says it.

    Raises:
        UserError: one price without the other, or a field of the body that has an option of its own.
    """

    base_url: list[str] | str | None = option(
        "URL of the server, of several servers of the same model, or a file with one URL (and its key) per line; default: "
        "OPENAI_BASE_URL, else OpenAI's",
        nargs="+",
        metavar="URL",
    )
    keys: Path | None = option(
        "file with one API key per line; default: the key in OPENAI_API_KEY", type=Path, metavar="FILE"
    )
    concurrency: int | None = option(
        "maximum number of requests in flight; by default it adapts to the server", type=positive_int
    )
    rpm: int | None = option("maximum requests per minute and key", type=positive_int)
    tpm: int | None = option("maximum tokens per minute and key", type=positive_int)
    max_cost: float | None = option("stop before more than this is spent", type=positive_float, metavar="DOLLARS")
    max_cost_scope: str = option(
        "what --max-cost counts: this run, or all runs whose files are in the result folder",
        default="run",
        choices=("run", "folder"),
    )
    price_input: float | None = option("price of a million prompt tokens", type=positive_float, metavar="DOLLARS")
    price_output: float | None = option("price of a million completion tokens", type=positive_float, metavar="DOLLARS")
    batch: bool = option(
        "use OpenAI's Batch API: half the price, results within 24 hours; an interrupted run continues when rerun",
        default=False,
    )
    batch_poll: float = option(
        "seconds between two status checks of a batch", default=30.0, type=positive_float, metavar="SECONDS"
    )
    max_retries: int = option("maximum retries per request", default=6, type=non_negative_int)
    max_wait: float = option(
        "longest wait for a rate limit, or for a server that is down; a longer one ends the run, which a rerun continues",
        default=600.0,
        type=positive_float,
        metavar="SECONDS",
    )
    first_token_timeout: float = option(
        "longest wait for the first token of an answer, and between two tokens", default=3600.0, type=positive_float,
        metavar="SECONDS",
    )  # fmt: skip
    idle_timeout: float = option(
        "longest silence of the server in the middle of an answer",
        default=600.0,
        type=positive_float,
        metavar="SECONDS",
    )
    stream: bool = option(
        "do not stream answers: for servers that cannot, and whose refusal is not recognised", default=True, flag="no-stream",
        action="store_false",
    )  # fmt: skip
    request_args: dict[str, Any] | None = option(
        "more fields of the request's body, for example reasoning_effort=high; a value of null leaves out a field that "
        "is sent otherwise",
        nargs="+",
        metavar="NAME=VALUE",
        action=Assignments,
    )
    template: ChatTemplate = field(default_factory=ChatTemplate)
    given: frozenset[str] = frozenset()
    fixed_sampling: bool | None = None

    def __post_init__(self) -> None:
        if (self.price_input is None) != (self.price_output is None):
            raise UserError("Give both --price-input and --price-output, or neither.")
        for name in self.request_args or {}:
            if name in _NOT_BY_ARGS:
                raise UserError(f"--request-args {name}=...: use {_NOT_BY_ARGS[name]} instead.")

    @property
    def base_urls(self) -> list[str] | None:
        """The servers' addresses, where they were given."""
        return [self.base_url] if isinstance(self.base_url, str) else self.base_url

    @property
    def price(self) -> tuple[float, float] | None:
        """Dollars per million prompt and completion tokens, where they were given."""
        if self.price_input is None or self.price_output is None:
            return None
        return self.price_input, self.price_output
