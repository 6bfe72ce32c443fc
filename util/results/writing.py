"""Write a file so that readers see the old one or the new one, and two writers cannot break it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from util.results.file_lock import FileLock
from util.system.advice import rerun
from util.system.characters import text_of, utf8
from util.system.errors import UserError

LOCK_SECONDS = 30.0
"""How long to wait for another process that writes the same file."""
_OLD_SECONDS = 3600.0
"""Age of a temporary file whose writer has died."""


def write_atomically(path: Path, parts: Iterable[str]) -> None:
    """Write ``parts`` to ``path`` atomically: to a temporary file of its own that is then renamed.

    Raises:
        UserError: the folder is not writable or the disk is full; an existing file
            at ``path`` is unchanged.
    """
    with replaced_whole(path) as file:
        file.writelines(map(utf8, parts))


@contextlib.contextmanager
def replaced_whole(path: Path) -> Iterator[BinaryIO]:
    """A binary file that becomes ``path`` when the block ends; after an exception nothing has changed.

    A device or a pipe is written as it is.

    Raises:
        UserError: as ``write_atomically``.
    """
    start = f".{path.name[:40]}."
    temporary = path.with_name(f"{start}{secrets.token_hex(6)}.tmp")
    try:
        if _is_special(path):
            with path.open("wb") as file:
                yield file
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(path.parent, start)
        try:
            with temporary.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error.strerror}. Responses in the journal are kept; "
            f"free some space or choose another folder, then {rerun()}."
        ) from error


def _is_special(path: Path) -> bool:
    """Whether ``path`` is a device or a pipe, as /dev/stdout is: a file must not take its place."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _remove_abandoned(folder: Path, start: str) -> None:
    """Remove the temporary files of writers that were killed."""
    for old in folder.iterdir():
        if old.name.startswith(start) and old.suffix == ".tmp":
            with contextlib.suppress(OSError):  # of another user, or just renamed
                if time.time() - old.stat().st_mtime > _OLD_SECONDS:
                    old.unlink()


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of ``path``; waits up to ``LOCK_SECONDS`` for another process.

    Raises:
        UserError: the other process still holds it, or the folder cannot be written.
    """
    lock = FileLock(path, wait=LOCK_SECONDS)
    try:
        yield
    finally:
        lock.release()


def check_writable(path: Path, name: str) -> None:
    """Check before a run that an output can be written at its end. name: the option, for the message.

    Raises:
        UserError: it cannot.
    """
    try:
        if path.parent.exists() and not path.parent.is_dir():
            raise NotADirectoryError(0, f"{path.parent} is not a folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(0, "the file is read-only")
        if _is_special(path):
            return
        trial = path.with_name(f".{secrets.token_hex(6)}.tmp")
        trial.open("xb").close()
        trial.unlink()
    except OSError as error:
        raise UserError(f"{name} {path} cannot be written: {error.strerror}. Choose another file.") from error


def read_json_object(path: Path, name: str) -> dict[str, object]:
    """The JSON object in an existing output, {} if there is none or it is empty. name: the option, for the message.

    Raises:
        UserError: the file holds something else, which is not overwritten.
    """
    try:
        text = text_of(path.read_bytes()) if path.exists() else ""
        found = json.loads(text) if text.strip() else {}
    except OSError as error:
        raise UserError(f"{name} {path} cannot be read: {error.strerror}.") from error
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UserError(f"{name} {path} exists and is not a JSON object of this script. Choose another file.")
    return found
