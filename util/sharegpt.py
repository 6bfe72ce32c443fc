"""Training data: verified, converted responses as ShareGPT conversations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from util.conversion import PREFIX
from util.errors import UserError
from util.formatting import sections
from util.prompts import THOUGHT_SOLUTION_SYSTEM
from util.resultfile import dumps, read_results, write_atomically
from util.samples import samples

Funnel = Counter[str]


def converted_files(folder: Path) -> list[Path]:
    """The converted result files of a folder.

    Raises:
        UserError: there are none.
    """
    files = sorted(folder.glob(f"{PREFIX}*.json")) if folder.is_dir() else []
    if not files:
        raise UserError(
            f"--input_dir {folder} holds no {PREFIX}*.json. Run convert_format.py --input_dir {folder} and then "
            "inference_and_check.py ... --check first."
        )
    return files


def conversations(files: list[Path], funnel: Funnel) -> Iterator[dict[str, Any]]:
    """One conversation per response that is converted and judged right."""
    for path in files:
        for key, entry in read_results(path):
            for _, response, _ in samples(key, entry):
                funnel["responses"] += 1
                text = response.get("processed_content") or ""
                funnel["converted"] += bool(text)
                funnel["not judged"] += response.get("correctness") is None
                funnel["right"] += response.get("correctness") is True
                if response.get("correctness") is True and sections(text) is not None:
                    funnel["written"] += 1
                    yield conversation(str(entry.get("prompt") or key), text)


def conversation(prompt: str, response: str) -> dict[str, Any]:
    """A ShareGPT object with the system prompt that asks for both sections."""
    return {
        "system": THOUGHT_SOLUTION_SYSTEM,
        "conversations": [{"from": "user", "value": prompt}, {"from": "assistant", "value": response}],
    }


def write_training_data(files: list[Path], output: Path) -> Funnel:
    """Write the JSON list of all conversations; return the funnel's counts."""
    funnel: Funnel = Counter()

    def parts() -> Iterator[str]:
        yield "["
        for number, item in enumerate(conversations(files, funnel)):
            yield (",\n" if number else "\n") + dumps(item)
        yield "\n]\n"

    write_atomically(output, parts())
    return funnel
