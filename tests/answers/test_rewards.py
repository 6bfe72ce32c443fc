"""Rewards: our own functions, and the calling paths of TRL and verl where they are installed.

docs/rewards.md shows how to install the two libraries beside this project and run these tests.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from util.answers.rewards import compute_score, reward

ROOT = Path(__file__).resolve().parents[2]
RIGHT, WRONG = r"Half of it: \boxed{\frac{1}{2}}", r"So it is \boxed{3}."
HEAVY = {"sympy", "mpmath", "math_verify", "torch", "numpy", "datasets", "transformers", "trl", "verl"}


def message(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def test_texts_and_messages() -> None:
    assert reward([RIGHT, WRONG], ["0.5", "0.5"]) == [1.0, 0.0]
    assert reward([message(RIGHT), message(WRONG)], answer=["0.5", "3"], prompts=["", ""]) == [1.0, 1.0]


def test_the_last_message_of_the_assistant_counts() -> None:
    talk = [*message(WRONG), {"role": "tool", "content": "42"}, *message(RIGHT)]
    parts = [{"role": "assistant", "content": [{"type": "text", "text": RIGHT}, {"type": "image", "url": "x"}]}]
    calls = [{"role": "assistant", "content": None}]
    assert reward([talk, parts, calls, []], ["0.5"] * 4) == [1.0, 1.0, 0.0, 0.0]


def test_a_gold_answer_that_cannot_be_judged() -> None:
    assert reward([RIGHT], [""]) == [None]
    assert compute_score("math", RIGHT, "") == 0.0


@pytest.mark.parametrize("bad", [([RIGHT], [0.5]), ([3], ["0.5"]), ([[{"role": "assistant", "content": 3}]], ["0.5"])])
def test_what_is_no_text_is_refused(bad: tuple[list[Any], list[Any]]) -> None:
    with pytest.raises(TypeError):
        reward(*bad)


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="shorter"):
        reward([RIGHT, WRONG], ["0.5"])


def test_threads_get_the_same_scores() -> None:
    found: list[float] = []
    work = [("", rf"\boxed{{\sin^2 {n}+\cos^2 {n}}}", "1") for n in range(40)]
    threads = [threading.Thread(target=lambda: found.extend(compute_score(*item) for item in work)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1.0] * 160


@pytest.mark.parametrize("statement", ["from util.answers import verify", "from util.answers.rewards import reward"])
def test_nothing_heavy_is_imported(statement: str) -> None:
    code = f"import sys; {statement}; print(*sorted(set(sys.modules) & {HEAVY!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_through_the_trainer_of_trl() -> None:
    """TRL's own method that calls reward functions, on a trainer of which only what it uses is filled in."""
    pytest.importorskip("trl")
    import torch
    from accelerate import PartialState
    from trl import GRPOTrainer

    PartialState(cpu=True)  # its logger wants one, and says which row has no reward

    rows = [{"prompt": "?", "answer": gold} for gold in ("0.5", "0.5", "")]
    trainer: Any = SimpleNamespace(
        accelerator=SimpleNamespace(device="cpu", is_main_process=True, num_processes=1, gather=lambda item: item),
        reward_funcs=[reward], reward_processing_classes=[None], reward_func_names=["reward"], state=SimpleNamespace(global_step=0), environments=None,
        _log_completion_extra=None, _log_metric=None, args=SimpleNamespace(report_to=[]), chat_template_kwargs={},
    )  # fmt: skip
    completions = [message(RIGHT), message(WRONG), message(RIGHT)]
    calculate = GRPOTrainer._calculate_rewards.__wrapped__
    found = calculate(trainer, rows, ["?"] * 3, completions, [[1]] * 3)
    assert found[:2, 0].tolist() == [1.0, 0.0]
    assert torch.isnan(found[2, 0])


def test_through_the_reward_managers_of_verl() -> None:
    """verl's loading of a custom function from a file, and the reward loop that calls it in a thread."""
    pytest.importorskip("verl")
    omegaconf = pytest.importorskip("omegaconf")
    pytest.importorskip("tensordict")
    import numpy as np
    import torch
    from verl import DataProto
    from verl.trainer.ppo.reward import load_reward_manager

    path = str(ROOT / "util" / "answers" / "rewards.py")
    config = omegaconf.OmegaConf.create(
        {
            "reward": {
                "custom_reward_function": {"path": path, "name": "compute_score"},
                "reward_manager": {"source": "register", "name": "naive"},
            }
        }
    )
    texts = {1: RIGHT, 2: WRONG}
    tokenizer = SimpleNamespace(decode=lambda ids, **_: texts[int(ids[0])])

    async def scores() -> list[float]:
        manager = load_reward_manager(config, tokenizer)
        found = []
        for number in texts:
            data = DataProto.from_dict(
                tensors={"responses": torch.tensor([[number]]), "attention_mask": torch.ones(1, 2, dtype=torch.long), "prompts": torch.tensor([[0]])},
                non_tensors={
                    "data_source": np.array(["math"], dtype=object),
                    "reward_model": np.array([{"ground_truth": "0.5"}], dtype=object),
                    "extra_info": np.array([{}], dtype=object),
                },
            )  # fmt: skip
            found.append((await manager.run_single(data))["reward_score"])
        return found

    assert asyncio.run(scores()) == [1.0, 0.0]
