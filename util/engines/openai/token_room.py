"""How many tokens a completion may have: what a server's messages and answers tell of contexts, prompts and limits."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from util.engines.openai.limits import limits_in
from util.engines.openai.refusals import ApiFault
from util.records import Usage

MARGIN, SPARE = 1.05, 16
"""A prompt counts as this many times its estimate, and so many tokens more, where the server has not counted it."""


@dataclass(frozen=True)
class Fitting:
    """A limit that the server would take.

    said: what to tell the user, "" where it was said. about: what that is about. too_much_at_once: for a rate limit per
    minute.
    """

    max_tokens: int
    said: str = ""
    about: str = ""
    too_much_at_once: bool = False


def leaves_fewer(context: int) -> str:
    """What to tell the user of a context that is too small."""
    return f"the server's context of {context} tokens leaves fewer than --max-tokens for a completion"


@dataclass
class TokenRoom:
    """What is known of one server's limits. context: of prompt and completion. most: of any completion.

    ratio: the server's tokens per estimated token of a prompt, as the largest seen. declared: the context that the server
    states itself. caps: whether it takes any limit up to that, and caps it by the prompt itself, as vLLM 0.32 does
    (``get_max_tokens``); so it is assumed of vLLM until it refuses one.
    """

    context: int | None = None
    most: int | None = None
    declared: int | None = None
    caps: bool = False
    ratio: float = 0.0
    _mean_ratio: float = 0.0
    _per_chunk: float = 0.0
    _seen: int = 0

    def for_request(self, wanted: int, tokens: float, given: int | None) -> int:
        """The max_tokens to send. tokens: the prompt's estimate. given: a limit worked out for this request already."""
        if given is not None:
            return given
        if self.caps and self.declared is not None:
            if wanted > self.declared:
                wanted = self.context = self.declared
        elif self.context is not None:
            prompt = tokens * (self.ratio or 1.0) * MARGIN + SPARE
            wanted = min(wanted, max(1, int(self.context - prompt)))
        return wanted if self.most is None else min(wanted, self.most)

    def granted(self, asked: int, usage: Usage) -> int:
        """What the server has granted of a limit: no more than its context leaves. usage: of the answer."""
        if self.declared is None or usage.estimated:
            return asked
        return min(asked, max(1, self.declared - usage.prompt_tokens))

    def fitting(self, tokens: float, asked: int, fault: ApiFault) -> Fitting | None:
        """What fits after a refusal; None where it names no limit that could be met.

        asked: the limit that was refused. max_tokens is below 1 where the prompt alone is too long.
        """
        limits = limits_in(fault.message, asked)
        names_prompt = re.search(r"input|prompt|messages?", fault.message, re.IGNORECASE)
        if limits.prompt and not names_prompt and max(asked, 8 * tokens) < limits.prompt < asked + 4 * tokens + 64:
            limits = replace(limits, prompt=limits.prompt - asked)  # of prompt and completion together
        if limits.per_minute is not None:
            prompt = limits.prompt or tokens * MARGIN
            return Fitting(int(limits.per_minute - prompt), too_much_at_once=True)
        if fault.status == 429:
            return None
        if limits.prompt is not None and tokens:
            self.ratio = max(self.ratio, limits.prompt / tokens)
        if limits.context is not None:
            return self._within_context(limits.context, limits.prompt, tokens, asked)
        if limits.completion is not None:
            known = self.most is not None and self.most <= limits.completion
            self.most = min(self.most or limits.completion, limits.completion)
            said = f"the server allows at most {self.most} tokens per completion, fewer than --max-tokens"
            return Fitting(self.most, "" if known else said, "completions")
        if self.declared is not None:
            return self._within_context(self.declared, None, tokens, asked)
        if not self._halves(fault, asked):
            return None
        return Fitting(asked // 2, "the server allows fewer tokens than --max-tokens; half as many are tried", "half")

    def _within_context(self, context: int, prompt: int | None, tokens: float, asked: int) -> Fitting:
        known = self.context == context
        self.context = context
        counted = prompt if prompt is not None else tokens * max(self.ratio, 1.0) * MARGIN + SPARE
        room = int(context - counted)
        if room >= asked:  # the server counts otherwise than it says
            room = asked - max(SPARE, asked // 20)
        if prompt is None and room < 1 < asked // 2:
            room = asked // 2  # an estimate is no reason to give a row up
        if room >= 1:  # else the prompt alone is too long, which tells nothing of caps
            self.caps = False
        return Fitting(room, "" if known or room < 1 else leaves_fewer(context), "context")

    @staticmethod
    def _halves(fault: ApiFault, asked: int) -> bool:
        words = fault.message.lower()
        about_completion = any(
            word in words for word in ("max_tokens", "completion", "output", "requested", "total", "generat")
        )
        return asked > 64 and about_completion

    # -- counting where the server does not --------------------------------------------------------------------------

    def saw(self, tokens: float, usage: Usage) -> None:
        """An answer with the server's own count of its prompt."""
        if usage.estimated or not tokens or not usage.prompt_tokens:
            return
        ratio = usage.prompt_tokens / tokens
        self.ratio = max(self.ratio, min(ratio, 4.0))
        self._seen += 1
        self._mean_ratio += (ratio - self._mean_ratio) / self._seen

    def heard(self, chunks: int, usage: Usage) -> None:
        """A stream with the server's own count of its completion."""
        if not usage.estimated and chunks and usage.completion_tokens:
            each = usage.completion_tokens / chunks
            self._per_chunk += (each - self._per_chunk) / min(max(self._seen, 1), 100)

    def prompt_tokens(self, tokens: float) -> int:
        """The prompt's tokens, by the server's usual count."""
        return round(tokens * (self._mean_ratio or 1.0))

    def tokens_of_chunks(self, chunks: int) -> float:
        """Tokens of so many pieces of a stream; 0 where no stream has been counted yet."""
        return chunks * self._per_chunk
