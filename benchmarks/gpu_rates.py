"""The steps of ``gpu_check`` that compare tokens per second: pipeline and ``LLM.chat``, one Ray replica and plain vLLM."""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from importlib.util import find_spec
from typing import Any

from msgspec.structs import replace as changed

from benchmarks.gpu_setup import CONTEXT, Job, StepFailedError, StepResult, StepSkippedError, step_command
from benchmarks.pipeline_throughput import SEED, make_work, run_once
from benchmarks.ray_overhead import requests
from util.engines.base import Request, Sampling
from util.engines.chat import chat_dicts
from util.engines.options import RayOptions, VllmOptions
from util.records import SampleId
from util.run.work import Work
from util.system.project import ROOT

IGNORE_EOS = {"ignore_eos": True}
WARM_UP_TOKENS = 16


@dataclass(frozen=True)
class MixedWork(Work):
    """Work whose responses differ in length. lengths: key of a row -> tokens."""

    lengths: dict[str, int] = field(default_factory=dict)

    def samples(self, key: str) -> Iterator[tuple[SampleId, Sampling]]:
        for sample, how in super().samples(key):
            yield sample, changed(how, max_tokens=self.lengths[key])


def engine_options(job: Job) -> VllmOptions:
    return VllmOptions(
        max_model_len=CONTEXT, max_num_seqs=job.sizes.sequences, engine_args={"load_format": "dummy"}
    )  # fmt: skip


def mixed_work(count: int, shortest: int, longest: int) -> MixedWork:
    """Prompts whose responses have evenly spread lengths, in random order."""
    work = make_work(count, longest, "Explain each step.", **IGNORE_EOS)
    lengths = [round(shortest + number * (longest - shortest) / (count - 1)) for number in range(count)]
    random.Random(SEED).shuffle(lengths)
    same = {each.name: getattr(work, each.name) for each in fields(work)}
    return MixedWork(**same, lengths=dict(zip(work.rows, lengths, strict=True)))


def plain_chat(work: Work, engine: Any) -> float:
    """Seconds of ``LLM.chat`` for the requests of ``work``."""
    from vllm import SamplingParams

    engine.llm.reset_prefix_cache()  # so that every run starts alike
    found = list(work.requests_of(work.rows.items()))
    conversations = [chat_dicts(request.messages) for request in found]
    params = [
        SamplingParams(temperature=0.0, max_tokens=request.sampling.max_tokens, **IGNORE_EOS) for request in found
    ]
    start = time.perf_counter()
    outputs = engine.llm.chat(conversations, params, use_tqdm=False)
    seconds = time.perf_counter() - start
    _check_tokens("LLM.chat", sum(len(output.outputs[0].token_ids) for output in outputs), work)
    return seconds


def pipeline(work: Work, engine: Any) -> float:
    """Seconds of the pipeline, with its journals, for the same."""
    run = run_once(work, engine)
    _check_tokens("the pipeline", run.tokens, work)
    return run.seconds


def _wanted(work: Work) -> int:
    return sum(how.max_tokens for key in work.rows for _, how in work.samples(key))


def _check_tokens(name: str, made: int, work: Work) -> None:
    if made != _wanted(work):
        raise StepFailedError(f"{name} made {made} tokens, not {_wanted(work)}")


def overhead(job: Job) -> StepResult:
    """The tokens per second of the pipeline and of ``LLM.chat``, by turns on one engine."""
    from util.engines.vllm.engine import VllmEngine

    start = time.monotonic()
    engine = VllmEngine(str(job.model), engine_options(job))
    loading = time.monotonic() - start
    brief = mixed_work(job.sizes.prompts, WARM_UP_TOKENS, WARM_UP_TOKENS)
    plain_chat(brief, engine)
    pipeline(brief, engine)
    work = mixed_work(job.sizes.prompts, job.sizes.shortest, job.sizes.longest)
    seconds: dict[str, list[float]] = {"LLM.chat": [], "pipeline": []}
    ways: list[tuple[str, Callable[[Work, Any], float]]] = [("LLM.chat", plain_chat), ("pipeline", pipeline)]
    for number in range(job.sizes.rounds):
        start = time.monotonic()
        for name, way in ways if number % 2 == 0 else reversed(ways):
            seconds[name].append(way(work, engine))
        if job.left < 1.2 * (time.monotonic() - start):  # no time for another round
            break
    described = engine.describe() | {"model_runner": "V2" if engine.seeds_by_position else "V1"}
    engine.close()
    rates = {name: [_wanted(work) / each for each in found] for name, found in seconds.items()}
    ratio = statistics.median(rates["pipeline"]) / statistics.median(rates["LLM.chat"])
    lines = [f"{name:<9}{_rates(found)}" for name, found in rates.items()]
    lines.append(f"pipeline / LLM.chat: {ratio:.3f}; {len(work.rows)} prompts, {_wanted(work):,} tokens a run")
    batch, runner = described["max_num_seqs"], described["model_runner"]
    lines.append(f"engine loaded in {loading:.1f} s; {described['dtype']}, batch {batch}, model runner {runner}")
    return StepResult(lines, {"ratio": ratio, "tokens_per_second": rates, "load_seconds": loading, "engine": described})


def _rates(found: list[float]) -> str:
    return f"{statistics.median(found):>8,.0f} tokens/s ({', '.join(f'{each:,.0f}' for each in found)})"


def ray(job: Job) -> StepResult:
    """One Ray replica against plain vLLM: the same requests, one engine after the other."""
    if find_spec("ray") is None:
        raise StepSkippedError("Ray is not installed (pip install -e '.[ray]')")
    rates: dict[str, list[float]] = {}
    for name, part in (("plain", "ray-plain"), ("replica", "ray-replica")):
        result = job.folder / f"{name}.json"
        words = step_command(part, job, job.folder, result, job.left)
        subprocess.run(words, cwd=ROOT, stdin=subprocess.DEVNULL, check=False)
        found = json.loads(result.read_text()) if result.exists() else {}
        if "figures" not in found:
            raise StepFailedError(f"{name}: {found.get('reason', 'its process died')}")
        rates[name] = found["figures"]["rates"]
    ratio = statistics.median(rates["replica"]) / statistics.median(rates["plain"])
    lines = [f"{name:<9}{_rates(each)}" for name, each in rates.items()]
    size = f"{job.sizes.requests} requests of {job.sizes.request_tokens} tokens"
    return StepResult([*lines, f"replica / plain: {ratio:.3f}; {size}"], {"ratio": ratio, "tokens_per_second": rates})


def ray_part(job: Job, *, replica: bool) -> StepResult:
    """Tokens per second of one of the two engines. On a CPU each has one core."""
    engine = _replica(job) if replica else _plain(job)

    async def made(count: int, tokens: int, mark: str) -> float:
        start, total = time.perf_counter(), 0
        async for completion in engine.generate(map(_whole, requests(count, tokens, mark))):
            if completion.response.usage is None or completion.response.failed:
                raise StepFailedError(f"a request failed: {completion.response.error}")
            total += completion.response.usage.completion_tokens
        if total != count * tokens:
            raise StepFailedError(f"{total} tokens, not {count * tokens}")
        return total / (time.perf_counter() - start)

    count, tokens = job.sizes.requests, job.sizes.request_tokens
    asyncio.run(made(count, WARM_UP_TOKENS, "warm"))
    rates = [asyncio.run(made(count, tokens, f"round {number}")) for number in range(2)]
    engine.close()
    return StepResult([], {"rates": rates})


def _whole(request: Request) -> Request:
    return changed(request, sampling=changed(request.sampling, args=IGNORE_EOS))


def _plain(job: Job) -> Any:
    from util.engines.vllm.engine import VllmEngine

    return VllmEngine(str(job.model), engine_options(job))


def _replica(job: Job) -> Any:
    if not job.gpu:  # a cluster of one core, as plain vLLM has by its environment
        import ray

        from util.engines.ray.cluster import runtime_env

        ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False, runtime_env=runtime_env())
    from util.engines.ray.engine import RayEngine

    return RayEngine(str(job.model), engine_options(job), RayOptions(num_replicas=1))
