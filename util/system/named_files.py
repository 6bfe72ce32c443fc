"""Files that a command names: what they really are, and messages for those that cannot be read."""

from __future__ import annotations

from pathlib import Path

from util.system.errors import UserError
from util.system.suggestions import near_file

HEAD = 512
"""Bytes from the start of a file that ``kind_of`` looks at."""

_SIGNATURES = (
    (b"\x1f\x8b", "a gzip file"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"\xff\xff\xff\xff", "an Arrow stream"),
    (b"%PDF-", "a PDF file"),
    (b"GGUF", "a GGUF model"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"version https://git-lfs", "a Git LFS pointer (fetch the file itself with `git lfs pull`)"),
    (b"\xff\xfe\x00\x00", "UTF-32 text (save it as UTF-8)"),
    (b"\xff\xfe", "UTF-16 text (save it as UTF-8)"),
    (b"\xfe\xff", "UTF-16 text (save it as UTF-8)"),
)
_MARK = b"\xef\xbb\xbf"


def kind_of(head: bytes) -> str | None:
    """What a file is by its first bytes, where that can be told: "an empty file", "a web page ..."; None for other content.

    Sources: the formats' own magic numbers; a NUL in every second byte is UTF-16 without its mark.
    """
    if not head:
        return "an empty file"
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    start = head.removeprefix(_MARK).lstrip()[:64].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head")):
        return "a web page (a login or error page that was saved in its place)"
    if start.startswith(b"<?xml"):
        return "XML (perhaps an error of the server that was saved in its place)"
    halves = head[: len(head) // 2 * 2]
    if len(halves) >= 4 and (not any(halves[1::2]) or not any(halves[::2])):
        return "UTF-16 text (save it as UTF-8)"
    return "a binary file" if b"\x00" in head else None


def kind_of_file(path: Path) -> str | None:
    """``kind_of`` a file; None also if it cannot be read, or is a pipe, of which nothing may be taken."""
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            return kind_of(file.read(HEAD))
    except OSError:  # whoever reads it reports that
        return None


def unreadable(name: str, path: Path, error: OSError | ValueError, expected: str) -> UserError:
    """The message for a file that cannot be read or understood.

    name: the option, or what the file is. error: of the system, of decoding, or of a parser. expected: what the file
    should be, such as "a Jinja template"; "" says nothing of it.
    """
    hint = ""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        why, hint = "it does not exist", near_file(path)
    elif isinstance(error, IsADirectoryError):
        why = "it is a folder"
    elif isinstance(error, OSError):
        why = error.strerror or str(error)
    else:
        kind = kind_of_file(path)
        text = (
            f"it is not UTF-8 text ({error.reason}, byte {error.start})"
            if isinstance(error, UnicodeDecodeError)
            else str(error)
        )
        why = f"it is {kind}" if kind is not None else text.rstrip(".")
    wanted = f" Expected {expected}." if expected else ""
    return UserError(f"{name} {path} cannot be read: {why}.{hint}{wanted}")


def read_text(path: Path, name: str, expected: str) -> str:
    """The text of a file in UTF-8, with or without a byte order mark. name, expected: see ``unreadable``.

    Raises:
        UserError: it cannot be read, or is no such text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise unreadable(name, path, error, expected) from error
