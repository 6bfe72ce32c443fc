"""Read and write result files. All known formats are read; one is written.

A result file is a JSON object from problem key to the problem's fields (see ``entries``). It is written
with one problem per line, so that this module can read it as a stream.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from util.results.entries import Entry, entry_of, fields_of
from util.results.paths import ResultPaths
from util.results.writing import write_atomically
from util.system.characters import BYTE_ORDER_MARK, Replacements, may_have_surrogates, text_of, whole
from util.system.errors import UserError


def read_results(path: Path) -> Iterator[Entry]:
    """Yield the problems of a result file.

    Raises:
        UserError: the file is malformed; names file, line and what was expected.
    """
    for key, value in _read_object(path):
        yield entry_of(key, value, f"{path}: {key[:60]!r}")


def placed_lines(path: Path) -> Iterator[tuple[int, str, bytes]] | None:
    """(offset, key, line) of each problem of a file with one problem per line; None for a file of another layout.

    Only the keys are parsed; ``entry_in`` parses a line.

    Raises:
        UserError: the file cannot be read, or a line has no key.
    """
    try:
        with path.open("rb") as file:
            first, second = file.readline(), file.readline()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    if first.removeprefix(BYTE_ORDER_MARK).strip() != b"{" or _line_item(second, Replacements(str(path))) is None:
        return None
    return _placed(path)


def entry_in(line: bytes, path: Path) -> Entry:
    """The problem in a line of ``placed_lines``. path: for error messages.

    Raises:
        UserError: the line is malformed.
    """
    item = _line_item(line, Replacements(str(path)))
    if item is None:
        raise UserError(f"{path}: expected one problem per line, found {line[:60]!r}. Nothing was changed.")
    key, value = item
    return entry_of(key, value, f"{path}: {key[:60]!r}")


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
        if path.is_dir():
            return False
        with path.open("rb") as file:
            if not file.read(64).removeprefix(BYTE_ORDER_MARK).lstrip().startswith(b"{"):
                return False
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    key, value = next(_read_object(path), ("", None))
    if not isinstance(value, dict) or not value.get("responses"):
        return False
    entry_of(key, value, f"{path}: {key[:60]!r}")
    return True


def is_judged(path: Path) -> bool:
    """Whether any of the first 20 problems has a verdict."""
    return any(
        response.correct is not None for entry in islice(read_results(path), 20) for _, response in entry.samples()
    )


def result_files(paths: Iterable[Path]) -> list[Path]:
    """The result files in ``paths``, which are files and folders. A converted file replaces its original.

    If only the original was judged, it is used instead of the converted one.

    Raises:
        UserError: there is no result file, or one cannot be read.
    """
    paths = list(paths)
    found: list[Path] = []
    for path in paths:
        inside = sorted(p for p in path.glob("*.json") if is_result_file(p)) if path.is_dir() else [path]
        found += [p for p in inside if p not in found]
    kept = [p for p in found if ResultPaths(p).is_converted or ResultPaths(p).converted.path not in found]
    kept = [_with_verdicts(ResultPaths(p)).path for p in kept]
    if not kept:
        raise UserError(f"No result file in {', '.join(map(str, paths))}. Give result files, or a folder with some.")
    return kept


def _with_verdicts(paths: ResultPaths) -> ResultPaths:
    original = paths.original
    if paths.is_converted and original.path.exists() and not is_judged(paths.path) and is_judged(original.path):
        return original
    return paths


def write_json(path: Path, value: Any) -> None:
    """Write an indented JSON file atomically."""
    write_atomically(path, [json.dumps(value, ensure_ascii=False, indent=2, default=str), "\n"])


def dumps(value: Any) -> str:
    """One line of JSON."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _read_object(path: Path) -> Iterator[tuple[str, Any]]:
    replaced = Replacements(str(path))
    try:
        with path.open("rb") as file:
            first, second = file.readline(), file.readline()
            if first.removeprefix(BYTE_ORDER_MARK).strip() == b"{" and _line_item(second, replaced) is not None:
                replaced = Replacements(str(path))
                yield from _by_line(chain([second], file), replaced)
                replaced.tell()
                return
        data = path.read_bytes()
        content = json.loads(text_of(data))
    except FileNotFoundError as error:
        raise UserError(f"The result file {path} does not exist.") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path} is not UTF-8 text ({error.reason}, byte {error.start}). Nothing was changed."
        ) from error
    except json.JSONDecodeError as error:
        raise UserError(
            f"{path}, line {error.lineno}, column {error.colno}: not JSON ({error.msg}). Expected an "
            "object from problem to row and responses. Nothing was changed."
        ) from error
    except (ValueError, RecursionError) as error:  # an integer too long, objects nested too deeply
        raise UserError(f"{path} cannot be read: {error}. Nothing was changed.") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected an object from problem to row, found {type(content).__name__}.")
    yield from replaced.whole(content).items() if may_have_surrogates(data) else content.items()
    replaced.tell()


def _by_line(lines: Iterable[bytes], replaced: Replacements) -> Iterator[tuple[str, Any]]:
    """The problems of a file that this module wrote: one per line, from the second line on."""
    for number, line in enumerate(lines, 2):
        if line.strip() == b"}":
            return
        item = _line_item(line, replaced)
        if item is None:
            raise json.JSONDecodeError("expected one problem per line", "\n" * (number - 1), number - 1)
        yield item
    raise json.JSONDecodeError("the file ends before its closing brace", "", 0)


def _placed(path: Path) -> Iterator[tuple[int, str, bytes]]:
    decoder = json.JSONDecoder()
    with path.open("rb") as file:
        offset = len(file.readline())
        for number, line in enumerate(file, 2):
            if line.strip() == b"}":
                return
            try:
                key = decoder.raw_decode(text_of(line))[0]
            except ValueError:
                key = None
            if not isinstance(key, str):
                raise UserError(f"{path}, line {number}: expected one problem per line. Nothing was changed.")
            yield offset, whole(key), line
            offset += len(line)
    raise UserError(f"{path}: the file ends before its closing brace. Nothing was changed.")


def _line_item(line: bytes, replaced: Replacements) -> tuple[str, Any] | None:
    try:
        item = json.loads(f"{{{text_of(line).strip().removesuffix(',')}}}")
    except ValueError:
        return None
    if may_have_surrogates(line):
        item = replaced.whole(item)
    return next(iter(item.items())) if len(item) == 1 else None


def stamp(path: Path) -> tuple[int, int]:
    """(size, time of the last change in ns) of a file, by which a later change is noticed."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns
