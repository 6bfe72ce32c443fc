"""Key ring: equal shares, limits from headers, pauses after a 429, and no time that passes unless a limit asks for it."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import math
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any

import pytest

from util.engines.openai.key_ring import (
    CATCH_UP,
    SAFE_START,
    Closed,
    Key,
    KeyRing,
    NoKeyLeft,
    NoServerAnswers,
    TooLongAWait,
)
from util.engines.openai.rates import Bucket, clock_time, duration, retry_after
from util.engines.openai.sites import MOST_FAILURES, Site
from util.system.credentials import read_keys
from util.system.errors import UserError
from util.system.servers import Server


def site_of(name: str = "http://a/v1") -> Site:
    return Site(Server(name, ("k",)), SimpleNamespace())  # type: ignore[arg-type]


def ring_of(keys: int = 1, concurrency: int = 1000, sites: int = 1) -> KeyRing:
    places = [site_of(f"http://{i}/v1") for i in range(sites)]
    made = [Key(site, f"sk-key-{i}{i}{i}{i}", Bucket(), Bucket()) for site in places for i in range(keys)]
    return KeyRing(made, concurrency, 600.0)


async def acquired(ring: KeyRing) -> Key | None:
    """The key that the ring hands out now; None where a request must wait."""
    task = asyncio.ensure_future(ring.acquire(1))
    await asyncio.sleep(0)  # its first step hands out a key, or waits
    if task.done():
        return task.result()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return None


async def filled(ring: KeyRing) -> list[Key]:
    """The keys of as many requests as may be in flight now."""
    found = []
    while (key := await acquired(ring)) is not None:
        found.append(key)
    return found


def run(main: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(main)


def in_flight_after(*steps: str) -> int:
    """Requests that one key may have in flight after successes ("+"), 429s ("-") and the end of its pause (".")."""

    async def main() -> int:
        ring = ring_of()
        [key] = ring.keys
        for step in "".join(steps):
            if step == "+":
                ring.succeeded(key)
            elif step == "-":
                ring.limited(key, 60.0)
            else:
                key.paused_until = 0.0
        return len(await filled(ring))

    return run(main())


def test_success_lets_more_requests_in_flight_and_a_429_halves_them() -> None:
    assert in_flight_after() == SAFE_START == 4
    assert in_flight_after("+" * 12) == 16  # one more for each success
    assert in_flight_after("+" * 12, "-.") == 8
    assert in_flight_after("+" * 12, "-.", "-.") == 4


def test_a_429_pauses_its_key_and_a_burst_of_them_halves_once() -> None:
    assert in_flight_after("+" * 12, "-") == 0
    assert in_flight_after("+" * 12, "---.") == 8
    assert in_flight_after("-.-.-.-.-.") == 1  # never nothing


def test_growth_is_slow_after_a_429() -> None:
    assert in_flight_after("+" * 12, "-.", "+" * 7) == 8
    assert in_flight_after("+" * 12, "-.", "+" * 9) == 9  # about one more for as many successes as are in flight


def test_all_keys_together_keep_to_the_concurrency() -> None:
    async def main() -> int:
        return len(await filled(ring_of(keys=3, concurrency=5)))

    assert run(main()) == 5


def handed_out(delays: list[int], count: int, late: int = 0) -> list[int]:
    """Requests by key when key i answers after delays[i] units of a made-up time.

    late: the first key pauses until so many requests are out.
    """
    ring = ring_of(len(delays), 2 * len(delays))
    by_key = [0] * len(delays)

    async def main() -> None:
        now, answers = 0, list[tuple[int, int, int]]()  # (when, serial, key)
        if late:
            ring.keys[0].paused_until = math.inf
        for serial in range(count):
            if serial == late:
                ring.keys[0].paused_until = 0.0
            while (key := await acquired(ring)) is None:
                now, _, i = heapq.heappop(answers)
                ring.release(ring.keys[i], 1, None, 1.0)
            i = ring.keys.index(key)
            by_key[i] += 1
            heapq.heappush(answers, (now + delays[i], serial, i))

    run(main())
    return by_key


def test_shares_do_not_follow_how_fast_a_key_answers() -> None:
    by_key = handed_out([1, 2, 1, 3, 2], 1000)
    assert max(by_key) - min(by_key) <= 20, by_key


def test_a_key_that_paused_makes_up_for_a_little_only() -> None:
    by_key = handed_out([1, 1], 1000, late=600)
    assert 200 <= by_key[0] <= 200 + CATCH_UP + 10, by_key


def test_an_answer_makes_room_for_a_request_that_waits() -> None:
    async def main() -> None:
        ring = ring_of()
        [key] = ring.keys
        await filled(ring)
        waiting = asyncio.ensure_future(ring.acquire(1))
        await asyncio.sleep(0)
        assert not waiting.done()
        ring.release(key, 1, None, 1.0)
        assert await waiting is key

    run(main())


def test_nothing_is_handed_out_when_every_key_is_retired_or_the_run_stops(capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        ring = ring_of(keys=2)
        ring.retire(ring.keys[0], "refused")
        assert await ring.acquire(1) is ring.keys[1]
        await filled(ring)
        waiting = asyncio.ensure_future(ring.acquire(1))
        ring.retire(ring.keys[1], "refused")
        with pytest.raises(NoKeyLeft):
            await waiting
        ring = ring_of()
        await filled(ring)
        waiting = asyncio.ensure_future(ring.acquire(1))
        await asyncio.sleep(0)
        ring.close()
        with pytest.raises(Closed):
            await waiting

    run(main())
    assert capsys.readouterr().err.splitlines() == [
        "key ...0000 is out: refused; 1 of 2 keys left",
        "key ...1111 is out: refused; 0 of 2 keys left",
    ]


def test_the_servers_headers_bound_what_is_sent() -> None:
    async def main(headers: dict[str, str]) -> int:
        ring = ring_of()
        [key] = ring.keys
        key.parallel = 100
        assert await ring.acquire(1) is key
        ring.release(key, 1, headers, 1.0)
        return len(await filled(ring))

    limits = {"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "7"}
    assert 7 <= run(main(limits)) < 60  # the bucket refills by one a second
    for odd in ("soon", "nan", "inf", "-1", "0", ""):
        assert run(main({"x-ratelimit-limit-requests": odd})) == 100, odd


def test_durations_and_buckets() -> None:
    texts = ("1s", "6m0s", "20ms", "1.5", "", None, "soon", "nan", "inf", "-3")
    assert [duration(text) for text in texts] == [1, 360, 0.02, 1.5, None, None, None, None, math.inf, 0]
    bucket = Bucket(60)
    assert bucket.wait(1) == 0
    bucket.take(60)
    assert 0 < bucket.wait(1) <= 1
    bucket.update(None, 0, 0, 0)
    assert bucket.wait(1) > 0
    assert Bucket(None).wait(10**9) == 0


def test_a_wait_is_read_in_every_form_and_shown_as_a_time() -> None:
    assert retry_after({"retry-after-ms": "1500"}) == 1.5
    assert retry_after({"retry-after": "3"}) == 3
    assert retry_after({"retry-after": "Fri, 31 Dec 1999 23:59:59 GMT"}) == 0
    later = retry_after({"retry-after": "Fri, 31 Dec 2199 23:59:59 GMT"})
    assert later is not None
    assert later > 86400
    for odd in ("soon", "", "Fri, 99 Foo"):
        assert retry_after({"retry-after": odd}) is None
    assert clock_time(math.inf) == "never"
    assert clock_time(0.0).count(":") == 2


def test_a_wait_beyond_max_wait_ends_the_run_a_shorter_one_is_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        ring = ring_of(keys=2)
        for key in ring.keys:
            ring.limited(key, 300.0)
        assert await acquired(ring) is None
        assert await acquired(ring) is None
        for key in ring.keys:
            ring.limited(key, 86_400.0)
        with pytest.raises(TooLongAWait, match=r"\d\d:\d\d:\d\d"):
            await ring.acquire(1)

    run(main())
    assert capsys.readouterr().err.count("every key is at its rate limit: waiting until") == 1


def test_of_two_servers_the_one_with_room_is_next_and_a_dead_one_is_left_alone() -> None:
    async def main() -> None:
        ring = ring_of(sites=2)
        first, second = ring.keys
        found = [await ring.acquire(1) for _ in range(4)]
        assert found.count(first) == found.count(second) == 2
        first.site.reached = second.site.reached = True
        for key in found:
            ring.release(key, 1, None, 1.0)
        ring.failed(first.site, "refused")
        assert {await ring.acquire(1) for _ in range(4)} == {second}
        first.site.down_until = 0.0  # its pause is over: one request at a time finds out whether it is back
        assert await ring.acquire(1) is first
        assert await acquired(ring) is None
        ring.succeeded(first)
        assert await acquired(ring) is first

    run(main())


def test_a_server_that_was_never_reached_ends_the_run_one_that_was_is_waited_for() -> None:
    async def main() -> None:
        ring = ring_of()
        [key] = ring.keys
        for reached in (False, True):
            key.site.reached = reached
            for _ in range(MOST_FAILURES):
                key.site.down_until = 0.0
                ring.failed(key.site, "refused")
            if reached:
                assert await acquired(ring) is None
                key.site.down_since -= 601
            with pytest.raises(NoServerAnswers, match="http://0/v1: refused"):
                await ring.acquire(1)

    run(main())


def test_shares_follow_the_limits_where_they_are_known() -> None:
    async def main() -> list[int]:
        ring = ring_of(keys=3)
        limits = (100, 200, 600)
        for key, limit in zip(ring.keys, limits, strict=True):
            key.requests = Bucket(limit)
            key.requests.limit, key.requests.level = limit, 10**6
        out = [0, 0, 0]
        for _ in range(900):
            key = await ring.acquire(1)
            out[ring.keys.index(key)] += 1
            ring.release(key, 1, None, 1.0)
            for each, limit in zip(ring.keys, limits, strict=True):
                each.requests.level = float(limit)
        return out

    assert run(main()) == pytest.approx([100, 200, 600], abs=5)


@pytest.mark.parametrize("key", ["sk–dash", "sk-1 sk-2", "sk\u200b"])
def test_a_key_in_the_environment_that_cannot_be_sent_is_refused(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request would fail with it, and be recorded as failed."""
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(UserError, match="OPENAI_API_KEY"):
        read_keys(None, None)
