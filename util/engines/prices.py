"""What requests cost: a dated table, estimates before, exact sums after.

Prices are dollars per million tokens, as published by OpenAI on the date below; for other
models, or when they change, give --price-input and --price-output.
"""

from __future__ import annotations

from dataclasses import dataclass

from util.engines.base import Request, Usage

DATE = "2026-11"
PRICES = {
    "gpt-4o-mini": (0.15, 0.60),
    "gpt-4o": (2.50, 10.00),
    "gpt-4.1": (2.00, 8.00),
    "gpt-4.1-mini": (0.40, 1.60),
    "gpt-4.1-nano": (0.10, 0.40),
    "o1": (15.00, 60.00),
    "o1-mini": (1.10, 4.40),
    "o3": (2.00, 8.00),
    "o3-mini": (1.10, 4.40),
    "o4-mini": (1.10, 4.40),
}
"""Model -> (input, output)."""

CHARACTERS_PER_TOKEN = 3.5
"""Where no tokenizer can be loaded; English and mathematics."""


@dataclass
class Budget:
    """Prices of a run and what it has spent; dollars. price: None where it is not known."""

    price: tuple[float, float] | None = None
    limit: float | None = None
    spent: float = 0.0
    reserved: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def cost(self, prompt: float, completion: float) -> float:
        if self.price is None:
            return 0.0
        return (prompt * self.price[0] + completion * self.price[1]) / 1e6

    def reserve(self, request: Request) -> float:
        """Set aside what a request may cost; return it for ``release``."""
        planned = self.cost(estimated_tokens(request), request.sampling.max_tokens)
        self.reserved += planned
        return planned

    def release(self, planned: float) -> None:
        self.reserved -= planned

    def spend(self, usage: Usage) -> None:
        self.prompt_tokens += usage.prompt_tokens
        self.completion_tokens += usage.completion_tokens
        self.spent += self.cost(usage.prompt_tokens, usage.completion_tokens)


def price_of(model: str) -> tuple[float, float] | None:
    """The table's price of a model, dated variants included (gpt-4o-mini-2024-07-18)."""
    name = model.rsplit("/", 1)[-1]
    matches = [known for known in PRICES if name == known or name.startswith(f"{known}-20")]
    return PRICES[max(matches, key=len)] if matches else None


def estimated_tokens(request: Request) -> float:
    """Tokens of a request's prompt, by its length."""
    return sum(len(message["content"]) for message in request.messages) / CHARACTERS_PER_TOKEN
