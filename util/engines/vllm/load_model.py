"""Loading a model into vLLM: settings, devices, and what can be wrong with them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from util.engines.options import VllmOptions
from util.engines.vllm.engine_args import checked, said
from util.engines.vllm.guard import Guard
from util.engines.vllm.lora import lora_rank
from util.system.credentials import HUB_TOKENS, exposed
from util.system.errors import UserError
from util.system.noise import log_path, shows_all
from util.system.suggestions import near_file


@dataclass(frozen=True)
class Platform:
    """What vLLM computes on. devices: GPUs, or NUMA nodes of a CPU."""

    name: str
    is_cpu: bool
    devices: int


def check_model(model: str) -> None:
    """Refuse what cannot be a model, before anything loads.

    Raises:
        UserError: the path is not a Hugging Face model folder, or does not exist.
    """
    path = Path(model).expanduser()
    if path.is_dir():
        if not (path / "config.json").is_file():
            found = ", ".join(sorted(p.name for p in path.iterdir())[:6]) or "nothing"
            raise UserError(
                f"{path} is not a model folder: it has no config.json (it contains: {found}). "
                "Give a Hugging Face model folder or a Hub id such as Qwen/QwQ-32B-Preview."
            )
    elif path.exists():
        raise UserError(f"{path} is a file. Give a Hugging Face model folder or a Hub id.")
    elif model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise UserError(
            f"The model folder {path} does not exist. Give an existing folder or a Hub id.{near_file(path)}"
        )


def platform_for(options: VllmOptions) -> Platform:
    """The platform that vLLM finds on this machine.

    Raises:
        UserError: vLLM is not installed, or the machine has too few devices.
    """
    _quiet()
    try:
        from vllm.platforms import current_platform
    except ImportError as error:
        raise UserError(
            f"vLLM cannot be imported ({error}). Install it: pip install -e '.[gpu]' in the folder "
            "of these tools, or run ./quickstart.sh on a machine without a GPU."
        ) from error
    if current_platform.is_cpu():
        nodes = len(list(Path("/sys/devices/system/node").glob("node[0-9]*"))) or 1
        platform = Platform("cpu", True, nodes)
    else:
        import torch

        count = torch.accelerator.device_count() if torch.accelerator.is_available() else 0
        name = current_platform.get_device_name() if count else "none"
        platform = Platform(name, False, count)
    if options.devices > platform.devices:
        kind = "NUMA node (CPU)" if platform.is_cpu else "GPU"
        raise UserError(
            f"--tp {options.tensor_parallel} needs {options.devices} devices{options.by_pipeline}, but this machine has "
            f"{platform.devices} {kind}{'' if platform.devices == 1 else 's'}. "
            f"Use --tp {max(platform.devices, 1)}, or a machine with more GPUs."
        )
    return platform


def _quiet() -> None:
    """Keep vLLM's logs off the console, unless the user has set them otherwise; a log file has all of them."""
    import logging
    import warnings

    if shows_all() or log_path() is not None:
        return
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("VLLM_CONFIGURE_LOGGING", "1")
    logging.getLogger("transformers").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=FutureWarning)


def load(model: str, options: VllmOptions, platform: Platform) -> tuple[Any, Guard | None]:
    """vLLM's ``LLM``, and the guard of its processes where it has any.

    Raises:
        UserError: it cannot start; the message names the causes.
    """
    more = checked(options.engine_args or {})
    arguments: dict[str, Any] = {"dtype": options.dtype, "tensor_parallel_size": options.tensor_parallel}
    if options.max_model_len is not None and "hf_overrides" not in more:  # which may make it longer
        _check_context(model, options.max_model_len)
    for name in ("max_model_len", "gpu_memory_utilization", "max_num_seqs"):
        if (value := getattr(options, name)) is not None:
            arguments[name] = value
    if options.lora is not None:
        arguments |= {"enable_lora": True, "max_lora_rank": lora_rank(options.lora)}
    if platform.is_cpu:
        _cpu_defaults(arguments)
    else:
        # A fork of a process with threads may wait forever for a lock that no thread of it holds; one hung on an H200.
        os.environ.setdefault("VLLM_WORKER_MULTIPROC_METHOD", "spawn")
    from vllm import LLM

    one_process = os.environ.get("VLLM_ENABLE_V1_MULTIPROCESSING") == "0"
    guard = None if one_process else Guard()
    try:
        with exposed(*HUB_TOKENS):
            llm = LLM(model=model, **arguments | more)
    except Exception as error:  # vLLM raises many kinds; each means that it could not start
        if guard is not None:
            guard.end()
        raise UserError(load_message(model, error)) from error
    if guard is not None:
        guard.loaded()
    return llm, guard


def _cpu_defaults(arguments: dict[str, Any]) -> None:
    """Add the settings that vLLM needs on a CPU."""
    import psutil

    gib = psutil.virtual_memory().available / 2**30
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", str(max(1, min(4, int(gib / 4)))))
    if arguments["tensor_parallel_size"] == 1:
        # One process: it starts in a third of the time, and leaves nothing behind when it is killed.
        os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
    if arguments["dtype"] == "auto" and not _fast_bfloat16():
        arguments["dtype"] = "float32"
    arguments["enforce_eager"] = True  # compilation costs minutes and gains little here
    # vLLM 0.32 rewinds the generator of a seeded request whose prompt it has split,
    # which torch's CPU generator cannot do: prompts are never split.
    arguments["enable_chunked_prefill"] = False
    arguments.pop("gpu_memory_utilization", None)


def _fast_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 in hardware; emulation is four times slower than float32."""
    import torch

    able: dict[str, Any] = torch.cpu.get_capabilities()
    if able.get("architecture") == "x86_64":
        return bool(able.get("avx512_bf16") or able.get("amx_bf16") or able.get("amx_tile"))
    return bool(able.get("bf16", False))


def _check_context(model: str, wanted: int) -> None:
    from transformers import AutoConfig

    try:
        with exposed(*HUB_TOKENS):
            config = AutoConfig.from_pretrained(model)
    except (OSError, ValueError) as error:
        raise UserError(load_message(model, error)) from error
    limit = getattr(config, "max_position_embeddings", None)
    if limit is not None and wanted > limit:
        raise UserError(
            f"--max-model-len {wanted} is longer than the context of {model}, {limit} tokens. "
            f"Use at most {limit}, or omit the option."
        )


def load_message(model: str, error: BaseException) -> str:
    """Why a model does not load, by the chain of causes, and what to do about it."""
    causes: list[str] = []
    while error is not None and len(causes) < 4:
        errors = said(error) if hasattr(error, "errors") else str(error)  # of pydantic, whose first line says nothing
        line = next((ln.strip() for ln in errors.splitlines() if ln.strip()), "")
        if line and line not in causes:
            causes.append(line)
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    chain = " | ".join(causes)[:600]
    if re.search(r"(free|gpu|of|cache|available) memory", chain, re.IGNORECASE):
        advice = (
            "Another process may hold the GPU's memory (nvidia-smi lists them); "
            "otherwise lower --max-model-len or --gpu-memory-utilization, or raise --tp."
        )
    elif "core initialization failed" in chain:
        advice = "The output of the engine's process shows the cause."
    elif Path(model).expanduser().is_dir():
        advice = "Check the files in the folder."
    else:
        advice = "A Hub id needs access to the Hub (log in with `hf auth login` for gated models); offline, give a local folder."
    return f"The model {model} cannot be loaded: {chain}. {advice}"
