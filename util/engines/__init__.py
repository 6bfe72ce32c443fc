"""Engines: vLLM in this process, or an OpenAI-compatible API.

``make_engine`` imports only the one that is asked for.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from util.engines.base import Engine, Request
from util.engines.prices import BATCH_DISCOUNT, Budget, price_of
from util.system.errors import UserError

API_PREFIX = "openai/"


@dataclass(frozen=True)
class EngineOptions:
    """What the command line says about the engine; None leaves the engine's default."""

    model: str
    backend: str | None = None
    tensor_parallel: int = 1
    max_model_len: int | None = None
    dtype: str = "auto"
    gpu_memory_utilization: float | None = None
    max_num_seqs: int | None = None
    base_url: str | None = None
    keys: Path | None = None
    concurrency: int | None = None
    max_retries: int = 6
    rpm: int | None = None
    tpm: int | None = None
    max_cost: float | None = None
    price: tuple[float, float] | None = None
    batch: bool = False
    batch_poll: float = 30.0
    num_replicas: int | None = None
    ray_address: str | None = None

    @property
    def is_api(self) -> bool:
        return self.backend == "openai" or (self.backend is None and self.model.startswith(API_PREFIX))

    @property
    def api_model(self) -> str:
        return self.model.removeprefix(API_PREFIX)

    def budget(self) -> Budget:
        """Prices and limit of this run.

        Raises:
            UserError: a limit without a price.
        """
        price = self.price or price_of(self.api_model)
        if self.max_cost is not None and price is None:
            raise UserError(
                f"The price of {self.api_model} is not known: --max-cost needs --price-input and --price-output."
            )
        if self.batch and price is not None:
            price = (price[0] * BATCH_DISCOUNT, price[1] * BATCH_DISCOUNT)
        return Budget(price, self.max_cost)

    def plan(self) -> str:
        """One line that tells what would run."""
        if self.is_api:
            parallel = f"{self.concurrency} at a time" if self.concurrency else "as many at a time as the keys allow"
            if self.batch:
                parallel = "through the Batch API at half the price"
            return f"OpenAI-compatible API, model {self.api_model}, {parallel}"
        context = self.max_model_len or "of the model"
        if self.backend == "ray":
            replicas = f"{self.num_replicas} replicas" if self.num_replicas else "as many replicas as fit"
            where = self.ray_address or os.environ.get("RAY_ADDRESS") or "this machine"
            return f"vLLM on Ray ({where}), {replicas}, each tensor parallel {self.tensor_parallel}, context {context}"
        return f"vLLM, tensor parallel {self.tensor_parallel}, dtype {self.dtype}, context {context}"


@contextlib.contextmanager
def spending(engine: Engine, expected: Callable[[Request], float] | None = None) -> Iterator[None]:
    """Say at the end, however it comes, what an API's engine has spent. expected: see ``Budget``."""
    budget = getattr(engine, "budget", None)
    if budget is not None and expected is not None:
        budget.expected = expected
    try:
        yield
    finally:
        if budget is not None:
            print(budget.summary(), file=sys.stderr)


def leave_cluster() -> None:
    """Disconnect from a Ray cluster, if there is a connection: it writes to standard output at any time."""
    if "ray" in sys.modules:
        sys.modules["ray"].shutdown()


def _careful(budget: Budget) -> Budget:
    """Whole batches go out before the first answer: a request may take all that it is allowed."""
    budget.expected = lambda request: request.sampling.max_tokens
    return budget


def make_engine(options: EngineOptions) -> Engine:
    """Load the engine.

    Raises:
        UserError: it cannot start; says why and what to do.
    """
    if options.batch and not options.is_api:
        raise UserError("--batch needs an API's model: --model openai/NAME.")
    if options.batch:
        from util.engines.openai.batch_engine import BatchEngine

        return BatchEngine(
            options.api_model,
            base_url=options.base_url,
            keys=options.keys,
            budget=_careful(options.budget()),
            max_retries=options.max_retries,
            poll=options.batch_poll,
        )
    if options.is_api:
        from util.engines.openai.engine import ApiLimits, OpenAIEngine

        return OpenAIEngine(
            options.api_model,
            base_url=options.base_url,
            keys=options.keys,
            limits=ApiLimits(options.concurrency, options.rpm, options.tpm, options.max_retries),
            budget=options.budget(),
        )
    from util.engines.vllm.load_model import VllmConfig

    config = VllmConfig(
        options.model,
        options.tensor_parallel,
        options.max_model_len,
        options.dtype,
        options.gpu_memory_utilization,
        options.max_num_seqs,
    )
    if options.backend == "ray":
        from util.engines.ray.engine import RayEngine

        return RayEngine(config, num_replicas=options.num_replicas, address=options.ray_address)
    from util.engines.vllm.engine import VllmEngine

    return VllmEngine(config)
