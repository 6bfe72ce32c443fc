"""The engines of ``benchmarks.partial_kills``: what a run's command is, and what is killed."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.partial_counting import FOLDER, at_death
from util.system.project import ROOT

NAME = "tiny"
START_SECONDS = 300.0
REPLICA_EVERY, SERVER_EVERY = 3, 5
"""Of the kills on Ray and of those with a server, each third and fifth hits a replica or the server, not the script."""


def launch(words: list[str], counted: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, which counts tokens in a folder."""
    environment = os.environ | {
        FOLDER: str(counted), "HF_HUB_OFFLINE": "1", "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_LOGGING_LEVEL": "ERROR",
        "OMP_NUM_THREADS": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    }  # fmt: skip
    with log.open("a") as file:
        return subprocess.Popen(
            words, cwd=ROOT, env=environment, start_new_session=True, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )


def kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def counting(function: str, *words: str) -> list[str]:
    """The command that runs a function of ``benchmarks.partial_counting`` with arguments."""
    code = f"from benchmarks.partial_counting import {function}; {function}()"
    return [sys.executable, "-c", code, *words]


class InProcess:
    """vLLM in the process of the script."""

    def __init__(self, folder: Path, counted: Path, rng: random.Random) -> None:
        self.folder, self.counted, self.rng = folder, counted, rng
        self.kills = 0
        self.ends: dict[tuple[int, float], int] = {}
        """What each attempt had when its script was killed; see ``at_death``."""
        self.slowest = 0.0
        """Seconds from the signal until a killed script was gone; its connections stay open until then."""

    def words(self, model: Path, at_once: int) -> list[str]:
        """Further words of the script's command line."""
        return ["--model", str(model), "--dtype", "float32", "--max-num-seqs", str(at_once)]

    def serve(self, model: Path) -> None:
        """Start what the script needs for a model."""

    def kill(self, process: subprocess.Popen[bytes]) -> str:
        """Kill something; returns what."""
        self.kills += 1
        start = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        self.ends = at_death(self.counted, self.ends)
        process.wait()
        self.slowest = max(self.slowest, time.monotonic() - start)
        return "script"

    def close(self) -> None:
        """End what was started."""


class OnRay(InProcess):
    """Two replicas on a cluster of two nodes with one core each, which outlives the script."""

    def __init__(self, folder: Path, counted: Path, rng: random.Random) -> None:
        super().__init__(folder, counted, rng)
        from ray.cluster_utils import Cluster

        self._cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        self._cluster.add_node(num_cpus=1)
        self._cluster.wait_for_nodes()

    def words(self, model: Path, at_once: int) -> list[str]:
        address = str(self._cluster.address)
        return [*super().words(model, max(1, at_once // 2)), "--backend", "ray", "--ray-address", address]

    def kill(self, process: subprocess.Popen[bytes]) -> str:
        # Never two replicas of one run of the script: a request that is at two dead engines is taken for the cause.
        if self.kills % REPLICA_EVERY == 1 and (replicas := self._replicas()):
            self.kills += 1
            os.kill(self.rng.choice(replicas), signal.SIGKILL)
            return "replica"
        return super().kill(process)

    def _replicas(self) -> list[int]:
        """Process ids of the replicas that count."""
        import psutil

        found = {int(path.name.partition("-")[0]) for path in self.counted.glob("*.counts")}
        return [
            pid for pid in found if psutil.pid_exists(pid) and _title(psutil.Process(pid)).startswith("ray::Replica")
        ]

    def close(self) -> None:
        self._cluster.shutdown()


def _title(process: Any) -> str:
    import psutil

    try:
        return str((process.cmdline() or [""])[0])
    except psutil.Error:
        return ""


class OfServer(InProcess):
    """``vllm serve`` in a process group of its own, and the script as its client."""

    def __init__(self, folder: Path, counted: Path, rng: random.Random) -> None:
        super().__init__(folder, counted, rng)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port: int = probe.getsockname()[1]
        self._server: subprocess.Popen[bytes] | None = None
        self._model = Path()

    def words(self, model: Path, at_once: int) -> list[str]:
        address = f"http://127.0.0.1:{self._port}/v1"
        return ["--model", f"openai/{NAME}", "--base-url", address, "--concurrency", str(at_once)]

    def serve(self, model: Path) -> None:
        self.close()
        self._model = model
        words = ["--model", str(model), "--served-model-name", NAME, "--host", "127.0.0.1", "--port", str(self._port)]
        words += ["--enforce-eager", "--dtype", "float32", "--no-enable-chunked-prefill"]
        words += ["--logits-processors", "benchmarks.partial_pause:Pause"]
        self._server = launch(counting("server", *words), self.counted, self.folder / "server.log")
        deadline = time.monotonic() + START_SECONDS
        while True:
            assert self._server.poll() is None, (self.folder / "server.log").read_text()[-3000:]
            assert time.monotonic() < deadline
            health = f"http://127.0.0.1:{self._port}/health"
            with contextlib.suppress(OSError), urllib.request.urlopen(health, timeout=5):
                return
            time.sleep(0.5)

    def kill(self, process: subprocess.Popen[bytes]) -> str:
        if self.kills % SERVER_EVERY != SERVER_EVERY - 1:
            return super().kill(process)
        self.kills += 1
        self.serve(self._model)
        return "server"

    def close(self) -> None:
        if self._server is not None:
            kill_group(self._server)


ENGINES: dict[str, type[InProcess]] = {"process": InProcess, "ray": OnRay, "server": OfServer}
