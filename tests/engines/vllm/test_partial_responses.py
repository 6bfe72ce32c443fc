"""Responses that a killed run has begun, or a token limit has cut, go on where they stopped. With a real engine."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from support.scripts import SAMPLES, results_in
from support.waiting import wait_for
from support.warm import start, warm_script

pytestmark = pytest.mark.engine

EVERY, SHORT, LONG = 64, 256, 768
PROBLEMS = 8


def command(model: Path, folder: Path, limit: int, *extra: str) -> list[str]:
    return [
        "inference_and_check.py", "--inference", "--dataset", "NUMINA", "--model", str(model), "--source", "all",
        "--dtype", "float32", "--temperatures", "0", "1", "--max-tokens", str(limit), "--end", str(PROBLEMS),
        "--sampling-args", "ignore_eos=true", 'stop=["ness"]', "--max-num-seqs", "8", "--partial-tokens", str(EVERY),
        "--dataset-path", str(SAMPLES / "numina.jsonl"), "--result-dir", str(folder), *extra,
    ]  # fmt: skip


def result(folder: Path) -> Path:
    [path] = folder.glob("*_NUMINA_*.json")
    return path


def responses(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    found = {}
    for key, entry in results_in(result(folder)).items():
        for temperature, [response] in entry["responses"].items():
            found[key, temperature] = response | entry["token_usages"][temperature][0]
    return found


def lines(path: Path, kind: str) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    whole = [json.loads(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
    return [line for line in whole if line["type"] == kind]


def killed_run(arguments: list[str], partial: Path, wanted: int) -> dict[tuple[str, str], int]:
    """Start a run, kill it after so many further lines; returns how many tokens each unfinished response had."""
    before = len(lines(partial, "partial"))
    with open(os.devnull, "w") as nothing:
        process = start(arguments, nothing, nothing)
    deadline = time.monotonic() + 240
    while process.poll() is None and time.monotonic() < deadline:
        if len(lines(partial, "partial")) >= before + wanted:
            break
        time.sleep(0.01)
    assert process.poll() is None, "it ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(60)
    had = dict[tuple[str, str], int]()
    for line in lines(partial, "partial"):
        had[line["key"], line["temperature"]] = line["start"] + len(line["ids"])
    return had


@pytest.fixture(scope="module")
def direct(long_model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], dict[str, Any]]:
    """The responses of an uninterrupted run with the higher limit."""
    folder = tmp_path_factory.mktemp("direct")
    done = warm_script(*command(long_model, folder, LONG))
    assert done.returncode == 0, done.stderr[-3000:]
    return responses(folder)


def test_killed_and_grown_responses_are_those_of_one_piece(
    long_model: Path, tmp_path: Path, direct: dict[tuple[str, str], dict[str, Any]]
) -> None:
    folder = tmp_path / "grown"
    done = warm_script(*command(long_model, folder, SHORT))
    assert done.returncode == 0, done.stderr[-3000:]
    short = responses(folder)
    ended = {sample for sample, response in short.items() if response["finish_reason"] == "stop"}
    assert 0 < len(ended) < len(short)
    journal = result(folder).with_name(f"{result(folder).stem}.journal.jsonl")
    first_lines = journal.read_bytes()
    partial = result(folder).with_name(f"{result(folder).stem}.partial.jsonl")
    assert not partial.exists()  # the run was complete

    had: list[dict[tuple[str, str], int]] = []
    for _ in range(2):
        now = killed_run(command(long_model, folder, LONG), partial, wanted=24)
        ended_since = lines(journal, "completion")[len(short) :]
        for line in ended_since:
            now.pop((line["key"], line["temperature"]), None)
        had.append(now)
    done = warm_script(*command(long_model, folder, LONG))
    assert done.returncode == 0, done.stderr[-3000:]
    assert "responses went on from" in done.stderr
    assert not partial.exists()

    found = responses(folder)
    assert journal.read_bytes().startswith(first_lines)
    assert {sample: found[sample] for sample in ended} == {sample: short[sample] for sample in ended}
    grown = [sample for sample in found if sample not in ended]
    for sample in grown:
        response = found[sample]
        assert response["continued"][0] == SHORT
        assert sorted(set(response["continued"])) == response["continued"]
        if response["finish_reason"] == "length":
            assert response["completion_tokens"] == LONG
        else:  # a stop string ended it, which is no part of it
            assert "ness" not in response["content"]
        assert response["prompt_tokens"] == direct[sample]["prompt_tokens"]
        assert (
            response["seed" if sample[1] == "1" else "content"]
            == direct[sample]["seed" if sample[1] == "1" else "content"]
        )
    # What the killed runs had made was kept: each response in flight went on from the place that was known.
    assert all(tokens in found[sample]["continued"] for now in had for sample, tokens in now.items())
    assert sum(tokens > SHORT for now in had for tokens in now.values()) > 8
    made = sum(r["completion_tokens"] for s, r in found.items() if s[1] == "0")
    assert made == sum(r["completion_tokens"] for s, r in direct.items() if s[1] == "0")


def test_ctrl_c_keeps_every_token(long_model: Path, tmp_path: Path) -> None:
    said = tmp_path / "said"
    with said.open("w") as log:
        process = start(command(long_model, tmp_path, 600), log, log)
    partial = tmp_path / f"{long_model.name}_NUMINA_train_all_0_{PROBLEMS}.partial.jsonl"
    wait_for(lambda: len(lines(partial, "partial")) >= 20, 240, "responses on their way")
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 130
    assert "to continue" in said.read_text()
    kept = lines(partial, "partial")
    # The last increments are shorter than the others: they were written at the end.
    assert any(len(line["ids"]) < EVERY - 1 for line in kept)
    had = {(line["key"], line["temperature"]): line["start"] + len(line["ids"]) for line in kept}
    for line in lines(partial.with_name(partial.name.replace(".partial", ".journal")), "completion"):
        had.pop((line["key"], line["temperature"]), None)
    done = warm_script(*command(long_model, tmp_path, 600, "--partial-tokens", "0"))
    assert done.returncode == 0, done.stderr[-3000:]
    found = responses(tmp_path)
    assert {sample: found[sample]["continued"] for sample in had} == {sample: [had[sample]] for sample in had}
