"""Responses of which only the text is known: their tokens are made of it, and the engine goes on from there."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from util.engines.base import Engine, Request, Tokens
from util.records import Increment, Partial, Response, SampleId, Usage
from util.results.entries import judged, usage_fields
from util.results.json_file import read_results
from util.results.store import ResultStore
from util.run.keeping import KeptPartials, tokens_of
from util.system.messages import tell
from util.text.thought import split_at_think_tag


async def tokenize_truncated(
    engine: Engine, store: ResultStore, kept: KeptPartials, requests: Iterable[Request]
) -> None:
    """Put the truncated responses of ``requests`` into the journal of partial responses, where their tokens are not known.

    Raises:
        UserError: the engine does not go on from tokens.
    """
    first = next(requests := iter(requests), None)
    if first is None:
        return
    tokens = await tokens_of(engine, "--continue-truncated")
    count = 0
    try:
        for request in itertools.chain([first], requests):
            response = store.response(request.sample)
            if response is None or not response.truncated or response.repeats:
                continue
            if kept.up_to_date(request).partial is None:
                begin(kept, request, await tokens.of_response(request.messages, response.content))
                count += 1
    finally:
        await tokens.close()
    if count:
        tell(f"{count} truncated responses go on from their text (--continue-truncated)")


async def cut_thoughts(
    engine: Engine, store: ResultStore, kept: KeptPartials, wanted: Mapping[SampleId, Callable[[], Request]], file: Path
) -> None:
    """Take over the responses of a finished run with longer thoughts.

    A response whose thought is within the budget is taken as it is; another goes on from the first tokens of its thought.

    wanted: the samples of this run without a response -> their requests. file: the other run's result file.

    Raises:
        UserError: the engine does not go on from tokens.
    """
    if not wanted:
        return
    tokens = await tokens_of(engine, "--thinking-budgets")
    try:
        for entry in read_results(file):
            for sample, response in entry.samples():
                if sample in wanted and (response.finished or not response.failed):
                    request = wanted[sample]()
                    partial = None if response.failed else await _cut(request, response, tokens)
                    if partial is None:
                        store.add(sample, judged(response, None), paid=usage_fields(Usage()))
                    elif kept.up_to_date(request).partial is None:
                        begin(kept, request, partial)
    finally:
        await tokens.close()


async def _cut(request: Request, response: Response, tokens: Tokens) -> Partial | None:
    """The first tokens of a thought that is longer than its budget; None for one that is not."""
    budget = request.sampling.thinking_budget or 0
    if response.usage is not None and 0 < response.usage.completion_tokens <= budget:
        return None
    parts = split_at_think_tag(response.content)
    thought = response.content if parts is None else response.content[: len(response.content) - len(parts[1])]
    whole = await tokens.of_response(request.messages, thought)
    if len(whole.ids) <= budget:
        return None
    ids = whole.ids[:budget]
    return Partial(ids, text=await tokens.decoded(ids) if whole.text else "", prompt=whole.prompt)


def begin(kept: KeptPartials, request: Request, partial: Partial) -> None:
    """Let a response go on from these tokens."""
    if partial.ids:
        kept.append(
            request, Increment(partial.ids, text=partial.text, thought=partial.thought, prompt=partial.prompt, start=0)
        )
