"""The scripts with --batch: nothing is sent twice, and nothing that was sent is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.batch_server import BatchServer
from support.scripts import ROOT, script
from support.waiting import wait_for

KEY = {"OPENAI_API_KEY": "sk-only-here-9999"}


def command(server: BatchServer, folder: Path, count: int = 6) -> list[Any]:
    rows = folder / "rows.jsonl"
    rows.write_text(
        "".join(
            json.dumps({"problem": f"p{n}", "solution": "\\boxed{1}", "source": "math"}) + "\n" for n in range(count)
        )
    )
    words = ["label_math_difficulty.py", "--source", "math", "--dataset-path", rows, "--output-dir", folder]
    return [*words, "--base-url", server.url, "--batch", "--batch-poll", "0.05"]


def levels(folder: Path) -> list[float]:
    return [row["gpt_difficulty_parsed"] for row in json.loads((folder / "labeled_math_0_-1.json").read_text())]


def test_answers_of_a_batch_are_merged_at_half_the_price(tmp_path: Path) -> None:
    server = BatchServer()
    try:
        done = script(*command(server, tmp_path), env=KEY)
        assert done.returncode == 0, done.stderr
        assert levels(tmp_path) == [7.0] * 6
        assert len(server.batches) == 1
        # 6 answers of 10 + 5 tokens at half of 0.15 and 0.60 dollars per million.
        assert "spent: $0.0000 for 60 prompt and 30 completion tokens" in done.stderr
        assert script(*command(server, tmp_path), env=KEY).returncode == 0
        assert len(server.batches) == 1
    finally:
        server.close()


def test_what_expires_or_fails_goes_again_and_the_requests_own_faults_do_not(tmp_path: Path) -> None:
    def fate(line: dict[str, Any], seen: int) -> str:
        text = line["body"]["messages"][-1]["content"]
        if "p0\n" in text:
            return "400"
        return "ok" if seen > 1 or "p1\n" in text else "expired" if "p2\n" in text else "500"

    server = BatchServer(fate=fate)
    try:
        done = script(*command(server, tmp_path), "--max-failed", "0.2", env=KEY)
        assert done.returncode == 0, done.stderr
        assert "1 of 6 problems (16.7%) failed" in done.stderr
        assert levels(tmp_path) == [-1, 7, 7, 7, 7, 7]
        assert set(server.answered.values()) == {1}
        assert sorted(server.seen.values()) == [1, 1, 2, 2, 2, 2]
    finally:
        server.close()


def test_what_never_succeeds_is_given_up_and_tried_by_the_next_run(tmp_path: Path) -> None:
    fates = ["500"]
    server = BatchServer(fate=lambda line, seen: fates[0])
    try:
        done = script(*command(server, tmp_path, 2), "--max-retries", "1", env=KEY)
        assert done.returncode == 1
        assert "2 of 2 problems (100%) failed" in done.stderr
        assert set(server.seen.values()) == {2}
        fates[0] = "ok"
        assert script(*command(server, tmp_path, 2), env=KEY).returncode == 0
        assert levels(tmp_path) == [7, 7]
    finally:
        server.close()


def test_a_full_queue_is_waited_for(tmp_path: Path) -> None:
    server = BatchServer(crowded=3)
    try:
        done = script(*command(server, tmp_path), env=KEY)
        assert done.returncode == 0, done.stderr
        assert levels(tmp_path) == [7.0] * 6
        assert set(server.answered.values()) == {1}
    finally:
        server.close()


def test_a_refused_batch_ends_the_run_with_its_reason(tmp_path: Path) -> None:
    server = BatchServer()
    server.look = lambda name: server.batches[name] | {  # type: ignore[method-assign]
        "status": "failed", "errors": {"object": "list", "data": [{"code": "invalid_model", "message": "no such model"}]}
    }  # fmt: skip
    try:
        done = script(*command(server, tmp_path), env=KEY)
        assert done.returncode == 1
        assert "no such model" in done.stderr
        assert "Traceback" not in done.stderr
    finally:
        server.close()


def started(server: BatchServer, folder: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, *map(str, command(server, folder))], cwd=ROOT, env={**os.environ, **KEY},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    wait_until(process, lambda: server.batches)
    return process


def wait_until(process: subprocess.Popen[Any], condition: Callable[[], object]) -> None:
    """Wait for something that a process does."""
    wait_for(lambda: condition() or process.poll() is not None)
    assert condition(), "the process ended"


def is_noted(folder: Path) -> bool:
    """Whether the journal has the id of the batch."""
    return any(b"batch_0" in journal.read_bytes() for journal in folder.glob("*.journal.jsonl"))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("noted", [False, True])
def test_a_killed_run_finds_its_batch_again(tmp_path: Path, how: signal.Signals, noted: bool) -> None:
    server = BatchServer()
    server.released.clear()
    try:
        for _ in range(2):
            process = started(server, tmp_path)
            if noted:
                wait_until(process, lambda: is_noted(tmp_path))
            os.killpg(process.pid, how)
            process.wait(30)
        server.released.set()
        done = script(*command(server, tmp_path), env=KEY)
        assert done.returncode == 0, done.stderr
        assert levels(tmp_path) == [7.0] * 6
        assert len(server.batches) == 1
        assert set(server.answered.values()) == {1}
    finally:
        server.close()


def test_a_batch_whose_creation_was_never_answered_is_found(tmp_path: Path) -> None:
    server = BatchServer(silent=1)
    try:
        first = script(*command(server, tmp_path), env=KEY)
        assert first.returncode == 1
        assert "rerun the same command" in first.stderr
        done = script(*command(server, tmp_path), env=KEY)
        assert done.returncode == 0, done.stderr
        assert len(server.batches) == 1
        assert levels(tmp_path) == [7.0] * 6
    finally:
        server.close()


def test_no_key_is_written(tmp_path: Path) -> None:
    server = BatchServer()
    try:
        done = script(*command(server, tmp_path), env=KEY)
    finally:
        server.close()
    texts = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()] + [done.stdout, done.stderr]
    assert not any("9999" in text for text in texts)


def test_batches_need_an_api(tmp_path: Path) -> None:
    words = ["inference_and_check.py", "--dataset", "MATH500", "--model", "some/model", "--batch", "--inference"]
    done = script(*words, "--dataset-path", ROOT / "samples/math500.jsonl", "--result-dir", tmp_path)
    assert done.returncode == 1
    assert "--model openai/NAME" in done.stderr


def test_a_queue_that_holds_little_gets_smaller_files(tmp_path: Path) -> None:
    server = BatchServer(holds=2)
    try:
        done = script(*command(server, tmp_path), env=KEY)
        assert done.returncode == 0, done.stderr
        assert levels(tmp_path) == [7.0] * 6
        assert set(server.answered.values()) == {1}
        assert "queue is full" in done.stderr
    finally:
        server.close()


def test_a_queue_that_holds_nothing_ends_the_run(tmp_path: Path) -> None:
    server = BatchServer(holds=0)
    try:
        done = script(*command(server, tmp_path), env=KEY)
        assert done.returncode == 1
        assert "token_limit_exceeded" in done.stderr
        assert "Traceback" not in done.stderr
    finally:
        server.close()


def test_a_cancelled_batch_is_not_sent_again_by_itself(tmp_path: Path) -> None:
    server = BatchServer()
    server.look = lambda name: server.batches[name] | {"status": "cancelled"}  # type: ignore[method-assign]
    try:
        done = script(*command(server, tmp_path), env=KEY)
        assert done.returncode == 1
        assert "was cancelled at the server, 6 requests" in done.stderr
        assert len(server.batches) == 1
    finally:
        server.close()


def test_cut_connections_while_waiting_are_waited_out(tmp_path: Path) -> None:
    server = BatchServer(cut=12)  # more than the client's own retries
    try:
        done = script(*command(server, tmp_path), env=KEY)
        assert done.returncode == 0, done.stderr
        assert levels(tmp_path) == [7.0] * 6
        assert len(server.batches) == 1
    finally:
        server.close()


def test_dead_keys_are_passed_over_and_another_key_fetches(tmp_path: Path) -> None:
    dead, first, second = "sk-dead-0000", "sk-first-1111", "sk-second-2222"
    server = BatchServer(refused=(dead,))
    keys = tmp_path / "keys.txt"
    keys.write_text(f"{dead}\n{first}\n")
    server.released.clear()
    words = [sys.executable, *map(str, command(server, tmp_path)), "--keys", str(keys)]
    try:
        process = subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True)
        wait_until(process, lambda: is_noted(tmp_path))
        os.killpg(process.pid, signal.SIGKILL)
        assert process.stderr is not None
        assert "key ...0000 is out" in process.stderr.read()
        process.wait(30)
        server.released.set()
        keys.write_text(f"{second}\n")
        done = script(*words[1:])
        assert done.returncode == 0, done.stderr
        assert len(server.batches) == 1
        assert levels(tmp_path) == [7.0] * 6
    finally:
        server.close()


def test_a_waiting_batch_is_not_paid_again_without_the_option(tmp_path: Path) -> None:
    server = BatchServer()
    server.released.clear()
    try:
        process = started(server, tmp_path)
        wait_until(process, lambda: is_noted(tmp_path))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
        words = [word for word in command(server, tmp_path) if word not in ("--batch", "--batch-poll", "0.05")]
        done = script(*words, env=KEY)
        assert done.returncode == 1
        assert "Run the command with --batch" in done.stderr
    finally:
        server.close()


def test_max_cost_bounds_a_batch(tmp_path: Path) -> None:
    server = BatchServer()
    price = ["--price-input", "1000", "--price-output", "1000", "--max-cost", "1"]
    try:
        done = script(*command(server, tmp_path), *price, env=KEY)
        assert done.returncode == 1
        assert "--max-cost" in done.stderr
        # About 350 tokens a request at half of 1000 dollars a million: five fit into a dollar.
        assert 1 <= sum(server.answered.values()) <= 6
    finally:
        server.close()
