"""The pool of training problems, collected in one pass over result files and extra files.

Texts are written to a temporary file; only their offsets stay in memory: less than a kilobyte per problem,
independent of the length of its responses.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from msgspec import convert, to_builtins

from util.metrics.pass_rates import ProblemRates
from util.prompting.prompts import THOUGHT_SOLUTION_SYSTEM
from util.records import Message, Response
from util.results.entries import Entry, text_hash
from util.results.json_file import dumps, read_results
from util.results.manifest import dataset_of
from util.results.model_verdicts import PROSE, accepted_by_judge_as
from util.results.paths import ResultPaths
from util.system.characters import utf8
from util.system.errors import UserError
from util.training.form_options import ThoughtForm
from util.training.origin import Origin as Origin
from util.training.problem_names import compared_question, identity_of, identity_texts, key_text, plain, source_of
from util.training.rejected import Rejections
from util.training.rl_rows import PromptRecord, TruthOf, prompt_record
from util.training.thought_forms import Turn, is_usable, styled, text_to_use

STAGES = (
    "generated", "passed", "converted", "verified", "extra", "filtered", "deduplicated", "decontaminated", "written",
)  # fmt: skip

CONTRADICTION = "the same text was judged right and wrong"

Funnel = dict[str, Counter[str]]
"""Source -> stage -> responses that reached it (for preferences, "written" counts pairs)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Offset of a response in the temporary file. size: characters. ours: judged by these tools, not from an extra file."""

    place: int
    size: int
    ours: bool = True


@dataclass(slots=True)
class TrainingProblem:
    """One prompt with one gold answer, and its responses; wrong ones are kept only for preferences.

    texts: hash -> the response, or None if the same text was judged both right and wrong.
    """

    source: str
    place: int
    right: list[Sample] = field(default_factory=list)
    wrong: list[Sample] = field(default_factory=list)
    texts: dict[str, Sample | None] = field(default_factory=dict)


class TrainingPool:
    """Problems by identity, in the order in which they were added. ``with`` removes the temporary file."""

    def __init__(
        self,
        folder: Path,
        form: ThoughtForm = ThoughtForm(),  # noqa: B008 (frozen)
        *,
        keep_wrong: bool = False,
        truth_of: TruthOf | None = None,
        accept_judged: str | None = None,
        rejections: Rejections = lambda record: None,
        rated: bool = False,
    ) -> None:
        """truth_of: for rows without responses; the pool then has one "response" per problem, its prompt alone. accept_judged:
        see ``SelectionOptions``."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._spool = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed by __exit__)
        except OSError as error:
            raise UserError(f"{folder} cannot be written: {error.strerror}. Choose another --output.") from error
        self.form = form
        self._keep_wrong, self._accept_judged, self._truth_of = keep_wrong, accept_judged, truth_of
        self._rejections = rejections
        self.problems: dict[bytes, TrainingProblem] = {}
        self.rates = ProblemRates() if rated else None
        self.funnel: Funnel = {}
        self.not_judged = 0
        self.only_judged: Counter[bool] = Counter()
        """Responses that only a judge model accepts: whether they count as right -> their number."""
        self.notations: Counter[str] = Counter()
        """"converted" and "original" responses that have a thought and an answer; "no thought": original ones without."""
        self.left_out: Counter[str] = Counter()
        """Reason -> number of responses or rows that were left out and do not appear in the funnel."""
        self.dropped: Counter[tuple[str, str]] = Counter()
        """(stage, reason) -> number of right responses that were rejected."""

    def __enter__(self) -> TrainingPool:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def count(self, source: str, stage: str, number: int = 1) -> None:
        self.funnel.setdefault(source, Counter())[stage] += number

    def add_file(self, path: Path, datasets: Iterable[str]) -> None:
        """Add every usable response of a result file."""
        dataset, converted = dataset_of(path, datasets), ResultPaths(path).is_converted
        for entry in read_results(path):
            source = source_of(dataset, entry)
            if self.rates is not None:
                self.rates.add(identity_of(identity_texts(entry)), (response for _, response in entry.samples()))
            if self._truth_of is not None:
                self._add_prompt(dataset, source, entry, Origin(str(path), entry.key))
            for sample, response in entry.samples():
                origin = Origin(str(path), entry.key, sample.temperature, sample.index)
                text = text_to_use(response, self.form, converted=converted)
                self._add_response(source, entry, response, text, origin)

    def _add_response(self, source: str, entry: Entry, response: Response, text: str, origin: Origin) -> None:
        right = self._verdict_on(response)
        self.not_judged += right is None
        has_parts = is_usable(text, self.form)
        usable = has_parts and response.stopped
        for stage, reached in (("generated", True), ("passed", right is True), ("converted", has_parts)):
            self.count(source, stage, int(reached))
        if has_parts:
            self.notations["converted" if response.rewritten else "original"] += 1
        elif text and not response.rewritten:
            self.notations["no thought"] += 1
        self.count(source, "verified", int(usable and right is True))
        if self._truth_of is not None or not usable:
            return
        if right is True or (right is False and self._keep_wrong):
            messages = [
                Message("system", THOUGHT_SOLUTION_SYSTEM),
                Message("user", entry.question),
                Message("assistant", text),
            ]
            self.add(source, compared_question(entry), identity_texts(entry), messages, origin, right=right)

    def _add_prompt(self, dataset: str, source: str, entry: Entry, origin: Origin) -> None:
        assert self._truth_of is not None
        found = prompt_record(dataset, source, key_text(entry), entry, self._truth_of)
        if isinstance(found, str):
            self.left_out[f"problems without a usable gold answer: {found}"] += 1
        elif identity_of(identity_texts(entry)) in self.problems:
            self.left_out["exact duplicates of a problem"] += 1
        else:
            turns = [Message("user", entry.question)]
            self.add(source, compared_question(entry), identity_texts(entry), turns, origin, prompt=to_builtins(found))

    def _verdict_on(self, response: Response) -> bool | None:
        """The verdict of the rules; with --accept-judged, right where only a judge model accepts."""
        left_open = accepted_by_judge_as(response)
        if left_open is None:
            return response.correct
        used = self._accept_judged in (left_open, PROSE)
        self.only_judged[used] += 1
        return True if used else response.correct

    def add(
        self,
        source: str,
        question: str,
        identity: list[str],
        messages: list[Message],
        origin: Origin,
        *,
        right: bool = True,
        ours: bool = True,
        ready: bool = False,
        prompt: dict[str, Any] | None = None,
    ) -> None:
        """Add one conversation, unless the problem already has the same response.

        question: the text for near-duplicate and contamination checks. identity: texts that identify the
        problem; the same question with a different gold answer is a different problem. ready: the conversation came as
        training data (see ``styled``). prompt: the record of a problem without a response.
        """
        name = identity_of(identity)
        problem = self.problems.get(name)
        if problem is None:
            problem = self.problems[name] = TrainingProblem(source, self._write({"question": question}))
        response = messages[-1].content
        digest = text_hash(plain(response))
        if digest in problem.texts:
            self._repeated(problem, digest, right, origin, response)
            return
        record = {
            "messages": [[turn.role, turn.content] for turn in messages],
            "origin": asdict(origin),
            "ready": ready,
        } | ({"prompt": prompt} if prompt is not None else {})
        sample = Sample(self._write(record), len(response), ours)
        problem.texts[digest] = sample
        (problem.right if right else problem.wrong).append(sample)

    def _repeated(self, problem: TrainingProblem, digest: str, right: bool, origin: Origin, response: str) -> None:
        before = problem.texts[digest]
        if before is not None and (before in problem.right) == right:
            self.left_out["exact duplicates of a response"] += 1
            if right:
                self._record(
                    problem, "exact duplicate of a response", str(self.origin(before)), asdict(origin), response
                )
            return
        # The same text was judged right and wrong: use neither verdict.
        problem.texts[digest] = None
        if right:
            self._record(problem, CONTRADICTION, "", asdict(origin), response)
        elif before is not None:
            self._record(problem, CONTRADICTION, str(origin), asdict(self.origin(before)), response)
        problem.right = [sample for sample in problem.right if sample is not before]
        problem.wrong = [sample for sample in problem.wrong if sample is not before]
        self.left_out[CONTRADICTION] += 1

    def question(self, problem: TrainingProblem) -> str:
        return str(self._read(problem.place)["question"])

    def messages(self, sample: Sample) -> list[Message]:
        """The conversation in the notation of its source."""
        return [Message(role, content) for role, content in self._read(sample.place)["messages"]]

    def turns(self, sample: Sample) -> list[Turn]:
        """The conversation in the form that is written."""
        record = self._read(sample.place)
        messages = [Message(role, content) for role, content in record["messages"]]
        return styled(messages, self.form, ready=record["ready"])

    def prompt(self, sample: Sample) -> PromptRecord:
        """The record of a problem without a response."""
        return convert(self._read(sample.place)["prompt"], PromptRecord)

    def origin(self, sample: Sample) -> Origin:
        return Origin(**self._read(sample.place)["origin"])

    def count_left(self, stage: str) -> None:
        """Count the right responses that are left as having reached ``stage``."""
        for problem in self.problems.values():
            self.count(problem.source, stage, len(problem.right))

    def reject(self, problem: TrainingProblem, sample: Sample, stage: str, reason: str, detail: str = "") -> None:
        """Drop a right response, and record it in the file of rejected ones.

        stage: what drops it, such as "loops". reason: the same words for each response of a kind. detail: what it was here.
        """
        problem.right.remove(sample)
        self.dropped[stage, reason] += 1
        record = self._read(sample.place)
        self._record(problem, reason, detail, record["origin"], record["messages"][-1][1], stage)

    def _record(
        self, problem: TrainingProblem, reason: str, detail: str, origin: Any, response: str, stage: str = "duplicates"
    ) -> None:
        self._rejections(
            {
                "stage": stage,
                "reason": reason,
                "detail": detail,
                "source": problem.source,
                **origin,
                "response": response,
            }
        )

    def drop(self, identity: bytes, stage: str, reason: str, detail: str = "") -> None:
        """Drop a problem with all of its responses."""
        problem = self.problems.pop(identity)
        for sample in list(problem.right):
            self.reject(problem, sample, stage, reason, detail)

    def _write(self, record: dict[str, Any]) -> int:
        try:
            place = self._spool.seek(0, 2)
            self._spool.write(utf8(dumps(record)) + b"\n")
        except OSError as error:
            raise UserError(f"The temporary file next to --output cannot be written: {error.strerror}.") from error
        return place

    def _read(self, place: int) -> dict[str, Any]:
        self._spool.seek(place)
        found: dict[str, Any] = json.loads(self._spool.readline())
        return found
