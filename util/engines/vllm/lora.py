"""A LoRA adapter: checked before anything loads, and sent with each request."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from util.system.errors import UserError

CONFIG = "adapter_config.json"
RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""Values that vLLM 0.32 takes for ``max_lora_rank``, besides 1."""


def lora_rank(folder: Path) -> int:
    """The smallest ``max_lora_rank`` that an adapter fits.

    Raises:
        UserError: the folder is no adapter, or its rank is larger than any that vLLM takes.
    """
    rank = _config(folder).get("r")
    found = next((each for each in RANKS if isinstance(rank, int) and 0 < rank <= each), None)
    if found is None:
        raise UserError(f"--lora {folder}: its rank (r in {CONFIG}) is {rank!r}; vLLM takes 1 to {RANKS[-1]}.")
    return found


def lora_digest(folder: Path) -> str:
    """Names an adapter by its configuration and weights, for the settings of a run.

    Raises:
        UserError: the folder is no adapter.
    """
    digest = hashlib.sha256(json.dumps(_config(folder), sort_keys=True).encode())
    for path in sorted(folder.expanduser().glob("adapter_model*")):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def lora_request(folder: Path) -> Any:
    """What vLLM wants with each request."""
    from vllm.lora.request import LoRARequest

    return LoRARequest("adapter", 1, str(folder.expanduser().resolve()))


def _config(folder: Path) -> dict[str, Any]:
    path = folder.expanduser() / CONFIG
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise UserError(f"--lora {folder} is no LoRA adapter: {CONFIG} cannot be read ({error}).") from error
    if not isinstance(found, dict):
        raise UserError(f"--lora {folder} is no LoRA adapter: {CONFIG} is not a JSON object.")
    return found
