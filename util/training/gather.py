"""Candidates for training, gathered in one pass over result files and extra files.

Texts go to a temporary file at once and only their places stay in memory: under a kilobyte a problem,
however long its responses.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from util.distill.formatting import sections
from util.distill.rewrite import PREFIX
from util.engines.base import Message
from util.prompting.prompts import THOUGHT_SOLUTION_SYSTEM
from util.results.json_file import Entry, dumps, read_results
from util.results.samples import samples, text_hash
from util.system.errors import UserError

STAGES = ("generated", "passed", "converted", "verified", "extra", "deduplicated", "decontaminated", "written")
_NUMBERED = re.compile(r" #\d+$")

GOLD_FIELDS = ("answer", "solution", "input_output", "choices", "options", "starter_code", "Correct Answer")
"""Fields of which one at least tells apart two problems of the same wording."""

Funnel = dict[str, Counter[str]]
"""Source -> stage -> responses that came this far (for preferences: pairs written)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A response's place in the spool. size: characters. ours: judged by us, not taken over."""

    place: int
    size: int
    ours: bool = True


@dataclass(slots=True)
class Problem:
    """One prompt with one gold answer, and its responses; wrong ones are kept for preferences alone.

    texts: hash -> the response, or None where the same text was judged right and wrong.
    """

    source: str
    place: int
    right: list[Sample] = field(default_factory=list)
    wrong: list[Sample] = field(default_factory=list)
    texts: dict[str, Sample | None] = field(default_factory=dict)


class Pool:
    """Problems by question, in the order in which they came. ``with`` removes the temporary file."""

    def __init__(self, folder: Path, *, keep_wrong: bool = False) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._spool = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed by __exit__)
        except OSError as error:
            raise UserError(f"{folder} cannot be written: {error.strerror}. Choose another --output.") from error
        self._keep_wrong = keep_wrong
        self.problems: dict[bytes, Problem] = {}
        self.funnel: Funnel = {}
        self.not_judged = 0
        self.left_out: Counter[str] = Counter()
        """Reason -> responses or rows that were not taken, beyond what the funnel shows."""

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def count(self, source: str, stage: str, number: int = 1) -> None:
        self.funnel.setdefault(source, Counter())[stage] += number

    def add_file(self, path: Path, datasets: Iterable[str]) -> None:
        """Take every usable response of a converted result file."""
        dataset = dataset_of(path, datasets)
        for key, entry in read_results(path):
            source = f"{dataset}/{entry['source']}" if isinstance(entry.get("source"), str) else dataset
            for _, response, _ in samples(key, entry):
                self._add_response(source, key, entry, response)

    def _add_response(self, source: str, key: str, entry: Entry, response: Entry) -> None:
        prompt = str(entry.get("prompt") or key)
        gold = dumps([entry.get(name) for name in GOLD_FIELDS])
        options = [str(option) for option in entry.get("choices") or [] if isinstance(entry.get("choices"), list)]
        right, text = response.get("correctness"), response.get("processed_content") or ""
        self.not_judged += right is None
        converted = isinstance(text, str) and sections(text) is not None
        usable = converted and response.get("finish_reason", "stop") == "stop"
        for stage, reached in (("generated", True), ("passed", right is True), ("converted", converted)):
            self.count(source, stage, int(reached))
        self.count(source, "verified", int(usable and right is True))
        if usable and (right is True or (right is False and self._keep_wrong)):
            messages = [
                {"role": "system", "content": THOUGHT_SOLUTION_SYSTEM},
                {"role": "user", "content": prompt},
                {"role": "assistant", "content": text},
            ]
            question = " ".join([_NUMBERED.sub("", key), *options])
            self.add(source, question, [prompt, gold], messages, right=right)

    def add(
        self,
        source: str,
        question: str,
        identity: list[str],
        messages: list[Message],
        *,
        right: bool = True,
        ours: bool = True,
    ) -> None:
        """Take one conversation; the same response to the same problem is taken once.

        question: what near duplicates and benchmarks are looked for by. identity: texts that tell problems
        apart: the same question with another gold answer is another problem.
        """
        name = hashlib.sha256("\0".join(map(plain, identity)).encode("utf-8", "surrogatepass")).digest()[:16]
        problem = self.problems.get(name)
        if problem is None:
            problem = self.problems[name] = Problem(source, self._write({"question": question}))
        response = messages[-1]["content"]
        digest = text_hash(plain(response))
        if digest in problem.texts:
            self._repeated(problem, digest, right)
            return
        sample = Sample(self._write({"messages": messages}), len(response), ours)
        problem.texts[digest] = sample
        (problem.right if right else problem.wrong).append(sample)

    def _repeated(self, problem: Problem, digest: str, right: bool) -> None:
        before = problem.texts[digest]
        if before is not None and (before in problem.right) == right:
            self.left_out["exact duplicates of a response"] += 1
            return
        # Judged right here and wrong there: a doubtful verdict is none.
        problem.texts[digest] = None
        problem.right = [sample for sample in problem.right if sample is not before]
        problem.wrong = [sample for sample in problem.wrong if sample is not before]
        self.left_out["the same text was judged right and wrong"] += 1

    def question(self, problem: Problem) -> str:
        return str(self._read(problem.place)["question"])

    def messages(self, sample: Sample) -> list[Message]:
        found: list[Message] = self._read(sample.place)["messages"]
        return found

    def _write(self, record: dict[str, Any]) -> int:
        try:
            place = self._spool.seek(0, 2)
            self._spool.write(dumps(record).encode("utf-8", "surrogatepass") + b"\n")
        except OSError as error:
            raise UserError(f"The temporary file beside --output cannot be written: {error.strerror}.") from error
        return place

    def _read(self, place: int) -> dict[str, Any]:
        self._spool.seek(place)
        found: dict[str, Any] = json.loads(self._spool.readline().decode("utf-8", "surrogatepass"))
        return found


def plain(text: str) -> str:
    """``text`` with Unicode compatibility forms and white space made uniform.

    >>> plain(" ﬁnd\\n x  ")
    'find x'
    """
    return " ".join(unicodedata.normalize("NFKC", text).split())


def converted_files(folders: Iterable[Path]) -> list[Path]:
    """The converted result files of all folders.

    Raises:
        UserError: a folder has none.
    """
    files: list[Path] = []
    for folder in folders:
        found = sorted(folder.glob(f"{PREFIX}*.json")) if folder.is_dir() else []
        if not found:
            raise UserError(
                f"--input_dir {folder} holds no {PREFIX}*.json. Run convert_format.py --input_dir {folder} and then "
                "inference_and_check.py ... --check first."
            )
        files += [path for path in found if path not in files]
    return files


def dataset_of(path: Path, datasets: Iterable[str]) -> str:
    """The dataset that a result file's name holds, else the name itself.

    >>> dataset_of(Path("converted_m_NUMINA_train_math_0_-1.json"), ["APPS", "NUMINA"])
    'NUMINA'
    """
    return next((name for name in datasets if f"_{name}_" in path.name), path.stem.removeprefix(PREFIX))
