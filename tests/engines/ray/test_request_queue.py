"""Which request goes to which replica after an engine has died."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from util.engines.base import Request, Sampling
from util.engines.ray.request_queue import SUSPECTS_AT_ONCE, RequestQueue
from util.records import Message, SampleId


def request(name: str) -> Request:
    return Request(SampleId(name), [Message("user", "x")], Sampling(0.0))


def test_suspects_go_out_few_at_a_time_among_fresh_requests() -> None:
    waiting = RequestQueue(request(f"fresh {i}") for i in range(100))
    for i in range(40):
        waiting.give_back(request(f"once {i}"), 1)
    for i in range(3):
        waiting.give_back(request(f"twice {i}"), 2)
    waiting.give_back(request("innocent"), 0)
    in_flight: list[int] = []
    names = []
    for _ in range(60):
        taken = waiting.take(in_flight)
        assert taken is not None
        names.append(taken[0].sample.key.split()[0])
        in_flight.append(taken[1])
    counts = Counter(names)
    assert counts == {"twice": SUSPECTS_AT_ONCE[2], "once": SUSPECTS_AT_ONCE[1], "innocent": 1, "fresh": 42}
    assert not waiting.empty
    taken_names = []
    while (taken := waiting.take([])) is not None:
        taken_names.append(taken[0].sample.key)
    assert len(taken_names) == 144 - 60
    assert waiting.empty


def test_a_source_that_fails_says_so_once_and_has_ended() -> None:
    def broken() -> Iterator[Request]:
        yield request("one")
        raise OSError("the disk is gone")

    waiting = RequestQueue(broken())
    assert waiting.take([]) is not None
    with pytest.raises(OSError, match="gone"):
        waiting.take([])
    assert waiting.take([]) is None
