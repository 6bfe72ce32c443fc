"""Repositories of newer benchmarks, in the layout and with the schema of the real ones, a few rows long."""

from __future__ import annotations

import io
from typing import Any

from support.hub_server import README, Repo
from util.hub.sources import MMLU_SUBJECTS

CONTESTS = {
    "aime_2026": {"answer": 277},
    "hmmt_feb_2025": {"answer": r"\frac{1}{576}", "problem_type": ["Combinatorics"]},
    "hmmt_nov_2025": {"answer": r"2^{25} \cdot 26!", "problem_type": ["Algebra", "Number Theory"]},
    "hmmt_feb_2026": {"answer": r"\sqrt{3}", "problem_type": ["Geometry"]},
    "brumo_2025": {"answer": "-984", "problem_type": ["Algebra"]},
    "smt_2025": {"answer": "3", "problem_type": ["Geometry"]},
    "cmimc_2025": {"answer": r"\frac{5\pi}{3}", "problem_type": ["Geometry"]},
}
"""MathArena's set -> the fields of its row besides problem_idx and problem; the data type of the answer differs."""


def parquet(rows: list[dict[str, Any]]) -> bytes:
    import pyarrow
    import pyarrow.parquet

    sink = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), sink)
    return sink.getvalue()


def arrow(rows: list[dict[str, Any]]) -> bytes:
    """A stream, as ``Dataset.save_to_disk`` writes it."""
    import pyarrow

    table, sink = pyarrow.Table.from_pylist(rows), io.BytesIO()
    with pyarrow.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue()


def data(split: str, rows: list[dict[str, Any]]) -> Repo:
    return Repo({"README.md": README, f"data/{split}-00000-of-00001.parquet": parquet(rows)})


def omni(problem: str, answer: str, area: str = "Algebra") -> dict[str, Any]:
    domain = [f"Mathematics -> {area} -> Other"]
    return {"domain": domain, "difficulty": 7.5, "problem": problem, "solution": "", "answer": answer, "source": "imo"}


def gpqa(question: str, letter: str) -> dict[str, Any]:
    return {"uuid": question, "question": question, "options": ["x", "y", "z"], "answer": "y", "answer_letter": letter, "discipline": "Science", "field": "Mathematics", "subfield": "Number Theory", "difficulty": "hard", "is_calculation": True}  # fmt: skip


def redux(question: str, error: str, correct: str | None) -> dict[str, Any]:
    return {"question": question, "choices": ["a", "b", "c", "d"], "answer": 2, "error_type": error, "source": None, "correct_answer": correct, "potential_reason": None}  # fmt: skip


REDUX = [
    redux("right", "ok", None),
    redux("number", "wrong_groundtruth", "0"),
    redux("letter", "wrong_groundtruth", "A"),
    redux("several", "multiple_correct_answers", "A and C"),
]


def benchmark_layouts() -> dict[str, Repo]:
    contests = {
        f"MathArena/{name}": data("train", [{"problem_idx": 1, "problem": f"p {name}", **fields}])
        for name, fields in CONTESTS.items()
    }
    subjects = {
        f"{subject}/data-00000-of-00001.arrow": arrow(REDUX if subject == "virology" else [redux(subject, "ok", None)])
        for subject in MMLU_SUBJECTS
    }
    return contests | {
        "KbsdJames/Omni-MATH": data(
            "test", [omni("p1", "$2$"), omni("p2", "No such function $f$ can exist", "Geometry")]
        ),
        "m-a-p/SuperGPQA": data("train", [gpqa("q1", "B"), gpqa("q2", "C")]),
        "edinburgh-dawg/mmlu-redux-2.0": Repo({"README.md": README, **subjects}),
    }
