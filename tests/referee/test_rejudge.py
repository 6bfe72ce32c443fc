"""The referee: our own accuracy from foreign files, wrong graders found out, choices, programs, and hostile texts."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from foreign.shapes import SHAPES, jsonl, lm_eval
from support.scripts import script

from tasks.foreign import ForeignTasks
from util.foreign.case import Judge
from util.foreign.readers import foreign_files
from util.foreign.sample import ForeignSample
from util.referee.rejudge import rejudge
from util.referee.scores import SetScores
from util.system.errors import UserError
from util.task import CheckOptions

ANSWERS = [("7", "\\boxed{7}", True), ("1/2", "\\boxed{0.5}", True), ("x+1", "\\boxed{1+x}", True), ("4", "\\boxed{5}", False),
           ("12", "no idea", False), ("\\frac{2}{3}", "$\\boxed{2/3}$", True), ("3", "the number 3", False)]  # fmt: skip
SAMPLES = [(f"Question {i}?", response, gold, float(right)) for i, (gold, response, right) in enumerate(ANSWERS)]


def scores_of(paths: list[Path], *graders: str, task: str | None = None, rows: Path | None = None) -> list[SetScores]:
    tasks = ForeignTasks(task, rows, CheckOptions())
    return rejudge(foreign_files(paths, {}), Judge(tasks.case, tasks.checkers), graders or ("ours",), workers=1)


def value(estimate: Any) -> float:
    assert estimate is not None
    return float(estimate.value)


def test_our_own_accuracy_comes_out_of_every_foreign_format(tmp_path: Path) -> None:
    paths = [SHAPES[form](tmp_path / form, SAMPLES) for form in SHAPES if form != "inspect_ai archive"]
    sets = scores_of(paths, "ours", task="math")
    assert len(sets) >= 10
    for found in sets:
        assert value(found.their_accuracy()) == value(found.accuracy("ours")) == pytest.approx(4 / 7)
        assert not found.graders["ours"].lost + found.graders["ours"].won


def test_a_grader_that_is_wrong_on_purpose_is_found_out(tmp_path: Path) -> None:
    flipped = [(q, r, g, 1 - s if i in (0, 3) else s) for i, (q, r, g, s) in enumerate(SAMPLES)]
    path = lm_eval(tmp_path, flipped)
    made = script("eval.py", "--rejudge", path, "--csv", tmp_path / "d.csv", "--report", tmp_path / "d.html", "--explain", "9",
                  "--graders", "ours,exact", "--output-file", tmp_path / "d.json")  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert "right for them alone 1, for ours alone 1" in made.stdout
    assert "Question 0?" in made.stdout
    assert "Question 3?" in made.stdout
    assert "Question 1?" not in made.stdout
    with (tmp_path / "d.csv").open(newline="") as file:
        ours = [row for row in csv.DictReader(file) if row["grader"] == "ours"]
    assert [(row["question"], row["their_score"], row["verdict"]) for row in ours] == [
        ("Question 0?", "0.0", "right"), ("Question 3?", "1.0", "wrong"),
    ]  # fmt: skip
    [record] = json.loads((tmp_path / "d.json").read_text())
    assert record["graders"]["ours"]["accuracy"]["value"] == pytest.approx(4 / 7)
    assert record["graders"]["exact"]["accuracy"]["value"] == pytest.approx(2 / 7)
    page = (tmp_path / "d.html").read_text()
    assert page.count("<section>") == 2


def test_graders_differ_by_what_they_read(tmp_path: Path) -> None:
    [found] = scores_of([lm_eval(tmp_path, SAMPLES)], "ours", "ours-lenient", "math-verify", "exact")
    assert value(found.accuracy("ours")) == pytest.approx(4 / 7)
    assert value(found.accuracy("ours-lenient")) == pytest.approx(5 / 7)
    assert value(found.accuracy("math-verify")) >= 4 / 7
    assert value(found.accuracy("exact")) == pytest.approx(2 / 7)


def test_choices_are_found_in_the_prompt_the_file_or_by_position(tmp_path: Path) -> None:
    asked = "2+2?\n\nA) 3\nB) 4\nC) 5"
    rows = [
        {
            "doc_id": 0,
            "doc": {},
            "target": "(B)",
            "arguments": {"g": {"arg_0": asked}},
            "resps": [["The answer is (B)."]],
        },
        {"doc_id": 1, "doc": {"choices": ["3", "4"]}, "target": 1, "resps": [["Answer: B"]]},
        {"doc_id": 2, "doc": {"choices": {"text": ["3", "4"]}}, "target": "4", "resps": [["**B**"]]},
        {"doc_id": 3, "doc": {"choices": ["3", "4"]}, "target": 7, "resps": [["Answer: B"]]},
        {"doc_id": 4, "doc": {"choices": ["3", "4"]}, "target": "A", "resps": [["Answer: B"]]},
    ]
    [found] = scores_of([jsonl(tmp_path / "samples_c.jsonl", rows)])
    assert list(found.graders["ours"].right) == [1, 1, 1, 0, 0]
    assert found.graders["ours"].unjudged == {"the gold": 1}
    assert found.their_accuracy() is None
    assert found.difference("ours") is None


def test_what_has_no_gold_or_no_text_is_null_with_the_way_out(tmp_path: Path) -> None:
    rows = [
        {"doc_id": 0, "doc": {}, "target": None, "resps": [["7"]], "metrics": ["acc"], "acc": 1.0},
        {"doc_id": 1, "doc": {}, "target": "1", "resps": [[[-1.0, True]]], "metrics": ["acc"], "acc": 1.0},
    ]
    path = jsonl(tmp_path / "samples_n.jsonl", rows)
    [found] = scores_of([path])
    assert found.accuracy("ours") is None
    assert sum(found.graders["ours"].unjudged.values()) == 2
    made = script("eval.py", "--rejudge", path)
    assert made.returncode == 1
    assert "No response could be judged: the file has no gold answer; name the dataset with --task" in made.stderr


def test_programs_are_run_on_the_tests_of_our_dataset(tmp_path: Path) -> None:
    tests = {"inputs": ["1 2\n", "5 6\n"], "outputs": ["3\n", "11\n"]}
    row = {"question": "Add two numbers.", "input_output": json.dumps(tests), "problem_id": 17, "difficulty": "interview",
           "solutions": "[]", "starter_code": "", "url": ""}  # fmt: skip
    rows = jsonl(tmp_path / "apps.jsonl", [row])
    right, wrong = (f"```python\na, b = map(int, input().split())\nprint(a {sign} b)\n```" for sign in "+-")
    outputs = [
        {
            "question_id": 17,
            "question_content": "add",
            "output_list": [right, wrong],
            "code_list": [],
            "graded_list": [1, 1],
        },
        {"question_id": "x", "question_content": "Add  two numbers.", "output_list": [right], "code_list": []},
        {
            "question_id": "y",
            "question_content": "another",
            "output_list": [right],
            "code_list": [],
            "graded_list": [True],
        },
    ]
    path = tmp_path / "Scenario.codegeneration_2_0.2_eval_all.json"
    path.write_text(json.dumps(outputs))
    [first, second] = scores_of([path], task="apps", rows=rows)
    assert list(first.graders["ours"].right) == [1, 0]
    assert first.graders["ours"].lost.total() == 1
    assert first.graders["ours"].unjudged == {"APPS has no row with this question or id": 1}
    assert list(second.graders["ours"].right) == [1]


def test_truncated_responses_are_wrong_as_in_a_run_of_ours(tmp_path: Path) -> None:
    row = {
        "idx": 0,
        "question": "q",
        "gt": "7",
        "code": ["\\boxed{7}"],
        "score": [True],
        "pred": ["7"],
        "finish_reason": ["length"],
    }
    [found] = scores_of([jsonl(tmp_path / "m" / "math500" / "t.jsonl", [row])])
    assert found.graders["ours"].lost == {"truncated": 1}


def test_files_of_several_seeds_are_samples_of_the_same_problems(tmp_path: Path) -> None:
    for seed, response in enumerate(["\\boxed{7}", "\\boxed{8}"]):
        row = {
            "problem": "3+4?",
            "expected_answer": "7",
            "generation": response,
            "predicted_answer": "7",
            "is_correct": not seed,
        }
        jsonl(tmp_path / "aime" / f"output-rs{seed}.jsonl", [row])
    [found] = scores_of([tmp_path / "aime"])
    assert (found.samples, len(found.problems), list(found.graders["ours"].right)) == (2, 1, [1])
    assert value(found.accuracy("ours")) == value(found.their_accuracy()) == 0.5


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>\x1b[2J\\boxed{8}"
    path = lm_eval(tmp_path, [(hostile, hostile, "7", 1.0), ("y", "\\boxed{" * 5_000, "7", 0.0)])
    made = script("eval.py", "--rejudge", path, "--report", tmp_path / "p.html", "--explain", "3")
    assert made.returncode == 0, made.stderr
    assert "\x1b" not in made.stdout
    assert "<script" not in (tmp_path / "p.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--task", "MATH50"], "did you mean MATH500?"),
        (["--graders", "ours,theirs"], "there are ours, ours-lenient, math-verify, exact"),
        (["--columns", "answer=x"], "where FIELD is one of response, gold, score"),
    ],
)
def test_wrong_arguments_name_what_there_is(arguments: list[str], message: str, tmp_path: Path) -> None:
    made = script("eval.py", "--rejudge", lm_eval(tmp_path, SAMPLES[:1]), *arguments)
    assert made.returncode == 1
    assert message in made.stderr
    assert "Traceback" not in made.stderr


def test_an_empty_file_gives_no_score(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(UserError, match="no responses in the files"):
        scores_of([tmp_path / "empty.jsonl"])


def test_the_record_of_a_sample_keeps_unknown_fields(tmp_path: Path) -> None:
    row = {"input": "q", "output": "\\boxed{7}", "gts": "7", "score": 1.0, "step": 3, "my_field": {"a": 1}}
    [sample] = foreign_files([jsonl(tmp_path / "v.jsonl", [row])], {})[0].samples()
    assert isinstance(sample, ForeignSample)
    assert sample.row == {"score": 1.0, "step": 3, "my_field": {"a": 1}}
