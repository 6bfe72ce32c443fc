"""Whether a file of rows begins as its name says."""

from __future__ import annotations

import gzip
from pathlib import Path

from util.system.errors import UserError
from util.system.named_files import HEAD, kind_of

_STARTS = {".parquet": "a Parquet file", ".arrow": "an Arrow stream"}


def check_content(path: Path, ending: str) -> None:
    """Check that a file begins as its name says. A pipe is not looked at: what is read of it is gone.

    ending: of its name.

    Raises:
        UserError: it is something else, such as a web page.
    """
    if not path.is_file():
        return
    with path.open("rb") as file:
        found = kind_of(file.read(HEAD))
    if ending.endswith(".gz"):
        if found != "a gzip file":
            raise UserError(f"{path} is {found or 'not compressed'}. Expected a gzip file, as its name says.")
        with gzip.open(path, "rb") as unpacked:
            found = kind_of(unpacked.read(HEAD))
    wanted = _STARTS.get(ending)
    if wanted is not None:
        if found != wanted:
            raise UserError(f"{path} is {found or f'not {wanted}'}. Expected {wanted}, as its name says.")
    elif found not in (None, "an empty file", "a binary file"):  # the last two are told by the line
        raise UserError(f"{path} is {found}. Expected {'CSV' if ending == '.csv' else 'JSON'} with one row per line.")
