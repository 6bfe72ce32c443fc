"""Rows of a training file as conversations: every format that is written here, from JSON, JSON lines or Parquet."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from util.hub.local_files import read_file
from util.records import Row
from util.system.errors import UserError
from util.training.form_options import THOUGHT_FIELDS
from util.training.rendering import Turn

SHAREGPT, MESSAGES, COMPLETION = "sharegpt", "messages", "prompt-completion"
PREFERENCE, RANKING = "preference", "ranking"

_ROLES = {"human": "user", "gpt": "assistant"}
_CHUNK = 2**20
_BETWEEN = re.compile(r"[\[,\s]*")


@dataclass(frozen=True)
class TrainingRow:
    """place: "FILE, row N". form: one of the formats. turns: the conversation; other: of a pair, the rejected one."""

    place: str
    form: str
    turns: list[Turn]
    other: list[Turn] | None = None


def training_rows(path: Path) -> Iterator[TrainingRow]:
    """The rows of a training file, read as a stream.

    Raises:
        UserError: the file or a row cannot be read; names file and row and what was expected.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist. Give the file that convert_to_data.py wrote.")
    for place, row in _json_list(path) if _is_list(path) else read_file(path):
        yield _row_of(row, place)


def _row_of(row: Row, place: str) -> TrainingRow:
    system = (
        [{"role": "system", "content": row["system"]}] if isinstance(row.get("system"), str) and row["system"] else []
    )
    if "chosen" in row and "rejected" in row:
        if "conversations" in row:
            before = system + _turns(row["conversations"], place)
            pair = [before + _turns([row[name]], place) for name in ("chosen", "rejected")]
            return _checked(TrainingRow(place, RANKING, *pair))
        prompt = _turns(row.get("prompt") or [], place)
        pair = [prompt + _turns(row[name], place) for name in ("chosen", "rejected")]
        return _checked(TrainingRow(place, PREFERENCE, *pair))
    if "prompt" in row and "completion" in row:
        turns = _turns(row["prompt"], place) + _turns(row["completion"], place)
        return _checked(TrainingRow(place, COMPLETION, turns))
    if "conversations" in row:
        return _checked(TrainingRow(place, SHAREGPT, system + _turns(row["conversations"], place)))
    if "ground_truth" in row or "reward_model" in row:
        raise UserError(f"{place}: a row for reinforcement learning. It has no response, so nothing is trained on it.")
    if "messages" in row:
        return _checked(TrainingRow(place, MESSAGES, system + _turns(row["messages"], place)))
    raise UserError(
        f"{place}: expected 'conversations', 'messages', 'prompt' and 'completion', or 'chosen' and 'rejected'; this row "
        f"has {', '.join(map(str, row)) or 'nothing'}."
    )


def _checked(row: TrainingRow) -> TrainingRow:
    for turns in (row.turns, row.other):
        if turns is not None and (not turns or turns[-1]["role"] != "assistant"):
            raise UserError(f"{row.place}: the last turn is not the assistant's, so nothing is trained on it.")
    return row


def _turns(found: Any, place: str) -> list[Turn]:
    if isinstance(found, str):
        raise UserError(
            f"{place}: a text where a list of turns is expected. Trainers use no chat template for plain texts; "
            "write the file with convert_to_data.py."
        )
    turns = []
    for item in found:
        item = item if isinstance(item, dict) else {}
        role, text = item.get("from", item.get("role")), item.get("value", item.get("content"))
        if not isinstance(role, str) or not isinstance(text, str):
            raise UserError(
                f"{place}: a turn needs 'from' and 'value', or 'role' and 'content'; this one is {item!r:.200}."
            )
        thought = {name: item[name] for name in THOUGHT_FIELDS if isinstance(item.get(name), str)}
        turns.append({"role": _ROLES.get(role, role), "content": text, **thought})
    return turns


def _is_list(path: Path) -> bool:
    if path.suffix.lower() != ".json":
        return False
    with path.open("rb") as file:
        return file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")


def _json_list(path: Path) -> Iterator[tuple[str, Row]]:
    """The objects of a JSON list; one of them and a chunk of the file are in memory."""
    parse, number = json.JSONDecoder().raw_decode, 0
    text = codecs.getincrementaldecoder("utf-8-sig")("surrogatepass")
    with path.open("rb") as file:
        buffer, is_end = "", False
        while not is_end:
            chunk = file.read(_CHUNK)
            is_end = not chunk
            try:
                buffer += text.decode(chunk, final=is_end)
            except UnicodeDecodeError as error:
                raise UserError(f"{path}, after row {number}: not UTF-8 text ({error.reason}).") from error
            position = _BETWEEN.match(buffer).end()  # type: ignore[union-attr]
            while position < len(buffer) and buffer[position] != "]":
                try:
                    row, position = parse(buffer, position)
                except json.JSONDecodeError as error:
                    if is_end:
                        raise UserError(f"{path}, row {number + 1}: not JSON ({error.msg}).") from error
                    break
                number += 1
                if not isinstance(row, dict):
                    raise UserError(f"{path}, row {number}: expected an object, found {type(row).__name__}.")
                yield f"{path}, row {number}", row
                position = _BETWEEN.match(buffer, position).end()  # type: ignore[union-attr]
            buffer = buffer[position:]
    if buffer.strip() != "]":
        raise UserError(f"{path}, after row {number}: the list does not end here. The file is cut off; write it again.")
