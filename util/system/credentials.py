"""API keys and tokens: read once, and removed from the environment."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from util.system.errors import UserError

HUB_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
_secrets: dict[str, str] = {}


def hide_secrets(names: tuple[str, ...]) -> None:
    """Read the variables ``names`` and remove them from the environment, so that no child process inherits them."""
    for name in names:
        value = os.environ.pop(name, None)
        if value is not None:
            _secrets[name] = value


def remembered(*names: str) -> dict[str, str]:
    """The secrets among ``names``, to send to our process on another machine, which calls ``remember``."""
    return {name: value for name in names if (value := secret(name)) is not None}


def remember(secrets: dict[str, str]) -> None:
    _secrets.update(secrets)


@contextlib.contextmanager
def exposed(*names: str) -> Iterator[None]:
    """Temporarily put secrets back into the environment, for libraries that read them there."""
    found = {name: _secrets[name] for name in names if name in _secrets}
    os.environ.update(found)
    try:
        yield
    finally:
        for name in found:
            os.environ.pop(name, None)


def secret(name: str) -> str | None:
    """The value that a secret had in the environment when the program started, or None."""
    return _secrets.get(name) or os.environ.get(name)


def base_url_of(given: str | None) -> str | None:
    return given or os.environ.get("OPENAI_BASE_URL") or None


def read_keys(path: Path | None, base_url: str | None) -> list[str]:
    """Read API keys from a file (one per line; # comments and blank lines are skipped) or the environment.

    Raises:
        UserError: there is no key and the server is OpenAI's, or the file is not a key file.
    """
    if path is not None:
        return _from_file(path)
    key = secret("OPENAI_API_KEY")
    if key:
        if not _is_key(key):
            raise UserError("OPENAI_API_KEY is not an API key: it has spaces, or characters outside ASCII.")
        return [key]
    if base_url:
        return ["none"]  # self-hosted servers need no key
    raise UserError("There is no API key. Use --keys FILE (one key per line), or set OPENAI_API_KEY.")


def _from_file(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--keys {path} cannot be read: {error}. Expected one API key per line.") from error
    keys: list[str] = []
    for number, line in enumerate(lines, 1):
        key = line.strip()
        if not key or key.startswith("#"):
            continue
        if not _is_key(key):
            raise UserError(f"--keys {path}, line {number}: expected one key without spaces.")
        if key not in keys:
            keys.append(key)
    if not keys:
        raise UserError(f"--keys {path} contains no key. Write one API key per line.")
    return keys


def _is_key(text: str) -> bool:
    """Whether a text can be sent in a header."""
    return len(text.split()) == 1 and text.isascii() and text.isprintable()
