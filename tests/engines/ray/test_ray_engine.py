"""Replicas of a synthetic engine on a real Ray cluster of two nodes: nothing lost when parts of it die."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.ray_cluster import Cluster
from support.scripts import ROOT, script

from util.engines.options import VllmOptions
from util.engines.ray.request_queue import MOST_DEATHS, window

pytest.importorskip("ray")

pytestmark = pytest.mark.xdist_group("ray")  # one cluster, whose nodes are killed


def test_a_replica_holds_what_its_engine_takes() -> None:
    assert window({"max_num_seqs": 1024}, VllmOptions()) == 1024 + 128
    assert window({}, VllmOptions(max_num_seqs=16)) == 16 + 8
    assert window({}, VllmOptions()) == 256 + 32


POISONED = """
import asyncio, json, sys
from util.engines.base import Request, Sampling
from util.engines.ray.engine import RayEngine
from ray import cloudpickle
from benchmarks import synthetic_engine
from benchmarks.synthetic_engine import POISON, SyntheticEngine
from util.engines.options import RayOptions, VllmOptions
from util.records import Message, SampleId

cloudpickle.register_pickle_by_value(synthetic_engine)  # the nodes have no benchmarks

def make(model, options):
    return SyntheticEngine(per_step=2)

async def main():
    engine = RayEngine("none", VllmOptions(max_num_seqs=16), RayOptions(2, sys.argv[1]), make)
    texts = {f"r{i}": POISON if i == 30 else "x" for i in range(200)}
    found = []
    async for c in engine.generate(Request(SampleId(k), [Message("user", t)], Sampling(0.0)) for k, t in texts.items()):
        found.append([c.sample.key, c.response.finish_reason, c.response.error, c.response.final])
    def broken():
        yield Request(SampleId("first"), [], Sampling(0.0))
        raise OSError("the disk is gone")
    try:
        async for c in engine.generate(broken()):
            pass
    except OSError as error:
        found.append(["source", "error", str(error), False])
    more = (Request(SampleId(f"again {i}"), [], Sampling(0.0)) for i in range(10))
    again = [c.sample.key async for c in engine.generate(more)]
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


ROUNDS = """
import contextlib, json, sys
from pathlib import Path
from ray import cloudpickle
from benchmarks import synthetic_engine
from benchmarks.synthetic_engine import SyntheticEngine
from util.engines.base import Sampling
from util.engines.options import RayOptions, VllmOptions
from util.engines.ray.engine import RayEngine
from util.metrics.band_rule import Band, decision_plan
from util.records import Verdict
from util.results.store import ResultStore
from util.run.pipeline import generate, run_async
from util.run.progress import Progress
from util.run.rows import RowIndex
from util.run.work import Work

cloudpickle.register_pickle_by_value(synthetic_engine)  # the nodes have no benchmarks

class Checks:
    async def check(self, row, text):
        return Verdict("boxed{0}" in text, "")

def run(folder, engine):
    with RowIndex(((f"q{i}", {"problem": f"q{i}"}) for i in range(40)), folder) as rows:
        plan = decision_plan(Band(0.2, 0.5), 8, 2)
        work = Work(rows, lambda row: row["problem"], [], [0.7], 8, Sampling(0.7), 1, decisions=plan)
        with contextlib.closing(ResultStore(folder / "r.json")) as store:
            store.check_settings({})
            store.begin({"settings": {}})
            with contextlib.closing(Progress("t", 320, 0)) as progress:
                run_async(generate(work, store, engine, Checks(), "rules", progress))
            return [[sample.index, store.response(sample).content] for key in rows for sample in store.samples(key)]

folder = Path(sys.argv[2])
ray = RayEngine("none", VllmOptions(max_num_seqs=16), RayOptions(2, sys.argv[1]), lambda m, o: SyntheticEngine(per_step=2))
found = run(folder / "ray", ray)
ray.close()
print(json.dumps([len(found), found == run(folder / "local", SyntheticEngine())]))
"""


def test_rounds_until_problems_are_decided_are_those_of_one_engine(cluster: Cluster, tmp_path: Path) -> None:
    done = script("-c", ROUNDS, cluster.address, tmp_path, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    samples, same = json.loads(done.stdout.splitlines()[-1])
    assert same
    assert 80 < samples < 320


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
    [last] = [line for line in out.splitlines() if line.startswith("[")]
    found, again = json.loads(last)
    found.pop()
    assert sorted((key, reason) for key, reason, *_ in found) == sorted((f"r{i}", "stop") for i in range(200))
    assert len(again) == 10
