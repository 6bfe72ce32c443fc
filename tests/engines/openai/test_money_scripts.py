"""The scripts and money: estimates are close, limits need prices, kills cost no more than what was in flight."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.limited_server import LimitedServer
from support.scripts import ROOT, script

KEYS = [f"sk-key-{i}-{i}{i}{i}{i}" for i in range(5)]


def test_max_cost_needs_a_price(tmp_path: Path) -> None:
    done = script(
        "label_math_difficulty.py", "--source", "math", "--model", "mine", "--max-cost", "1", "--dataset-path",
        ROOT / "samples/numina.jsonl", "--output-dir", tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert "--price-input" in done.stderr


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
            # At a random number of answers, so that no kill comes before the first one.
            wanted = before + chance.randint(1, items // (kills + 5))
            while sum(server.answered.values()) < wanted and process.poll() is None:
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
