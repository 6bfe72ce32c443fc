"""lighteval: ``details_TASK_TIME.parquet``, written with ``--save-details``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from util.foreign.file_names import model_of, stem
from util.foreign.foreign_values import answered, asked, best_score
from util.foreign.sample import ForeignSample
from util.hub.local_files import read_file
from util.records import Row


def knows(row: Row) -> bool:
    return isinstance(row.get("doc"), dict) and "query" in row["doc"] and "model_response" in row


def read(path: Path) -> Iterator[ForeignSample]:
    """One row per document. A score belongs to a response only where the document has a single one."""
    for number, (_, row) in enumerate(read_file(path)):
        doc, response = row["doc"], row["model_response"] or {}
        texts, thoughts = response.get("text") or [], response.get("reasonings") or []
        name, score = best_score(row.get("metric") or row.get("metrics") or {}) or ("", None)
        choices, gold = _gold(doc)
        for sample, text in enumerate(texts):
            yield ForeignSample(
                model=str(response.get("model_name") or model_of(path, up=2)),
                task=str(doc.get("task_name") or stem(path).removeprefix("details_")).replace("|", " ").strip(),
                grader=name,
                problem=str(doc.get("id") or number),
                response=answered(thoughts[sample] if sample < len(thoughts) else None, text or ""),
                question=asked(doc.get("query")),
                gold=gold,
                choices=choices,
                score=score if len(texts) == 1 else None,
                answer=_extracted(doc),
                row={"specific": doc.get("specific"), "metric": row.get("metric")},
            )


def _gold(doc: Row) -> tuple[tuple[str, ...], str | int | None]:
    """Options and gold; a single choice is the gold text of an open question."""
    choices, gold = doc.get("choices") or [], doc.get("gold_index")
    place = gold[0] if isinstance(gold, list) and gold else gold
    if not choices or not isinstance(place, int) or not 0 <= place < len(choices):
        return (), None
    return ((), str(choices[place])) if len(choices) == 1 else (tuple(map(str, choices)), place)


def _extracted(doc: Row) -> str | None:
    found: Any = (doc.get("specific") or {}).get("extracted_predictions")
    return str(found[0]) if isinstance(found, list) and found else None
