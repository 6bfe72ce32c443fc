"""A judge's answers: asked for through the engine of the API, kept in a journal, and read as verdicts.

The journal belongs to one result file and one judge model (``judge-MODEL_NAME.journal.jsonl``). An answer is found by what
was asked, not by who asked it: the same answer to the same problem is paid for once, by all samples and all runs.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from util.distill.judge_options import JudgeOptions, named_for_judge
from util.distill.judge_prompt import ORDERS, AnswerPair, JudgeReading, joint, marks_of, messages_of, reading_of
from util.engines.base import Engine, Request, Sampling
from util.engines.options import PARTIAL_TOKENS
from util.metrics.reasons import Reasons
from util.metrics.validity import RunOutcome
from util.prompting.profiles import short_name
from util.records import ERROR, Response, SampleId
from util.results.entries import text_hash
from util.results.json_file import dumps
from util.results.paths import ResultPaths
from util.results.store import ResultStore
from util.run.pipeline import generate_only, run_async
from util.run.progress import Progress
from util.system.errors import UserError

TYPICAL_TOKENS = 60
"""Assumed length of a judge's answer with its one-sentence reason, for cost estimates; not measured."""


_NO_ANSWER = Response(content="", finish_reason=ERROR, error="there is no answer", final=False)


def judge_file(path: Path, model: str) -> Path:
    """The file with what a judge was tried on; its journal is beside it. A converted file has that of its original, since it
    has the same answers."""
    return path.with_name(f"judge-{short_name(model)}_{ResultPaths(path).original.name}")


def typical_tokens(request: Request) -> float:
    """Assumed of each answer, for estimates."""
    return TYPICAL_TOKENS


class JudgeJournal:
    """The answers of one judge on one result file."""

    _secret: str
    _max_tokens: int
    _asked_of: str

    def __init__(self, path: Path, options: JudgeOptions, *, repair: bool = False) -> None:
        """path: of the result file. repair: see ``ResultStore``.

        Raises:
            UserError: another process uses the journal, or it was made with other settings.
        """
        self.path = judge_file(path, options.name)
        self._model = options.name
        self._store = ResultStore(self.path, repair=repair, partial_tokens=PARTIAL_TOKENS)
        try:
            self._begin(options)
        except BaseException:
            self._store.close()
            raise

    def _begin(self, options: JudgeOptions) -> None:
        before = self._store.settings or {}
        # The secret stays the same, so that a rerun repeats its requests to the letter.
        self._secret = str(before.get("secret") or secrets.token_hex(16))
        self._max_tokens = max(options.max_tokens, int(before.get("max_tokens", 0)))
        self._asked_of = text_hash(dumps([options.name, options.request_args or {}]))
        self._settings: dict[str, Any] = {"secret": self._secret, "max_tokens": self._max_tokens}
        self._store.check_settings(self._settings)

    def close(self) -> None:
        self._store.close()

    def requests(self, pairs: Iterable[AnswerPair]) -> Iterator[Request]:
        """The requests that are not answered yet, each once."""
        seen: set[str] = set()
        for pair in pairs:
            if pair.digest in seen:
                continue
            seen.add(pair.digest)
            for order in range(ORDERS):
                sample = self._sample(pair, order)
                if not self._store.finished(sample):
                    messages = messages_of(pair, marks_of(pair, order, self._secret))
                    yield Request(sample, messages, Sampling(0.0, max_tokens=self._max_tokens))

    def ask(self, pairs: Callable[[], Iterable[AnswerPair]], engine: Callable[[], Engine], label: str) -> None:
        """Send what is not answered yet. pairs: is called twice, so that nothing is kept in memory. engine: is called if
        there is something to send.

        Raises:
            UserError: the server ends the run; what was paid for is kept.
        """
        missing = sum(1 for _ in self.requests(pairs()))
        if not missing:
            return
        running = engine()
        if self._store.settings != self._settings:
            self._store.begin({"settings": self._settings, "judge": self._model})
        with contextlib.closing(Progress(label, missing, 0)) as progress:
            try:
                run_async(generate_only(self.requests(pairs()), self._store, running, progress))
            except UserError as error:
                raise type(error)(named_for_judge(str(error))) from error

    def reading(self, pair: AnswerPair) -> JudgeReading | None:
        """What the judge says about a pair; None if a request has no answer, so that a rerun asks again."""
        found: list[JudgeReading] = []
        for order in range(ORDERS):
            response = self._store.response(self._sample(pair, order))
            if response is None or not response.finished:
                return None
            if response.failed:
                found.append(JudgeReading(None, f"the request was refused: {response.error}"))
            else:
                found.append(reading_of(response, marks_of(pair, order, self._secret)))
        return joint(found[0], found[1])

    def outcome(self, pairs: Iterable[AnswerPair]) -> RunOutcome:
        """What became of the requests about these pairs."""
        reasons, total, failed, retriable = Reasons(), 0, 0, 0
        seen: set[str] = set()
        for pair in pairs:
            if pair.digest in seen:
                continue
            seen.add(pair.digest)
            for order in range(ORDERS):
                response = self._store.response(self._sample(pair, order))
                response = response if response is not None else _NO_ANSWER
                total += 1
                failed += response.failed
                retriable += response.failed and not response.final
                if response.failed:
                    reasons.add_response(response)
        return RunOutcome(total, failed, retriable, reasons=tuple(reasons), unit="requests to the judge")

    def _sample(self, pair: AnswerPair, order: int) -> SampleId:
        return SampleId(f"{pair.digest} {self._asked_of}", 0.0, order)
