"""The stage that drops contaminated problems: by words, by meaning, or both; each pair with its decision goes to a file."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from util.results.json_file import dumps
from util.system.characters import utf8
from util.training.contamination import Benchmarks
from util.training.contamination_options import ContaminationOptions, SameProblem
from util.training.contamination_record import ContaminationRecord
from util.training.gather import TrainingPool
from util.training.meaning import BATCH, MeaningIndex, Resemblance
from util.training.rejected import Rejections, rejected_file

_STAGE = "decontamination"


def drop_contaminated(
    pool: TrainingPool, options: ContaminationOptions, folder: Path, *, dry_run: bool = False
) -> ContaminationRecord:
    """Drop the problems that are in a benchmark. folder: for a temporary file.

    Raises:
        UserError: the embedding model cannot be loaded, the judge's server ends the run, or a file cannot be written.
    """
    assert options.questions is not None
    questions = list(options.questions())
    sizes = Counter(name for name, *_ in questions)
    record = ContaminationRecord(options.decontaminate_by, sizes, len(pool.problems))
    with rejected_file(options.decontaminate_pairs if not dry_run else None) as write:
        if options.decontaminate_by != "meaning":
            _by_words(pool, Benchmarks(questions), record, write)
        if options.decontaminate_by != "words":
            from util.training.meaning_model import load_embedder

            embedder = load_embedder(options.embedding_model)
            record.model, record.threshold = embedder.name, options.meaning_threshold
            record.judge = options.decontaminate_judge or ""
            index = MeaningIndex(questions, embedder, options.meaning_threshold)
            with tempfile.TemporaryFile(dir=folder) as spool:
                _Meaning(pool, index, record, write, options.same_problem, spool).run()
    return record


def _by_words(pool: TrainingPool, benchmarks: Benchmarks, record: ContaminationRecord, write: Rejections) -> None:
    for identity, problem in list(pool.problems.items()):
        question = pool.question(problem)
        if (found := benchmarks.find(question)) is not None:
            write(
                {
                    "row": question, "source": problem.source, "benchmark": found.benchmark, "question": found.question,
                    "similarity": None, "score": None, "required": None, "decision": "dropped", "by": "words",
                    "why": found.why,
                }
            )  # fmt: skip
            pool.drop(identity, _STAGE, "overlaps with a benchmark", found.benchmark)
            record.words[found.benchmark] += 1


class _Meaning:
    """One pass over the problems. Pairs for the judge wait in ``spool``, a line of JSON each."""

    def __init__(
        self,
        pool: TrainingPool,
        index: MeaningIndex,
        record: ContaminationRecord,
        write: Rejections,
        judge: SameProblem | None,
        spool: IO[bytes],
    ) -> None:
        self._pool, self._index, self._record, self._write = pool, index, record, write
        self._judge, self._spool = judge, spool

    def run(self) -> None:
        known = list(self._pool.problems)
        for start in range(0, len(known), BATCH):
            identities = known[start : start + BATCH]
            texts = [self._pool.question(self._pool.problems[identity]) for identity in identities]
            for identity, text, pairs in zip(identities, texts, self._index.found(texts), strict=True):
                if pairs:
                    self._decide(identity, text, pairs)
        if self._judge is not None and self._record.asked:
            self._ask(self._judge)

    def _decide(self, identity: bytes, text: str, pairs: list[Resemblance]) -> None:
        """By facts and threshold; with a judge, pairs that the facts do not decide wait for it."""
        certain = pairs[0].agreement.same is True
        if self._judge is not None and not certain and any(pair.agreement.same is None for pair in pairs):
            for pair in pairs:
                line = self._line(identity, text, pair)
                if pair.agreement.same is None:
                    self._record.asked += 1
                    self._spool.write(utf8(dumps({"identity": identity.hex(), **line})) + b"\n")
                else:
                    self._write(line)
            return
        for pair in pairs:
            self._write(self._line(identity, text, pair))
        if pairs[0].same:
            self._drop(identity, pairs[0].benchmark, pairs[0].question)
        elif any(pair.agreement.same is False for pair in pairs):
            self._record.other += 1

    def _ask(self, judge: SameProblem) -> None:
        verdicts = judge(lambda: ((line["row"], line["question"]) for line in self._lines()))
        for line, (same, why) in zip(self._lines(), verdicts, strict=True):
            identity = bytes.fromhex(line.pop("identity"))
            if same is None:
                self._record.unreadable += 1
                same, why = line["decision"] == "dropped", f"{line['why']}; the judge has no verdict: {why}"
            else:
                line["by"] = "judge"
            self._write(line | {"decision": "dropped" if same else "kept", "why": why})
            if same and identity in self._pool.problems:
                self._drop(identity, line["benchmark"], line["question"])

    def _drop(self, identity: bytes, benchmark: str, question: str) -> None:
        self._pool.drop(
            identity, _STAGE, "means the same as a question of a benchmark", f"{benchmark}: {question[:300]}"
        )
        self._record.meaning[benchmark] += 1

    def _line(self, identity: bytes, text: str, pair: Resemblance) -> dict[str, Any]:
        found = pair.agreement
        by, why = "facts", found.why
        if found.same is None:
            sides = "is at least" if pair.same else "is below"
            by, why = "threshold", f"the score {found.score:.2f} {sides} {found.required:.2f}"
        return {
            "row": text, "source": self._pool.problems[identity].source, "benchmark": pair.benchmark, "question": pair.question,
            "similarity": found.similarity, "score": found.score, "required": found.required,
            "decision": "dropped" if pair.same else "kept", "by": by, "why": why,
        }  # fmt: skip

    def _lines(self) -> Iterator[dict[str, Any]]:
        place = 0
        while True:
            self._spool.seek(place)
            line = self._spool.readline()
            if not line:
                return
            place = self._spool.tell()
            yield json.loads(line)
