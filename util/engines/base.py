"""What every engine takes and gives back.

An engine turns an iterable of requests into completions, each yielded as soon as
it is finished, in whatever order they finish. It takes from the iterable only as
fast as it can work, so that a million rows need no more memory than a hundred.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct

from util.records import ERROR, Increment, Message, Partial, Response, SampleId, Usage

Note = dict[str, Any]
"""What an engine keeps in the journal besides completions, as plain JSON values."""


class Sampling(Struct, frozen=True):
    """How one completion is sampled.

    temperature 0 is greedy decoding. max_tokens bounds the completion alone.
    seed is None where it has no effect (greedy decoding, o1-type APIs). logprobs: also return the
    completion's log-probability. args: further parameters by vLLM's names (top_k, min_p, stop ...). thinking_budget: tokens
    after which a thought that goes on is closed; answer_lead: with what the answer begins then. stop_loops: end a response
    that repeats itself without end, see ``loops``.
    """

    temperature: float
    top_p: float = 1.0
    max_tokens: int = 32768
    seed: int | None = None
    logprobs: bool = False
    args: dict[str, Any] = {}
    thinking_budget: int | None = None
    answer_lead: str = ""
    stop_loops: bool = False


class Request(Struct, frozen=True):
    """One completion to make.

    The sample's temperature is the one in the result file; the sampling's may differ (a rewrite
    belongs to the response that it rewrites). partial: what earlier runs have made of the response.
    """

    sample: SampleId
    messages: list[Message]
    sampling: Sampling
    partial: Partial | None = None


class Completion(Struct, frozen=True):
    """The response to one request, or the record of its failure.

    cut: what a run with a higher token limit goes on from, where this one has cut the response and the engine tells its
    tokens. reused: how many of its tokens were made before. paid: what the request has cost that finished it, where that is
    not the response's usage.
    """

    sample: SampleId
    response: Response
    cut: Partial | None = None
    reused: int = 0
    paid: Usage | None = None

    @classmethod
    def failed(
        cls, request: Request, error: str, *, final: bool, usage: Usage | None = None, partial: str = ""
    ) -> Completion:
        """The completion that records why ``request`` has no text.

        final: whether another try could not help. usage: the tokens of answers that could not be used. partial: the
        text of an answer that broke off.
        """
        response = Response(
            content="",
            finish_reason=ERROR,
            seed=request.sampling.seed,
            error=error,
            final=final,
            usage=usage or Usage(),
            extra={"partial_text": partial} if partial else {},
        )
        return cls(request.sample, response)


class Engine(Protocol):
    """Anything that can generate. ``describe`` goes into the manifest."""

    def describe(self) -> dict[str, Any]: ...

    def generate(self, requests: Iterable[Request]) -> AsyncGenerator[Completion, None]: ...

    def close(self) -> None: ...


@runtime_checkable
class Draining(Protocol):
    """An engine whose answers are paid for: when interrupted, it finishes what is in flight."""

    drain_seconds: float

    def stop(self) -> None: ...


class PartialLog(Protocol):
    """Where an engine writes what responses in flight have gained. every: tokens between two increments; 0 is never."""

    every: int

    def append(self, request: Request, increment: Increment) -> None: ...

    def up_to_date(self, request: Request) -> Request:
        """The request with what the log has of its response."""


def between_travelling(every: int) -> int:
    """Tokens between two increments that travel to the log: with those on their way, hardly ever more than ``every``.

    >>> between_travelling(512)
    448
    """
    return every - every // 8


@runtime_checkable
class Continuing(Protocol):
    """An engine that writes what its responses have gained, and goes on from a request's ``partial``."""

    def keep(self, log: PartialLog) -> None: ...


class Tokens(Protocol):
    """What a model's tokenizer and chat template make of texts; see ``Tokenizing``."""

    async def ids(self, text: str) -> list[int]:
        """The tokens of a part of a response; markers of a thought become their special tokens."""

    async def decoded(self, ids: list[int]) -> str:
        """The text of these tokens, special tokens included."""

    async def prompt_end(self, messages: list[Message]) -> str:
        """The end of the prompt, special tokens included: the template may have opened a thought there."""

    async def of_response(self, messages: list[Message], content: str) -> Partial:
        """A response of which only the record's text is known, as the engine would go on from it."""

    async def close(self) -> None: ...


@runtime_checkable
class Tokenizing(Protocol):
    """An engine that goes on from any tokens. Raises: UserError: its server cannot."""

    async def tokens(self) -> Tokens: ...


class Outlay(Struct, frozen=True):
    """What a run has spent so far, in dollars, None where the price is not known; and in tokens of both kinds.

    All but the limit are of one benchmark where a run has several. projected: at its end, None before an answer tells.
    others: by earlier benchmarks of the run. before: by earlier runs that count against the limit.
    """

    spent: float | None
    tokens: int
    projected: float | None = None
    limit: float | None = None
    before: float = 0.0
    others: float = 0.0


class Spending(Protocol):
    """What a run costs; see ``prices.Budget``."""

    price: tuple[float, float] | None
    spent: float
    before: float
    whole_folder: bool
    prompt_tokens: int
    completion_tokens: int

    def cost(self, prompt: float, completion: float) -> float: ...

    def mark(self) -> None: ...

    def outlay(self, left: int) -> Outlay: ...

    def summary(self) -> str: ...


@runtime_checkable
class Paid(Protocol):
    """An engine whose answers cost money."""

    @property
    def budget(self) -> Spending: ...


@runtime_checkable
class Reporting(Protocol):
    """An engine of several parts: keys, servers, replicas."""

    def state(self) -> list[str]:
        """How they are, as "NAME: STATE" each; short enough for a line of a console."""


class Spent(Protocol):
    """Where an engine writes what its requests cost, so that a killed run's spending is known to the next one."""

    def sent(self, sample: SampleId, prompt_tokens: int, after: int = 0) -> bool:
        """A request goes out, and is paid for from here on; False where it must not, since its answer has no place.

        after: tokens of the response that were made before; they are part of the prompt.
        """

    def paid(self, sample: SampleId, usage: Usage) -> None:
        """The attempt gave no response, and has cost this: nothing where it was refused."""


@runtime_checkable
class Accounting(Protocol):
    """An engine that reports each attempt."""

    def account(self, spent: Spent) -> None: ...


@runtime_checkable
class Noting(Protocol):
    """An engine with notes in the journal, which say what a rerun must know.

    fetches_batches: whether it can fetch the batches that notes name.
    """

    @property
    def fetches_batches(self) -> bool: ...

    def attach(self, notes: list[Note], write: Callable[[Note], None]) -> None: ...


def sample_seed(seed: int, sample: SampleId) -> int:
    """A seed of 31 bits for one sample, the same in every run and on every machine.

    It depends on what is sampled, not on the order of sampling, so that a resumed
    or sliced run draws the same samples as an uninterrupted one.
    """
    name = f"{seed}\x1f{sample.label}\x1f{sample.index}\x1f{sample.key}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(name).digest()[:4], "big") >> 1
