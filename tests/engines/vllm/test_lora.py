"""An adapter is checked and named by what is in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from util.engines.vllm.lora import lora_digest, lora_rank
from util.system.errors import UserError


def adapter(folder: Path, rank: object, weights: bytes = b"weights") -> Path:
    (folder / "adapter_config.json").write_text(json.dumps({"r": rank}))
    (folder / "adapter_model.safetensors").write_bytes(weights)
    return folder


@pytest.mark.parametrize(("rank", "most"), [(1, 8), (8, 8), (12, 16), (512, 512)])
def test_the_smallest_rank_that_fits(tmp_path: Path, rank: int, most: int) -> None:
    assert lora_rank(adapter(tmp_path, rank)) == most


@pytest.mark.parametrize("rank", [0, 513, None, "8"])
def test_other_ranks_are_refused(tmp_path: Path, rank: object) -> None:
    with pytest.raises(UserError, match="its rank"):
        lora_rank(adapter(tmp_path, rank))


def test_other_weights_of_the_same_size_are_another_adapter(tmp_path: Path) -> None:
    names = {lora_digest(adapter(tmp_path, 8, weights)) for weights in (b"weights", b"WEIGHTS", b"weights")}
    assert len(names) == 2
    with pytest.raises(UserError, match="no LoRA adapter"):
        lora_digest(tmp_path / "none")
