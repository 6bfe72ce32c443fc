"""What is refused before a model loads, and what is said when it does not load."""

from __future__ import annotations

from pathlib import Path

import pytest

from util.engines.vllm.load_model import check_model, load_message
from util.system.errors import UserError


@pytest.mark.parametrize(
    ("cause", "advice"),
    [
        ("Free memory on device cuda:0 (9.62/139.8 GiB) is less than desired GPU memory utilization", "nvidia-smi"),
        ("No available memory for the cache blocks", "--max-model-len"),
        ("Engine core initialization failed. See root cause above.", "shows the cause"),
        ("/models/memory-1b has no weights", "Check the files in the folder"),
    ],
)
def test_a_model_that_does_not_load_says_what_to_do(cause: str, advice: str, tmp_path: Path) -> None:
    error = RuntimeError("outer")
    error.__cause__ = ValueError(cause)
    message = load_message(str(tmp_path), error)
    assert cause in message
    assert advice in message


def test_what_cannot_be_a_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    for model, words in {
        tmp_path / "empty": "is not a model folder: it has no config.json",
        tmp_path / "file": "is a file",
        tmp_path / "missing": "does not exist",
        "a/b/c": "does not exist",
    }.items():
        with pytest.raises(UserError, match=words):
            check_model(str(model))
    check_model("Qwen/QwQ-32B-Preview")
    (tmp_path / "empty" / "config.json").write_text("{}")
    check_model(str(tmp_path / "empty"))
