"""Which result files training data is made of: the original ones, or those that convert_format.py wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from util.results.json_file import is_judged, is_result_file
from util.results.paths import CONVERTED, ResultPaths
from util.system.errors import UserError
from util.training.form_options import ThoughtForm


@dataclass
class InputFiles:
    """paths: the files to read, in order. notes: what was left aside, one line each."""

    paths: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def input_files(places: Iterable[Path], use: str, form: ThoughtForm) -> InputFiles:
    """The result files in ``places``, folders or files. A file that is named is read whatever it is.

    use: "converted", "original", or "auto": for markers the converted files of a folder, its original ones where it has none;
    for other forms the original ones, and the converted one where only that exists or only that is judged.

    Raises:
        UserError: a place has no such file; names what it has.
    """
    found = InputFiles()
    for place in places:
        files = _in_folder(place, use, form, found.notes) if place.is_dir() else _named_file(place, use)
        found.paths += [path for path in files if path not in found.paths]
    return found


def _named_file(path: Path, use: str) -> Iterator[Path]:
    if not path.exists():
        raise UserError(f"--input-dir {path} does not exist.")
    if not is_result_file(path):
        raise UserError(
            f"--input-dir {path} is not a result file. Give folders, or files that inference_and_check.py wrote."
        )
    if use != "auto" and (use == "converted") != ResultPaths(path).is_converted:
        raise UserError(f"--input-dir {path} is not a file of --use {use}. Name another file, or leave --use out.")
    yield path


def _in_folder(folder: Path, use: str, form: ThoughtForm, notes: list[str]) -> Iterator[Path]:
    converted = sorted(folder.glob(f"{CONVERTED}*.json"))
    if use == "converted" or (use == "auto" and form.is_marked and converted):
        if not converted:
            raise UserError(
                f"--input-dir {folder} has no {CONVERTED}*.json. First run convert_format.py --input-dir {folder}, then "
                "inference_and_check.py ... --check; or take the responses as they are: --use original."
            )
        _tell_unconverted(folder, converted, notes)
        yield from converted
        return
    originals = [path for path in _others(folder, converted) if is_result_file(path)]
    if use == "original":
        if not originals:
            raise UserError(
                f"--input-dir {folder} has no original result file. Leave --use out to read converted ones."
            )
        yield from originals
        return
    pairs = {ResultPaths(path).original.path for path in converted} | set(originals)
    if not pairs:
        raise UserError(
            f"--input-dir {folder} has no result file. First run inference_and_check.py with --result-dir {folder}."
        )
    for original in sorted(pairs):
        yield _better(ResultPaths(original), original in originals, notes)


def _better(paths: ResultPaths, original_exists: bool, notes: list[str]) -> Path:
    """The original file, or the converted one where only that exists or only that is judged."""
    rewritten = paths.converted.path
    if not original_exists:
        return rewritten
    if rewritten.exists() and is_judged(rewritten) and not is_judged(paths.path):
        notes.append(f"{rewritten} is read: its original is not judged (judge it with --check, or choose with --use)")
        return rewritten
    return paths.path


def _others(folder: Path, converted: list[Path]) -> list[Path]:
    return [path for path in sorted(folder.glob("*.json")) if path not in converted]


def _tell_unconverted(folder: Path, converted: list[Path], notes: list[str]) -> None:
    """Name the original files of a folder that have no converted file, since they are not read."""
    known = {ResultPaths(path).original.path for path in converted}
    for path in _others(folder, converted):
        if path in known:
            continue
        try:
            if is_result_file(path):
                notes.append(f"{path} is not read: it was not converted (name it in --input-dir to take it as it is)")
        except UserError as error:
            notes.append(f"not read: {error}")
