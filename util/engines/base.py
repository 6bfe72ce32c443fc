"""What every engine takes and gives back.

An engine turns an iterable of requests into completions, each yielded as soon as
it is finished, in whatever order they finish. It takes from the iterable only as
fast as it can work, so that a million rows need no more memory than a hundred.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

FinishReason = Literal["stop", "length", "error"]
Message = dict[str, str]
Note = dict[str, Any]
"""What an engine remembers in the journal, beside completions."""


@dataclass(frozen=True)
class Sampling:
    """How one completion is sampled.

    temperature 0 is greedy decoding. max_tokens bounds the completion alone.
    seed is None where it has no effect (greedy decoding, o1-type APIs). logprobs: also tell how likely
    the completion was.
    """

    temperature: float
    top_p: float = 1.0
    max_tokens: int = 32768
    seed: int | None = None
    logprobs: bool = False

    @property
    def label(self) -> str:
        """The key of this temperature in a result file: "0.7", "0" or "1"."""
        return temperature_label(self.temperature)


@dataclass(frozen=True)
class Request:
    """One completion to make. (key, temperature, sample_index) names it.

    filed_under: the temperature in the result file where it is not the sampling's
    own (a rewrite belongs to the response that it rewrites).
    """

    key: str
    messages: list[Message]
    sampling: Sampling
    sample_index: int = 0
    filed_under: str = ""

    @property
    def temperature(self) -> str:
        return self.filed_under or self.sampling.label


@dataclass(frozen=True)
class Usage:
    """Tokens of one completion, as the engine counted them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True)
class Completion:
    """One finished completion, or one request that failed for good.

    With finish_reason "error" the text is empty and ``error`` says why; ``final``
    tells whether another try could not help (a prompt that is too long), in
    which case a rerun leaves the request alone. logprob: the sum over its tokens, if it was asked for.
    """

    key: str
    temperature: str
    sample_index: int
    text: str
    finish_reason: FinishReason
    usage: Usage = field(default_factory=Usage)
    seed: int | None = None
    error: str = ""
    final: bool = True
    logprob: float | None = None

    @classmethod
    def failed(cls, request: Request, error: str, *, final: bool) -> Completion:
        """The completion that records why ``request`` has no text."""
        return cls(
            request.key,
            request.temperature,
            request.sample_index,
            text="",
            finish_reason="error",
            seed=request.sampling.seed,
            error=error,
            final=final,
        )


class Engine(Protocol):
    """Anything that can generate. ``describe`` goes into the manifest."""

    def describe(self) -> dict[str, Any]: ...

    def generate(self, requests: Iterable[Request]) -> AsyncGenerator[Completion, None]: ...

    def close(self) -> None: ...


@runtime_checkable
class Draining(Protocol):
    """An engine whose answers are paid for: at an interruption it finishes what is in flight."""

    drain_seconds: float

    def stop(self) -> None: ...


class Spending(Protocol):
    """What a run costs; see ``prices.Budget``."""

    def projection(self, left: int) -> str: ...


@runtime_checkable
class Paid(Protocol):
    """An engine whose answers cost money."""

    @property
    def budget(self) -> Spending: ...


@runtime_checkable
class Noting(Protocol):
    """An engine whose work outlives the process: it notes in the journal what a rerun must know."""

    def attach(self, notes: list[Note], write: Callable[[Note], None]) -> None: ...


def temperature_label(temperature: float) -> str:
    """0.7 -> "0.7", 1.0 -> "1", 0.0 -> "0": one spelling for one number."""
    return f"{temperature:g}"


def sample_seed(seed: int, key: str, temperature: str, sample_index: int) -> int:
    """A seed of 31 bits for one sample, the same in every run and on every machine.

    It depends on what is sampled, not on the order of sampling, so that a resumed
    or sliced run draws the same samples as an uninterrupted one.
    """
    name = f"{seed}\x1f{temperature}\x1f{sample_index}\x1f{key}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(name).digest()[:4], "big") >> 1
