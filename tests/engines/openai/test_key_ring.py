"""Keys, limits and money: every key gets its share, no limit is passed, nothing is paid twice."""

from __future__ import annotations

import asyncio
import json
import math
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.limited_server import LimitedServer
from support.scripts import ROOT, script

from util.engines.base import Completion, Request, Sampling, Usage
from util.engines.openai.engine import ApiLimits, OpenAIEngine
from util.engines.openai.key_ring import CATCH_UP, Bucket, KeyRing, duration
from util.engines.prices import Budget, estimate, price_of
from util.system.credentials import read_keys
from util.system.errors import UserError

KEYS = [f"sk-key-{i}-{i}{i}{i}{i}" for i in range(5)]


def requests(count: int, max_tokens: int = 50) -> list[Request]:
    return [
        Request(f"q{i}", [{"role": "user", "content": f"q{i}"}], Sampling(0.0, max_tokens=max_tokens))
        for i in range(count)
    ]


def engine(
    server: LimitedServer, folder: Path, keys: list[str], budget: Budget | None = None, **limits: int
) -> OpenAIEngine:
    path = folder / "keys.txt"
    path.write_text("# five\n\n" + "\n".join(keys) + "\n")
    return OpenAIEngine(
        "gpt-x", base_url=server.url, keys=path, limits=ApiLimits(max_retries=8, **limits), budget=budget or Budget()
    )


def collected(made: OpenAIEngine, wanted: list[Request]) -> list[Completion]:
    async def main() -> list[Completion]:
        return [completion async for completion in made.generate(wanted)]

    return asyncio.run(main())


def test_every_key_gets_its_share_and_no_limit_is_passed(tmp_path: Path) -> None:
    rpm, burst, count = 3000, 60, 2000
    server = LimitedServer(rpm, burst, faults=0.1)
    try:
        completions = collected(engine(server, tmp_path, KEYS), requests(count))
    finally:
        server.close()
    assert sorted(c.key for c in completions) == sorted(f"q{i}" for i in range(count))
    assert all(c.finish_reason == "stop" for c in completions)
    # A cut connection or garbage was no answer: the server counts what it finished.
    assert set(server.answered.values()) == {1}
    sent = sum(server.by_key.values())
    for key in KEYS:
        assert abs(server.by_key[key] - sent / len(KEYS)) <= 0.1 * sent / len(KEYS)
    # Requests that a key's limit refused, against all: the limits are kept from this side.
    assert sum(server.limited.values()) <= 0.02 * sent


def handed_out(delays: list[float], count: int, late: int = 0) -> list[int]:
    """Requests by key when key i answers after delays[i] seconds; the first one pauses until ``late`` are out."""
    ring = KeyRing([SimpleNamespace(api_key=key) for key in KEYS[: len(delays)]], 2 * len(delays), None, None)
    by_key = [0] * len(delays)
    if late:
        ring.keys[0].paused_until = math.inf

    async def one() -> None:
        key = await ring.acquire(1)
        i = ring.keys.index(key)
        by_key[i] += 1
        if sum(by_key) == late:
            ring.keys[0].paused_until = 0.0
        await asyncio.sleep(delays[i])
        ring.release(key, 1, None)

    async def main() -> None:
        await asyncio.gather(*(one() for _ in range(count)))

    asyncio.run(main())
    return by_key


def test_shares_do_not_follow_how_fast_a_key_answers() -> None:
    by_key = handed_out([0.001, 0.002, 0.001, 0.003, 0.002], 1000)
    assert max(by_key) - min(by_key) <= 20, by_key


def test_a_key_that_paused_makes_up_for_a_little_only() -> None:
    by_key = handed_out([0.001, 0.001], 1000, late=600)
    assert 200 <= by_key[0] <= 200 + CATCH_UP + 10, by_key


def test_dead_keys_are_retired_and_the_run_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = LimitedServer(60_000, 1000, refused=(KEYS[0],), exhausted=(KEYS[1],))
    try:
        completions = collected(engine(server, tmp_path, KEYS[:3]), requests(60))
    finally:
        server.close()
    assert len(completions) == 60
    assert server.by_key == {KEYS[2]: 60}
    said = capsys.readouterr().err
    assert "key ...0000 is out: the API refuses it (status 401)" in said
    assert "key ...1111 is out: its quota is used up" in said
    assert "sk-key" not in said


def test_without_a_live_key_it_stops_and_says_so(tmp_path: Path) -> None:
    server = LimitedServer(60_000, 1000, refused=tuple(KEYS[:2]))
    try:
        with pytest.raises(UserError, match="No API key is left") as failure:
            collected(engine(server, tmp_path, KEYS[:2]), requests(10))
    finally:
        server.close()
    assert "rerun the same command" in str(failure.value)
    assert "sk-key" not in str(failure.value)


def test_own_limits_are_kept(tmp_path: Path) -> None:
    server = LimitedServer(1e9, 1e9)
    start = time.monotonic()
    try:
        collected(engine(server, tmp_path, KEYS[:2], rpm=60), requests(124))
    finally:
        server.close()
    # Two buckets of 60 are empty at once; the last four need two seconds more.
    assert 1.5 <= time.monotonic() - start < 60


def test_max_cost_is_not_exceeded(tmp_path: Path) -> None:
    server = LimitedServer(60_000, 1000)
    # An answer of the stub: 10 prompt and 5 completion tokens.
    budget = Budget((1000.0, 2000.0), limit=0.50)
    made = engine(server, tmp_path, KEYS[:1], budget, concurrency=4)
    completions: list[Completion] = []

    async def main() -> None:
        async for completion in made.generate(requests(100)):
            completions.append(completion)

    try:
        with pytest.raises(UserError, match="--max-cost"):
            asyncio.run(main())
    finally:
        server.close()
    assert 10 <= len(completions) <= 25
    assert budget.spent == pytest.approx(0.02 * len(completions))
    assert budget.spent <= 0.50 + 1e-9
    assert "$" in budget.summary()


def test_prices_and_estimates() -> None:
    assert price_of("gpt-4o-mini-2024-07-18") == price_of("gpt-4o-mini") == (0.15, 0.60)
    assert price_of("my-own-model") is None
    expected = estimate(requests(100), Budget((1.0, 1.0)), lambda request: 1000)
    assert expected.requests == 100
    assert expected.completion_tokens == 100 * 50  # never more than max_tokens
    assert "price unknown" in str(estimate(requests(1), Budget(), lambda request: 1))


def test_max_cost_needs_a_price(tmp_path: Path) -> None:
    done = script(
        "label_math_difficulty.py", "--source", "math", "--model", "mine", "--max-cost", "1", "--dataset-path",
        ROOT / "samples/numina.jsonl", "--output-dir", tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert "--price-input" in done.stderr


def test_durations_and_buckets() -> None:
    assert [duration(t) for t in ("1s", "6m0s", "20ms", "1.5", "", None, "soon")] == [
        1,
        360,
        0.02,
        1.5,
        None,
        None,
        None,
    ]
    bucket = Bucket(60)
    assert bucket.wait(1) == 0
    bucket.take(60)
    assert 0.9 < bucket.wait(1) <= 1
    bucket.told(None, 0, 0)
    assert bucket.wait(1) > 0
    assert Bucket(None).wait(10**9) == 0


def test_key_files(tmp_path: Path) -> None:
    path = tmp_path / "k"
    path.write_text("# a comment\n\nsk-1\nsk-2\nsk-1\n")
    assert read_keys(path, None) == ["sk-1", "sk-2"]
    path.write_text("sk-1 sk-2\n")
    with pytest.raises(UserError, match="line 1"):
        read_keys(path, None)
    path.write_text("\n# nothing\n")
    with pytest.raises(UserError, match="holds no key"):
        read_keys(path, None)


def test_usage_is_the_bill() -> None:
    budget = Budget((0.15, 0.60))
    budget.spend(Usage(1_000_000, 1_000_000))
    assert budget.spent == pytest.approx(0.75)


def test_answers_that_arrive_with_a_failure_are_kept(tmp_path: Path) -> None:
    """A round of the engine may end with an answer and with the end of the run at once."""
    server = LimitedServer(60_000, 1000)
    budget = Budget((1000.0, 2000.0), limit=0.10)
    made = engine(server, tmp_path, KEYS[:1], budget, concurrency=4)
    completions: list[Completion] = []

    async def main() -> None:
        async for completion in made.generate(requests(40)):
            completions.append(completion)
            time.sleep(0.3)  # the answers in flight all arrive while the caller is busy

    try:
        with pytest.raises(UserError, match="--max-cost"):
            asyncio.run(main())
    finally:
        server.close()
    assert len(completions) == sum(server.answered.values())


def test_a_stop_past_its_time_still_yields_what_has_arrived(tmp_path: Path) -> None:
    server = LimitedServer(60_000, 1000)
    made = engine(server, tmp_path, KEYS[:1], concurrency=4)
    made.drain_seconds = 0.1
    completions: list[Completion] = []

    async def main() -> None:
        async for completion in made.generate(requests(40)):
            completions.append(completion)
            if len(completions) == 1:
                made.stop()
                await asyncio.sleep(0.5)  # the drain's time is over, the answers have arrived

    try:
        asyncio.run(main())
    finally:
        server.close()
    assert len(completions) == sum(server.answered.values())


def test_the_estimate_is_close_to_the_bill(tmp_path: Path) -> None:
    """200 label requests, answered in a sentence; the server bills by a tokenizer that the estimate does not know."""
    pytest.importorskip("mistral_common")
    import importlib.util

    from mistral_common.tokens.tokenizers.tekken import Tekkenizer
    from support.faulty_server import FaultyServer

    folder = Path(importlib.util.find_spec("mistral_common").origin).parent
    tokenizer = Tekkenizer.from_file(str(folder / "data" / "tekken_240911.json"))
    reply = (
        "The problem needs one idea, a substitution that turns the equation into a quadratic, and then careful casework "
        "over the signs of both roots, which is typical of the middle of AMC 12. [[{}]]"
    )

    def billed(body: dict, before: int) -> dict:
        text = reply.format(3 + before % 4)
        prompt = sum(len(tokenizer.encode(m["content"], bos=False, eos=False)) + 4 for m in body["messages"]) + 3
        used = len(tokenizer.encode(text, bos=False, eos=False)) + 1
        message = {"role": "assistant", "content": text}
        return {
            "id": "x", "object": "chat.completion", "created": 0, "model": body["model"],
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": prompt, "completion_tokens": used, "total_tokens": prompt + used},
        }  # fmt: skip

    rows = [json.loads(line) for line in (ROOT / "samples/numina.jsonl").read_text().splitlines()]
    many = [row | {"problem": f"({n}) {row['problem']}", "source": "s"} for n in range(4) for row in rows][:200]
    assert len(many) == 200
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in many))
    server = FaultyServer(billed)
    try:
        done = script(
            "label_math_difficulty.py", "--source", "s", "--dataset-path", tmp_path / "rows.jsonl", "--output-dir", tmp_path,
            "--base-url", server.url, "--price-input", "150", "--price-output", "600", env={"OPENAI_API_KEY": "sk-x-9999"},
        )  # fmt: skip
    finally:
        server.close()
    assert done.returncode == 0, done.stderr
    expected = float(re.search(r"about \$([\d.]+)", done.stderr)[1])
    spent = float(re.search(r"spent: \$([\d.]+)", done.stderr)[1])
    assert abs(expected / spent - 1) < 0.15, (expected, spent)
    assert re.search(r"\$\d+\.\d\d of ~\$\d+\.\d\d", done.stderr)  # the bar shows spent and projected


def test_kills_cost_no_more_than_what_was_in_flight(tmp_path: Path) -> None:
    items, kills, concurrency = 1600, 20, 8
    rows = "".join(
        json.dumps({"problem": f"p{n}", "solution": "\\boxed{1}", "source": "s"}) + "\n" for n in range(items)
    )
    (tmp_path / "rows.jsonl").write_text(rows)
    (tmp_path / "keys.txt").write_text("\n".join(KEYS))
    server = LimitedServer(1e6, 1e6, faults=0.1)
    command = [
        sys.executable, "label_math_difficulty.py", "--source", "s", "--dataset-path", tmp_path / "rows.jsonl",
        "--output-dir", tmp_path, "--base-url", server.url, "--keys", tmp_path / "keys.txt", "--concurrency", str(concurrency),
    ]  # fmt: skip
    chance, done_kills = random.Random(5), 0
    try:
        while done_kills < kills:
            before = sum(server.answered.values())
            process = subprocess.Popen(
                list(map(str, command)), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
            # At a random number of answers, so that a slow start is no idle kill.
            wanted = before + chance.randint(1, items // (kills + 5))
            deadline = time.monotonic() + 60
            while sum(server.answered.values()) < wanted and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.002)
            assert process.poll() is None, "the run ended before it was killed"
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(30)
            done_kills += 1
        finished = script(*command[1:])
        assert finished.returncode == 0, finished.stderr
    finally:
        server.close()
    labels = json.loads((tmp_path / "labeled_s_0_-1.json").read_text())
    assert len(labels) == items
    assert {row["gpt_difficulty_parsed"] for row in labels} == {7.0}
    assert len(server.answered) == items
    assert sum(server.answered.values()) - items <= kills * concurrency
