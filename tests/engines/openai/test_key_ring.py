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

from util.engines.openai.api_key import SAFE_START, Key
from util.engines.openai.key_ring import (
    CATCH_UP,
    Closed,
    KeyRing,
    NoKeyLeft,
    NoServerAnswers,
    TooLongAWait,
)
from util.engines.openai.rates import AGREEING, Bucket, clock_time, duration, retry_after
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
    bucket.update(None, 0, 0)
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
    assert clock_time(math.inf) == "a day that is out of reach"
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


def test_shares_follow_the_limits_over_all_servers() -> None:
    """Where the concurrency binds and all limits are known, a lane gets its part of what all lanes allow."""

    async def main() -> list[int]:
        ring = ring_of(keys=2, sites=2, concurrency=3)
        limits = (1000, 4000, 3000, 2000)
        for key, limit in zip(ring.keys, limits, strict=True):
            key.requests = Bucket(limit)
        out, pending = [0, 0, 0, 0], list[Key]()
        for _ in range(1000):
            if len(pending) == 3:
                ring.release(pending.pop(0), 1, None, 1.0)
            pending.append(await ring.acquire(1))
            out[ring.keys.index(pending[-1])] += 1
        return out

    assert run(main()) == pytest.approx([100, 400, 300, 200], abs=5)


def test_a_long_answer_does_not_hold_back_its_key() -> None:
    """Answers of ten seconds, ten a second, and a bucket of twenty: what a plain reply says is ten seconds old."""
    bucket = Bucket(600)
    bucket.room = 20.0
    marks = []
    for i in range(200):
        bucket.at -= 0.1
        marks.append(bucket.take(1))
        if i >= 100:
            bucket.update(600, 19, marks[i - 100])
    assert bucket.level == pytest.approx(19, abs=0.1)


def test_a_request_that_was_sent_before_is_next_and_one_that_avoids_a_key_holds_up_nobody() -> None:
    async def main() -> list[str]:
        ring = ring_of(keys=2, concurrency=8)
        first, second = ring.keys
        found = await filled(ring)
        order: list[str] = []

        async def wants(name: str, **how: Any) -> None:
            await ring.ticket(1, **how)
            order.append(name)

        waiting = [asyncio.ensure_future(wants("avoids", avoid=[first], age=1))]
        waiting += [asyncio.ensure_future(wants(name, age=2)) for name in ("one", "two", "three")]
        await asyncio.sleep(0)
        waiting.append(asyncio.ensure_future(wants("again", age=1)))
        for key in (first, first, first, second):
            ring.release(next(each for each in found if each is key), 1, None, 1.0)
            for _ in range(10):
                await asyncio.sleep(0)
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return order

    assert run(main()) == ["one", "again", "two", "avoids"]


@pytest.mark.parametrize("key", ["sk–dash", "sk-1 sk-2", "sk\u200b"])
def test_a_key_in_the_environment_that_cannot_be_sent_is_refused(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request would fail with it, and be recorded as failed."""
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(UserError, match="OPENAI_API_KEY"):
        read_keys(None, None)


def limited_ring(limits: tuple[float, ...], sites: int = 1) -> KeyRing:
    """Keys whose limits are known and never bind."""
    ring = ring_of(keys=len(limits), sites=sites)
    for key, limit in zip(ring.keys, limits * sites, strict=True):
        key.requests.limit, key.requests.level, key.parallel = limit, 1e9, 100
        key.requests.refill = lambda: None  # type: ignore[method-assign]
    return ring


def test_shares_follow_limits_that_differ_a_hundredfold() -> None:
    """A key of small weight moves far ahead with each turn; the others are not taken for late then."""

    async def main() -> list[int]:
        ring = limited_ring((10, 1000, 1000), sites=2)
        out = dict.fromkeys(ring.keys, 0)
        for _ in range(4020):
            key = await ring.acquire(1)
            out[key] += 1
            ring.release(key, 1, None, 1.0)
        return list(out.values())

    assert run(main()) == pytest.approx([10, 1000, 1000] * 2, abs=3)


def test_a_key_that_was_never_used_is_tried_before_those_whose_limits_are_known() -> None:
    async def main() -> None:
        ring = ring_of(keys=2, sites=2)
        used = [await ring.acquire(1) for _ in range(3)]
        for key in used:
            ring.release(key, 1, {"x-ratelimit-limit-requests": "600"}, 1.0)
            for _ in range(50):
                ring.succeeded(key)  # it has much more room than the one that nothing is known of
        assert {*used, await ring.acquire(1)} == set(ring.keys)

    run(main())


def test_an_older_request_goes_first() -> None:
    async def main() -> None:
        ring = ring_of()
        [key] = ring.keys
        await filled(ring)
        young = asyncio.ensure_future(ring.ticket(1, age=7))
        old = asyncio.ensure_future(ring.ticket(1, age=3))
        await asyncio.sleep(0)
        ring.release(key, 1, None, 1.0)
        assert (await old).key is key
        assert not young.done()
        ring.release(key, 1, None, 1.0)
        assert (await young).key is key

    run(main())


def test_a_request_that_is_cancelled_gives_its_key_back() -> None:
    async def main() -> None:
        ring = ring_of()
        [key] = ring.keys
        count = len(await filled(ring))
        waiting = asyncio.ensure_future(ring.acquire(1))
        await asyncio.sleep(0)
        ring.release(key, 1, None, 1.0)  # the key is handed over ...
        assert key.in_flight == count
        waiting.cancel()  # ... to a request that has no use for it any more
        with contextlib.suppress(asyncio.CancelledError):
            await waiting
        assert key.in_flight == count - 1
        assert await acquired(ring) is key

    run(main())


def test_limits_are_of_the_moment_at_which_a_request_was_taken() -> None:
    """The head of an answer says what was left then, whatever was sent since or is still in flight."""

    async def main() -> None:
        ring = ring_of()
        [key] = ring.keys
        key.requests = Bucket(600)
        key.requests.refill = lambda: None  # type: ignore[method-assign]
        key.parallel = 1000
        tickets = [await ring.ticket(1) for _ in range(100)]
        for number, ticket in enumerate(tickets):
            left = 600 - number - 1
            ring.told(ticket, {"x-ratelimit-limit-requests": "600", "x-ratelimit-remaining-requests": f"{left}"})
        assert key.requests.level == 500  # nothing is counted twice, however many are in flight
        late = await ring.ticket(1)
        ring.told(late, {"x-ratelimit-limit-requests": "600", "x-ratelimit-remaining-requests": "20"})
        assert key.requests.level == 20  # another user of the key has taken the rest
        later = await ring.ticket(1)
        ring.told(later, {"x-ratelimit-limit-requests": "600", "x-ratelimit-remaining-requests": "300"})
        assert key.requests.level == 300

    run(main())


def test_the_users_own_limit_is_not_raised_by_the_servers() -> None:
    bucket = Bucket(60)
    marks = [bucket.take(1) for _ in range(60)]
    bucket.update(5000, 4999, marks[-1])
    assert bucket.limit == 60
    assert bucket.wait(1) > 0


def test_a_key_that_others_use_too_slows_down_and_recovers() -> None:
    async def main() -> None:
        ring = limited_ring((60,))
        [key] = ring.keys
        for _ in range(3):
            ring.limited(key, 60.0)  # one burst
        assert key.requests.pace == pytest.approx(0.8)
        key.paused_until = 0.0
        for _ in range(20):
            ring.succeeded(key)
        assert key.requests.pace == 1.0

    run(main())


def test_after_a_fault_another_server_is_tried_if_one_is_up() -> None:
    async def main() -> None:
        ring = ring_of(keys=2, sites=2)
        first, second = ring.sites
        assert ring.elsewhere(first) == set(ring.keys[:2])
        assert (await ring.ticket(1, ring.elsewhere(first))).key.site is second
        ring.failed(second, "refused")
        assert ring.elsewhere(first) == frozenset()
        assert ring_of().elsewhere(ring.sites[0]) == frozenset()

    run(main())


def test_after_a_wait_that_the_server_asks_for_one_request_goes_not_all_that_was_saved_up() -> None:
    async def main() -> None:
        ring = ring_of()
        [key] = ring.keys
        key.requests = Bucket(600)
        key.parallel = 100
        ticket = await ring.ticket(1)
        ring.told(ticket, {"x-ratelimit-limit-requests": "600", "x-ratelimit-remaining-requests": "50"})
        ring.limited(key, 0.2)
        await asyncio.sleep(0.21)
        assert 1 <= len(await filled(ring)) <= 2

    run(main())


def test_a_bucket_holds_no_more_than_the_server_has_shown() -> None:
    bucket = Bucket(600)
    bucket.update(600, 19, bucket.take(1))
    bucket.at -= 60.0  # a minute in which nothing is sent
    bucket.refill()
    assert bucket.level == 20
    assert bucket.wait(100) == 0  # more than it holds goes when it is full


def test_answers_that_overtake_each_other_do_not_raise_the_level() -> None:
    bucket = Bucket(6.0)  # it refills one in ten seconds
    first, second = bucket.take(1.0), bucket.take(1.0)
    # The server has taken the second request first: that answer shows what was left behind the first.
    bucket.update(6.0, 5.0, second)
    assert bucket.level < 4.5
    bucket.update(6.0, 4.0, first)
    assert bucket.level < 4.5
    # When answers agree that there is more, there is more.
    for _ in range(AGREEING):
        level, mark = bucket.level, bucket.take(1.0)
        bucket.update(6.0, level + 1.5, mark)
    assert bucket.level > 2.5
