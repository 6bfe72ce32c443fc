"""Shared by all tests: environment variables and two real models."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from support.faulty_server import FaultyServer
from support.scripts import ROOT

# No deadline per example: on a busy machine any example may be slow. The same examples each time, so that an unlucky one
# does not fail a change that has nothing to do with it; --hypothesis-profile=random looks for others.
settings.register_profile("random", deadline=None)
settings.register_profile("fixed", deadline=None, derandomize=True)
settings.load_profile("fixed")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("SKY_T1_CACHE", str(ROOT / ".cache"))  # not the user's
# An engine zeroes its KV cache at every start: 1 GiB is plenty for these models, and 4 GiB take ten seconds longer.
os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
if "PYTEST_XDIST_WORKER" in os.environ:  # the engines of several tests share the cores
    os.environ |= {"OMP_NUM_THREADS": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind"}


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    """A server that answers every request."""
    running = FaultyServer(lambda body, before: 200)
    yield running
    running.close()


@pytest.fixture(scope="session")
def embedded_model() -> Path:
    """The folder of SmolLM2-135M-Instruct, in the form that vLLM loads."""
    from samples import model

    return model.prepare()


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a two-layer Llama with random weights and the embedded model's tokenizer: fast; its text is noise."""
    from benchmarks.random_model import random_model

    return random_model(tmp_path_factory.mktemp("model") / "tiny-random", 1024, "bfloat16")


@pytest.fixture(scope="session")
def long_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a context of 4,096 tokens and weights in float32: its greedy texts do not depend on the batch."""
    from benchmarks.random_model import random_model

    return random_model(tmp_path_factory.mktemp("model") / "long-random")
