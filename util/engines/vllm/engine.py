"""vLLM in this process: tensor parallel on GPUs, or on the CPU.

Requests go into vLLM's own scheduler through ``LLM.llm_engine`` and a step loop, which yields each completion when it
is finished. ``LLM.chat`` returns only when all are finished.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from typing import Any

from util.engines.base import Completion, Request
from util.engines.chat import chat_dicts, folded_system
from util.engines.options import VllmOptions
from util.engines.vllm.load_model import check_model, load, platform_for
from util.records import LENGTH, REPETITION, STOP, Message, Response, Usage
from util.system.advice import rerun
from util.system.errors import UserError

WINDOW = 1024
"""Requests handed to vLLM at a time, but at least twice its own batch, so that the batch stays full (vLLM's batch is
256, on GPUs of 70 GB and more 1,024)."""


class VllmEngine:
    """The engine protocol on top of ``vllm.LLM``."""

    def __init__(self, model: str, options: VllmOptions) -> None:
        """Load the model.

        Raises:
            UserError: it cannot be loaded, or is not a chat model.
        """
        check_model(model)
        platform = platform_for(options.tensor_parallel)
        self.llm, self._guard = load(model, options, platform)
        self._tokenizer = self.llm.get_tokenizer()
        if not getattr(self._tokenizer, "chat_template", None):
            raise UserError(f"{model} is not a chat model: it has no chat template. Choose an instruction-tuned model.")
        model_config = self.llm.llm_engine.model_config
        self.max_model_len: int = model_config.max_model_len
        self._description = {
            "backend": "vllm",
            "version": _version("vllm"),
            "torch": _version("torch"),
            "transformers": _version("transformers"),
            "device": platform.name,
            "tensor_parallel": options.tensor_parallel,
            "dtype": str(model_config.dtype).removeprefix("torch."),
            "max_model_len": self.max_model_len,
            "max_num_seqs": self.llm.llm_engine.vllm_config.scheduler_config.max_num_seqs,
        }
        self._window = max(WINDOW, 2 * self._description["max_num_seqs"])
        self._serial = 0
        self._template_args = options.chat_template_args or {}
        self._system_role: bool | None = None

    def describe(self) -> dict[str, Any]:
        return dict(self._description)

    def token_ids(self, messages: list[Message]) -> list[int]:
        """The prompt in the form of the model's own chat template.

        Where the template refuses the system role (Gemma's does), the system prompt becomes the start of the first
        user message.
        """
        if self._system_role is None:
            self._system_role = self._takes_system_role()
        if not self._system_role:
            messages = folded_system(messages)
        encoded = self._tokenizer.apply_chat_template(
            chat_dicts(messages), add_generation_prompt=True, tokenize=True, return_dict=True, **self._template_args
        )
        return list(encoded["input_ids"])

    def _takes_system_role(self) -> bool:
        from jinja2 import TemplateError

        trial = [Message("system", "s"), Message("user", "u")]
        try:
            self._tokenizer.apply_chat_template(chat_dicts(trial), tokenize=False)
        except TemplateError:
            return False
        return True

    async def generate(self, requests: Iterable[Request]) -> AsyncGenerator[Completion, None]:
        """Yield each completion as soon as vLLM has finished it.

        Steps run in the event loop's own thread, and other tasks run between two steps: a second thread would cost the
        model's threads several per cent of their time on a CPU.

        Raises:
            UserError: the engine itself died; what was yielded before stays valid.
        """
        source = iter(requests)
        session, more, serial = self.session(), True, 0
        try:
            while more or session.running:
                while more and len(session.running) < self._window:
                    request = next(source, None)
                    serial += 1
                    if request is None:
                        more = False
                    elif failure := session.add(serial, request):
                        yield failure
                for _, completion in session.step():
                    yield completion
                await asyncio.sleep(0)
        finally:
            session.abort()

    def session(self) -> Session:
        """A set of requests that run together; see ``Session``."""
        return Session(self)

    def next_name(self) -> str:
        """A name that no request of this engine has had yet."""
        self._serial += 1
        return str(self._serial)

    def close(self) -> None:
        """End vLLM and every process that it started."""
        core = getattr(self.llm.llm_engine, "engine_core", None)
        if core is not None:
            core.shutdown()
        if self._guard is not None:
            self._guard.close()


class Session:
    """Requests in flight at one engine, each under a number that the caller chooses."""

    def __init__(self, engine: VllmEngine) -> None:
        self._engine = engine
        self.running: dict[str, tuple[int, Request]] = {}
        """vLLM's name of a request -> its number, and the request."""

    def add(self, number: int, request: Request) -> Completion | None:
        """Hand a request to the engine; returns its failure if it cannot run."""
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        ids = self._engine.token_ids(request.messages)
        space = self._engine.max_model_len - len(ids)
        if space < 1:
            return Completion.failed(
                request,
                f"prompt of {len(ids)} tokens does not fit the context of {self._engine.max_model_len} tokens",
                final=True,
            )
        sampling = request.sampling
        params = SamplingParams(
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            max_tokens=min(sampling.max_tokens, space),
            seed=sampling.seed,
            logprobs=0 if sampling.logprobs else None,
            output_kind=RequestOutputKind.FINAL_ONLY,
            **sampling.args,
        )
        name = self._engine.next_name()
        self._engine.llm.llm_engine.add_request(name, {"prompt_token_ids": ids}, params)
        self.running[name] = (number, request)
        return None

    def step(self) -> list[tuple[int, Completion]]:
        """Run one step of the engine; returns (number, completion) of what has finished.

        Raises:
            UserError: the engine died.
        """
        if not self.running:
            return []
        try:
            outputs = list(self._engine.llm.llm_engine.step())
        except Exception as error:  # vLLM raises many types; each means that the engine is dead
            raise _engine_error(error) from error
        found = []
        for output in outputs:
            if output.finished:
                number, request = self.running.pop(output.request_id)
                found.append((number, _completion(request, output)))
        return found

    def abort(self) -> None:
        """Abort what is in flight."""
        if self.running:
            self._engine.llm.llm_engine.abort_request(list(self.running))
            self.running.clear()


def _completion(request: Request, output: Any) -> Completion:
    choice = output.outputs[0]
    reason = choice.finish_reason
    usage = Usage(len(output.prompt_token_ids or ()), len(choice.token_ids))
    if reason not in (STOP, LENGTH, REPETITION):
        return Completion.failed(request, f"vLLM ended the request: {reason}", final=False, usage=usage)
    response = Response(
        content=choice.text,
        finish_reason=reason,
        usage=usage,
        seed=request.sampling.seed,
        logprob=choice.cumulative_logprob if request.sampling.logprobs else None,
    )
    return Completion(request.sample, response)


def _engine_error(error: Exception) -> UserError:
    return UserError(
        f"The vLLM engine failed: {type(error).__name__}: {str(error)[:400]}. Every finished response is "
        f"kept; {rerun()} to continue (--debug shows the traceback; when memory ran out, "
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
