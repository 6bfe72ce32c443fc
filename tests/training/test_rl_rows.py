"""Rows for reinforcement learning: prompts with what their responses are checked against."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.scripts import script
from training.test_forms import response, results, tagged

from tasks.ground_truth import ground_truth
from util.records import UNREADABLE_GOLD, GroundTruth
from util.system.errors import UserError
from util.training.build import build
from util.training.form_options import check_form
from util.training.options import DataOptions
from util.training.rl_rows import PromptRecord, data_source_of

TWO_NUMBERS = {"inputs": ["1 2\n", "3 4\n"], "outputs": ["3\n", "7\n"]}
CALLS = {"fn_name": "add", "inputs": [[1, [2]], ["a", {"b": 1}]], "outputs": [[3], [[True, None]]]}


def rows(folder: Path, files: list[Path], name: str = "o.json", **options: Any) -> list[dict[str, Any]]:
    build(
        DataOptions(
            files, folder / name, datasets=("NUMINA", "APPS", "MATH500", "MMLU"), truth_of=ground_truth, **options
        )
    )
    found: list[dict[str, Any]] = json.loads((folder / name).read_text())
    return found


def numina(folder: Path) -> Path:
    problems = {
        "one": [response(tagged("t")), response("no thought", right=False)],
        "two": [response("x", right=None)],
        "no box": [response("x", right=None)],
    }
    path = results(folder / "m_NUMINA_train.json", problems, source="olympiads", solution="So \\boxed{7}.")
    known = json.loads(path.read_text())
    known["no box"]["solution"] = "So 7."
    known["two"]["source"] = "math"
    path.write_text(json.dumps(known))
    return path


def test_verl_rows_come_from_all_problems_with_a_gold_answer(tmp_path: Path) -> None:
    path = numina(tmp_path)
    one, two = rows(tmp_path, [path, path], form="verl")
    assert one == {
        "data_source": "numina_olympiads",
        "prompt": [{"role": "user", "content": "Solve: one"}],
        "ability": "math",
        "reward_model": {"style": "rule", "ground_truth": "7"},
        "extra_info": {
            "split": "train", "index": 0, "source": "NUMINA/olympiads", "question": "one", "right": 1, "judged": 2,
        },
    }  # fmt: skip
    assert (two["data_source"], two["extra_info"]["index"], two["extra_info"]["judged"]) == ("lighteval/MATH", 1, 0)
    report = build(
        DataOptions([path, path], tmp_path / "p.json", form="verl", datasets=("NUMINA",), truth_of=ground_truth)
    )
    assert report.left_out == {
        "problems without a usable gold answer: the row has no gold answer": 2, "exact duplicates of a problem": 2,
    }  # fmt: skip
    assert report.funnel["NUMINA/olympiads"]["written"] == 1
    assert rows(tmp_path, [path], form="verl", data_source="mine")[0]["data_source"] == "mine"
    prompt = rows(tmp_path, [path], form="verl", thought_style="markers")[0]["prompt"]
    assert [turn["role"] for turn in prompt] == ["system", "user"]


def test_rlvr_rows_name_their_verifier(tmp_path: Path) -> None:
    one, _ = rows(tmp_path, [numina(tmp_path)], form="rlvr")
    assert one == {"messages": [{"role": "user", "content": "Solve: one"}], "ground_truth": "7", "dataset": "math"}
    with pytest.raises(UserError, match="user's message alone"):
        check_form(DataOptions([], tmp_path / "o.json", form="rlvr", thought_style="markers"))


def test_an_unreadable_gold_answer_makes_no_row(tmp_path: Path) -> None:
    unread = {"content": "x", "correctness": None, "reason": UNREADABLE_GOLD, "finish_reason": "stop"}
    path = results(tmp_path / "m_MATH500_test.json", {"q": [unread]}, answer="some prose", problem="q")
    assert build(DataOptions([path], tmp_path / "o.json", form="rlvr", truth_of=ground_truth)).written == 0
    done = script("convert_to_data.py", "--input-dir", tmp_path, "--output", tmp_path / "o.parquet", "--format", "verl")
    assert done.returncode == 1
    assert "no problem that is left has a gold answer" in done.stderr


def test_programs_have_their_tests_as_ground_truth(tmp_path: Path) -> None:
    tests = {"stdin": TWO_NUMBERS, "call": CALLS, "judge": TWO_NUMBERS, "none": {}}
    path = results(tmp_path / "m_APPS_train.json", {name: [response("x")] for name in tests}, difficulty="easy")
    known = json.loads(path.read_text())
    for name, found in tests.items():
        known[name] |= {"question": name, "input_output": json.dumps(found)}
    known["judge"]["checker"] = "tolerance=1e-3"
    path.write_text(json.dumps(known))
    stdin, call = rows(tmp_path, [path], form="verl")
    assert stdin["data_source"] == "apps"
    assert json.loads(stdin["reward_model"]["ground_truth"]) == TWO_NUMBERS
    assert json.loads(call["reward_model"]["ground_truth"]) == {
        "inputs": ["1\n[2]", '"a"\n{"b": 1}'], "outputs": ["[3]", "[[true, null]]"], "fn_name": "add",
    }  # fmt: skip
    stdin, call = rows(tmp_path, [path], form="rlvr")
    assert stdin["dataset"] == "code_stdio"
    assert json.loads(stdin["ground_truth"]) == [
        {"input": "1 2\n", "output": "3\n"},
        {"input": "3 4\n", "output": "7\n"},
    ]
    assert call["dataset"] == "code"
    assert json.loads(call["ground_truth"]) == ["assert add(1, [2]) == 3", "assert add('a', {'b': 1}) == [True, None]"]
    known = ground_truth("APPS", json.loads(path.read_text())["judge"])
    assert known == "its tests need a comparison of their own"


def test_choices_have_the_letter(tmp_path: Path) -> None:
    row = {"question": "q", "choices": ["a", "b"], "answer": 1, "subject": "s"}
    assert ground_truth("MMLU", row) == GroundTruth("choice", "B")
    assert ground_truth("MMLU", {"question": "q"}) == UNREADABLE_GOLD
    assert ground_truth("MINE", row) == "MINE is not a known dataset"


@pytest.mark.parametrize(
    ("dataset", "source", "kind", "expected"),
    [
        ("NUMINA", "NUMINA/cn_k12", "math", "numina_cn_k12"),
        ("MATH500", "MATH500", "math", "HuggingFaceH4/MATH-500"),
        ("GSM8K", "GSM8K", "math", "lighteval/MATH"),
        ("MMLU", "MMLU", "choice", "lighteval/MATH"),
        ("TACO", "TACO", "code", "taco"),
        ("LiveCodeBench", "LiveCodeBench", "code", "codecontests"),
    ],
)
def test_verl_finds_a_reward_that_suits(dataset: str, source: str, kind: str, expected: str) -> None:
    assert data_source_of(PromptRecord(dataset, source, "q", 0, 0, GroundTruth(kind, "1"))) == expected


def test_the_command_writes_parquet_for_verl(tmp_path: Path) -> None:
    from pyarrow import parquet

    numina(tmp_path / "in")
    command = ["convert_to_data.py", "--input-dir", tmp_path / "in", "--format", "verl"]
    done = script(*command, "--output", tmp_path / "o.parquet")
    assert done.returncode == 0, done.stderr
    assert "2 rows" in done.stdout
    table = parquet.read_table(tmp_path / "o.parquet")
    assert table.column_names == ["data_source", "prompt", "ability", "reward_model", "extra_info"]
    assert not (tmp_path / "dataset_info.json").exists()
    extra = script(*command, "--output", tmp_path / "x.json", "--extra", tmp_path / "o.parquet")
    assert extra.returncode == 1
    assert "gold answers" in extra.stderr
