"""The result file that a check judges."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
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


def check_temperatures(path: Path, asked: Collection[float]) -> None:
    """Refuse a check for temperatures that the file does not have. asked: on the command line, none for all.

    Raises:
        UserError: see above; names those that it has.
    """
    if not asked:
        return
    there = sorted({temperature for entry in read_results(path) for temperature in entry.responses})
    missing = [f"{temperature:g}" for temperature in sorted(asked) if temperature not in there]
    if missing:
        raise UserError(
            f"--temperatures {' '.join(missing)}: {path} has no responses of {'it' if len(missing) == 1 else 'them'}, only of "
            f"{', '.join(f'{temperature:g}' for temperature in there) or 'none'}. --check judges all responses of the file: leave "
            "--temperatures out, or choose the file with --result-dir."
        )


def _same_responses(path: Path, converted: Path) -> bool:
    def texts(file: Path) -> Iterator[tuple[str, float, list[str]]]:
        for entry in read_results(file):
            for temperature, responses in entry.responses.items():
                yield entry.key, temperature, [text_hash(response.content) for response in responses]

    return all(a == b for a, b in itertools.zip_longest(texts(path), texts(converted)))
