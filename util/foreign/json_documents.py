"""Large JSON documents, item by item."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from util.system.errors import UserError


def json_items(path: Path, prefix: str) -> Iterator[Any]:
    """The values at ``prefix`` (as ijson writes it, "samples.item") of a JSON file that is never in memory as a whole.

    Raises:
        UserError: the file is not JSON, or ends too early.
    """
    import ijson

    try:
        with path.open("rb") as file:
            # NaN is no JSON, but Python's json module writes it.
            for value in ijson.items(file, prefix, use_float=True):
                yield _plain(value)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not JSON, or not whole: {' '.join(str(error).split())[:200]}.") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value
