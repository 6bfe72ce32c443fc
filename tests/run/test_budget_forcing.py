"""The two stages of a response with a thinking budget, also where an earlier run has begun the second one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from util.engines.base import Completion, Request, Sampling
from util.records import LENGTH, STOP, THOUGHT_CUT, Increment, Message, Partial, Response, SampleId, Usage
from util.results.store import ResultStore
from util.run.budget_forcing import within_budget
from util.run.keeping import KeptPartials, digest

BUDGET = 12


class Letters:
    """An engine whose tokens are characters. said: what it would say."""

    def __init__(self, said: str) -> None:
        self.said = said

    async def generate(self, requests: Iterable[Request]) -> AsyncGenerator[Completion, None]:
        for request in requests:
            start = (request.partial or Partial([])).ids
            ids = [*start, *map(ord, self.said[len(start) :])] if len(start) <= BUDGET else [*start, ord("9")]
            limit = request.sampling.max_tokens
            reason = LENGTH if len(ids) > limit else STOP
            text = "".join(map(chr, ids[:limit]))
            response = Response(content=text, finish_reason=reason, usage=Usage(1, len(ids[:limit])))
            yield Completion(request.sample, response, Partial(ids[:limit]) if reason == LENGTH else None, len(start))

    async def tokens(self) -> Letters:
        return self

    async def ids(self, text: str) -> list[int]:
        return list(map(ord, text))

    async def decoded(self, ids: list[int]) -> str:
        return "".join(map(chr, ids))

    async def prompt_end(self, messages: list[Message]) -> str:
        return "<think>"

    async def of_response(self, messages: list[Message], content: str) -> Partial:
        return Partial(await self.ids(content))

    async def close(self) -> None:
        """Nothing is open."""

    def describe(self) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize(("begun", "cut"), [("", True), ("abcdefghijkl</think>=", True), ("ab</think>=12", False)])
def test_a_cut_is_marked_whichever_run_made_it(tmp_path: Path, begun: str, cut: bool) -> None:
    sampling = Sampling(0.0, max_tokens=400, thinking_budget=BUDGET, answer_lead="=")
    request = Request(SampleId("q"), [Message("user", "q")], sampling)
    with closing(ResultStore(tmp_path / "r.json", partial_tokens=4)) as store:
        kept = KeptPartials(store)
        if begun:
            kept.append(request, Increment(list(map(ord, begun)), start=0))
            assert store.partials is not None
            assert store.partials.find(request.sample, digest(request)) is not None

        async def made() -> list[Completion]:
            work = within_budget(Letters("abcdefghijklmnop"), [kept.up_to_date(request)], kept, store.spending)  # type: ignore[arg-type]
            return [completion async for completion in work]

        [completion] = asyncio.run(made())
    assert completion.response.extra.get(THOUGHT_CUT) == (BUDGET if cut else None)
    assert completion.response.content.endswith("=9" if cut else "=129")
    assert "</think>" in completion.response.content
