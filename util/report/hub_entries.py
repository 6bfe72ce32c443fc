"""Scores as evaluation results for a model's repository on the Hub (files in its ``.eval_results`` folder).

The entry and its YAML are ``huggingface_hub``'s (EvalResultEntry); the Hub shows a score at the benchmark whose
``dataset.id`` and ``task_id`` it names. Values are percent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from util.report.score_records import Record
from util.report.score_table import ScoreRow, score_rows


def why_not_on_the_hub(record: Record) -> str | None:
    """Why a record is not a result of a benchmark's published rows; None if it is one."""
    selection, dataset = record.get("selection") or {}, record.get("dataset") or {}
    if not dataset.get("id"):
        return "its rows are not known to come from the Hub"
    if selection.get("columns") or selection.get("start", 0) != 0 or selection.get("end", -1) != -1:
        return "it has only a part of the benchmark's rows"
    return None


def hub_yaml(records: list[Record]) -> str:
    """The YAML of records that ``why_not_on_the_hub`` accepts; an entry per benchmark and temperature."""
    import yaml
    from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml

    entries = []
    for record in records:
        dataset = record["dataset"]
        for row in score_rows([record]):
            if row.value is not None:
                entries.append(
                    EvalResultEntry(
                        dataset_id=dataset["id"],
                        task_id=dataset.get("config") or "default",
                        value=round(row.value, 2),
                        dataset_revision=dataset.get("commit") or dataset.get("revision"),
                        date=str(record["date"]),
                        notes=_notes(row, record.get("selection") or {}),
                    )
                )
    text: str = yaml.safe_dump(eval_result_entries_to_yaml(entries), sort_keys=False, allow_unicode=True, width=120)
    return text


def _notes(row: ScoreRow, selection: Mapping[str, Any]) -> str:
    """What the number depends on."""
    rows = ", ".join(f"{name} {selection[name]}" for name in ("split", "source") if selection.get(name))
    facts = [
        f"pass@1 in percent [95 % interval {row.low:.1f}, {row.high:.1f}]", f"{row.problems} problems ({rows})",
        f"n {row.n}", f"temperature {row.temperature}", f"top-p {row.top_p}", f"max. tokens {row.max_tokens}",
    ]  # fmt: skip
    if row.thinking_budget != "-":
        facts.append(f"thinking budget {row.thinking_budget}")
    facts += [
        f"{name} {share:.1f} %"
        for name, share in (("truncated", row.truncated), ("not judged", row.not_judged))
        if share
    ]
    return ", ".join(facts)
