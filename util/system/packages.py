"""Packages that are not installed: one message that names what to install."""

from __future__ import annotations

from importlib.util import find_spec

from util.system.errors import UserError

EXTRAS = {
    "openai": "api", "httpx": "api", "tiktoken": "api",
    "vllm": "gpu", "torch": "gpu", "transformers": "gpu", "jinja2": "gpu", "psutil": "gpu", "pydantic": "gpu",
    "ray": "ray",
    "math_verify": "fallback",
    "zstandard": "inspect",
    "py3langid": "filters", "tokenizers": "filters",
    "wordllama": "meaning", "safetensors": "meaning",
    "model2vec": "embeddings", "sentence_transformers": "embeddings",
}  # fmt: skip
"""Module of a package -> the extra in pyproject.toml that has the package."""
BASE = frozenset(
    (
        "datasets", "huggingface_hub", "ijson", "mpmath", "msgspec", "numpy", "pyarrow", "rensa", "rich", "scipy", "tqdm",
        "yaml",
    )
)  # fmt: skip
"""Modules of the packages that every installation has."""

_FOR = {
    "api": "models behind an API",
    "gpu": "vLLM on this machine",
    "ray": "Ray clusters",
    "fallback": "--math-fallback",
    "inspect": "logs of inspect_ai in its .eval format",
    "filters": "--filters language and --tokenizer",
    "meaning": "--decontaminate-by meaning",
    "embeddings": "--embedding-model",
}


def require(name: str) -> None:
    """Raises: UserError: a package of an extra, given by its module, is not installed; says what to install."""
    if find_spec(name) is None:
        raise _to_install(name)


def missing_package(error: ModuleNotFoundError) -> UserError | None:
    """What to install; None for a module that no package of pyproject.toml has (ours, or a user's own import)."""
    name = (error.name or "").partition(".")[0]
    return _to_install(name) if name in EXTRAS or name in BASE else None


def _to_install(name: str) -> UserError:
    if name in BASE:
        return UserError(
            f"The package {name!r} is not installed. In the folder of these tools run: "
            "pip install -e '.[api]' for models behind an API, or pip install -e '.[gpu]' for vLLM on this machine"
        )
    extra = EXTRAS[name]
    return UserError(
        f"The package {name!r} is not installed; it is needed for {_FOR[extra]}. "
        f"In the folder of these tools run: pip install -e '.[{extra}]'"
    )
