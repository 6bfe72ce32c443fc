"""Names of problems in links to the page: they stay the same when the page is made again, with other files or in another order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from util.system.characters import utf8


def problem_id(key: str) -> str:
    """The name of a problem in its file: 40 bits of the hash of its key."""
    return _hash(key, 10)


def section_ids(paths: Sequence[Path]) -> list[str]:
    """A name for each result file, of its file name; of as many folders above it too as tell the files apart."""
    whole_paths = [path.resolve() for path in paths]
    depth = 1
    while depth < max((len(path.parts) for path in whole_paths), default=1):
        if len({path.parts[-depth:] for path in whole_paths}) == len(set(whole_paths)):
            break
        depth += 1
    return [_hash("/".join(path.parts[-depth:]), 6) for path in whole_paths]


def _hash(text: str, digits: int) -> str:
    return hashlib.sha256(utf8(text)).hexdigest()[:digits]
