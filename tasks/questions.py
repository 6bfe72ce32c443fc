"""The questions of benchmarks, for decontamination."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tasks import TASK_HANDLERS
from util.system.errors import UserError


def parse_benchmarks(text: str) -> dict[str, Path | None]:
    """``AIME,MATH500=FILE`` -> the benchmarks with their local files.

    Raises:
        UserError: a name is unknown (lists the known ones).
    """
    found: dict[str, Path | None] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, file = part.partition("=")
        try:
            known = TASK_HANDLERS.named(name.strip())
        except UserError as error:
            raise UserError(f"--decontaminate: {error}") from error
        found[known] = Path(file) if file else None
    return found


def benchmark_questions(benchmarks: dict[str, Path | None]) -> Iterator[tuple[str, ...]]:
    """Yield (benchmark, question) of every row of each benchmark's default split and source; of a choice (benchmark,
    question, options)."""
    from util.task import Selection

    for name, path in benchmarks.items():
        handler = TASK_HANDLERS[name]()
        selection = Selection(
            handler.default_split, handler.default_source, dataset_path=path, path_option="--decontaminate"
        )
        for _, row in handler.select(selection):
            question, choices = str(row[handler.question_field]), row.get("choices")
            yield (name, question, " ".join(map(str, choices))) if isinstance(choices, list) else (name, question)
