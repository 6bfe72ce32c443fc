"""Whether a model of the Hub is there, asked before vLLM is imported: its own answer takes up to two minutes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from util.system.errors import UserError
from util.system.suggestions import nearest

SECONDS = 10.0
"""How long to wait for the Hub."""
_INSTEAD = "or give the folder of a model that is on this machine"


def check_hub_model(model: str) -> None:
    """Refuse a Hub id that is neither in the cache nor on the Hub. A folder, and other sources of models, are not looked at.

    Raises:
        UserError: the Hub does not have it or cannot be reached; the message says which.
    """
    if Path(model).expanduser().exists() or os.environ.get("VLLM_USE_MODELSCOPE", "").lower() in ("1", "true"):
        return
    from huggingface_hub import constants, try_to_load_from_cache

    try:
        if any(isinstance(try_to_load_from_cache(model, name), str) for name in ("config.json", "params.json")):
            return
    except ValueError as error:  # not a possible id
        raise UserError(
            f"{model!r} is neither a folder nor a Hub id such as Qwen/QwQ-32B-Preview.{_near(model)}"
        ) from error
    if constants.is_offline_mode():
        raise UserError(
            f"The model {model} is not in the Hub's cache on this machine, and HF_HUB_OFFLINE is set, so it is not "
            f"downloaded. Unset HF_HUB_OFFLINE, {_INSTEAD}.{_near(model)}"
        )
    _ask(model)


def _ask(model: str) -> None:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    try:
        HfApi().model_info(model, timeout=SECONDS)
    except GatedRepoError:
        return  # vLLM's own message says how to get access
    except RepositoryNotFoundError as error:
        raise UserError(
            f"The Hub has no model {model}, or it is private and you are not logged in (`hf auth login`). Correct the "
            f"name, {_INSTEAD}.{_near(model)}"
        ) from error
    except Exception as error:  # of several HTTP libraries, by version of huggingface_hub
        if getattr(getattr(error, "response", None), "status_code", None) is not None:
            return  # the Hub answered: its refusal of this question need not be one of the download
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise UserError(
            f"The Hub cannot be reached ({reason}), and the model {model} is not in the cache. Check the network and "
            f"HF_ENDPOINT; or download it elsewhere (`hf download {model}`), {_INSTEAD}.{_near(model)}"
        ) from error


def _near(model: str) -> str:
    found = nearest(model, _on_this_machine())
    return f" Did you mean {found}?" if found is not None else ""


def _on_this_machine() -> Iterator[str]:
    """Models in the Hub's cache, and folders of models here, in models/ and in .cache/models/."""
    from huggingface_hub import constants

    cache = Path(constants.HF_HUB_CACHE)
    for folder in cache.glob("models--*") if cache.is_dir() else ():
        yield folder.name.removeprefix("models--").replace("--", "/")
    for place in (Path(), Path("models"), Path(".cache/models")):
        for config in place.glob("*/config.json"):
            yield str(config.parent)
