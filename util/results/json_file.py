"""Read and write result files. All known formats are read; one is written.

A result file is a JSON object from problem key to the problem's fields (see ``entries``). It is written
with one problem per line, so that this module can read it as a stream.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from util.results.entries import Entry, entry_of, fields_of
from util.results.paths import ResultPaths
from util.system.errors import UserError


def read_results(path: Path) -> Iterator[Entry]:
    """Yield the problems of a result file.

    Raises:
        UserError: the file is malformed; names file, line and what was expected.
    """
    for key, value in _read_object(path):
        yield entry_of(key, value, f"{path}: {key[:60]!r}")


def write_results(path: Path, entries: Iterable[Entry]) -> int:
    """Write a result file atomically; return its number of problems."""
    count = 0

    def lines() -> Iterator[str]:
        nonlocal count
        yield "{"
        for entry in entries:
            start = ",\n" if count else "\n"
            yield f"{start}{dumps(entry.key)}: {dumps(fields_of(entry))}"
            count += 1
        yield "\n}\n"

    write_atomically(path, lines())
    return count


def is_result_file(path: Path) -> bool:
    """Whether a JSON file is a result file: its first problem has responses.

    Raises:
        UserError: it cannot be read, or begins with "{" and is malformed.
    """
    try:
        with path.open("rb") as file:
            if not file.read(64).lstrip().startswith(b"{"):
                return False
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    first = next(read_results(path), None)
    return first is not None and bool(first.responses)


def is_judged(path: Path) -> bool:
    """Whether any of the first 20 problems has a verdict."""
    return any(
        response.correct is not None for entry in islice(read_results(path), 20) for _, response in entry.samples()
    )


def result_files(paths: Iterable[Path]) -> list[Path]:
    """The result files in ``paths``, which are files and folders. A converted file replaces its original.

    If only the original was judged, it is used instead of the converted one.

    Raises:
        UserError: there is no result file.
    """
    paths = list(paths)
    found: list[Path] = []
    for path in paths:
        inside = sorted(p for p in path.glob("*.json") if _looks_like_results(p)) if path.is_dir() else [path]
        found += [p for p in inside if p not in found]
    kept = [p for p in found if ResultPaths(p).is_converted or ResultPaths(p).converted.path not in found]
    kept = [_with_verdicts(ResultPaths(p)).path for p in kept]
    if not kept:
        raise UserError(f"No result file in {', '.join(map(str, paths))}. Give result files, or a folder with some.")
    return kept


def _looks_like_results(path: Path) -> bool:
    try:
        return is_result_file(path)
    except UserError:
        return False


def _with_verdicts(paths: ResultPaths) -> ResultPaths:
    original = paths.original
    if paths.is_converted and original.path.exists() and not is_judged(paths.path) and is_judged(original.path):
        return original
    return paths


def write_json(path: Path, value: Any) -> None:
    """Write an indented JSON file atomically."""
    write_atomically(path, [json.dumps(value, ensure_ascii=False, indent=2, default=str), "\n"])


def write_atomically(path: Path, parts: Iterable[str]) -> None:
    """Write ``parts`` to ``path`` atomically: to a temporary file that is then renamed.

    Raises:
        UserError: the folder is not writable or the disk is full; an existing file
            at ``path`` is unchanged.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8", errors="surrogatepass") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UserError(
            f"{path} cannot be written: {error.strerror}. Responses in the journal are kept; "
            "free some space or choose another folder, then rerun."
        ) from error


def dumps(value: Any) -> str:
    """One line of JSON."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _read_object(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        with path.open(encoding="utf-8", errors="surrogatepass") as file:
            if file.readline().strip() == "{" and _line_item(file.readline()) is not None:
                file.seek(0)
                file.readline()
                yield from _by_line(file)
                return
        content = json.loads(path.read_text(encoding="utf-8", errors="surrogatepass"))
    except FileNotFoundError as error:
        raise UserError(f"The result file {path} does not exist.") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text (byte {error.start}). Nothing was changed.") from error
    except json.JSONDecodeError as error:
        raise UserError(
            f"{path}, line {error.lineno}, column {error.colno}: not JSON ({error.msg}). Expected an "
            "object from problem to row and responses. Nothing was changed."
        ) from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected an object from problem to row, found {type(content).__name__}.")
    yield from content.items()


def _by_line(file: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """The problems of a file that this module wrote: one per line, from the second line on."""
    for number, line in enumerate(file, 2):
        if line.strip() == "}":
            return
        item = _line_item(line)
        if item is None:
            raise json.JSONDecodeError("expected one problem per line", "\n" * (number - 1), number - 1)
        yield item
    raise json.JSONDecodeError("the file ends before its closing brace", "", 0)


def _line_item(line: str) -> tuple[str, Any] | None:
    try:
        item = json.loads(f"{{{line.strip().removesuffix(',')}}}")
    except json.JSONDecodeError:
        return None
    return next(iter(item.items())) if len(item) == 1 else None
