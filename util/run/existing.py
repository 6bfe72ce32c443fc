"""The result file that a check judges."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from util.results.entries import text_hash
from util.results.json_file import read_results
from util.results.paths import ResultPaths
from util.system.errors import UserError


def existing_result(paths: ResultPaths) -> ResultPaths:
    """The result file that --check judges.

    Raises:
        UserError: neither it nor its converted file exists; lists the files in the folder.
    """
    original, converted = paths.path, paths.converted.path
    if converted.exists() and original.exists() and not _same_responses(original, converted):
        raise UserError(
            f"{converted.name} was made from other responses than those in {paths.name}. Rerun convert_format.py on "
            f"{original.parent}, or remove {converted.name} to check the unconverted responses."
        )
    found = paths.to_check()
    if found is not None:
        return found
    if paths.journal.exists():
        raise UserError(
            f"{paths.name} is not finished: only its journal exists. Finish it with --inference instead of --check."
        )
    folder = original.parent
    there = sorted(p.name for p in folder.glob("*.json"))[:8] if folder.is_dir() else []
    raise UserError(
        f"There is no result file to check: neither {converted.name} nor {paths.name} in {folder} "
        f"(files there: {', '.join(there) or 'none'}). Run with --inference first, or use the options that "
        "made the file."
    )


def _same_responses(path: Path, converted: Path) -> bool:
    def texts(file: Path) -> Iterator[tuple[str, float, list[str]]]:
        for entry in read_results(file):
            for temperature, responses in entry.responses.items():
                yield entry.key, temperature, [text_hash(response.content) for response in responses]

    return all(a == b for a, b in itertools.zip_longest(texts(path), texts(converted)))
