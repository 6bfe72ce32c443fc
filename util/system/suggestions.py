"""Which known name a misspelt one may mean."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


def nearest(wanted: str, known: Iterable[str]) -> str | None:
    """The known name that ``wanted`` is most like, in any case and with or without signs; None if none is like it.

    >>> nearest("temprature", ["temperatures", "top-p"]), nearest("XYZ", ["abc"])
    ('temperatures', None)
    """
    plain: dict[str, str] = {}
    for name in known:
        plain.setdefault(_plain(name), name)
    found = difflib.get_close_matches(_plain(wanted), plain, 1)
    return plain[found[0]] if found else None


def did_you_mean(wanted: str, known: Iterable[str]) -> str:
    """``; did you mean X?`` for the nearest known name, "" if there is none."""
    found = nearest(wanted, known)
    return f"; did you mean {found}?" if found is not None else ""


def near_file(path: Path) -> str:
    """What to say of a path that does not exist: the folder that is missing, or a file of a similar name in it.

    The text ends a sentence that says that the path does not exist; it begins with a space or is "".
    """
    parent = path.parent
    try:
        if not parent.is_dir():
            missing = next((folder for folder in [*reversed(parent.parents), parent] if not folder.exists()), parent)
            return f" There is no folder {missing}." if missing != path else ""
        names = [each.name for each in parent.iterdir()]
    except OSError:  # a folder that cannot be listed
        return ""
    found = nearest(path.name, names)
    return f" Did you mean {parent / found}?" if found is not None else ""


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum()) or name
