"""Replicas on a real Ray cluster of two nodes: the same work as one engine, and nothing lost when parts of it die."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.scripts import ROOT, SAMPLES, script

from util.engines.base import Request, Sampling
from util.engines.ray.engine import window
from util.engines.ray.request_queue import MOST_DEATHS, SUSPECTS_AT_ONCE, Suspicion
from util.engines.vllm.load_model import VllmConfig
from util.results.journal import journal_path
from util.results.json_file import read_results

ray = pytest.importorskip("ray")
psutil = pytest.importorskip("psutil")

pytestmark = pytest.mark.xdist_group("ray")  # one cluster, whose replicas are killed by name


def request(name: str, text: str = "x") -> Request:
    return Request(name, [{"role": "user", "content": text}], Sampling(0.0))


def test_suspects_go_out_few_at_a_time_among_fresh_requests() -> None:
    waiting = Suspicion(request(f"fresh {i}") for i in range(100))
    for i in range(40):
        waiting.give_back(request(f"once {i}"), 1)
    for i in range(3):
        waiting.give_back(request(f"twice {i}"), 2)
    waiting.give_back(request("innocent"), 0)
    flying: list[int] = []
    names = []
    for _ in range(60):
        taken = waiting.take(flying)
        assert taken is not None
        names.append(taken[0].key.split()[0])
        flying.append(taken[1])
    counts = Counter(names)
    assert counts == {"twice": SUSPECTS_AT_ONCE[2], "once": SUSPECTS_AT_ONCE[1], "innocent": 1, "fresh": 42}
    assert not waiting.empty
    taken_names = []
    while (taken := waiting.take([])) is not None:
        taken_names.append(taken[0].key)
    assert len(taken_names) == 144 - 60
    assert waiting.empty


def test_a_source_that_fails_says_so_once_and_has_ended() -> None:
    def broken() -> Iterator[Request]:
        yield request("one")
        raise OSError("the disk is gone")

    waiting = Suspicion(broken())
    assert waiting.take([]) is not None
    with pytest.raises(OSError, match="gone"):
        waiting.take([])
    assert waiting.take([]) is None


def test_a_replica_holds_what_its_engine_takes() -> None:
    assert window({"max_num_seqs": 1024}, VllmConfig("m")) == 1024 + 128
    assert window({}, VllmConfig("m", max_num_seqs=16)) == 16 + 8
    assert window({}, VllmConfig("m")) == 256 + 32


class Cluster:
    """A head with one core for one replica, and a worker node with another."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster as RayCluster

        self.ray = RayCluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        self.worker = self.ray.add_node(num_cpus=1)
        self.ray.wait_for_nodes()
        self.address = self.ray.address

    def lose_worker(self, *, replace: bool = True) -> None:
        """Kill the worker node's processes, then bring a new one."""
        self.ray.remove_node(self.worker, allow_graceful=False)
        if replace:
            self.replace_worker()

    def replace_worker(self) -> None:
        self.worker = self.ray.add_node(num_cpus=1)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    made = Cluster()
    yield made
    ray.shutdown()
    made.ray.shutdown()


def engines() -> list[Any]:
    """The processes that hold a replica's engine."""
    return [p for p in psutil.process_iter(["cmdline"]) if (p.info["cmdline"] or [""])[0].startswith("ray::Replica")]


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
    words = ["--temperatures", "0", "0.7", "--n", "2", "--end", "24"]
    done = script(*command(tiny_model, one, *words))
    assert done.returncode == 0, done.stderr[-3000:]
    on_ray = ["--backend", "ray", "--ray-address", cluster.address, "--check-on-cluster"]
    done = script(*command(tiny_model, many, *words, *on_ray))
    assert done.returncode == 0, done.stderr[-3000:]
    assert '"replicas": 2' in done.stderr
    assert "processes on 2 nodes" in done.stderr
    alone, spread = dict(read_results(result(one))), dict(read_results(result(many)))
    assert list(alone) == list(spread)
    for key, entry in alone.items():
        assert entry["prompt"] == spread[key]["prompt"]
        for temperature in ("0", "0.7"):
            ours, theirs = entry["responses"][temperature], spread[key]["responses"][temperature]
            assert [r.get("seed") for r in ours] == [r.get("seed") for r in theirs]
            if temperature == "0":
                assert [r["content"] for r in ours] == [r["content"] for r in theirs]
                assert [r["correctness"] for r in ours] == [r["correctness"] for r in theirs]


@pytest.mark.engine
def test_kills_of_engines_nodes_and_the_script_lose_nothing(tiny_model: Path, tmp_path: Path, cluster: Cluster) -> None:
    words = [
        "--n",
        "12",
        "--max-num-seqs",
        "8",
        "--max-tokens",
        "48",
        "--backend",
        "ray",
        "--ray-address",
        cluster.address,
    ]
    arguments = command(tiny_model, tmp_path / "data", *words)
    journal = tmp_path / "data" / "tiny-random_NUMINA_train_all_0_-1.journal.jsonl"
    log = (tmp_path / "log").open("w")
    rng = random.Random(3)
    kinds = ["engine", "node", "script"] * 3 + ["engine"]
    rng.shuffle(kinds)
    process: subprocess.Popen[bytes] | None = None
    seen: dict[tuple[Any, ...], Any] = {}
    hits: Counter[str] = Counter()
    for kind in kinds:
        if process is None or process.poll() is not None:
            process = subprocess.Popen(
                [sys.executable, *arguments], cwd=ROOT, start_new_session=True, stdout=log, stderr=log
            )
        before, deadline = len(completions(journal)), time.monotonic() + 180
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
    assert hits["engine"] >= 2
    assert hits["node"] >= 2
    assert hits["script"] >= 2
    if process is not None:
        process.wait(300)
    log.close()
    done = script(*arguments)
    assert done.returncode == 0, done.stderr[-3000:]
    everything = completions(journal_path(result(tmp_path / "data")))
    assert len({slot(record) for record in everything}) == len(everything) == 64 * 12
    assert {slot(record): record["response"] for record in everything}.items() >= seen.items()
    assert sum(len(e["responses"]["0.7"]) for _, e in read_results(result(tmp_path / "data"))) == 64 * 12


POISONED = """
import asyncio, json, sys
from util.engines.base import Request, Sampling
from util.engines.ray.engine import RayEngine
from ray import cloudpickle
from benchmarks import synthetic_engine
from benchmarks.synthetic_engine import POISON, SyntheticEngine
from util.engines.vllm.load_model import VllmConfig

cloudpickle.register_pickle_by_value(synthetic_engine)  # the nodes have no benchmarks

def make(config):
    return SyntheticEngine(per_step=2)

async def main():
    engine = RayEngine(VllmConfig("none", max_num_seqs=16), num_replicas=2, address=sys.argv[1], make=make)
    texts = {f"r{i}": POISON if i == 30 else "x" for i in range(200)}
    found = []
    async for c in engine.generate(Request(k, [{"role": "user", "content": t}], Sampling(0.0)) for k, t in texts.items()):
        found.append([c.key, c.finish_reason, c.error, c.final])
    def broken():
        yield Request("first", [], Sampling(0.0))
        raise OSError("the disk is gone")
    try:
        async for c in engine.generate(broken()):
            pass
    except OSError as error:
        found.append(["source", "error", str(error), False])
    again = [c.key async for c in engine.generate(Request(f"again {i}", [], Sampling(0.0)) for i in range(10))]
    engine.close()
    print(json.dumps([found, sorted(again)]))

asyncio.run(main())
"""


def test_a_poisoned_request_is_recorded_and_the_others_are_made(cluster: Cluster) -> None:
    done = script("-c", POISONED, cluster.address, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    found, again = json.loads(done.stdout.splitlines()[-1])
    assert found.pop()[2] == "the disk is gone"  # and the engine goes on with the next job
    assert sorted(key for key, *_ in found) == sorted(f"r{i}" for i in range(200))
    failed = [item for item in found if item[1] == "error"]
    assert [item[0] for item in failed] == ["r30"]
    assert f"died {MOST_DEATHS} times" in failed[0][2]
    assert failed[0][3] is False  # a later run may try it again
    assert done.stderr.count("died (") == MOST_DEATHS
    assert again == sorted(f"again {i}" for i in range(10))


CHECKED = """
import asyncio, json, sys
from tasks import TASK_HANDLERS
from util.task import CheckOptions
from util.checks.ray_pool import ClusterCheckers

async def main():
    checks = ClusterCheckers(TASK_HANDLERS["APPS"](), CheckOptions(), 1, sys.argv[1])
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
    [told] = [line for line in out.splitlines() if line.startswith("[")]
    assert json.loads(told) == [bool(i % 2) for i in range(40)]
    assert "2 processes on 2 nodes" in error


def test_a_run_ends_though_a_lost_node_is_not_replaced(cluster: Cluster) -> None:
    """Its replica waits for room for ever; the other one makes everything."""
    code = POISONED.replace("SyntheticEngine(per_step=2)", "SyntheticEngine(per_step=1, seconds=0.05)").replace(
        "i == 30", "False"
    )
    code = code.replace("        found.append(", "        print('made', flush=True)\n        found.append(")
    process = subprocess.Popen(
        [sys.executable, "-c", code, cluster.address], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert "made" in process.stdout.readline()
    cluster.lose_worker(replace=False)
    try:
        out, error = process.communicate(timeout=200)
    finally:
        process.kill()
        cluster.replace_worker()
    assert process.returncode == 0, error[-3000:]
    [told] = [line for line in out.splitlines() if line.startswith("[")]
    found, again = json.loads(told)
    found.pop()
    assert sorted((key, reason) for key, reason, *_ in found) == sorted((f"r{i}", "stop") for i in range(200))
    assert len(again) == 10


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
