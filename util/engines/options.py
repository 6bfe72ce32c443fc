"""The engines' command-line options: each is written once, as a field of its backend's dataclass.

Nothing but the standard library is imported here, so that ``--help`` starts fast.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from util.system.arguments import Assignments, fraction, non_negative_int, positive_float, positive_int
from util.system.errors import UserError
from util.system.options import add_options, option, options_from

if TYPE_CHECKING:
    from util.engines.base import Request
    from util.engines.prices import Budget

API_PREFIX = "openai/"
PARTIAL_TOKENS = 512
"""Tokens of a response in flight after which they are kept, unless an option says otherwise."""
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
class VllmOptions:
    """Settings of one vLLM engine; None leaves vLLM's own default. chat_template_args: see ``EngineOptions``."""

    tensor_parallel: int = option(
        "GPUs per model replica (tensor parallel size)", default=1, flag="tp", type=positive_int
    )
    max_model_len: int | None = option("context length in tokens; default and maximum: the model's", type=positive_int)
    dtype: str = option("data type of the weights: auto, bfloat16, float16 or float32", default="auto")
    gpu_memory_utilization: float | None = option("fraction of each GPU's memory that vLLM may use", type=fraction)
    max_num_seqs: int | None = option("responses that vLLM generates at the same time", type=positive_int)
    chat_template_args: dict[str, Any] | None = None


@dataclass(frozen=True)
class RayOptions:
    """Replicas on a Ray cluster; None is as many as fit, and a cluster on this machine."""

    num_replicas: int | None = option(
        "number of model replicas (with --backend ray); default: as many as fit", type=positive_int
    )
    ray_address: str | None = option(
        "address of a running Ray cluster, for example 10.0.0.1:6379 or auto; default: RAY_ADDRESS, else a cluster on "
        "this machine",
        metavar="ADDRESS",
    )


@dataclass(frozen=True)
class ApiOptions:
    """An OpenAI-compatible server: address, keys, limits, money. rpm and tpm are per key and minute.

    chat_template_args: see ``EngineOptions``. given: fields of a request that the user set, which a server's refusal
    does not change in silence.

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
        "do not stream answers: for servers that cannot, and say so badly", default=True, flag="no-stream",
        action="store_false",
    )  # fmt: skip
    request_args: dict[str, Any] | None = option(
        "more fields of the request's body, for example reasoning_effort=high; a value of null leaves out a field that "
        "is sent otherwise",
        nargs="+",
        metavar="NAME=VALUE",
        action=Assignments,
    )
    chat_template_args: dict[str, Any] | None = None
    given: frozenset[str] = frozenset()

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


@dataclass(frozen=True)
class EngineOptions:
    """The model, the backend that runs it, and the options of every backend.

    Raises:
        UserError: options that exclude each other.
    """

    model: str
    backend: str | None = option(
        "engine; default: openai for models named openai/NAME, else vllm", choices=("vllm", "ray", "openai")
    )
    chat_template_args: dict[str, Any] | None = option(
        "arguments of the model's chat template, for example enable_thinking=false",
        nargs="+",
        metavar="NAME=VALUE",
        action=Assignments,
    )
    vllm: VllmOptions = VllmOptions()
    ray: RayOptions = RayOptions()
    api: ApiOptions = ApiOptions()

    def __post_init__(self) -> None:
        if self.api.batch and not self.is_api:
            raise UserError("--batch needs an API model: --model openai/NAME.")
        if self.ray.num_replicas is not None and self.backend != "ray":
            raise UserError("--num-replicas needs --backend ray.")

    @property
    def is_api(self) -> bool:
        return self.backend == "openai" or (self.backend is None and self.model.startswith(API_PREFIX))

    @property
    def api_model(self) -> str:
        """The model's name at the server."""
        return self.model.removeprefix(API_PREFIX)

    def budget(self, expected: Callable[[Request], float] | None = None) -> Budget:
        """Prices and limit of this run. expected: completion tokens of a request before any answer is known.

        Raises:
            UserError: a limit without a price.
        """
        from util.engines.prices import BATCH_DISCOUNT, Budget, price_of

        price = self.api.price or price_of(self.api_model)
        if self.api.max_cost is not None and price is None:
            raise UserError(
                f"The price of {self.api_model} is not known: --max-cost needs --price-input and --price-output."
            )
        if self.api.batch:
            # All requests are sent before the first answer: each may take as much as it is allowed.
            expected = expected or (lambda request: request.sampling.max_tokens)
            price = (price[0] * BATCH_DISCOUNT, price[1] * BATCH_DISCOUNT) if price is not None else None
        return Budget(price, self.api.max_cost, expected, whole_folder=self.api.max_cost_scope == "folder")

    def plan(self) -> str:
        """One line that describes what would run."""
        if self.is_api:
            return f"OpenAI-compatible API, model {self.api_model}, {self._api_plan()}"
        context = f"{self.vllm.max_model_len} tokens" if self.vllm.max_model_len else "the model's"
        if self.backend == "ray":
            replicas = f"{self.ray.num_replicas} replicas" if self.ray.num_replicas else "as many replicas as fit"
            where = self.ray.ray_address or os.environ.get("RAY_ADDRESS") or "this machine"
            parallel = f"each with tensor parallel size {self.vllm.tensor_parallel}"
            return f"vLLM on Ray ({where}), {replicas}, {parallel}, context length: {context}"
        return f"vLLM, tensor parallel size {self.vllm.tensor_parallel}, dtype {self.vllm.dtype}, context length: {context}"

    def _api_plan(self) -> str:
        if self.api.batch:
            return "through the Batch API at half the price"
        if self.api.concurrency:
            return f"at most {self.api.concurrency} requests in flight"
        return "as many requests in flight as the keys allow"


def add_api_options(parser: argparse.ArgumentParser) -> None:
    """Options of a script that talks to an OpenAI-compatible API only."""
    add_options(parser, ApiOptions, "API", "for an OpenAI-compatible server")


def add_engine_options(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """The model and the options of every backend. required: whether the script needs --model in every mode."""
    group: Any = parser.add_argument_group("model and engine")
    group.add_argument("--model", required=required, help="Hub id, local folder, or openai/NAME for an API")
    add_options(group, EngineOptions)
    add_options(parser, VllmOptions, "vLLM", "for --backend vllm and --backend ray")
    add_options(parser, RayOptions, "Ray")
    add_api_options(parser)


def engine_options(args: argparse.Namespace) -> EngineOptions:
    """The options from the arguments of ``add_engine_options``.

    Raises:
        UserError: options that exclude each other.
    """
    template = getattr(args, "chat_template_args", None)
    return options_from(
        EngineOptions,
        args,
        model=args.model,
        vllm=options_from(VllmOptions, args, chat_template_args=template),
        ray=options_from(RayOptions, args),
        api=options_from(ApiOptions, args, chat_template_args=template, given=_given(args)),
    )


def _given(args: argparse.Namespace) -> frozenset[str]:
    """The fields of a request that the command sets itself."""
    found = set(getattr(args, "sampling_args", None) or ())
    found |= {"temperature"} if getattr(args, "temperatures", None) else set()
    return frozenset(found | ({"top_p"} if getattr(args, "top_p", None) is not None else set()))


def api_engine_options(model: str, args: argparse.Namespace) -> EngineOptions:
    """The options of an API model, with or without the prefix, from the arguments of ``add_api_options``.

    Raises:
        UserError: options that exclude each other.
    """
    return EngineOptions(API_PREFIX + model.removeprefix(API_PREFIX), api=options_from(ApiOptions, args))
