"""Repositories of newer benchmarks, in the layout and with the schema of the real ones, a few rows long."""

from __future__ import annotations

import io
import json
from typing import Any

from support.hub_server import README, HubServer, Repo
from util.hub import SOURCES
from util.hub.sources import BBH_CONFIGS, MMLU_SUBJECTS

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


def hle(question: str, answer: str, kind: str = "exactMatch", image: str = "") -> dict[str, Any]:
    return {"id": question[:3], "question": question, "image": image, "image_preview": None, "answer": answer, "answer_type": kind, "author_name": "a", "rationale": "r", "rationale_image": None, "raw_subject": "Algebra", "category": "Math", "canary": "c"}  # fmt: skip


def codeforces(name: str, **fields: Any) -> dict[str, Any]:
    cases = [{"input": "1 2\n", "output": "3\n"}]
    return {"id": name, "title": name, "description": f"Add {name}.", "time_limit": 2.0, "memory_limit": 256.0, "input_format": "i", "output_format": "o", "interaction_format": None, "note": None, "editorial": None, "examples": cases, "rating": 800, "input_mode": "stdio", "official_tests": cases, "official_tests_complete": True, "generated_checker": None, **fields}  # fmt: skip


HLE = [
    hle("e1: 6 * 7?", "42"),
    hle("e2: which plane?", "Yakovlev Yak-38"),
    hle("e3: choose.\n\nAnswer Choices:\nA. x\nB. y\nC. z", "B", "multipleChoice"),
    hle("e4: see the picture", "42", image="data:image/jpeg;base64,AAAA"),
    hle("e5: choose x, y or z", "B", "multipleChoice"),
]
BBEH = [
    {"input": f"q{number}", "target": target, "task": task, "mini": number % 2}
    for number, (target, task) in enumerate(
        (("10, 3", "time arithmetic"), ("(A)", "boolean expressions"), ("unknown", "boardgame qa"))
    )
]
CODEFORCES = [
    codeforces("a"),
    codeforces("b", generated_checker="print(1)"),
    codeforces("c", official_tests_complete=False),
    codeforces("d", interaction_format="ask", rating=2400),
    codeforces("e", input_mode="file"),
]


NO_ARGUMENTS = dict.fromkeys(
    """
    capital_frequency capital_relation end_phrase first_word forbidden_words frequency keyword keywords language let_frequency
    let_relation letter nth_paragraph num_bullets num_highlights num_paragraphs num_placeholders num_sections num_sentences
    num_words postscript_marker prompt_to_repeat relation section_spliter
    """.split()  # noqa: SIM905
)
"""The columns of IFEval's kwargs: each row has all of them, mostly null."""


def ifeval(key: int, prompt: str, **instructions: dict[str, Any]) -> dict[str, Any]:
    names = [name.replace("__", ":") for name in instructions]
    kwargs = [NO_ARGUMENTS | values for values in instructions.values()]
    return {"key": key, "prompt": prompt, "instruction_id_list": names, "kwargs": kwargs}


IFEVAL = [
    ifeval(
        1000,
        "Two words or more, no comma.",
        length_constraints__number_words={"num_words": 2, "relation": "at least"},
        punctuation__no_comma={},
    ),
    ifeval(
        1001,
        "Use the keyword sky.",
        keywords__existence={"keywords": ["sky"]},
        keywords__forbidden_words={"forbidden_words": ["sea", "land"]},
    ),
]


BBH = {
    "word_sorting": ("Sort the following words alphabetically: List: bee ape", "ape bee"),
    "dyck_languages": (
        "Complete the rest of the sequence, making sure that the parentheses are closed properly. Input: < [ ( )",
        "] >",
    ),
    "movie_recommendation": ("Find one.\nOptions:\n(A) x\n(B) Monsters, Inc", "Monsters, Inc"),
    "navigate": ("Back at the start?\nOptions:\n- Yes\n- No", "Yes"),
}
"""Set -> (input, target); the other sets ask for 24."""


GPQA = {
    "Question": "2 + 2?",
    "Correct Answer": "4",
    "Incorrect Answer 1": "3",
    "Incorrect Answer 2": "5",
    "Incorrect Answer 3": "6",
}
ASSERTION = "def assertion(out, exp, atol):\n    assert out == exp\n\n"
HUMAN_EVAL = {
    "task_id": "HumanEval/0", "entry_point": "double", "prompt": 'def double(x: int) -> int:\n    """ Return 2 * x. """\n',
    "canonical_solution": "    return 2 * x\n",
    "test": ASSERTION + "def check(candidate):\n    inputs = [[2], [-1]]\n    results = [4, -2]\n"
    "    for i, (inp, exp) in enumerate(zip(inputs, results)):\n        assertion(candidate(*inp), exp, 0)\n",
}  # fmt: skip
MBPP = {
    "task_id": 3, "code": "def double(x):\n    return 2 * x\n", "prompt": "Write a function to double a number.",
    "source_file": "", "test_imports": [], "test_list": ["assert double(2) == 4"],
    "test": "import numpy as np\nfrom math import inf\n\n" + ASSERTION + "inputs = [[2], [-1]]\nresults = [4, -2]\n"
    "for i, (inp, exp) in enumerate(zip(inputs, results)):\n    assertion(double(*inp), exp, 0)\n",
}  # fmt: skip


def contest_problem(number: int, day: str) -> dict[str, Any]:
    case = [{"input": "1 2\n", "output": "3\n", "testtype": "stdin"}]
    return {"question_title": f"p{number}", "question_content": f"Add two numbers ({number}).", "platform": "atcoder", "question_id": str(number), "contest_id": "c", "contest_date": f"{day}T00:00:00", "starter_code": "", "difficulty": "easy", "public_test_cases": json.dumps(case), "private_test_cases": json.dumps(case), "metadata": "{}"}  # fmt: skip


def csv_of(row: dict[str, str]) -> bytes:
    return (",".join(row) + "\n" + ",".join(row.values()) + "\n").encode()


RELEASES = {f"test{number if number > 1 else ''}.jsonl": f"202{3 + number // 3}-0{number}-15" for number in range(1, 7)}
"""LiveCodeBench's file -> the day of its contest; the last two are of 2024-05 and 2025-06."""


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
        "cais/hle": Repo(data("test", HLE).files, members={"hf_member"}),
        "BBEH/bbeh": data("train", BBEH),
        "open-r1/codeforces": Repo(
            {
                "README.md": b"---\nconfigs:\n- config_name: verifiable\n  data_files:\n  - split: test\n    path: verifiable/test-*\n---\n",
                "verifiable/test-00000-of-00001.parquet": parquet(CODEFORCES),
            }
        ),
        "SaylorTwift/bbh": Repo(
            {
                "README.md": README,
                **{
                    f"{name}/test-00000-of-00001.parquet": parquet(
                        [dict(zip(("input", "target"), BBH.get(name, (name, "24")), strict=True))]
                    )
                    for name in BBH_CONFIGS
                },
            }
        ),
        "Idavidrein/gpqa": Repo(
            {
                "README.md": b"---\nconfigs:\n- config_name: gpqa_main\n  data_files: gpqa_main.csv\n---\n",
                "gpqa_main.csv": csv_of(GPQA),
            },
            members={"hf_member"},
        ),
        "evalplus/humanevalplus": data("test", [HUMAN_EVAL]),
        "evalplus/mbppplus": data("test", [MBPP]),
        "livecodebench/code_generation_lite": Repo(
            {
                "README.md": README,
                "code_generation_lite.py": b"raise SystemExit('a script')",
                **{
                    name: json.dumps(contest_problem(number, day)).encode()
                    for number, (name, day) in enumerate(RELEASES.items())
                },
            }
        ),
        "google/IFEval": data("train", IFEVAL),
        "KbsdJames/Omni-MATH": data(
            "test", [omni("p1", "$2$"), omni("p2", "No such function $f$ can exist", "Geometry")]
        ),
        "m-a-p/SuperGPQA": data("train", [gpqa("q1", "B"), gpqa("q2", "C")]),
        "edinburgh-dawg/mmlu-redux-2.0": Repo({"README.md": README, **subjects}),
    }


def benchmark_hub() -> HubServer:
    """A running Hub with all of them, each at the revision that is pinned."""
    hub = HubServer(benchmark_layouts())
    for source in SOURCES.values():
        if source.id in hub.repos:
            hub.repos[source.id].revision = source.revision or "main"
    return hub
