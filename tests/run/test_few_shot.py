"""Worked examples before the question: where they come from, and that no question asked is among them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.faulty_server import FaultyServer
from support.scripts import SAMPLES, script

from tasks import TASK_HANDLERS
from util.records import Row
from util.results.manifest import generating_run, runs_of
from util.run.few_shot import Examples, few_shot
from util.run.few_shot_options import FewShotOptions
from util.system.errors import UserError
from util.task import CheckOptions, Selection

KEY = {"OPENAI_API_KEY": "sk-only-here-9999"}


def write(path: Path, rows: list[dict]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def question(number: int, subject: str = "law", **more: Any) -> Row:
    return {"question": f"q{number}?", "subject": subject, "choices": ["w", "x", "y", f"z{number}"], "answer": 1} | more


def found(name: str, place: Path, count: int, file: Path | None = None) -> tuple[Examples, list[Row]]:
    handler = TASK_HANDLERS[name]()
    selection = Selection(handler.default_split, "all", dataset_path=place)
    rows = [row for _, row in handler.select(selection)]
    examples = few_shot(handler, selection, FewShotOptions(count, file), iter(rows))
    assert examples is not None
    return examples, rows


def test_examples_are_of_the_same_subject_and_of_the_datasets_own_split(tmp_path: Path) -> None:
    write(tmp_path / "test.jsonl", [question(1), question(2, "art")])
    write(tmp_path / "dev.jsonl", [question(n, subject) for n in range(10, 14) for subject in ("law", "art", "war")])
    examples, [law, art] = found("MMLU", tmp_path, 2)
    turns = examples.before(law)
    assert [turn.role for turn in turns] == ["user", "assistant"] * 2
    assert ["q10?" in turns[0].content, "q11?" in turns[2].content] == [True, True]
    assert turns[1].content == r"The answer is \boxed{B}."
    assert set(examples.turns) == {"law", "art"}
    assert examples.before(art) == turns  # the same questions here, by another subject
    with pytest.raises(UserError, match=r"MMLU has 4 rows .* Lower the number"):
        found("MMLU", tmp_path, 5)


def test_mmlu_redux_shows_the_examples_of_mmlu(tmp_path: Path) -> None:
    """Whose rows have no error_type."""
    write(tmp_path / "test.jsonl", [question(n, error_type="ok") for n in (1, 2)])
    write(tmp_path / "dev.jsonl", [question(n) | {"hub_row": f"dev:{n}"} for n in range(10, 14)])
    examples, rows = found("MMLU-Redux", tmp_path, 2)
    assert ["q10?" in examples.before(rows[0])[0].content, "q11?" in examples.before(rows[1])[2].content] == [True] * 2
    source = TASK_HANDLERS["MMLU-Redux"]().hub_source(Selection("dev"))
    assert source is not None
    assert (source.id, source.rows["dev"]) == ("cais/mmlu", 285)


def test_a_row_that_is_asked_is_never_an_example(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    again = question(1, choices=["Z1", "y", " w", "x"], answer=3, question="Q1?  ")  # in another form and order
    write(tmp_path / "test.jsonl", [question(1)])
    write(tmp_path / "dev.jsonl", [again, question(11), question(12), question(13, choices=["a", "b"])])
    examples, [row] = found("MMLU", tmp_path, 2)
    assert "q11?" in examples.before(row)[0].content
    assert "not shown as an example, because it is asked" in capsys.readouterr().err
    with pytest.raises(UserError, match=r"'Q1\?.*is among the questions"):
        found("MMLU", tmp_path / "test.jsonl", 2, tmp_path / "dev.jsonl")
    same_words, _ = found("MMLU", write(tmp_path / "o.jsonl", [question(13)]), 4, write(tmp_path / "f.jsonl", [
        question(13, choices=["a", "b"]), *map(question, (21, 22, 23)),
    ]))  # fmt: skip
    assert len(same_words.turns["law"]) == 8  # other options make another question


@pytest.mark.parametrize(
    ("name", "row", "shown"),
    [
        (
            "GSM8K",
            {"question": "3*4?", "answer": "3*4 = <<3*4=12>>12\n#### 12"},
            "3*4 = 12\n\nThe final answer is \\boxed{12}.",
        ),
        ("MATH500", {"problem": "3*4?", "answer": "12", "solution": "It is $\\boxed{12}$."}, "It is $\\boxed{12}$."),
        ("AIME", {"problem": "3*4?", "answer": "012", "solution": ""}, "The final answer is \\boxed{12}."),
        (
            "MMLU-Pro",
            {"question": "?", "category": "x", "options": ["1", "2"], "answer": "B", "cot_content": "A: So."},
            "So.\n\nThe answer is \\boxed{B}.",
        ),
        (
            "APPS",
            {
                "question": "Print 1.",
                "input_output": '{"inputs": [""], "outputs": ["1\\n"]}',
                "solutions": '["print(1)", "x"]',
            },
            "```python\nprint(1)\n```",
        ),
        (
            "OlympiadBench",
            {"question": "Solve.", "final_answer": ["2"], "subfield": "Algebra", "solution": ["One way.", "Another."]},
            "One way.\n\nAnother.\n\nThe final answer is \\boxed{2}.",
        ),
        (
            "HumanEvalPlus",
            {
                "task_id": "HumanEval/0",
                "entry_point": "f",
                "prompt": "def f(x):\n",
                "canonical_solution": "    return x\n",
                "base_input": [[2]],
                "plus_input": [[1]],
                "contract": "",
                "atol": 0,
            },
            "```python\ndef f(x):\n    return x\n```",
        ),
    ],
)
def test_an_example_ends_in_the_form_that_the_prompt_asks_for(name: str, row: Row, shown: str, tmp_path: Path) -> None:
    """Each is judged right by its own checker."""
    handler = TASK_HANDLERS[name]()
    [(_, read)] = handler.select(Selection("train", dataset_path=write(tmp_path / "r.jsonl", [row])))
    assert handler.example(read) == shown
    if handler.kind != "code":  # whose programs need the sandbox
        assert handler.checker(CheckOptions()).check(read, shown).correct is True


def test_what_cannot_be_shown_is_refused(tmp_path: Path) -> None:
    math = write(tmp_path / "m.jsonl", [{"problem": "1+1?", "answer": "2"}])
    for name, place, file, words in (
        ("MATH500", math, None, "no train or dev split of its own"),
        ("MMLU", SAMPLES / "mmlu.jsonl", None, "no dev split of MMLU beside the rows asked"),
        ("MATH500", math, math, "is among the questions"),
        ("MATH500", math, tmp_path / "none.jsonl", "--fewshot-file: "),
        ("MATH500", math, write(tmp_path / "one.jsonl", [{"problem": "1+3?", "answer": "4"}]), "MATH500 has 1 rows"),
        (
            "MMLU",
            SAMPLES / "mmlu.jsonl",
            write(tmp_path / "law.jsonl", [question(1), question(2)]),
            "Without the column subject every question",
        ),
    ):
        with pytest.raises(UserError, match=words):
            found(name, place, 2, file)
    with pytest.raises(UserError, match="needs --num-fewshot K"):
        FewShotOptions(0, math).check()


def test_a_run_sends_its_examples_and_keeps_them_as_a_setting(server: FaultyServer, tmp_path: Path) -> None:
    rows = write(tmp_path / "rows.jsonl", [{"problem": f"{n}+1?", "answer": "2"} for n in range(1, 4)])
    shots = write(tmp_path / "shots.jsonl", [{"problem": f"{n}+9?", "answer": str(n + 9)} for n in range(3)])

    def evaluate(*extra: object) -> Any:
        return script(
            "eval.py", "--model", "openai/gpt-x", "--base-url", server.url, "--evals", "MATH500", "--dataset-path", rows,
            "--result-dir", tmp_path / "out", "--output-file", tmp_path / "s.txt", "--fewshot-file", shots, *extra, env=KEY,
        )  # fmt: skip

    plan = evaluate("--num-fewshot", "1", "--dry-run")
    assert plan.returncode == 0, plan.stderr
    assert "1 examples before each question" in plan.stdout
    assert r"[assistant] The final answer is \boxed{9}." in plan.stdout
    done = evaluate("--num-fewshot", "2")
    assert done.returncode == 0, done.stderr
    assert len(server.requests) == 3
    for body in server.requests:
        assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user", "assistant", "user"]
        assert body["messages"][3]["content"] == r"The final answer is \boxed{10}."
    [path] = (tmp_path / "out").glob("*_MATH500_*.json")
    kept = generating_run(list(runs_of(path)))["settings"]["few_shot"]
    assert (kept["examples"], kept["from"]) == (2, str(shots))
    other = evaluate("--set", "MATH500.num_fewshot=3", "--num-fewshot", "2")
    assert other.returncode == 1
    assert "was made with other settings" in other.stderr
    assert len(server.requests) == 3
