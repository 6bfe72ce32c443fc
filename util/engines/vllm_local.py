"""vLLM in this process: tensor parallel on GPUs, or on the CPU.

Requests go into vLLM's own scheduler through ``LLM.llm_engine`` and a step loop,
which yields each completion when it is finished; ``LLM.chat`` would return only
when all are.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from util.engines.base import Completion, Request, Usage
from util.errors import UserError

WINDOW = 1024
"""Requests handed to vLLM at most: several times its own batch, so that the batch is
always full."""


@dataclass(frozen=True)
class VllmConfig:
    """Settings of the engine; None leaves vLLM's own default."""

    model: str
    tensor_parallel: int = 1
    max_model_len: int | None = None
    dtype: str = "auto"
    gpu_memory_utilization: float | None = None


class VllmEngine:
    """The engine protocol on top of ``vllm.LLM``."""

    def __init__(self, config: VllmConfig) -> None:
        self.config = config
        check_model(config.model)
        platform = _platform(config.tensor_parallel)
        self.llm = _load(config, platform)
        self._tokenizer = self.llm.get_tokenizer()
        if not getattr(self._tokenizer, "chat_template", None):
            raise UserError(
                f"{config.model} has no chat template, so it is no chat model. Choose an instruction-tuned model."
            )
        model_config = self.llm.llm_engine.model_config
        self.max_model_len: int = model_config.max_model_len
        self._description = {
            "backend": "vllm",
            "version": _version("vllm"),
            "device": platform.name,
            "tensor_parallel": config.tensor_parallel,
            "dtype": str(model_config.dtype).removeprefix("torch."),
            "max_model_len": self.max_model_len,
        }
        self._serial = 0

    def describe(self) -> dict[str, Any]:
        return dict(self._description)

    def token_ids(self, messages: list[dict[str, str]]) -> list[int]:
        """The prompt as the model's own chat template writes it."""
        encoded = self._tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=True, return_dict=True
        )
        return list(encoded["input_ids"])

    async def generate(self, requests: Iterable[Request]) -> AsyncGenerator[Completion, None]:
        """Yield each completion as soon as vLLM has finished it.

        Steps run in the event loop's own thread: between two of them everything
        else gets its turn, and a second thread would cost the model's own threads
        several per cent of their time on a CPU.

        Raises:
            UserError: the engine itself died; what was yielded before stays valid.
        """
        source = iter(requests)
        running: dict[str, Request] = {}
        more = True
        try:
            while more or running:
                while more and len(running) < WINDOW:
                    request = next(source, None)
                    if request is None:
                        more = False
                    elif failure := self._add(request, running):
                        yield failure
                for output in self._step() if running else ():
                    if output.finished:
                        yield _completion(running.pop(output.request_id), output)
                await asyncio.sleep(0)
        finally:
            if running:
                self.llm.llm_engine.abort_request(list(running))

    def forget_prompts(self) -> None:
        """Empty the prefix cache, so that two measurements start alike."""
        self.llm.reset_prefix_cache()

    def close(self) -> None:
        """End vLLM and every process that it started."""
        core = getattr(self.llm.llm_engine, "engine_core", None)
        if core is not None:
            core.shutdown()

    def _step(self) -> list[Any]:
        try:
            return list(self.llm.llm_engine.step())
        except Exception as error:  # vLLM raises many kinds; each means that the engine is dead
            raise _engine_error(error) from error

    def _add(self, request: Request, running: dict[str, Request]) -> Completion | None:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        ids = self.token_ids(request.messages)
        space = self.max_model_len - len(ids)
        if space < 1:
            return Completion.failed(
                request,
                f"prompt of {len(ids)} tokens does not fit the context of {self.max_model_len} tokens",
                final=True,
            )
        sampling = request.sampling
        params = SamplingParams(
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            max_tokens=min(sampling.max_tokens, space),
            seed=sampling.seed,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )
        self._serial += 1
        name = str(self._serial)
        self.llm.llm_engine.add_request(name, {"prompt_token_ids": ids}, params)
        running[name] = request
        return None


@dataclass(frozen=True)
class Platform:
    name: str
    is_cpu: bool
    devices: int


def check_model(model: str) -> None:
    """Refuse what cannot be a model, before anything loads.

    Raises:
        UserError: the path is no Hugging Face model folder, or no such path exists.
    """
    path = Path(model).expanduser()
    if path.is_dir():
        if not (path / "config.json").is_file():
            found = ", ".join(sorted(p.name for p in path.iterdir())[:6]) or "nothing"
            raise UserError(
                f"{path} is no model: it has no config.json (there: {found}). "
                "Give a Hugging Face model folder or a Hub id such as Qwen/QwQ-32B-Preview."
            )
    elif path.exists():
        raise UserError(f"{path} is a file. Give a Hugging Face model folder or a Hub id.")
    elif model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise UserError(f"There is no model folder {path}. Give an existing folder or a Hub id.")


def _platform(tensor_parallel: int) -> Platform:
    _quiet()
    try:
        from vllm.platforms import current_platform
    except ImportError as error:
        raise UserError(
            f"vLLM cannot be imported ({error}). Install it: pip install -r requirements.txt (GPU), "
            "or run ./quickstart.sh on a machine without a GPU."
        ) from error
    if current_platform.is_cpu():
        nodes = len(list(Path("/sys/devices/system/node").glob("node[0-9]*"))) or 1
        platform = Platform("cpu", True, nodes)
    else:
        import torch

        count = torch.accelerator.device_count() if torch.accelerator.is_available() else 0
        name = current_platform.get_device_name() if count else "none"
        platform = Platform(name, False, count)
    if tensor_parallel > platform.devices:
        kind = "NUMA node (CPU)" if platform.is_cpu else "GPU"
        raise UserError(
            f"--tp {tensor_parallel} needs {tensor_parallel} devices, but this machine has "
            f"{platform.devices} {kind}{'' if platform.devices == 1 else 's'}. "
            f"Use --tp {max(platform.devices, 1)}, or a machine with more GPUs."
        )
    return platform


def _quiet() -> None:
    """Leave the console to progress bars and messages; a user's own setting stands."""
    import logging
    import warnings

    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("VLLM_CONFIGURE_LOGGING", "1")
    logging.getLogger("transformers").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=FutureWarning)


def _load(config: VllmConfig, platform: Platform) -> Any:
    options: dict[str, Any] = {"dtype": config.dtype, "tensor_parallel_size": config.tensor_parallel}
    if config.max_model_len is not None:
        _check_context(config.model, config.max_model_len)
        options["max_model_len"] = config.max_model_len
    if config.gpu_memory_utilization is not None:
        options["gpu_memory_utilization"] = config.gpu_memory_utilization
    if platform.is_cpu:
        _cpu_defaults(options)
    from vllm import LLM

    try:
        return LLM(model=config.model, **options)
    except Exception as error:  # vLLM raises many kinds; each means that it could not start
        raise UserError(_load_message(config.model, error)) from error


def _cpu_defaults(options: dict[str, Any]) -> None:
    """Settings under which vLLM starts on a CPU without the user knowing of them."""
    import psutil

    gib = psutil.virtual_memory().available / 2**30
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", str(max(1, min(4, int(gib / 4)))))
    if options["tensor_parallel_size"] == 1:
        # One process: starts in a third of the time, and nothing outlives a kill.
        os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
    options["enforce_eager"] = True  # compilation costs minutes and gains little here
    # vLLM 0.32 rewinds the generator of a seeded request whose prompt it has split,
    # which torch's CPU generator cannot do: prompts are never split.
    options["enable_chunked_prefill"] = False
    options.pop("gpu_memory_utilization", None)


def _check_context(model: str, wanted: int) -> None:
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(model)
    except (OSError, ValueError) as error:
        raise UserError(_load_message(model, error)) from error
    limit = getattr(config, "max_position_embeddings", None)
    if limit is not None and wanted > limit:
        raise UserError(
            f"--max-model-len {wanted} is longer than the context of {model}, {limit} tokens. "
            f"Use at most {limit}, or leave the option out."
        )


def _load_message(model: str, error: BaseException) -> str:
    causes: list[str] = []
    while error is not None and len(causes) < 4:
        line = next((ln.strip() for ln in str(error).splitlines() if ln.strip()), "")
        if line and line not in causes:
            causes.append(line)
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    where = (
        "Look at the folder's files."
        if Path(model).expanduser().is_dir()
        else "A Hub id needs the Hub (log in with `hf auth login` for gated models); "
        "without it give a local model folder."
    )
    return f"The model {model} cannot be loaded: {' | '.join(causes)[:600]}. {where}"


def _completion(request: Request, output: Any) -> Completion:
    choice = output.outputs[0]
    reason = choice.finish_reason
    usage = Usage(len(output.prompt_token_ids or ()), len(choice.token_ids))
    if reason not in ("stop", "length"):
        return Completion.failed(request, f"vLLM ended the request: {reason}", final=False)
    return Completion(
        request.key,
        request.temperature,
        request.sample_index,
        text=choice.text,
        finish_reason=reason,
        usage=usage,
        seed=request.sampling.seed,
    )


def _engine_error(error: Exception) -> UserError:
    return UserError(
        f"The vLLM engine failed: {type(error).__name__}: {str(error)[:400]}. Every finished response is "
        "kept; rerun the same command to continue (--debug shows the traceback; when memory ran out, "
        "lower --max-model-len or --gpu-memory-utilization)."
    )


def _version(package: str) -> str:
    from importlib import metadata

    for name in (package, f"{package}-cpu"):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return "unknown"
