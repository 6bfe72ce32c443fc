"""Result files as JSON: read in every form that exists, written in one.

A result file is an object from problem key to the row's fields plus ``prompt``,
``responses`` and ``token_usages`` (temperature -> one entry per sample). We write
one problem a line, which any JSON reader takes and ours reads as a stream.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from util.engines.base import temperature_label
from util.system.errors import UserError

RESERVED = ("prompt", "responses", "token_usages")
"""Fields that the tools add to a dataset's row."""

Entry = dict[str, Any]


def read_results(path: Path) -> Iterator[tuple[str, Entry]]:
    """Yield (key, entry) of a result file, each entry in today's form.

    Raises:
        UserError: the file is no such JSON; names file, line and what was expected.
    """
    for key, entry in _read_object(path):
        if not isinstance(entry, dict):
            raise UserError(
                f"{path}: the value of {key[:60]!r} is {type(entry).__name__}; expected an object with "
                "the row's fields and 'responses'."
            )
        yield key, normalised(entry, f"{path}: {key[:60]!r}")


def normalised(entry: Entry, where: str) -> Entry:
    """``entry`` with a list of responses under each canonical temperature.

    The original's first format holds one response instead of a list, and spells
    temperatures as Python prints them ("1.0").
    """
    entry = dict(entry)
    for name in ("responses", "token_usages"):
        by_temperature = entry.get(name) or {}
        if not isinstance(by_temperature, dict):
            raise UserError(f"{where}: '{name}' must be an object from temperature to responses.")
        entry[name] = {
            _label(label, where): value if isinstance(value, list) else [value]
            for label, value in by_temperature.items()
        }
    for label, responses in entry["responses"].items():
        entry["responses"][label] = [_response(response, where) for response in responses]
    return entry


def row_of(entry: Entry) -> Entry:
    """The dataset's own fields of a result entry."""
    return {name: value for name, value in entry.items() if name not in RESERVED}


def write_results(path: Path, entries: Iterable[tuple[str, Entry]]) -> int:
    """Write a result file in one rename; return the number of problems in it."""
    count = 0

    def lines() -> Iterator[str]:
        nonlocal count
        yield "{"
        for key, entry in entries:
            start = ",\n" if count else "\n"
            yield f"{start}{dumps(key)}: {dumps(entry)}"
            count += 1
        yield "\n}\n"

    write_atomically(path, lines())
    return count


def write_json(path: Path, value: Any) -> None:
    """Write an indented JSON file in one rename."""
    write_atomically(path, [json.dumps(value, ensure_ascii=False, indent=2, default=str), "\n"])


def write_atomically(path: Path, parts: Iterable[str]) -> None:
    """Write ``parts`` under ``path``, whole or not at all.

    Raises:
        UserError: the folder is not writable or the disk is full; an older file
            of that name is untouched.
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
            "make room or choose another folder, then rerun."
        ) from error


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _read_object(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        with path.open(encoding="utf-8", errors="surrogatepass") as file:
            if file.readline().strip() == "{" and _line_item(file.readline()) is not None:
                file.seek(0)
                file.readline()
                yield from _by_line(file)
                return
        whole = json.loads(path.read_text(encoding="utf-8", errors="surrogatepass"))
    except FileNotFoundError as error:
        raise UserError(f"There is no result file {path}.") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is no UTF-8 text (byte {error.start}). Nothing was changed.") from error
    except json.JSONDecodeError as error:
        raise UserError(
            f"{path}, line {error.lineno}, column {error.colno}: not JSON ({error.msg}). Expected an "
            "object from problem to its row and responses. Nothing was changed."
        ) from error
    if not isinstance(whole, dict):
        raise UserError(f"{path}: expected an object from problem to row, found {type(whole).__name__}.")
    yield from whole.items()


def _by_line(file: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """The problems of a file in our own layout, one a line after the first."""
    for number, line in enumerate(file, 2):
        if line.strip() == "}":
            return
        item = _line_item(line)
        if item is None:
            raise json.JSONDecodeError("expected one problem a line", "\n" * (number - 1), number - 1)
        yield item
    raise json.JSONDecodeError("the file ends before its closing brace", "", 0)


def _line_item(line: str) -> tuple[str, Any] | None:
    try:
        item = json.loads(f"{{{line.strip().removesuffix(',')}}}")
    except json.JSONDecodeError:
        return None
    return next(iter(item.items())) if len(item) == 1 else None


def _response(response: Any, where: str) -> Entry:
    if isinstance(response, str):
        response = {"content": response}
    if not isinstance(response, dict) or not isinstance(response.get("content"), str):
        raise UserError(f"{where}: a response must be an object with a text under 'content'.")
    return dict(response)


def _label(label: str, where: str) -> str:
    try:
        return temperature_label(float(label))
    except ValueError as error:
        raise UserError(f"{where}: {label!r} is no temperature.") from error
