"""Sampling parameters that a model's authors recommend: its own generation_config.json first, then the table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from util.prompting.profiles import Preset, profile_of
from util.system.errors import UserError
from util.system.named_files import read_text, unreadable

OWN = "own"
"""The value of --preset without a model: the run's own."""

FILE = "generation_config.json"
_NEUTRAL = {"top_k": (0, -1, 50), "min_p": (0,), "repetition_penalty": (1,)}
"""Parameters that a preset may have, and values that do not count: 50 is what transformers writes unasked."""


def preset_of(model: str, source: str = OWN, profiles: Path | None = None) -> Preset:
    """The recommended sampling of a model.

    model: Hub id, local folder, or openai/NAME. source: the folder or Hub id to read instead, or ``OWN``. profiles: of
    the user, see ``profile_of``.

    Raises:
        UserError: there is none.
    """
    where = model if source == OWN else source
    if (found := _from_file(where)) is not None:
        return found
    table = profile_of(where, profiles).preset
    if table is None:
        hint = (
            " For a model behind a server, --preset FOLDER_OR_HUB_ID reads that model's." if "openai/" in model else ""
        )
        raise UserError(
            f"There is no preset for {where}: no {FILE} with sampling parameters, and no entry in the table.{hint} Set "
            "--temperatures, --top-p and --sampling-args instead."
        )
    return table


def read_generation_config(values: Mapping[str, Any], where: str) -> Preset | None:
    """The preset of a generation_config.json; None where it says nothing of sampling.

    >>> str(read_generation_config({"do_sample": True, "temperature": 0.6, "top_k": 20, "top_p": 0.95}, "Qwen3"))
    'temperature 0.6, top-p 0.95, top_k 20 (generation_config.json of Qwen3)'
    """
    numbers = {name: value for name, value in values.items() if type(value) in (int, float)}
    if values.get("do_sample") is False:
        return Preset(0.0, 1.0, f"{FILE} of {where}: greedy decoding")
    args = {name: numbers[name] for name, none in _NEUTRAL.items() if name in numbers and numbers[name] not in none}
    if "top_k" in numbers and values.get("do_sample") and numbers["top_k"] == 50:
        args["top_k"] = 50
    if not args and "temperature" not in numbers and "top_p" not in numbers:
        return None
    return Preset(float(numbers.get("temperature", 1.0)), float(numbers.get("top_p", 1.0)), f"{FILE} of {where}", args)


def _from_file(model: str) -> Preset | None:
    path = _local_file(model)
    if path is None:
        return None
    expected = "JSON with sampling parameters; correct it, or leave --preset out"
    try:
        values = json.loads(read_text(path, "The preset in", expected))
    except ValueError as error:
        raise unreadable("The preset in", path, error, expected) from error
    return read_generation_config(values, model) if isinstance(values, dict) else None


def _local_file(model: str) -> Path | None:
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder / FILE if (folder / FILE).exists() else None
    if (model.startswith("openai/") and "gpt-oss" not in model) or model.count("/") != 1:
        return None
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(hf_hub_download(model, FILE))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError):
        return None  # no such file, or no network: the table
