"""What attempts cost: counted by the server, else estimated."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from util.engines.base import Spent
from util.engines.openai.completions import joined
from util.engines.openai.outcomes import NO_USAGE, Attempt, Done, OtherKey, Refused, Retry, added
from util.engines.openai.sending import Sending
from util.engines.openai.shapes import Heard
from util.engines.openai.sites import Site
from util.engines.prices import Budget, text_tokens
from util.records import Usage


@dataclass
class Costs:
    """The costs of a run. spent: where attempts are reported. worked: seconds that answered requests took."""

    budget: Budget
    spent: Spent | None = None
    worked: float = 0.0

    def count(self, site: Site, sending: Sending, found: Attempt, seconds: float) -> None:
        """Count the cost of an attempt, and keep the longest text that broke off."""
        if isinstance(found, Done):
            usage = found.completion.response.usage or NO_USAGE
            self.budget.spend(found.completion.paid or usage)
            site.room.saw(sending.tokens, usage)
            self.worked += seconds
            return
        usage, partial = NO_USAGE, ""
        if isinstance(found, Retry | Refused | OtherKey):
            usage, partial = found.usage, found.partial
        self.budget.spend(usage, answer=False)
        sending.wasted = added(sending.wasted, usage)
        if self.spent is not None:
            self.spent.paid(sending.request.sample, usage)
        sending.partial = max(sending.partial, partial, key=len)

    def guess(self, site: Site, sending: Sending, began: float) -> Usage:
        """The cost of an attempt of which nothing arrived: the server has worked as long as others take for so much."""
        rate = self.budget.answered_tokens / self.worked if self.worked else 0.0
        completion = min(rate * (time.monotonic() - began), sending.request.sampling.max_tokens)
        prompt = site.room.prompt_tokens(sending.tokens)
        return Usage(prompt, round(completion), {"estimated": True})


def estimate(site: Site, sending: Sending) -> Callable[[Heard], Usage]:
    """Counts the tokens of an answer where the server does not."""

    def count(heard: Heard) -> Usage:
        text = text_tokens(joined(heard)) if heard.chunks else 0.0
        completion = site.room.tokens_of_chunks(heard.chunks) or text
        return Usage(site.room.prompt_tokens(sending.tokens), round(completion), {"estimated": True})

    return count
