"""lm-evaluation-harness: ``samples_TASK_TIME.jsonl``, written with ``--log_samples``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from util.foreign.file_names import model_of, stem
from util.foreign.foreign_values import asked, best_score
from util.foreign.sample import ForeignSample, without
from util.hub.local_files import read_file
from util.records import Row

_TAKEN = ("arguments", "resps", "filtered_resps", "target", "metrics", "filter")


def knows(row: Row) -> bool:
    return "doc_id" in row and "resps" in row


def read(path: Path) -> Iterator[ForeignSample]:
    """One line per document and filter. Each filter is a grader; with several responses, the score belongs to the first."""
    task = stem(path).removeprefix("samples_")
    model = _model(path)
    for _, row in read_file(path):
        found = best_score({name: row.get(name) for name in row.get("metrics") or ()})
        name, score = found or ("", None)
        filtered = row.get("filtered_resps")
        answer = filtered[0] if isinstance(filtered, list) and filtered else filtered
        responses = row["resps"][0] if row["resps"] and isinstance(row["resps"][0], list) else row["resps"]
        for number, response in enumerate(responses):
            yield ForeignSample(
                model=model,
                task=task,
                grader=f"{name}, {row['filter']}" if row.get("filter") not in (None, "none") else name,
                problem=str(row["doc_id"]),
                # The likelihoods of a multiple-choice task are no text: None is read as "nothing was generated".
                response=response if isinstance(response, str) else "",
                question=asked(_first_argument(row.get("arguments"))),
                gold=row.get("target"),
                choices=_choices(row.get("doc")),
                score=score if number == 0 else None,
                answer=answer if isinstance(answer, str) else None,
                row=without(row, *_TAKEN) | ({} if isinstance(response, str) else {"not_generated": True}),
            )


def _first_argument(arguments: Any) -> Any:
    if isinstance(arguments, dict):  # {"gen_args_0": {"arg_0": prompt, "arg_1": sampling}}
        first: Any = next(iter(arguments.values()), None)
        return first.get("arg_0") if isinstance(first, dict) else None
    return arguments[0][0] if arguments and isinstance(arguments[0], list) else None  # before version 0.4.3


def _choices(doc: Any) -> tuple[str, ...]:
    choices = doc.get("choices") if isinstance(doc, dict) else None
    if isinstance(choices, dict):
        choices = choices.get("text")
    return tuple(map(str, choices)) if isinstance(choices, list) else ()


def _model(path: Path) -> str:
    for results in sorted(path.parent.glob("results_*.json")):
        try:
            found = json.loads(results.read_bytes())
        except ValueError:
            continue
        name = found.get("model_name") if isinstance(found, dict) else None
        if isinstance(name, str) and name:
            return name
    return model_of(path)
