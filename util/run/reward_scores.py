"""Score responses with a reward model, and write the scores to the journal as they arrive."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from msgspec.structs import replace as changed

from util.engines.openai.reward import RewardModel, rewards
from util.records import Message, SampleId
from util.results.store import ResultStore
from util.run.options import ScoringOptions
from util.run.progress import Progress
from util.run.work import Work


async def score(options: ScoringOptions, work: Work, store: ResultStore, progress: Progress) -> None:
    """Score every finished response that has no score of this model yet; each score is written to the journal at once.

    A response that the reward model rejects gets the score None.

    Raises:
        UserError: the reward model is not reachable; earlier scores are kept.
    """
    model = RewardModel(options.reward_model or "", options.reward_url or "")

    def unscored() -> Iterator[tuple[SampleId, list[Message]]]:
        for number, key in enumerate(work.rows):
            for sample, _ in work.samples(key):
                if store.full:
                    return
                response = store.response(sample)
                if response is None or not response.stopped or response.reward_model == model.name:
                    continue
                messages = work.messages(work.rows.row(number))
                yield sample, [*messages, Message("assistant", response.content)]

    with contextlib.closing(progress):
        async for sample, value in rewards(model, unscored()):
            response = store.response(sample)
            assert response is not None
            store.add(sample, changed(response, reward=value, reward_model=model.name))
            progress.generated(0)
        await store.settle()
