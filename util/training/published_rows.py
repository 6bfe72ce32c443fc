"""Read the rows of a training file of any format, and name them by hashes that survive JSON, JSON lines and Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from util.hub.local_files import FORMATS, format_of, read_file
from util.records import Row
from util.results.entries import text_hash
from util.results.judged_by import row_hash
from util.system.errors import UserError
from util.text.thought import with_thought
from util.training.form_options import THOUGHT_FIELDS

_USERS, _ASSISTANTS = ("user", "human"), ("assistant", "gpt")


@dataclass(frozen=True)
class PublishedRow:
    """A row as a trainer reads it.

    system: "" for none. question: the user's turns and the assistant's earlier ones. text: the last response, with its
    thought between think tags where the row has it in a field of its own; None for a row without a response. rejected: the
    other response of a preference pair. fields: the row itself.
    """

    number: int
    system: str
    question: str
    text: str | None
    rejected: str | None
    fields: Row

    @property
    def written(self) -> str:
        """Hash of its content."""
        return written_hash(self.fields)

    @property
    def hashes(self) -> tuple[str, str, str]:
        """Of the content, of the question and of the response, "" for none."""
        return self.written, text_hash(self.question), text_hash(self.text) if self.text is not None else ""


def published_rows(path: Path) -> Iterator[PublishedRow]:
    """Every row of a training file, numbered from 1. A later row of no known format is one without question and text.

    Raises:
        UserError: the file is missing or malformed, or its first row has none of the known formats.
    """
    if not path.is_file():
        raise UserError(f"The training file {path} does not exist.")
    if format_of(path) not in FORMATS:
        raise UserError(f"{path} is not a training file: expected {', '.join(FORMATS)}.")
    for number, (place, row) in enumerate(read_file(path), 1):
        try:
            yield published_row(number, row, place)
        except UserError:
            if number == 1:
                raise
            yield PublishedRow(number, "", "", None, None, row)


def published_row(number: int, row: Row, place: str) -> PublishedRow:
    """The row in the terms that all formats share. place: for error messages.

    Raises:
        UserError: it has none of the known formats.
    """
    system = row["system"] if isinstance(row.get("system"), str) else ""
    turns = next((row[name] for name in ("conversations", "messages", "prompt") if _is_turns(row.get(name))), None)
    if turns is None and isinstance(row.get("prompt"), str):
        turns = [{"role": "user", "content": row["prompt"]}]
    if turns is None:
        raise UserError(
            f"{place}: expected 'conversations', 'messages' or 'prompt'; this row has {', '.join(map(str, row)) or 'nothing'}."
        )
    parts = [(_role(turn), message_text(turn)) for turn in turns]
    system = "\n\n".join([*([system] if system else []), *(text for role, text in parts if role == "system")])
    said = [(role, text) for role, text in parts if role != "system"]
    rejected = None
    if "chosen" in row and "rejected" in row:
        text, rejected = _last(row["chosen"]), _last(row["rejected"])
    elif "completion" in row:
        text = _last(row["completion"])
    elif said and said[-1][0] in _ASSISTANTS:
        text = said.pop()[1]
    else:
        text = None
    return PublishedRow(number, system, "\n\n".join(text for _, text in said), text, rejected, row)


def message_text(turn: Any) -> str:
    """The text of a message, with the thought between think tags where it is in a field of its own."""
    if not isinstance(turn, dict):
        return str(turn)
    content = next((turn[name] for name in ("content", "value") if isinstance(turn.get(name), str)), "")
    thought = next((turn[name] for name in THOUGHT_FIELDS if isinstance(turn.get(name), str) and turn[name]), None)
    return content if thought is None else with_thought(thought, content)


def written_hash(row: Row) -> str:
    """Hash of a row's content, 16 hexadecimal digits; the order of fields and fields without a value do not count."""
    return row_hash(without_nothing(row))


def without_nothing(value: Any) -> Any:
    """A row without fields that have no value: Parquet gives every message the fields of all others, without a value."""
    if isinstance(value, dict):
        return {str(name): without_nothing(item) for name, item in value.items() if item is not None}
    return [without_nothing(item) for item in value] if isinstance(value, list) else value


def _is_turns(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(turn, dict) for turn in value)


def _role(turn: dict[str, Any]) -> str:
    return str(turn.get("role") or turn.get("from") or "")


def _last(value: Any) -> str:
    """The text of an alternative: a message, the last of a list of them, or a text."""
    return message_text(value[-1] if isinstance(value, list) and value else value)
