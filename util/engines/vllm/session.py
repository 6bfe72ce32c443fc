"""Requests in flight at a vLLM engine in this process: handed to its scheduler, stepped, and put together again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from util.engines.base import Completion, Request
from util.engines.continuing import lost_fields, rest_args, seed_at, why_anew
from util.engines.loops import TOKENS
from util.engines.vllm.decoding import whole_text
from util.records import LENGTH, NOTHING_YET, REPETITION, STOP, Increment, Partial, Response, Usage
from util.system.advice import rerun
from util.system.errors import UserError
from util.system.noise import explained

if TYPE_CHECKING:
    from util.engines.vllm.engine import VllmEngine


@dataclass
class _Running:
    """A request in flight. limit: tokens of the whole response. ids: its tokens so far; those before ``start`` are of an
    earlier run, those before ``written`` are kept elsewhere. continued, logprob: see ``Partial``, at the start. anew: why
    tokens of an earlier run were of no use; lost: how many.
    """

    number: int
    request: Request
    prompt: list[int]
    limit: int
    ids: list[int] = field(default_factory=list)
    start: int = 0
    written: int = 0
    continued: list[int] = field(default_factory=list)
    logprob: float | None = 0.0
    anew: str = ""
    lost: int = 0
    texts: list[str] = field(default_factory=list)
    rest_logprob: float | None = None

    @property
    def total_logprob(self) -> float | None:
        if not self.request.sampling.logprobs or self.logprob is None:
            return None
        return self.logprob + (self.rest_logprob or 0.0)

    def increment(self) -> Increment:
        """What was gained since the last increment."""
        found = Increment(self.ids[self.written :], list(self.continued), self.total_logprob, start=self.written)
        self.written = len(self.ids)
        return found


class Session:
    """Requests in flight at one engine, each under a number that the caller chooses.

    every: tokens of a response after which ``increments`` returns them; 0 is never.
    """

    def __init__(self, engine: VllmEngine, every: int = 0) -> None:
        self._engine = engine
        self._every = every
        # vLLM tells the first token at once, and then every so many: one less than may be lost.
        self._interval = max(1, every - 1) if every else 0
        self.running: dict[str, _Running] = {}
        """vLLM's name of a request -> the request."""
        self._grown: list[_Running] = []

    def add(self, number: int, request: Request) -> Completion | None:
        """Hand a request to the engine; returns its completion if there is nothing to generate."""
        prompt = self._engine.token_ids(request.messages)
        space = self._engine.max_model_len - len(prompt)
        if space < 1:
            return Completion.failed(
                request,
                f"prompt of {len(prompt)} tokens does not fit the context of {self._engine.max_model_len} tokens",
                final=True,
            )
        limit = min(request.sampling.max_tokens, space)
        running = _begun(number, request, prompt, limit)
        if running.start >= limit:
            return self._completion(running, LENGTH, stop_token=False)
        name = self._engine.next_name()
        params = self._params(request, running.start, limit)
        tokens = {"prompt_token_ids": prompt + running.ids}
        self._engine.llm.llm_engine.add_request(name, tokens, params, lora_request=self._engine.lora)
        self.running[name] = running
        return None

    def _params(self, request: Request, position: int, limit: int) -> Any:
        """The sampling parameters of a response from ``position`` on."""
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        sampling = request.sampling
        seed = sampling.seed if self._engine.seeds_by_position else seed_at(sampling.seed, position)
        interval = self._interval or (TOKENS.every if sampling.stop_loops else 0)
        streams: dict[str, Any] = {"output_kind": RequestOutputKind.DELTA}
        if "stream_interval" in SamplingParams.__struct_fields__:
            streams["stream_interval"] = interval
        else:  # vLLM 0.23: of the engine, and read as a request is added
            self._engine.llm.llm_engine.output_processor.stream_interval = interval
        whole = {"output_kind": RequestOutputKind.FINAL_ONLY}
        return SamplingParams(
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            max_tokens=limit - position,
            seed=seed,
            logprobs=0 if sampling.logprobs else None,
            **(streams if interval else whole),
            **({"skip_special_tokens": False} if self._engine.apart is not None else {})
            | rest_args(sampling.args, position),
        )

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
            raise explained(_engine_error(error)) from error
        found = []
        for output in outputs:
            running, choice = self.running[output.request_id], output.outputs[0]
            running.ids += choice.token_ids
            running.texts.append(choice.text)
            running.rest_logprob = choice.cumulative_logprob
            if output.finished:
                del self.running[output.request_id]
                stop_token = choice.finish_reason == STOP and not isinstance(choice.stop_reason, str)
                found.append((running.number, self._completion(running, choice.finish_reason, stop_token=stop_token)))
                continue
            if running.request.sampling.stop_loops and TOKENS.pattern(running.ids):
                self._engine.llm.llm_engine.abort_request([output.request_id])
                del self.running[output.request_id]
                found.append((running.number, self._completion(running, REPETITION, stop_token=False)))
            elif 0 < self._interval <= len(running.ids) - running.written:
                self._grown.append(running)
        return found

    def increments(self) -> list[tuple[int, Request, Increment]]:
        """(number, request, increment) of what has gained enough in the last step."""
        grown, self._grown = self._grown, []
        return [(running.number, running.request, running.increment()) for running in grown]

    def tails(self) -> list[tuple[int, Request, Increment]]:
        """What the engine has made since the last increments, for a run that ends: an abort would drop it."""
        if not self._every:
            return []
        processor = self._engine.llm.llm_engine.output_processor
        found = []
        for name, running in self.running.items():
            inner = processor.external_req_ids.get(name) or [name]
            state = processor.request_states.get(inner[0])
            if state is None or state.detokenizer is None:
                continue
            made = [*running.ids[: running.start], *state.detokenizer.output_token_ids]
            if len(made) > running.written:
                running.ids = made
                if state.logprobs_processor is not None:
                    running.rest_logprob = state.logprobs_processor.cumulative_logprob
                found.append((running.number, running.request, running.increment()))
        return found

    def abort(self) -> None:
        """Abort what is in flight."""
        if self.running:
            self._engine.llm.llm_engine.abort_request(list(self.running))
            self.running.clear()

    def _completion(self, running: _Running, reason: str | None, *, stop_token: bool) -> Completion:
        request = running.request
        usage = Usage(len(running.prompt), len(running.ids))
        if reason not in (STOP, LENGTH, REPETITION):
            return Completion.failed(request, f"vLLM ended the request: {reason}", final=False, usage=usage)
        text = "".join(running.texts)
        if running.start:
            params = self._params(request, 0, running.limit)
            text, end = whole_text(self._engine.tokenizer, running.prompt, running.ids, params, stop_token=stop_token)
            reason = STOP if end is not None else reason
        if self._engine.apart is not None:
            text = self._engine.apart.content(running.prompt, text)
        response = Response(
            content=text,
            finish_reason=reason,
            usage=usage,
            seed=request.sampling.seed,
            logprob=running.total_logprob,
            continued=tuple(running.continued),
            extra=lost_fields(running.anew, running.lost),
        )
        cut = Partial(running.ids, logprob=running.total_logprob) if reason == LENGTH else None
        return Completion(request.sample, response, cut, running.start)


def _begun(number: int, request: Request, prompt: list[int], limit: int) -> _Running:
    """The request as it starts: with the tokens of an earlier run, where it can go on from them."""
    partial = request.partial or NOTHING_YET
    running = _Running(number, request, prompt, limit)
    if not partial.ids:
        return running
    if why := why_anew(request.sampling.args):
        running.anew, running.lost = why, len(partial.ids)
        return running
    running.ids = list(partial.ids[:limit])
    running.start, running.written = len(running.ids), min(partial.logged, limit)
    running.continued = [*partial.continued, running.start] if running.start < limit else list(partial.continued)
    running.logprob = partial.logprob
    return running


def _engine_error(error: Exception) -> UserError:
    return UserError(
        f"The vLLM engine failed: {type(error).__name__}: {str(error)[:400]}. Every finished response is "
        f"kept; {rerun()} to continue (--debug shows the traceback; when memory ran out, "
        "lower --max-model-len or --gpu-memory-utilization)."
    )
