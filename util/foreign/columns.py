"""The fields of plain tables that the command line can name."""

from __future__ import annotations

FIELDS: dict[str, tuple[str, ...]] = {
    "response": ("response", "completion", "output", "generation", "model_output", "prediction"),
    "gold": ("gold", "answer", "target", "ground_truth", "expected_answer", "reference", "solution"),
    "score": ("score", "correct", "is_correct", "acc", "accuracy", "correctness", "reward"),
    "question": ("question", "problem", "prompt", "input"),
    "id": ("id", "idx", "index", "question_id", "problem_id"),
    "model": ("model", "model_name"),
    "task": ("task", "dataset", "benchmark"),
    "choices": ("choices", "options"),
    "finish_reason": ("finish_reason", "stop_reason"),
}
"""What --columns can name, and the column names that are tried where it does not."""
