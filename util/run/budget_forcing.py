"""Thinking budgets: a thought that reaches its budget is closed, and the answer asked for (budget forcing).

A response is made in two stages, each an ordinary request: the first has the budget as its limit; the second goes on from
its tokens, behind the words that close the thought. What holds for responses that go on (token ids, seeds, the journal of
partial responses) holds here, on every engine. The method is that of s1 (arXiv 2501.19393). vLLM's own budget
(``thinking_token_budget``) needs a configured parser, and differs between its model runners.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass

from msgspec.structs import replace as changed

from util.engines.base import Accounting, Completion, Engine, Request, Spent, Tokens
from util.prompting.prompts import THOUGHT_STOPS
from util.records import LENGTH, THOUGHT_CUT, Partial, SampleId, Usage
from util.run.interrupt import completions
from util.run.keeping import KeptPartials, tokens_of
from util.text.thought import SOLUTION_BEGIN, THINK_END, THOUGHT_END, closing_of


async def within_budget(
    engine: Engine, requests: Iterable[Request], kept: KeptPartials, spent: Spent
) -> AsyncGenerator[Completion, None]:
    """Like ``completions``, of requests with a thinking budget. spent: where a first stage's cost is written.

    Raises:
        UserError: the engine cannot go on from tokens.
    """
    first = next(requests := iter(requests), None)
    if first is None:
        return
    tokens = await tokens_of(engine, "--thinking-budget")
    stages = _Stages(tokens, kept, spent if isinstance(engine, Accounting) else None)
    try:
        source: Iterable[Request] = itertools.chain([first], requests)
        while True:
            async with aclosing(completions(engine, stages.of(source))) as stream:
                async for completion in stream:
                    if (found := await stages.after(completion)) is not None:
                        yield found
            source = ()
            if not stages.waiting:
                return
    finally:
        await tokens.close()


class _Stages:
    """The requests of both stages. waiting: those of the second one that have not been sent."""

    def __init__(self, tokens: Tokens, kept: KeptPartials, spent: Spent | None) -> None:
        self.waiting: deque[Request] = deque()
        self._tokens, self._kept, self._spent = tokens, kept, spent
        self._prompt_end: str | None = None
        self._first: dict[SampleId, Request] = {}
        self._second: dict[SampleId, _Cut] = {}
        self._resumed: dict[SampleId, Request] = {}  # an earlier run was in their second stage

    def of(self, requests: Iterable[Request]) -> Iterator[Request]:
        """The requests to send: second stages before fresh ones."""
        for request in requests:
            yield from self._ready()
            budget = request.sampling.thinking_budget
            have = request.partial.tokens if request.partial is not None else 0
            if budget is None or have > budget:
                if budget is not None:
                    self._resumed[request.sample] = request
                yield request
            else:
                self._first[request.sample] = request
                yield changed(request, sampling=changed(request.sampling, max_tokens=budget))
        yield from self._ready()

    def _ready(self) -> Iterator[Request]:
        while self.waiting:
            yield self.waiting.popleft()

    async def after(self, completion: Completion) -> Completion | None:
        """The completion as it is recorded; None where it was a first stage whose second one follows."""
        sample, response, cut = completion.sample, completion.response, completion.cut
        first = self._first.pop(sample, None)
        if (earlier := self._resumed.pop(sample, None)) is not None:
            return await self._marked(completion, earlier)
        if first is None:
            return self._whole(completion)
        budget = first.sampling.thinking_budget or 0
        if response.finish_reason != LENGTH or cut is None or cut.tokens < budget:
            return completion
        closing = closing_of(await self._raw(first, cut.ids))
        if closing == "" and cut.thought and not cut.text:  # the server has told it from an answer
            closing = THINK_END
        ids = [] if closing is None else await self._tokens.ids(_forced(closing, first.sampling.answer_lead))
        self._second[sample] = _Cut(budget if ids else None, completion.reused, list(response.continued))
        partial = _with(self._logged(first, cut), ids, closing or "", first.sampling.answer_lead)
        self.waiting.append(changed(first, partial=partial))
        if self._spent is not None:
            self._spent.paid(sample, completion.paid or response.usage or Usage())
        return None

    async def _raw(self, request: Request, ids: list[int]) -> str:
        """The end of the prompt, and the response so far. The prompt's end is that of all of the model's prompts."""
        if self._prompt_end is None:
            self._prompt_end = await self._tokens.prompt_end(request.messages)
        return self._prompt_end + await self._tokens.decoded(ids)

    def _logged(self, request: Request, cut: Partial) -> Partial:
        """The first stage's tokens, and how many of them are in the journal."""
        before = self._kept.up_to_date(request).partial
        known = before is not None and cut.ids[: len(before.ids)] == before.ids
        return changed(cut, logged=before.logged if before is not None and known else 0)

    async def _marked(self, completion: Completion, request: Request) -> Completion:
        """The completion of a second stage that an earlier run had begun: where the thought was cut follows from its tokens."""
        budget, ids = request.sampling.thinking_budget or 0, request.partial.ids if request.partial is not None else []
        if completion.response.failed or not ids or closing_of(await self._raw(request, ids[:budget])) is None:
            return completion
        extra = completion.response.extra | {THOUGHT_CUT: budget}
        return changed(completion, response=changed(completion.response, extra=extra))

    def _whole(self, completion: Completion) -> Completion:
        """The completion of a second stage, with what is known of the first one."""
        cut, response = self._second.pop(completion.sample, None), completion.response
        if cut is None or response.failed:
            return completion
        extra = response.extra | ({THOUGHT_CUT: cut.position} if cut.position is not None else {})
        response = changed(response, extra=extra, continued=tuple(cut.continued))
        return changed(completion, response=response, reused=cut.reused)


@dataclass(frozen=True)
class _Cut:
    """What a second stage began with.

    position: where the thought was cut, None where it had ended itself. reused, continued: of the first stage.
    """

    position: int | None
    reused: int
    continued: list[int]


def _forced(closing: str, lead: str) -> str:
    """What is put behind a thought that is cut. closing: its marker, "" where the model has none."""
    if not closing:
        return f"\n\n{lead}"
    behind = f"{closing}\n\n{SOLUTION_BEGIN}" if closing == THOUGHT_END else closing
    return f"\n\n{THOUGHT_STOPS}\n{behind}\n\n{lead}"


def _with(cut: Partial, ids: list[int], closing: str, lead: str) -> Partial:
    """A cut response with the tokens that close it. Its text and thought are known where a server has told them."""
    if not ids:
        return cut
    if cut.thought and not cut.text:
        parts = {"thought": f"{cut.thought}\n\n{THOUGHT_STOPS}", "text": lead}
    else:
        parts = {"text": cut.text + _forced(closing, lead)} if cut.text else {}
    return changed(cut, ids=cut.ids + ids, **parts)
