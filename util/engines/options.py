"""The engines' command-line options: each is written once, as a field of its backend's dataclass.

Nothing but the standard library is imported here, so that ``--help`` starts fast.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from util.engines.api_options import ApiOptions
from util.engines.chat_template import ChatTemplate, template_text
from util.prompting.profiles import ModelProfile, profile_of
from util.system.arguments import Assignments, fraction, positive_int
from util.system.errors import UserError
from util.system.options import add_options, option, options_from

if TYPE_CHECKING:
    from util.engines.base import Request
    from util.engines.prices import Budget

__all__ = ["API_PREFIX", "ApiOptions"]

API_PREFIX = "openai/"
PARTIAL_TOKENS = 512
"""Tokens of a response in flight after which they are kept, unless an option says otherwise."""
AUTO, NO_PARSER = "auto", "none"
"""Values of --reasoning-parser that are no parser's name."""
SPEED_ONLY = frozenset((
    "enforce_eager", "max_num_batched_tokens", "enable_prefix_caching", "enable_chunked_prefill", "block_size",
    "pipeline_parallel_size", "enable_expert_parallel", "distributed_executor_backend", "disable_log_stats", "cpu_offload_gb",
    "swap_space", "max_parallel_loading_workers", "download_dir", "kv_cache_memory_bytes", "async_scheduling",
    "disable_custom_all_reduce", "scheduling_policy", "max_num_partial_prefills", "compilation_config",
))  # fmt: skip
"""Engine arguments that change the speed or the place of a computation, not what is computed: a rerun may change them."""


@dataclass(frozen=True)
class VllmOptions:
    """Settings of one vLLM engine; None leaves vLLM's own default."""

    tensor_parallel: int = option(
        "GPUs per model replica (tensor parallel size)", default=1, flag="tp", type=positive_int
    )
    max_model_len: int | None = option("context length in tokens; default and maximum: the model's", type=positive_int)
    dtype: str = option("data type of the weights: auto, bfloat16, float16 or float32", default="auto")
    gpu_memory_utilization: float | None = option("fraction of each GPU's memory that vLLM may use", type=fraction)
    max_num_seqs: int | None = option("responses that vLLM generates at the same time", type=positive_int)
    engine_args: dict[str, Any] | None = option(
        "any other engine argument of vLLM by its name, for example quantization=fp8 enable_prefix_caching=false "
        "'hf_overrides={\"rope_theta\": 1e6}'; checked against the vLLM that is installed",
        nargs="+",
        metavar="NAME=VALUE",
        action=Assignments,
    )
    reasoning_parser: str = option(
        "tells thought and answer of a response apart: a name of vLLM's, none, or auto for the parser of the model's profile "
        "or of its tokenizer's special tokens (think tags in the text need none)",
        default=AUTO,
        metavar="auto|none|NAME",
    )
    lora: Path | None = option(
        "folder of a LoRA adapter (PEFT) that the model is used with", type=Path, metavar="FOLDER"
    )
    template: ChatTemplate = field(default_factory=ChatTemplate)
    profile_parser: str = ""

    @property
    def devices(self) -> int:
        """GPUs of one engine."""
        pipeline = (self.engine_args or {}).get("pipeline_parallel_size", 1)
        return self.tensor_parallel * (pipeline if isinstance(pipeline, int) else 1)

    @property
    def by_pipeline(self) -> str:
        """Why an engine needs more devices than --tp, for messages."""
        return "" if self.devices == self.tensor_parallel else " with this pipeline_parallel_size"

    @property
    def parser_wanted(self) -> str:
        """The reasoning parser, as far as it is known before the model is loaded."""
        return self.profile_parser or AUTO if self.reasoning_parser == AUTO else self.reasoning_parser


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
    api: ApiOptions = field(default_factory=ApiOptions)
    chat_template: Path | None = option(
        "Jinja file to use instead of the model's own chat template (a vLLM server must be started with "
        "--trust-request-chat-template)",
        type=Path,
        metavar="FILE",
    )
    profiles: Path | None = option(
        "TOML file of your own model profiles (system prompt, reasoning parser, template arguments, preset), searched before "
        "those of the suite, util/prompting/profiles.toml",
        type=Path,
        metavar="FILE",
    )

    def __post_init__(self) -> None:
        if self.api.batch and not self.is_api:
            raise UserError("--batch needs an API model: --model openai/NAME.")
        if self.ray.num_replicas is not None and self.backend != "ray":
            raise UserError("--num-replicas needs --backend ray.")
        if self.vllm.engine_args and self.is_api:
            raise UserError(
                "--engine-args are of vLLM in this process. Give them to the server (`vllm serve`) instead."
            )
        if self.vllm.lora is not None and self.is_api:
            raise UserError(
                "--lora is of vLLM in this process. Start the server with `vllm serve --lora-modules` instead."
            )
        if self.is_api and "gpt-oss" in self.model and self.backend is None and not self.api.base_urls:
            raise UserError(
                f"{self.model} is the name of a model on the Hub, and of one behind a server. Load it here with --backend vllm "
                "(or ray), or give the address of the server with --base-url."
            )
        if self.vllm.reasoning_parser != AUTO and self.is_api:
            raise UserError(
                "--reasoning-parser is of vLLM in this process. Give it to the server (`vllm serve --reasoning-parser`) instead."
            )

    @property
    def is_api(self) -> bool:
        return self.backend == "openai" or (self.backend is None and self.model.startswith(API_PREFIX))

    @property
    def profile(self) -> ModelProfile:
        """The model's profile."""
        return profile_of(self.model, self.profiles)

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
    profile = profile_of(args.model, args.profiles)
    template = ChatTemplate(
        template_text(args.chat_template), {**profile.chat_template_args, **(args.chat_template_args or {})}
    )
    return options_from(
        EngineOptions,
        args,
        model=args.model,
        vllm=options_from(VllmOptions, args, template=template, profile_parser=profile.reasoning_parser),
        ray=options_from(RayOptions, args),
        api=options_from(
            ApiOptions, args, template=template, given=_given(args), fixed_sampling=profile.fixed_sampling or None
        ),
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
