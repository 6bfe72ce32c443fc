"""Whether local rows can be those of a split: a misspelt or another split would be read without a word."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from util.hub.local_files import LocalRows
from util.system.errors import UserError
from util.system.suggestions import nearest

_USUAL = ("train", "test", "validation", "valid", "val", "dev", "eval")


def check_split(path: Path, rows: LocalRows, split: str, known: Collection[str], *, complete: bool) -> None:
    """Refuse a split that local rows do not have.

    rows: what ``local_rows`` found at ``path``. known: splits of the dataset. complete: whether it has no others.

    Raises:
        UserError: a folder has files of other splits only; or no file is named after the split, which is neither one of the
            dataset's nor a usual name.
    """
    words = {word for file in rows.files for word in re.split(r"[^a-z0-9]+", file.name.lower())}
    if split.lower() in words or split.lower() in path.name.lower():
        return
    if path.is_dir():
        splits = [name for name in dict.fromkeys((*known, *_USUAL)) if any(_is_of(file, name) for file in rows.files)]
        if splits:
            near = nearest(split, splits) or splits[0]
            raise UserError(
                f"--dataset-path {path} has files of the split{'' if len(splits) == 1 else 's'} {', '.join(splits)}, and none "
                f"of {split!r}. Give --split {near}, or name one file to read it whatever it is called."
            )
    if split in known or split in _USUAL:
        return
    found = nearest(split, known)
    if found is not None or complete:
        hint = f"did you mean {found}? " if found is not None else ""
        raise UserError(
            f"--split {split}: no file of --dataset-path {path} is named after it, and the dataset has no such split; {hint}"
            f"there are {', '.join(known)}."
        )


def _is_of(file: Path, split: str) -> bool:
    return file.name.partition(".")[0] == split or file.name.startswith((f"{split}-", f"{split}_"))
