"""The scripts on a real Ray cluster of two nodes: the same results as one engine, and nothing lost when parts of it die."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support.ray_cluster import Cluster
from support.scripts import ROOT, SAMPLES, results_in, script
from support.waiting import wait_for
from support.warm import warm_script

from util.results.paths import ResultPaths

ray = pytest.importorskip("ray")
psutil = pytest.importorskip("psutil")

pytestmark = pytest.mark.xdist_group("ray")  # one cluster, whose nodes are killed


N = 9


def engines() -> list[Any]:
    """The processes of this test's cluster that hold a replica's engine."""
    return [each for each in psutil.Process().children(recursive=True) if title(each).startswith("ray::Replica")]


def title(process: Any) -> str:
    try:
        return (process.cmdline() or [""])[0]
    except psutil.Error:  # it has ended
        return ""


def command(model: Path, folder: Path, *extra: str) -> list[str]:
    return [
        "inference_and_check.py", "--dataset", "NUMINA", "--model", str(model), "--source", "all", "--max-tokens", "96",
        "--dataset-path", str(SAMPLES / "numina.jsonl"), "--result-dir", str(folder), *extra,
    ]  # fmt: skip


def result(folder: Path) -> Path:
    [path] = folder.glob("*_NUMINA_*.json")
    return path


def completions(journal: Path) -> list[dict[str, Any]]:
    if not journal.exists():
        return []
    lines = [json.loads(line) for line in journal.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
    return [line for line in lines if line["type"] == "completion" and line["response"]["finish_reason"] != "error"]


def slot(record: dict[str, Any]) -> tuple[Any, ...]:
    return record["key"], record["temperature"], record["sample_index"]


@pytest.mark.engine
def test_two_replicas_do_what_one_engine_does(tiny_model: Path, tmp_path: Path, cluster: Cluster) -> None:
    one, many = tmp_path / "one", tmp_path / "many"
    words = ["--temperatures", "0", "0.7", "--n", "2", "--end", "24", "--thinking-budget", "40"]
    done = warm_script(*command(tiny_model, one, *words))
    assert done.returncode == 0, done.stderr[-3000:]
    on_ray = ["--backend", "ray", "--ray-address", cluster.address, "--check-on-cluster"]
    done = script(*command(tiny_model, many, *words, *on_ray))
    assert done.returncode == 0, done.stderr[-3000:]
    assert '"replicas": 2' in done.stderr
    assert "processes on 2 nodes" in done.stderr
    alone, many_results = results_in(result(one)), results_in(result(many))
    assert list(alone) == list(many_results)
    assert sum("thought_cut" in r for entry in many_results.values() for r in entry["responses"]["0.7"]) > 12
    for key, entry in alone.items():
        assert entry["prompt"] == many_results[key]["prompt"]
        for temperature in ("0", "0.7"):
            ours, theirs = entry["responses"][temperature], many_results[key]["responses"][temperature]
            assert [r.get("seed") for r in ours] == [r.get("seed") for r in theirs]
            assert {r.get("thought_cut") for r in (*ours, *theirs)} <= {None, 40}
            if temperature == "0":
                assert [r["content"] for r in ours] == [r["content"] for r in theirs]
                assert [r["correctness"] for r in ours] == [r["correctness"] for r in theirs]


@pytest.mark.engine
@pytest.mark.timeout(2400)
def test_kills_of_engines_nodes_and_the_script_lose_nothing(tiny_model: Path, tmp_path: Path, cluster: Cluster) -> None:
    words = [
        "--n", str(N), "--max-num-seqs", "8", "--max-tokens", "48", "--backend", "ray", "--ray-address", cluster.address,
    ]  # fmt: skip
    arguments = command(tiny_model, tmp_path / "data", *words)
    journal = tmp_path / "data" / "tiny-random_NUMINA_train_all_0_-1.journal.jsonl"
    log = (tmp_path / "log").open("w")
    rng = random.Random(3)
    kinds = ["engine", "node", "script"] * 2  # benchmarks/partial_kills.py has the long form
    rng.shuffle(kinds)
    process: subprocess.Popen[bytes] | None = None
    seen: dict[tuple[Any, ...], Any] = {}
    hits: Counter[str] = Counter()
    for kind in kinds:
        if process is None or process.poll() is not None:
            process = subprocess.Popen(
                [sys.executable, *arguments], cwd=ROOT, start_new_session=True, stdout=log, stderr=log
            )
        # Only ends a hang: Ray itself lags on a busy machine.
        before, deadline = len(completions(journal)), time.monotonic() + 500
        while len(completions(journal)) < before + rng.randint(1, 20) and process.poll() is None:
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()[-3000:]
            time.sleep(0.05)
        if process.poll() is not None:
            break  # it was done before
        hits[kind] += 1
        if kind == "engine":
            rng.choice(engines()).kill()
        elif kind == "node":
            cluster.lose_worker()
        else:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        now = {slot(record): record["response"] for record in completions(journal)}
        assert len(now) == len(completions(journal)), "a sample was made twice"
        assert now.items() >= seen.items()
        seen = now
    assert hits.keys() == set(kinds)
    assert hits.total() >= 4
    if process is not None:
        process.wait(300)
    log.close()
    done = script(*arguments)
    assert done.returncode == 0, done.stderr[-3000:]
    everything = completions(ResultPaths(result(tmp_path / "data")).journal)
    assert len({slot(record) for record in everything}) == len(everything) == 64 * N
    assert {slot(record): record["response"] for record in everything}.items() >= seen.items()
    assert sum(len(e["responses"]["0.7"]) for _, e in results_in(result(tmp_path / "data")).items()) == 64 * N


@pytest.mark.engine
@pytest.mark.timeout(1200)
def test_responses_in_flight_go_on_after_deaths(long_model: Path, tmp_path: Path, cluster: Cluster) -> None:
    words = [
        "--inference", "--temperatures", "0", "--max-tokens", "1500", "--end", "12", "--dtype", "float32", "--sampling-args",
        "ignore_eos=true", "--max-num-seqs", "8", "--partial-tokens", "32",
    ]  # fmt: skip
    done = warm_script(*command(long_model, tmp_path / "one", *words))
    assert done.returncode == 0, done.stderr[-3000:]
    arguments = command(long_model, tmp_path / "data", *words, "--backend", "ray", "--ray-address", cluster.address)
    partial = tmp_path / "data" / "long-random_NUMINA_train_all_0_12.partial.jsonl"
    log = tmp_path / "log"
    with log.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, start_new_session=True, stdout=said, stderr=said
        )

        def grows(lines: int) -> None:
            count = partial.read_bytes().count(b"\n") if partial.exists() else 0
            wait_for(
                lambda: partial.exists() and partial.read_bytes().count(b"\n") >= count + lines, 500, "more tokens"
            )

        grows(60)
        for engine in engines():  # few responses may all be at one
            engine.kill()
        wait_for(lambda: "died (" in log.read_text(), 300, "notice of a replica's death")
        grows(30)
        assert process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    done = script(*arguments)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "responses went on from" in done.stderr
    one, many = results_in(result(tmp_path / "one")), results_in(result(tmp_path / "data"))
    found = {key: entry["responses"]["0"][0] for key, entry in many.items()}
    assert {key: response["content"] for key, response in found.items()} == {
        key: entry["responses"]["0"][0]["content"] for key, entry in one.items()
    }
    continued = [response.get("continued", []) for response in found.values()]
    assert max(map(len, continued)) == 2  # after the death of the replica, and of the script
    assert all(places == sorted(set(places)) for places in continued)
    assert not partial.exists()


CHECKED = """
import asyncio, json, sys
from tasks import TASK_HANDLERS
from util.task import CheckOptions
from util.checks.ray_pool import ClusterCheckers

async def main():
    checks = ClusterCheckers(TASK_HANDLERS["APPS"]().checker(CheckOptions()), 1, sys.argv[1])
    row = {"question": "q", "input_output": json.dumps({"inputs": ["1\\n"] * 3, "outputs": ["2\\n"] * 3})}
    texts = [f"```python\\nprint(int(input()) + {i % 2})\\n```" for i in range(40)]
    pending = [asyncio.create_task(checks.check(row, text)) for text in texts]
    await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
    print("started", flush=True)
    sys.stdin.readline()
    verdicts = [await task for task in pending]
    checks.close()
    print(json.dumps([v.correct for v in verdicts]))

asyncio.run(main())
"""


def test_code_is_checked_on_every_node_and_one_may_die(cluster: Cluster) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", CHECKED, cluster.address], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    while "started" not in (line := process.stdout.readline()):
        assert line, process.stderr.read()[-3000:] if process.stderr else ""
    cluster.lose_worker()
    out, error = process.communicate("\n", timeout=200)
    assert process.returncode == 0, error[-3000:]
    [last] = [line for line in out.splitlines() if line.startswith("[")]
    assert json.loads(last) == [bool(i % 2) for i in range(40)]
    assert "2 processes on 2 nodes" in error


def test_without_ray_the_message_says_how_to_install_it(tmp_path: Path) -> None:
    code = "import sys; sys.modules['ray'] = None; import inference_and_check as i; from util.system import cli; cli.run(i.main)"
    done = script("-c", code, *command(Path("x/y"), tmp_path, "--backend", "ray")[1:])
    assert done.returncode == 1
    assert "pip install 'ray" in done.stderr
    assert "Traceback" not in done.stderr


def test_too_many_replicas_and_wrong_addresses_are_refused(tiny_model: Path, tmp_path: Path, cluster: Cluster) -> None:
    done = script(*command(tiny_model, tmp_path, "--num-replicas", "2"))
    assert "needs --backend ray" in done.stderr
    base = command(tiny_model, tmp_path, "--backend", "ray", "--ray-address")
    done = script(*base, cluster.address, "--num-replicas", "50")
    assert done.returncode == 1
    assert "--num-replicas 50 do not fit" in done.stderr
    done = script(*command(tiny_model, tmp_path, "--ray-address", "auto"))
    assert "needs --backend ray or --check-on-cluster" in done.stderr
    done = script(*base, cluster.address, "--tp", "2")
    assert "needs GPUs" in done.stderr
    done = script(*base, "127.0.0.1:1")
    assert done.returncode == 1
    assert "cannot be used" in done.stderr


def test_a_model_that_does_not_load_is_one_message(tmp_path: Path, cluster: Cluster) -> None:
    (tmp_path / "empty").mkdir()
    done = script(*command(tmp_path / "empty", tmp_path, "--backend", "ray", "--ray-address", cluster.address))
    assert done.returncode == 1
    assert "has no config.json" in done.stderr
    assert "Traceback" not in done.stderr
