"""Environments of trainers: this Python's packages, and over them the versions that a trainer wants."""

from __future__ import annotations

import site
import subprocess
import sys
import venv
from pathlib import Path

from util.system.errors import UserError

# Installed without dependencies: PyTorch and the rest come from this environment (requirements-cpu.txt), or the tools would
# have to load gigabytes of CUDA for what a CPU does here.
PACKAGES: dict[str, tuple[str, ...]] = {
    "trl": ("trl==1.16.0",),
    "llamafactory": (
        "llamafactory==0.9.5", "trl==0.24.0", "peft==0.18.1", "transformers==5.6.0", "tokenizers==0.22.2",
        "huggingface_hub==1.18.0", "datasets==4.0.0", "fsspec==2025.3.0", "accelerate==1.11.0", "omegaconf==2.4.0",
        "antlr4-python3-runtime==4.9.3", "fire==0.7.1", "termcolor==3.3.0", "tyro==0.8.14", "shtab==1.13.0",
        "torchdata==0.11.0",
    ),
    "verl": (
        "verl==0.9.1", "transformers==5.10.2", "tokenizers==0.22.2", "huggingface_hub==1.18.0", "datasets==4.8.4",
        "tensordict==0.10.0", "pyvers", "torchdata", "codetiming", "hydra-core", "omegaconf==2.4.0",
        "antlr4-python3-runtime==4.9.3", "pylatexenc", "peft",
    ),
    # Its metadata ask for Python 3.12; the modules that read data run on 3.11.
    "axolotl": (
        "--ignore-requires-python", "axolotl==0.20.0", "transformers==5.17.0", "trl==1.13.0", "datasets==4.8.4",
        "huggingface_hub==1.18.0", "peft==0.21.0", "colorama", "addict", "evaluate", "fire", "termcolor",
        "axolotl-contribs-mit==0.0.6", "axolotl-contribs-lgpl==0.0.7", "art",
    ),
}  # fmt: skip


def environment(trainer: str, folder: Path) -> Path:
    """The Python of a trainer's environment in ``folder``; it is made, with packages from PyPI, unless it is there.

    Raises:
        UserError: pip could not install a package.
    """
    place = folder / trainer
    python, done = place / "bin" / "python", place / ".done"
    if done.exists():
        return python
    print(f"making the environment {place}", file=sys.stderr)
    venv.create(place, with_pip=True, clear=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    # Behind the environment's own packages on the path, so that those come first.
    inherited = place / "lib" / version / "site-packages" / "inherited.pth"
    inherited.write_text("\n".join(site.getsitepackages()) + "\n", encoding="utf-8")
    command = [str(python), "-m", "pip", "install", "-q", "--no-deps", "--no-compile", *PACKAGES[trainer]]
    if subprocess.run(command, check=False).returncode:
        raise UserError(
            f"pip could not install {trainer} (see above). Give an environment with --environment {trainer}=PATH."
        )
    done.touch()
    return python


def given_python(trainer: str, path: Path) -> Path:
    """The Python of an environment that the user gave.

    Raises:
        UserError: it has none.
    """
    python = path / "bin" / "python"
    if not python.exists():
        raise UserError(f"--environment {trainer}={path}: {python} does not exist.")
    return python
