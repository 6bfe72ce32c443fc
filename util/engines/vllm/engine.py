"""vLLM in this process: tensor parallel on GPUs, or on the CPU.

Requests go into vLLM's own scheduler through ``LLM.llm_engine`` and a step loop, which yields each completion when it
is finished. ``LLM.chat`` returns only when all are finished.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from importlib.util import find_spec
from typing import Any

from util.engines.base import Completion, PartialLog, Request
from util.engines.chat import chat_dicts, folded_system
from util.engines.options import VllmOptions
from util.engines.vllm.hub_model import check_hub_model
from util.engines.vllm.load_model import check_model, load, platform_for
from util.engines.vllm.lora import lora_request
from util.engines.vllm.reasoning import check_parser, parser_for
from util.engines.vllm.session import Session
from util.engines.vllm.template_check import check_template
from util.engines.vllm.texts import Texts
from util.records import Increment, Message
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
        if find_spec("vllm") is not None:  # else that is what is missing
            check_hub_model(model)
        check_template(model, options.template)
        platform = platform_for(options)
        check_parser(options)
        self.llm, self._guard = load(model, options, platform)
        self.tokenizer = self.llm.get_tokenizer()
        if options.template.text is None and not _has_template(self.tokenizer):
            raise UserError(
                f"{model} is not a chat model: it has no chat template. Choose an instruction-tuned model, or give a "
                "template with --chat-template. One with Mistral's own tokenizer (tekken.json) needs --engine-args "
                "tokenizer_mode=mistral."
            )
        self.lora = lora_request(options.lora) if options.lora is not None else None
        self.apart = parser_for(options, self.tokenizer)
        model_config = self.llm.llm_engine.model_config
        self.max_model_len: int = model_config.max_model_len
        self.seeds_by_position = bool(getattr(self.llm.llm_engine.vllm_config, "use_v2_model_runner", False))
        self._log: PartialLog | None = None
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
        if self.apart is not None:
            self._description["reasoning_parser"] = self.apart.name
        if options.lora is not None:
            self._description["lora"] = str(options.lora)
        if options.engine_args:
            self._description["engine_args"] = options.engine_args
        self._window = max(WINDOW, 2 * self._description["max_num_seqs"])
        self._serial = 0
        self._template = options.template
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
        encoded = self.tokenizer.apply_chat_template(
            chat_dicts(messages),
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            chat_template=self._template.text,
            **self._template.args,
        )
        return list(encoded if isinstance(encoded, list) else encoded["input_ids"])

    def _takes_system_role(self) -> bool:
        from jinja2 import TemplateError

        trial = [Message("system", "s"), Message("user", "u")]
        try:
            self.tokenizer.apply_chat_template(
                chat_dicts(trial), tokenize=False, chat_template=self._template.text, **self._template.args
            )
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
        session, more, serial = self.session(self._log.every if self._log is not None else 0), True, 0
        try:
            while more or session.running:
                while more and len(session.running) < self._window:
                    request = next(source, None)
                    serial += 1
                    if request is None:
                        more = False
                    elif completion := session.add(serial, request):
                        yield completion
                finished = session.step()
                self._write(session.increments())
                for _, completion in finished:
                    yield completion
                await asyncio.sleep(0)
        finally:
            self._write(session.tails())
            session.abort()

    def _write(self, increments: list[tuple[int, Request, Increment]]) -> None:
        for _, request, increment in increments:
            assert self._log is not None
            self._log.append(request, increment)

    def keep(self, log: PartialLog) -> None:
        """Write what responses in flight have gained to ``log``."""
        self._log = log

    async def tokens(self) -> Texts:
        """The model's tokens of texts."""
        return Texts(self.tokenizer, self.token_ids, self.apart)

    def session(self, every: int = 0) -> Session:
        """A set of requests that run together; see ``Session``."""
        return Session(self, every)

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


def _has_template(tokenizer: Any) -> bool:
    """Whether a tokenizer makes prompts: by a chat template, or in Mistral's own way (``tekken.json``)."""
    from vllm.tokenizers.mistral import MistralTokenizer

    return bool(getattr(tokenizer, "chat_template", None)) or isinstance(tokenizer, MistralTokenizer)


def _version(package: str) -> str:
    from importlib import metadata

    for name in (package, f"{package}-cpu"):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return "unknown"
