"""What a journal knows of batches, and how a rerun finds them again at the server."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from util.engines.base import Note
from util.system.advice import rerun
from util.system.errors import UserError

RERUN = f"Batches that were sent continue at the server; {rerun()} to fetch them."


@dataclass
class Batch:
    """A batch at the server. waiting: ids of this run's requests that it has not answered yet."""

    id: str
    key: str
    file: str
    waiting: set[str] = field(default_factory=set)


def key_name(key: str) -> str:
    """Distinguishes keys in a journal without revealing anything of them."""
    return hashlib.sha256(f"key:{key}".encode()).hexdigest()[:8]


def noted_batches(notes: list[Note]) -> dict[str, Note]:
    """Input file -> {key, ids, batch where known} of the batches whose end is not noted."""
    found: dict[str, Note] = {}
    ended = {note["ended"] for note in notes if "ended" in note}
    for note in notes:
        if "ids" in note:
            found[note["file"]] = dict(note)
        elif "batch" in note and note["file"] in found:
            found[note["file"]]["batch"] = note["batch"]
    return {file: note for file, note in found.items() if note.get("batch") not in ended}


async def earlier_batches(
    notes: list[Note], write: Callable[[Note], None], clients: dict[str, Any]
) -> dict[str, Batch]:
    """Request id -> the batch of an earlier run that has it. Batches whose id was not noted are looked up.

    Raises:
        UserError: the server's batches cannot be listed.
    """
    found: dict[str, Batch] = {}
    for file, note in noted_batches(notes).items():
        # A batch belongs to a project, so that another key of the project can fetch it.
        key = note["key"] if note["key"] in clients else next(iter(clients))
        name = note.get("batch")
        if name is None and (name := await _look_up(clients[key], file)) is not None:
            write({"file": file, "batch": name})
        if name is not None:
            found |= dict.fromkeys(note["ids"], Batch(name, key, file))
    return found


async def _look_up(client: Any, file: str) -> str | None:
    """The id of the batch that was created from an input file, if there is one."""
    import openai

    try:
        async for batch in client.batches.list(limit=100):
            if batch.input_file_id == file:
                return str(batch.id)
    except openai.APIError as error:
        raise UserError(f"The server's batches cannot be listed: {str(error)[:300].rstrip('.')}. {RERUN}") from error
    return None
