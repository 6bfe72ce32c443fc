"""``eval.py --target-halfwidth`` as a user types it, with an API."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from support.faulty_server import FaultyServer, answer
from support.scripts import ROOT, results_in, script

import eval as eval_script
from util.results.manifest import runs_of
from util.run.precision_options import half_width, run_options_of
from util.system.errors import UserError

RATES = [0.1, 0.3, 0.5, 0.5, 0.7, 0.9, 0.2, 0.6, 0.4, 0.8]
KEY = {"OPENAI_API_KEY": "sk-only-here-9999"}
SAMPLES = ("--halfwidth-of", "samples")
NAME = "gpt-x_MATH500_test_all_0_-1"


def sampled(body: dict[str, Any], before: int) -> int | str | dict[str, Any]:
    """Right with the rate of the question, by the seed of the request."""
    number = question(body)
    draw = hashlib.sha256(f"{number} {body['seed']}".encode()).digest()[0] / 256
    return answered(body, right=draw < RATES[number])


def question(body: dict[str, Any]) -> int:
    return next(number for number in range(len(RATES)) if f"Question {number}?" in body["messages"][-1]["content"])


def answered(body: dict[str, Any], *, right: bool) -> dict[str, Any]:
    good = answer(body)
    text = f"So it is.\nThe answer is \\boxed{{{2 if right else 3}}}."
    return {**good, "choices": [{**good["choices"][0], "message": {"role": "assistant", "content": text}}]}


def command(server: FaultyServer, folder: Path, *extra: object, out: str = "out") -> list[object]:
    rows = folder / "rows.jsonl"
    rows.write_text("".join(json.dumps({"problem": f"Question {n}?", "answer": "2"}) + "\n" for n in range(len(RATES))))
    return [
        "eval.py", "--evals", "MATH500", "--model", "openai/gpt-x", "--base-url", server.url, "--dataset-path", rows,
        "--result-dir", folder / out, "--output-file", folder / f"{out}.txt", "--temperatures", "0.7", *extra,
    ]  # fmt: skip


def verdicts(folder: Path, out: str = "out") -> list[list[bool]]:
    entries = results_in(folder / out / f"{NAME}.json").values()
    return [[response["correctness"] for response in entry["responses"]["0.7"]] for entry in entries]


def test_a_target_is_planned_reached_told_and_tightened(tmp_path: Path) -> None:
    server = FaultyServer(sampled)
    try:
        first = ("--target-halfwidth", "8", *SAMPLES)
        table, page = tmp_path / "t.md", tmp_path / "r.html"
        done = script(*command(server, tmp_path, *first, "--table", table, "--report", page), env=KEY)
        assert done.returncode == 0, done.stderr
        assert "at most 17 responses per problem (170 in all) give ±8" in done.stderr
        n = len(server.requests) // len(RATES)
        assert len(server.requests) == n * len(RATES)
        assert {len(each) for each in verdicts(tmp_path)} == {n}
        assert f"reached with {n} responses per problem: ±" in done.stdout
        assert f"target: {n} responses per problem" in done.stderr
        details = json.loads((tmp_path / "out_details.json").read_text())["MATH500"]
        found = details["target_halfwidth"]
        assert (details["settings"]["n"], found["n"], found["reached"], found["ended"]) == (n, n, True, "reached")
        assert found["half_width_samples"] <= 8 < found["half_width_problems"]
        value, low, high = details["metrics"]["0.7"]["pass@1"]
        assert found["half_width_problems"] == pytest.approx(100 * max(value - low, high - value), abs=0.02)
        assert f"| {n} (±8 of sampling: reached) |" in table.read_text()
        assert (
            f"Target of ±8 points (for these problems alone) reached with {n} responses per problem" in page.read_text()
        )
        runs = list(runs_of(tmp_path / "out" / f"{NAME}.json"))
        assert runs[0]["target_halfwidth"] == {"points": 8.0, "of": "samples", "least": 1, "n_max": 64, "round": None}
        assert runs[-1]["settings"]["n"] == runs[-1]["target_halfwidth"]["n"] == n
        again = script(*command(server, tmp_path, *first), env=KEY)
        assert again.returncode == 0, again.stderr
        assert "Nothing to generate: more responses are not needed" in again.stderr
        assert len(server.requests) == n * len(RATES)
        done = script(*command(server, tmp_path, "--target-halfwidth", "6", *SAMPLES, "--dry-run"), env=KEY)
        assert f"the journal has {n} responses per problem: pass@1 {value:.4f}" in done.stdout
        assert "±6 takes about" in done.stdout
        before = verdicts(tmp_path)
        done = script(*command(server, tmp_path, "--target-halfwidth", "6", *SAMPLES), env=KEY)
        assert done.returncode == 0, done.stderr
        after = verdicts(tmp_path)
        assert [each[:n] for each in after] == before  # nothing is lost
        assert len({json.dumps(body, sort_keys=True) for body in server.requests}) == len(server.requests)
        scores = json.loads((tmp_path / "out.txt").read_text())
        assert scores == {
            "MATH500": round(sum(map(sum, after)) / sum(map(len, after)), 4)
        }  # one result file, one score
    finally:
        server.close()


def test_what_more_responses_cannot_reach_is_told_and_not_bought(tmp_path: Path) -> None:
    def divided(body: dict[str, Any], before: int) -> int | str | dict[str, Any]:
        """Problems with an even number are always solved, the others never, but for a few slips."""
        slip = hashlib.sha256(str(body["seed"]).encode()).digest()[0] < 8
        return answered(body, right=(question(body) % 2 == 0) != slip)

    server = FaultyServer(divided)
    try:
        done = script(*command(server, tmp_path, "--target-halfwidth", "1", "--n-max", "8"), env=KEY)
        assert done.returncode == 0, done.stderr
        assert "no number of responses is sure to give ±1" in done.stderr
        assert "out of reach" in done.stdout
        assert "only more problems make it narrower" in done.stdout
        assert {len(each) for each in verdicts(tmp_path)} == {4}
        done = script(*command(server, tmp_path, "--target-halfwidth", "1", "--n-max", "6", *SAMPLES), env=KEY)
        assert done.returncode == 0, done.stderr
        assert "not reached with --n-max 6" in done.stdout
        assert "rerun with a higher --n-max to go on" in done.stdout
        assert {len(each) for each in verdicts(tmp_path)} == {6}
    finally:
        server.close()


def test_a_killed_run_ends_as_one_that_was_not(tmp_path: Path) -> None:
    enough, go_on = threading.Event(), threading.Event()

    def slow(body: dict[str, Any], before: int) -> int | str | dict[str, Any]:
        if len(server.requests) > 55 and not go_on.is_set():
            enough.set()
            go_on.wait(60)
        return sampled(body, before)

    server = FaultyServer(slow)
    words = list(map(str, command(server, tmp_path, "--target-halfwidth", "8", *SAMPLES)))
    process = subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, env={**os.environ, **KEY}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )  # fmt: skip
    try:
        assert enough.wait(120)
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        go_on.set()
        done = script(*words, env=KEY)
        assert done.returncode == 0, done.stderr
        whole = script(*command(server, tmp_path, "--target-halfwidth", "8", *SAMPLES, out="whole"), env=KEY)
        assert whole.returncode == 0, whole.stderr
        assert verdicts(tmp_path) == verdicts(tmp_path, "whole")
        assert (tmp_path / "out.txt").read_text() == (tmp_path / "whole.txt").read_text()
    finally:
        go_on.set()
        process.kill()
        server.close()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--n-max", "8"], "--n-max needs --target-halfwidth"),
        (["--halfwidth-of", "samples"], "--halfwidth-of needs --target-halfwidth"),
        (["--target-halfwidth", "2", "--n", "64", "--n-max", "32"], "--n 64.*is above --n-max 32"),
        (["--target-halfwidth", "2", "--temperatures", "0"], "above 0"),
        (["--target-halfwidth", "2", "--temperatures", "0.6", "0.7"], "single temperature"),
        (["--target-halfwidth", "2", "--batch"], "--batch"),
        (["--target-halfwidth", "2", "--thinking-budgets", "1k"], "--thinking-budgets"),
    ],
)
def test_options_that_do_not_go_together_are_refused(words: list[str], message: str) -> None:
    args = eval_script.parse(["--model", "openai/gpt-x", "--evals", "AIME", *words])
    with pytest.raises(UserError, match=message):
        run_options_of(args, 0.0)


def test_each_benchmark_may_have_its_own_target() -> None:
    from util.run.own_settings import with_settings

    words = ["--set", "AIME.target_halfwidth=1.5", "--set", "AIME.halfwidth_of=samples", "--set", "AIME.n_max=128"]
    args = eval_script.parse(["--model", "openai/gpt-x", "--evals", "AIME,MATH500", *words])
    aime, math500 = (run_options_of(with_settings(args, each), 0.0) for each in args.chosen)
    assert aime.precision is not None
    assert (aime.precision.half_width, aime.precision.scope, aime.precision.n_max) == (0.015, "samples", 128)
    assert (aime.sampling.n, aime.sampling.temperatures) == (128, [0.7])
    assert (math500.precision, math500.sampling.n, math500.sampling.temperatures) == (None, 1, [0.0])


@pytest.mark.parametrize("text", ["0", "-1", "50", "two", "nan", "2%"])
def test_half_widths_are_percentage_points(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="percentage points above 0 and below 50"):
        half_width(text)
