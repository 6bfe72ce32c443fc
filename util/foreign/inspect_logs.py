"""inspect_ai: logs as JSON or as ``.eval``, a ZIP archive with one JSON file per sample."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from util.foreign.archives import member
from util.foreign.foreign_values import asked, conversation, message_text, score_of
from util.foreign.json_documents import json_items
from util.foreign.sample import ForeignSample
from util.records import Row
from util.system.errors import UserError


def knows(row: Row) -> bool:
    return "eval" in row and "version" in row and "samples" in row


def read(path: Path) -> Iterator[ForeignSample]:
    """One sample per epoch of a problem. Each scorer is a grader; the first one is taken.

    Raises:
        UserError: the log has no samples yet, or is damaged.
    """
    about, samples = _archive(path) if path.suffix == ".eval" else _document(path)
    found = False
    for row in samples:
        found = True
        yield _sample(about, row)
    if not found:
        raise UserError(f"{path} has no samples: its run has the status {about.get('status', 'unknown')!r}.")


def _document(path: Path) -> tuple[Row, Iterator[Row]]:
    about: Row = {}
    for name in ("status", "eval"):
        about[name] = next(json_items(path, name), None)
    return about | (about.pop("eval") or {}), json_items(path, "samples.item")


def _archive(path: Path) -> tuple[Row, Iterator[Row]]:
    try:
        archive = zipfile.ZipFile(path)
        names = archive.namelist()
        head = next((name for name in ("header.json", "_journal/start.json") if name in names), None)
        if head is None:
            raise UserError(f"{path} is a ZIP archive without header.json: not a log of inspect_ai.")
        header: Row = json.loads(member(path, archive, head))
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read as a log of inspect_ai ({error}). Is it whole?") from error
    return header | (header.get("eval") or {}), _members(path, archive, names)


def _members(path: Path, archive: zipfile.ZipFile, names: list[str]) -> Iterator[Row]:
    for name in sorted(name for name in names if name.startswith("samples/") and name.endswith(".json")):
        try:
            yield json.loads(member(path, archive, name))
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise UserError(f"{path}, {name}: cannot be read ({error}). Is the file whole?") from error


def _sample(about: Row, row: Row) -> ForeignSample:
    output = row.get("output") or {}
    choice = (output.get("choices") or [{}])[0]
    name, score = _first_score(row.get("scores") or {})
    target = row.get("target")
    return ForeignSample(
        model=str(about.get("model") or ""),
        task=str(about.get("task") or ""),
        grader=name,
        problem=str(row.get("id")),
        response=message_text(choice.get("message") or {}) or str(output.get("completion") or ""),
        question=_question(row),
        gold=_first(target),
        choices=tuple(map(str, row.get("choices") or ())),
        score=score_of(score.get("value")),
        answer=score.get("answer"),
        finish_reason={"max_tokens": "length", "model_length": "length"}.get(
            choice.get("stop_reason"), str(choice.get("stop_reason") or "")
        ),
        row={"metadata": row.get("metadata"), "epoch": row.get("epoch"), "error": row.get("error")},
    )


def _first_score(scores: Row) -> tuple[str, Row]:
    return next(((name, score or {}) for name, score in scores.items()), ("", {}))


def _question(row: Row) -> str:
    """What was sent: the first message of the user has the options of a choice, the input does not."""
    users = [text for role, text in conversation(row.get("messages") or []) if role == "user"]
    return users[0] if users else asked(row.get("input"))


def _first(target: Any) -> str | None:
    value = target[0] if isinstance(target, list) and target else target
    return value if isinstance(value, str) else None
