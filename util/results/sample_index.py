"""Where the records of each sample are in a journal. The index in memory holds only offsets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from util.records import Response, SampleId
from util.results.entries import Fields, response_of, sample_of
from util.system.characters import utf8


@dataclass(slots=True)
class Place:
    """Offsets of a sample's journal lines; -1 for none. digest: of the judged text and row.

    answered: whether the response has a text. limit: the token limit of the run that made it, where a higher one may
    change the outcome; 0 where it cannot.
    """

    completion: int = -1
    verdict: int = -1
    finished: bool = False
    digest: str = ""
    answered: bool = False
    limit: int = 0

    def grows(self, limit: int) -> bool:
        """Whether a run with a higher token limit may change the outcome."""
        return 0 < self.limit < limit

    def take(self, response: Response, limit: int) -> None:
        """Take in a response. limit: max_tokens of its run."""
        self.finished, self.answered = response.finished, not response.failed
        bound_elsewhere = "max_tokens" in response.extra  # by the server's context, not by the option
        grows = response.failed or (response.truncated and not response.repeats and not bound_elsewhere)
        self.limit = limit if grows else 0


class SampleIndex:
    """The samples of a journal, by key.

    adopted_grow: whether truncated responses that came from a file without a journal go on where they have fewer tokens
    than a run allows; else they stay.
    """

    def __init__(self, *, adopted_grow: bool = False) -> None:
        self._adopted_grow = adopted_grow
        self._places: dict[bytes, dict[tuple[float, int], Place]] = {}

    def enter(self, offset: int, record: Fields, limit: int) -> None:
        """Take in a completion or a verdict that is in the journal at ``offset``. limit: max_tokens of its run."""
        place = self.place(sample_of(record))
        if record["type"] == "completion":
            place.completion = offset
            self.take(place, response_of(record["response"], record.get("usage")), limit, adopted="adopted" in record)
        else:
            place.verdict, place.digest = offset, record["text"]

    def take(self, place: Place, response: Response, limit: int, *, adopted: bool) -> None:
        """Take in a response. limit: max_tokens of its run. adopted: whether another run made it, whose limit is unknown."""
        if adopted and self._adopted_grow and response.truncated:
            limit = min(limit, max(1, response.usage.completion_tokens if response.usage else 0))
        place.take(response, limit)

    def find(self, sample: SampleId) -> Place | None:
        return self._places.get(_digest(sample.key), {}).get((sample.temperature, sample.index))

    def has_response(self, sample: SampleId) -> bool:
        place = self.find(sample)
        return place is not None and place.completion >= 0

    def place(self, sample: SampleId) -> Place:
        """The sample's place, a new one if it has none."""
        places = self._places.setdefault(_digest(sample.key), {})
        return places.setdefault((sample.temperature, sample.index), Place())

    def samples(self, key: str) -> list[SampleId]:
        """The samples of one problem with a response, in order."""
        places = self._places.get(_digest(key), {})
        return [SampleId(key, t, i) for t, i in sorted(places) if places[t, i].completion >= 0]

    def is_finished(self, sample: SampleId, limit: int) -> bool:
        """Whether a sample needs no generation in a run with this token limit."""
        place = self.find(sample)
        return place is not None and place.finished and not place.grows(limit)

    def grown(self, limit: int) -> int:
        """The number of responses that a higher token limit lets go on."""
        return sum(place.finished and place.grows(limit) for place in self.places())

    @property
    def has_text(self) -> bool:
        return any(place.answered for place in self.places())

    def forget_failures(self) -> None:
        """Let every sample without a text be tried again."""
        for place in self.places():
            place.finished = place.finished and place.answered

    def places(self) -> Iterator[Place]:
        return (place for places in self._places.values() for place in places.values())


def _digest(key: str) -> bytes:
    return hashlib.sha256(utf8(key)).digest()[:16]
