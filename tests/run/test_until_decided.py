"""``--until-decided`` and ``--pass-rate-from`` as a user types them, with an API."""

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
from support.scripts import ROOT, SAMPLES, results_in, script

from util.metrics.band_rule import Band, decision_plan
from util.run.decision_options import check_plan, plan_of, selection_of
from util.system.errors import UserError

NAME = "gpt-x_MATH500_test_all_0_-1"
QUESTIONS = {"never?": 0.0, "always?": 1.0, "half?": 0.5, "often?": 0.4}


def sampled(body: dict[str, Any], before: int) -> int | str | dict[str, Any]:
    """Right with the rate of the question, by the seed of the request."""
    question = next(known for known in QUESTIONS if known in body["messages"][-1]["content"])
    draw = hashlib.sha256(f"{question}{body['seed']}".encode()).digest()[0] / 256
    good = answer(body)
    text = f"So it is.\nThe answer is \\boxed{{{2 if draw < QUESTIONS[question] else 3}}}."
    return {**good, "choices": [{**good["choices"][0], "message": {"role": "assistant", "content": text}}]}


def command(server: FaultyServer, folder: Path, *extra: object, out: str = "out") -> list[object]:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps({"problem": question, "answer": "2"}) + "\n" for question in QUESTIONS))
    return [
        "inference_and_check.py", "--dataset", "MATH500", "--model", "openai/gpt-x", "--base-url", server.url,
        "--dataset-path", path, "--result-dir", folder / out, "--temperatures", "0.7", *extra,
    ]  # fmt: skip


KEY = {"OPENAI_API_KEY": "sk-only-here-9999"}
ROUNDS = ("--until-decided", "0.1:0.8", "--n-max", "16")


def test_problems_are_decided_and_then_selected(tmp_path: Path) -> None:
    server = FaultyServer(sampled)
    try:
        done = script(*command(server, tmp_path, *ROUNDS), env=KEY)
        assert done.returncode == 0, done.stderr
        path = tmp_path / "out" / f"{NAME}.json"
        rates = {key: entry["pass_rate"] for key, entry in results_in(path).items()}
        decisions = {key: rate["decision"] for key, rate in rates.items()}
        assert decisions == {"never?": "outside", "always?": "outside", "half?": "inside", "often?": "inside"}
        assert (rates["never?"]["judged"], rates["always?"]["judged"]) == (10, 6)
        made = len(server.requests)
        assert f"decided: 2 problems inside of 0.1:0.8, 2 outside; {made} responses instead of 64" in done.stdout
        mean = sum(rate["right"] / rate["judged"] for rate in rates.values()) / 4
        assert json.loads(done.stdout.splitlines()[-1]) == {"acc": round(mean, 4)}  # each problem counts once
        manifest = json.loads(path.with_suffix(".journal.jsonl").read_text().split("\n")[0].split("\t")[0])
        assert manifest["until_decided"] == {
            "band": "0.1:0.8", "n_max": 16, "round": 2, "error": 0.05, "proven_error": 0.0481,
        }  # fmt: skip
        assert manifest["settings"]["n"] == 2
        done = script(*command(server, tmp_path, *ROUNDS), env=KEY)
        assert done.returncode == 0, done.stderr
        assert "every problem is decided" in done.stderr
        assert len(server.requests) == made
        select = ("--pass-rate-from", tmp_path / "out", "0.1:0.8")
        done = script(*command(server, tmp_path, *select), env=KEY)
        assert done.returncode == 1
        assert "Choose another --result-dir" in done.stderr
        done = script(*command(server, tmp_path, *select, out="selected"), env=KEY)
        assert done.returncode == 0, done.stderr
        assert set(results_in(tmp_path / "selected" / f"{NAME}.json")) == {"half?", "often?"}
        assert "1 above 0.1:0.8, 1 below 0.1:0.8, 2 in 0.1:0.8" in done.stderr
        assert len(server.requests) == made + 2
    finally:
        server.close()


def test_ctrl_c_keeps_all_and_a_rerun_decides(tmp_path: Path) -> None:
    enough, go_on = threading.Event(), threading.Event()

    def slow(body: dict[str, Any], before: int) -> int | str | dict[str, Any]:
        if len(server.requests) > 20 and not go_on.is_set():
            enough.set()
            go_on.wait(60)
        return sampled(body, before)

    server = FaultyServer(slow)
    words = list(map(str, command(server, tmp_path, *ROUNDS)))
    process = subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, env={**os.environ, **KEY}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )  # fmt: skip
    try:
        assert enough.wait(120)
        process.send_signal(signal.SIGINT)
        go_on.set()
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 130, output
        kept = len(server.requests)
        done = script(*words, env=KEY)
        assert done.returncode == 0, done.stderr
        bodies = [json.dumps(body, sort_keys=True) for body in server.requests]
        assert len(bodies) == len(set(bodies)) > kept  # nothing was asked for twice
        decisions = [entry["pass_rate"]["decision"] for entry in results_in(tmp_path / "out" / f"{NAME}.json").values()]
        assert decisions == ["outside", "outside", "inside", "inside"]
    finally:
        go_on.set()
        process.kill()
        server.close()


@pytest.mark.engine
def test_rounds_with_vllm_in_this_process(embedded_model: Path, tmp_path: Path) -> None:
    words = (
        "inference_and_check.py", "--dataset", "NUMINA", "--model", embedded_model, "--source", "all", "--end", 6,
        "--dataset-path", SAMPLES / "numina.jsonl", "--result-dir", tmp_path, "--max-tokens", 64,
        "--until-decided", "0.3:0.8", "--n-max", 6,
    )  # fmt: skip
    done = script(*words)
    assert done.returncode == 0, done.stderr[-2000:]
    [path] = tmp_path.glob("*_NUMINA_*.json")
    plan, made = decision_plan(Band(0.3, 0.8), 6), 0
    for entry in results_in(path).values():
        verdicts = [response["correctness"] for response in entry["responses"]["0.7"]]
        decisions = [plan.decide(sum(verdicts[:mark]), mark) for mark in plan.looks if mark <= len(verdicts)]
        assert decisions[:-1] == [None] * (len(decisions) - 1)  # no round too many, and none too few
        assert entry["pass_rate"]["decision"] == ("inside" if decisions[-1] else "outside")
        assert decisions[-1] is not None
        made += len(verdicts)
    assert f"{made} responses instead of 36" in done.stdout
    again = script(*words)
    assert again.returncode == 0, again.stderr[-2000:]
    assert "every problem is decided" in again.stderr


def asked(**given: Any) -> argparse.Namespace:
    nothing = dict.fromkeys(("until_decided", "n_max", "round", "decision_error", "pass_rate_from"))
    return argparse.Namespace(**nothing | {"n": 1, "inference": False} | given)


def test_options_that_decide_nothing_are_refused_with_what_to_do() -> None:
    wanted = Band(0.1, 0.8)
    assert plan_of(asked()) is None
    args = asked(until_decided=wanted, n_max=8)
    plan = plan_of(args)
    assert plan is not None
    assert (args.n, plan.n_max, plan.round_size) == (8, 8, 2)
    for given, words in (
        ({"n_max": 8}, "--n-max needs --until-decided"),
        ({"round": 2}, "--round needs --until-decided"),
        ({"until_decided": wanted, "n": 8}, "with --n-max 8"),
        ({"until_decided": wanted, "inference": True}, "leave --inference out"),
        ({"until_decided": Band(0, 1)}, "nothing to decide"),
        ({"until_decided": wanted, "n_max": 2, "round": 4}, "within the maximum"),
    ):
        with pytest.raises(UserError, match=words):
            plan_of(asked(**given))
    for temperatures, batch, words in (
        ([0.6, 0.7], False, "single temperature"),
        ([0.0], False, "above 0"),
        ([0.7], True, "--batch"),
    ):
        with pytest.raises(UserError, match=words):
            check_plan(temperatures, batch=batch)
    with pytest.raises(UserError, match=r"--pass-rate-from x 0\.8:0\.1: the band must be LOW:HIGH"):
        selection_of(asked(pass_rate_from=["x", "0.8:0.1"]))
