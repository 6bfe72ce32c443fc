"""What a journal says so far, kept line by line: counts, accuracy, tokens. Memory: some hundred bytes per response."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b

from util.metrics.intervals import Estimate, mean_estimate
from util.records import LENGTH, STOP, Response, SampleId, Verdict
from util.report.section import tokens_of
from util.report.verdict_codes import verdict_code
from util.results.entries import Fields, response_of, sample_of, text_hash, verdict_of
from util.results.sample_index import Place
from util.system.characters import utf8

PENDING = "p"
"""Code of a response that waits for its verdict; the others are those of ``verdict_code``."""


class _Seen:
    """The last version of a sample's response. text: hash of what is judged. limit: see ``Place``."""

    __slots__ = ("code", "finished", "limit", "temperature", "text", "tokens", "truncated")

    def __init__(self, temperature: float) -> None:
        self.temperature = temperature
        self.text, self.code, self.tokens, self.limit = "", "", 0, 0
        self.finished = self.truncated = False


@dataclass
class LiveCounts:
    """The responses at one temperature. codes: ``verdict_code`` or PENDING -> responses. done: those that need no more.

    problems: problem -> [right, known] responses; known is one that is judged or has failed.
    """

    codes: Counter[str] = field(default_factory=Counter)
    done: int = 0
    tokens: int = 0
    problems: dict[int, list[int]] = field(default_factory=dict)
    _accuracy: Estimate | None = None

    def accuracy(self) -> Estimate | None:
        """The share of right responses among the known ones, clustered by problem; None before the first."""
        if self._accuracy is None:
            self._accuracy = accuracy_of(self.problems.values())
        return self._accuracy

    def count(self, problem: int, seen: _Seen, *, done: bool, sign: int) -> None:
        """Add a response (sign 1), or take it out (-1)."""
        self.codes[seen.code] += sign
        self.tokens += seen.tokens * sign
        self.done += sign * done
        if seen.code != PENDING:
            found = self.problems.setdefault(problem, [0, 0])
            found[0] += sign * (seen.code == "r")
            found[1] += sign
        self._accuracy = None


def accuracy_of(problems: Iterable[list[int]]) -> Estimate | None:
    """The accuracy from the [right, known] responses of each problem; None where none is known."""
    values, samples = array("d"), 0
    for right, known in problems:
        if known:
            values.append(right / known)
            samples += known
    return mean_estimate(values, samples) if values else None


class LiveResponses:
    """The responses of one journal. limit: max_tokens of the run, above which truncated responses go on."""

    def __init__(self) -> None:
        self.by_temperature: dict[float, LiveCounts] = {}
        self.limit = 0
        self._known: dict[int, _Seen] = {}

    def code_of(self, sample: SampleId) -> str:
        """The code of a sample's response, which is among them."""
        return self._known[_number(sample)].code

    def __contains__(self, sample: SampleId) -> bool:
        return _number(sample) in self._known

    @property
    def done(self) -> int:
        return sum(counts.done for counts in self.by_temperature.values())

    @property
    def tokens(self) -> int:
        return sum(counts.tokens for counts in self.by_temperature.values())

    @property
    def codes(self) -> Counter[str]:
        return sum((counts.codes for counts in self.by_temperature.values()), Counter())

    def accuracy(self) -> Estimate | None:
        """Over all temperatures: a problem's share is over all of its responses."""
        each = list(self.by_temperature.values())
        if len(each) == 1:
            return each[0].accuracy()
        joined: dict[int, list[int]] = {}
        for counts in each:
            for problem, (right, known) in counts.problems.items():
                found = joined.setdefault(problem, [0, 0])
                found[0], found[1] = found[0] + right, found[1] + known
        return accuracy_of(joined.values())

    def begin(self, limit: int) -> None:
        """A run with this token limit begins."""
        if limit != self.limit:
            self.limit = limit
            done = Counter(seen.temperature for seen in self._known.values() if self._is_done(seen))
            for temperature, counts in self.by_temperature.items():
                counts.done = done[temperature]

    def completion(self, record: Fields) -> tuple[SampleId, Response]:
        """Take in the line of a response: the first of its sample, or a newer one."""
        sample, response = sample_of(record), response_of(record["response"], record.get("usage"))
        number, text = _number(sample), text_hash(response.judged_text)
        seen = self._known.get(number)
        if seen is None:
            seen = self._known[number] = _Seen(sample.temperature)
        else:
            self._count(sample, seen, -1)
        place = Place()
        place.take(response, self.limit)
        seen.finished, seen.limit, seen.truncated = place.finished, place.limit, response.truncated
        seen.tokens = tokens_of(response) if not response.failed else 0
        if seen.text != text or response.failed:  # a verdict stays with its text
            seen.code = verdict_code(response) if response.failed or response.verdict is not None else PENDING
        seen.text = text
        self._count(sample, seen, 1)
        return sample, response

    def verdict(self, record: Fields) -> tuple[SampleId, Verdict, str] | None:
        """Take in the line of a verdict; return it with its code. None where it is about a text that was replaced."""
        sample = sample_of(record)
        seen = self._known.get(_number(sample))
        if seen is None or not record["text"].startswith(seen.text):
            return None
        found = verdict_of(record["verdict"])
        self._count(sample, seen, -1)
        seen.code = verdict_code(Response(content="", finish_reason=LENGTH if seen.truncated else STOP, verdict=found))
        self._count(sample, seen, 1)
        return sample, found, seen.code

    def _is_done(self, seen: _Seen) -> bool:
        return seen.finished and not 0 < seen.limit < self.limit

    def _count(self, sample: SampleId, seen: _Seen, sign: int) -> None:
        counts = self.by_temperature.setdefault(sample.temperature, LiveCounts())
        counts.count(_digest(sample.key), seen, done=self._is_done(seen), sign=sign)


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(utf8(text), digest_size=8).digest(), "big")


def _number(sample: SampleId) -> int:
    return _digest(f"{sample.label} {sample.index} {sample.key}")
