"""What requests cost: a dated price table, estimates before a run, exact sums during it.

Prices are dollars per million tokens, from the providers' price lists at the date below. They change:
--price-input and --price-output override the table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from util.engines.base import Outlay, Request
from util.records import Usage
from util.system.advice import rerun
from util.system.errors import UserError

DATE = "2026-04"
PRICES = {
    "gpt-4o-mini": (0.15, 0.60),
    "gpt-4o": (2.50, 10.00),
    "gpt-4.1": (2.00, 8.00),
    "gpt-4.1-mini": (0.40, 1.60),
    "gpt-4.1-nano": (0.10, 0.40),
    "o1": (15.00, 60.00),
    "o3": (2.00, 8.00),
    "o3-mini": (1.10, 4.40),
    "o4-mini": (1.10, 4.40),
}
"""Model -> (input, output)."""

BATCH_DISCOUNT = 0.5
"""Of the Batch API, on both prices."""

_ENCODING_URL = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"

FIRST_COMPLETION = 500
"""Tokens expected of a completion before the first answer."""

_PIECES = re.compile(r"\s*\n+|[^\S\n]?[A-Za-z]+|\d{1,3}|[^\S\n]?[^\sA-Za-z\d]+|\s+")
"""How tokenizers of tiktoken's kind split text before they merge bytes: words, up to three digits, signs, newlines."""


@dataclass
class Budget:
    """Prices of a run and what it has spent, in dollars.

    price: per million prompt and completion tokens, None where it is not known. limit: the run must not spend more.
    expected: completion tokens of a request before any answer is known; None is FIRST_COMPLETION for each. before: spent
    by earlier runs that count against the limit. whole_folder: whether those of the result folder do. estimated: tokens
    that no server counted, of both kinds.
    """

    price: tuple[float, float] | None = None
    limit: float | None = None
    expected: Callable[[Request], float] | None = None
    spent: float = 0.0
    answers: int = 0
    answered_tokens: int = 0
    reserved: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    before: float = 0.0
    whole_folder: bool = False
    estimated: int = 0
    _marked: tuple[float, int, int] = (0.0, 0, 0)

    def cost(self, prompt: float, completion: float) -> float:
        if self.price is None:
            return 0.0
        return (prompt * self.price[0] + completion * self.price[1]) / 1e6

    def reserve(self, request: Request, tokens: float, *, sent_before: bool = False) -> float:
        """Set aside what a request is expected to cost; return it for ``release``.

        The expected length is the mean completion so far; before the first answer it is what ``expected`` gives.
        tokens: of its prompt, as estimated. sent_before: an earlier run has sent it, so that no limit can stop it.

        Raises:
            UserError: the request would exceed the limit.
        """
        first = self.expected(request) if self.expected else FIRST_COMPLETION
        typical = self.answered_tokens / self.answers if self.answers else first
        planned = self.cost(tokens, min(typical, request.sampling.max_tokens))
        spent = self.spent + self.before
        if not sent_before and self.limit is not None and spent + self.reserved + planned > self.limit:
            scope = "by all runs in the result folder" if self.before else "by this run"
            raise UserError(
                f"--max-cost ${self.limit:g} is reached: ${spent:.4f} are spent {scope}, and the next request would exceed "
                f"the limit. Everything paid for is kept; {rerun()} to continue (see --max-cost-scope)."
            )
        self.reserved += planned
        return planned

    def mark(self) -> None:
        """From here on ``summary`` also says what is spent since."""
        self._marked = self.spent, self.prompt_tokens, self.completion_tokens

    def summary(self) -> str:
        """What this run has spent in one line; of several benchmarks also what the last one took."""
        text = self._sum(self.spent, self.prompt_tokens, self.completion_tokens)
        if self.estimated:
            text += f", {self.estimated:,} of these tokens estimated"
        if any(self._marked):
            spent, prompt, completion = self._marked
            part = self._sum(self.spent - spent, self.prompt_tokens - prompt, self.completion_tokens - completion)
            return f"{part} by this benchmark; by the run: {text.partition(': ')[2]}"
        return f"{text} by this run"

    def _sum(self, spent: float, prompt: int, completion: int) -> str:
        tokens = f"{prompt:,} prompt and {completion:,} completion tokens"
        return f"spent: ${spent:.4f} for {tokens}" if self.price else f"used: {tokens} (price unknown)"

    def outlay(self, left: int) -> Outlay:
        """What is spent, and expected in total when ``left`` answers are missing."""
        others, prompt, completion = self._marked
        tokens = self.prompt_tokens - prompt + self.completion_tokens - completion
        if self.price is None:
            return Outlay(None, tokens)
        spent = self.spent - others
        projected = spent + self.spent * left / self.answers if self.answers else None
        return Outlay(spent, tokens, projected, self.limit, self.before, others)

    def release(self, planned: float) -> None:
        """Return what ``reserve`` set aside."""
        self.reserved -= planned

    def spend(self, usage: Usage, *, answer: bool = True) -> None:
        """Count what was paid for, whether or not it can be used. answer: whether it tells how long answers are."""
        if not usage.prompt_tokens and not usage.completion_tokens:
            return
        self.prompt_tokens += usage.prompt_tokens
        self.completion_tokens += usage.completion_tokens
        self.estimated += (usage.prompt_tokens + usage.completion_tokens) if usage.estimated else 0
        self.spent += self.cost(usage.prompt_tokens, usage.completion_tokens)
        if answer:
            self.answers += 1
            self.answered_tokens += usage.completion_tokens


def price_of(model: str) -> tuple[float, float] | None:
    """The table's price of a model, dated variants included (gpt-4o-mini-2024-07-18)."""
    name = model.rsplit("/", 1)[-1]
    matches = [known for known in PRICES if name == known or name.startswith(f"{known}-20")]
    return PRICES[max(matches, key=len)] if matches else None


@dataclass(frozen=True)
class CostEstimate:
    """What a run is expected to need.

    dollars: None where no price is known. how: how tokens were counted. at_most: the completions are counted at their
    token limit.
    """

    requests: int
    prompt_tokens: int
    completion_tokens: int
    dollars: float | None
    how: str
    at_most: bool = False

    def __str__(self) -> str:
        bound = "at most" if self.at_most else "about"
        price = "price unknown (set --price-input and --price-output)"
        if self.dollars is not None:
            price = f"{bound} ${self.dollars:.4f}"
        return (
            f"{self.requests:,} requests, about {self.prompt_tokens:,} prompt tokens and {bound} "
            f"{self.completion_tokens:,} completion tokens ({self.how}); {price}"
        )


def estimate(
    requests: Iterable[Request], budget: Budget, completion: Callable[[Request], float] | None = None
) -> CostEstimate:
    """Add up what ``requests`` will need.

    completion: tokens expected of a request's completion; None is as many as it may have.
    """
    count, prompt, completions = 0, 0.0, 0.0
    for request in requests:
        limit = request.sampling.max_tokens
        count += 1
        prompt += estimated_tokens(request)
        completions += min(completion(request), limit) if completion is not None else limit
    dollars = budget.cost(prompt, completions) if budget.price else None
    how = "counted with o200k_base" if _encoding() else "counted by words and signs"
    return CostEstimate(count, round(prompt), round(completions), dollars, how, completion is None)


def estimated_tokens(request: Request) -> float:
    """Tokens of a request's prompt, including the few that the chat format adds."""
    return sum(text_tokens(message.content) + 4 for message in request.messages) + 3


def text_tokens(text: str) -> float:
    """Tokens of a text: exact where o200k_base is cached, else estimated."""
    encoding = _encoding()
    return len(encoding.encode_ordinary(text)) if encoding else float(sum(map(_tokens_of, _PIECES.findall(text))))


def _tokens_of(piece: str) -> int:
    """Tokens of one piece, where no tokenizer is available.

    Within 10 % of Mistral's Tekken on English, LaTeX, Python and model output (``benchmarks/token_estimate.py``).
    """
    core = piece.strip()
    if not core.isascii():
        return max(1, len(core.encode("utf-8", "surrogatepass")) // 3)
    if core[:1].isalpha():
        return 1 + (len(core) - 1) // 10
    return 1 if core[:1].isdigit() else max(1, (len(core) + 1) // 2)


@lru_cache(maxsize=1)
def _encoding() -> Any:
    """tiktoken's o200k_base if it is cached; it is never downloaded for an estimate."""
    import hashlib
    import os
    from pathlib import Path

    folder = os.environ.get("TIKTOKEN_CACHE_DIR")
    # tiktoken caches an encoding under the hash of its URL, and downloads it where the file is missing.
    if not folder or not (Path(folder) / hashlib.sha1(_ENCODING_URL.encode()).hexdigest()).exists():
        return None
    try:
        import tiktoken

        return tiktoken.get_encoding("o200k_base")
    except Exception:  # tiktoken raises requests' errors when it is offline
        return None
