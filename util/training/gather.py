"""Candidates for training, gathered in one pass over result files and extra files.

Texts go to a temporary file at once and only their places stay in memory, so that inputs of any
size fit: about 100 bytes a response.
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

from util.conversion import PREFIX
from util.engines.base import Message
from util.errors import UserError
from util.formatting import sections
from util.prompts import THOUGHT_SOLUTION_SYSTEM
from util.resultfile import Entry, dumps, read_results
from util.samples import samples, text_hash

STAGES = ("generated", "passed", "converted", "verified", "extra", "deduplicated", "decontaminated", "written")
_NUMBERED = re.compile(r" #\d+$")

Funnel = dict[str, Counter[str]]
"""Source -> stage -> responses that came this far (for preferences: pairs written)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A response's place in the spool. size: characters."""

    place: int
    size: int


@dataclass(slots=True)
class Problem:
    """A question with its responses; wrong ones are kept for preferences alone."""

    source: str
    place: int
    right: list[Sample] = field(default_factory=list)
    wrong: list[Sample] = field(default_factory=list)
    texts: set[str] = field(default_factory=set)


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
                self._add_response(source, key, str(entry.get("prompt") or key), response)

    def _add_response(self, source: str, key: str, prompt: str, response: Entry) -> None:
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
            self.add(source, _NUMBERED.sub("", key), messages, right=right)

    def add(self, source: str, question: str, messages: list[Message], *, right: bool = True) -> None:
        """Take one conversation; the same response to the same question is taken once."""
        identity = hashlib.sha256(plain(question).encode("utf-8", "surrogatepass")).digest()[:16]
        problem = self.problems.get(identity)
        if problem is None:
            problem = self.problems[identity] = Problem(source, self._write({"question": question}))
        response = messages[-1]["content"]
        if (digest := text_hash(plain(response))) in problem.texts:
            return
        problem.texts.add(digest)
        sample = Sample(self._write({"messages": messages}), len(response))
        (problem.right if right else problem.wrong).append(sample)

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
