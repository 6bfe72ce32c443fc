"""The cluster behind ``--backend ray``: connecting, how many replicas fit, what runs on the nodes."""

from __future__ import annotations

import importlib.util
import logging
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from util.engines.options import VllmOptions
from util.system.credentials import HUB_TOKENS, remember, remembered
from util.system.errors import UserError
from util.system.noise import log_path, shows_all
from util.system.project import ROOT, TASK_FILES


@dataclass(frozen=True)
class Fit:
    """How many replicas fit, and the devices that each takes: GPUs, or CPU cores where the cluster has no GPU."""

    replicas: int
    gpus: int
    cpus: float
    nodes: int

    def describe(self) -> dict[str, Any]:
        return {
            "replicas": self.replicas,
            "nodes": self.nodes,
            "gpus_per_replica": self.gpus,
            "cpus_per_replica": self.cpus,
        }


def connect(address: str | None) -> None:
    """Join the cluster at ``address`` (default: RAY_ADDRESS), else start one on this machine.

    Raises:
        UserError: Ray is not installed, or the cluster cannot be reached.
    """
    try:
        import ray
    except ImportError as error:
        raise UserError(
            "--backend ray needs Ray on every node: pip install -e '.[ray]' in the folder of these tools, "
            "or pip install 'ray[default]>=2.50'. Without Ray use --backend vllm."
        ) from error
    if ray.is_initialized():
        return
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    address = address or os.environ.get("RAY_ADDRESS")
    if address:
        _check_listening(address)
    options: dict[str, Any] = {"address": address} if address else {"include_dashboard": False}
    try:
        ray.init(
            **options,
            log_to_driver=shows_all() or log_path() is not None,
            logging_level=logging.WARNING,
            configure_logging=True,
            runtime_env=runtime_env(),
        )
    except Exception as error:  # Ray raises many types; each means that there is no cluster
        raise _no_cluster(address, f"{type(error).__name__}: {str(error)[:300]}") from error


def _check_listening(address: str) -> None:
    """Refuse an address where nothing listens: Ray itself tries for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdigit():
        return  # "auto", "local", a namespace
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
    except OSError as error:
        raise _no_cluster(address, str(error)) from error


def _no_cluster(address: str | None, why: str) -> UserError:
    where = f"The Ray cluster at {address}" if address else "A Ray cluster on this machine"
    return UserError(f"{where} cannot be used: {why}. Start it with `ray start --head`, or correct --ray-address.")


def runtime_env() -> dict[str, Any]:
    """The project's packages and the user's task files, for nodes that do not have them."""
    return {"py_modules": [str(path) for path in (ROOT / "util", ROOT / "tasks", *TASK_FILES)]}


def fitting(options: VllmOptions, wanted: int | None) -> Fit:
    """How many replicas fit on the cluster, at most ``wanted``.

    Raises:
        UserError: not one fits, or fewer than ``wanted``.
    """
    nodes = [node["Resources"] for node in alive_nodes().values()]
    if not nodes:
        raise UserError("The Ray cluster has no live node. Check `ray status`.")
    gpus = [int(node.get("GPU", 0)) for node in nodes]
    if any(gpus):
        room = sum(count // options.devices for count in gpus)
        if not room:
            raise UserError(
                f"--tp {options.tensor_parallel} needs {options.devices} GPUs on one node{options.by_pipeline}, but the "
                f"cluster's nodes have {', '.join(map(str, gpus))}. Use a smaller --tp."
            )
        return _bounded(Fit(room, options.devices, 1, len(nodes)), wanted, "GPUs")
    cores = [int(node.get("CPU", 0)) for node in nodes]
    if options.devices > 1:
        raise UserError(
            f"--tp {options.tensor_parallel} needs GPUs, and the cluster has none. Use --num-replicas instead."
        )
    per_node = max(1, -(-(wanted or len(nodes)) // len(nodes)))
    each = max(1, min(cores, default=1) // per_node)
    room = sum(count // each for count in cores)
    return _bounded(Fit(min(room, wanted or len(nodes)), 0, each, len(nodes)), wanted, "CPU cores")


def _bounded(fit: Fit, wanted: int | None, what: str) -> Fit:
    if wanted is not None and wanted > fit.replicas:
        raise UserError(
            f"--num-replicas {wanted} do not fit: the cluster has {what} for {fit.replicas}. Use fewer, or add nodes."
        )
    return Fit(min(fit.replicas, wanted or fit.replicas), fit.gpus, fit.cpus, fit.nodes)


def check_here(options: VllmOptions) -> None:
    """Check the engine arguments on this node, if vLLM is installed here; a replica does it in any case.

    Raises:
        UserError: vLLM refuses one.
    """
    if options.engine_args and importlib.util.find_spec("vllm") is not None:
        from util.engines.vllm.engine_args import checked

        checked(options.engine_args)


def vllm_engine(model: str, options: VllmOptions) -> Any:
    """The engine of a replica, made on its node."""
    from util.engines.vllm.engine import VllmEngine

    return VllmEngine(model, options)


def remote_replica(model: str, vllm: VllmOptions, fit: Fit, make: Callable[[str, VllmOptions], Any]) -> Any:
    """Start an actor that holds an engine; it loads in the background. make: called there to make the engine."""
    import ray

    environment = {"TQDM_DISABLE": "1"}
    if not shows_all() and log_path() is None:
        environment["VLLM_LOGGING_LEVEL"] = "ERROR"
    if not fit.gpus:
        environment |= {
            "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
            "VLLM_CPU_OMP_THREADS_BIND": "nobind",
            "OMP_NUM_THREADS": str(int(fit.cpus)),
            "VLLM_CPU_KVCACHE_SPACE": os.environ.get("VLLM_CPU_KVCACHE_SPACE", "1"),
        }
    for name in ("HF_HUB_OFFLINE", "HF_HOME", "HF_ENDPOINT"):
        if name in os.environ:
            environment[name] = os.environ[name]
    options = {
        "num_gpus": fit.gpus,
        "num_cpus": fit.cpus,
        "max_restarts": 0,
        "max_concurrency": 100,
        "runtime_env": {"env_vars": environment},
    }
    return ray.remote(Replica).options(**options).remote(model, vllm, make, remembered(*HUB_TOKENS))


class Replica:
    """An engine on a node: takes requests, streams completions. Runs as an asynchronous Ray actor."""

    def __init__(
        self, model: str, options: VllmOptions, make: Callable[[str, VllmOptions], Any], secrets: dict[str, str]
    ) -> None:
        remember(secrets)  # an argument, since Ray shows environment variables
        self._engine = make(model, options)
        self._session = self._engine.session()
        self._run = 0
        self._waiting: list[tuple[int, Any]] = []

    async def describe(self) -> dict[str, Any]:
        found: dict[str, Any] = self._engine.describe()
        return found

    async def where(self) -> str:
        """The node's id, once the engine is loaded."""
        return node_of()

    async def text_tool(self, name: str, *values: Any) -> Any:
        """Call one of the functions of ``Tokens``."""
        return await getattr(await self._engine.tokens(), name)(*values)

    async def submit(self, run: int, requests: list[tuple[int, Any]]) -> None:
        """Take numbered requests of a run; ``results`` returns their completions by number."""
        self._begin(run)
        if run == self._run:
            self._waiting += requests

    async def results(self, run: int, every: int) -> Any:
        """Yield lists of (number, completion or increment), each as soon as a step of the engine has given some.

        Ends when a later run begins, which drops what is left of this one. every: see ``Session``.
        """
        import asyncio

        self._begin(run)
        session = self._session = self._engine.session(every)
        while run == self._run:
            waiting, self._waiting = self._waiting, []
            found: list[tuple[int, Any]] = [(number, done) for number, r in waiting if (done := session.add(number, r))]
            found += session.step()
            found += [(number, increment) for number, _, increment in session.increments()]
            if found:
                yield found
            await asyncio.sleep(0 if session.running else 0.005)

    async def tails(self, run: int) -> list[tuple[int, Any]]:
        """(number, increment) of what the responses in flight have gained since their last increments; the run ends."""
        return [(number, increment) for number, _, increment in self._session.tails()] if run == self._run else []

    def _begin(self, run: int) -> None:
        if run > self._run:
            self._run = run
            self._waiting = []
            self._session.abort()


def alive_nodes() -> dict[str, dict[str, Any]]:
    """Node id -> what Ray knows of the node."""
    import ray

    known: Any = ray.nodes  # untyped
    return {node["NodeID"]: node for node in known() if node["Alive"]}


def node_of() -> str:
    """The id of the node that this runs on."""
    import ray

    return str(ray.get_runtime_context().get_node_id())
