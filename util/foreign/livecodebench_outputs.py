"""LiveCodeBench: ``Scenario.codegeneration_N_T.json`` and its ``_eval_all.json``, JSON lists with lists of outputs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from util.foreign.file_names import model_of
from util.foreign.foreign_values import score_of
from util.foreign.json_documents import json_items
from util.foreign.sample import ForeignSample, without
from util.records import Row


def knows(row: Row) -> bool:
    return "question_id" in row and ("output_list" in row or "code_list" in row)


def read(path: Path) -> Iterator[ForeignSample]:
    """One item per problem; ``graded_list`` has a verdict for each output."""
    for row in json_items(path, "item"):
        outputs, codes, grades = (row.get(name) or [] for name in ("output_list", "code_list", "graded_list"))
        for sample in range(max(len(outputs), len(codes))):
            text = outputs[sample] if sample < len(outputs) else f"```python\n{codes[sample]}\n```"
            yield ForeignSample(
                model=model_of(path),
                task="LiveCodeBench",
                grader="graded_list" if grades else "",
                problem=str(row["question_id"]),
                response=str(text),
                question=str(row.get("question_content") or row.get("question_title") or ""),
                score=score_of(grades[sample]) if sample < len(grades) else None,
                answer=codes[sample] if sample < len(codes) else None,
                row=without(row, "output_list", "code_list", "graded_list", "metadata", "pass@1"),
            )
