"""Command lines: every printed command plans, help starts at once, bad input is one message."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from conftest import script

SCRIPTS = ("inference_and_check", "convert_format", "convert_to_data", "label_math_difficulty", "eval")
GENERATE = "inference_and_check.py --dataset {} --model Qwen/QwQ-32B-Preview --tp 8 --max_tokens 16384 --split {} --source {} --result-dir {}"
MODEL = ["--model", "Qwen/QwQ-32B-Preview"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_imports_nothing_heavy(name: str) -> None:
    code = (
        f"import sys; sys.argv = ['{name}.py', '--help']\nimport {name}\n"
        f"try: {name}.main(['--help'])\nexcept SystemExit: pass\n"
        "print('HEAVY', [m for m in ('torch', 'vllm', 'ray', 'datasets', 'transformers') if m in sys.modules])"
    )
    done = script("-c", code)
    assert "HEAVY []" in done.stdout
    assert "--debug" in done.stdout


def row_file(tmp_path: Path) -> Path:
    """Rows that every dataset of the seed commands can read."""
    row = {
        "problem": "1+1?", "solution": r"\boxed{2}", "question": "sum?", "gpt_difficulty_parsed": 9, "answer": "2",
        "input_output": json.dumps({"inputs": ["1"], "outputs": ["1"]}), "difficulty": "MEDIUM",
        "Question": "q", "Correct Answer": "a", "Incorrect Answer 1": "b", "Incorrect Answer 2": "c", "Incorrect Answer 3": "d",
    }  # fmt: skip
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row | {"source": s}) + "\n" for s in ("math", "amc_aime", "olympiads")))
    return path


def seed_commands(home: Path) -> list[str]:
    numina = "--split train --source {} {}--filter-difficulty"
    lines = [
        GENERATE.format("APPS", "test", "all", home),
        GENERATE.format("TACO", "train", "MEDIUM", home) + " --filter-difficulty",
    ]
    for source, end, low, high in (("math", "", 4, 9), ("amc_aime", "", 1, 9), ("olympiads", "--end 20000 ", 9, 9)):
        base = f"inference_and_check.py --dataset NUMINA --model Qwen/QwQ-32B-Preview --tp 8 --max_tokens 16384 {numina.format(source, end)} --result-dir {home}"
        lines += [
            base + " --inference",
            f"{base} --math_difficulty_lower_bound {low} --math_difficulty_lower_bound {high}",
        ]
        lines += [f"label_math_difficulty.py --source {source} --keys keys.txt"]
    lines += [lines[0] + " --check", lines[0] + " --inference"]
    return [
        *lines,
        "eval.py --model Qwen/QwQ-32B-Preview --evals=AIME,MATH500,GPQADiamond --tp=8 --output_file=results.txt",
    ]


def test_the_guides_commands_plan_on_local_rows(tmp_path: Path) -> None:
    rows = row_file(tmp_path)
    for command in seed_commands(tmp_path):
        done = script(*shlex.split(command), "--dry-run", "--dataset-path", rows)
        assert done.returncode == 0, (command, done.stderr)
        assert "_4_9.json" in done.stdout or "lower_bound 4" not in command


def test_offline_it_says_what_to_do(tmp_path: Path) -> None:
    done = script(
        *shlex.split(GENERATE.format("APPS", "test", "all", tmp_path)), "--inference", "--dry-run", timeout=60
    )
    assert done.returncode == 1
    assert "--dataset-path" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--dataset", "NOPE", *MODEL], 2, "invalid choice"),
        (["--dataset", "MATH500", *MODEL, "--n", "0"], 2, "at least 1"),
        (["--dataset", "MATH500", *MODEL, "--inference", "--check"], 2, "exclude"),
        (["--dataset", "MATH500", *MODEL, "--dataset-path", "nowhere.jsonl"], 1, "does not exist"),
        (["--dataset", "NUMINA", *MODEL, "--dataset-path", "samples/numina.jsonl", "--source", "x"], 1, "There are: amc_aime"),
        (["--dataset", "NUMINA", *MODEL, "--dataset-path", "samples/numina.jsonl", "--start", "900"], 1, "empty"),
        (["--dataset", "NUMINA", "--model", "./samples", "--dataset-path", "samples/numina.jsonl"], 1, "is no model"),
        (["--dataset", "NUMINA", *MODEL, "--dataset-path", "samples/numina.jsonl", "--check"], 1, "no result file to check"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_message(arguments: list[str], status: int, message: str, tmp_path: Path) -> None:
    done = script("inference_and_check.py", *arguments, "--result-dir", tmp_path)
    assert done.returncode == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unwritable_result_dir_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    arguments = [
        "--dataset",
        "NUMINA",
        *MODEL,
        "--dataset-path",
        "samples/numina.jsonl",
        "--result-dir",
        tmp_path / "file" / "x",
    ]
    done = script("inference_and_check.py", *arguments)
    assert done.returncode == 1
    assert "cannot be written" in done.stderr


def test_convert_scripts_name_what_is_missing(tmp_path: Path) -> None:
    for name, extra in (
        ("convert_format.py", ["--keys", "k"]),
        ("convert_to_data.py", ["--output", tmp_path / "o.json"]),
    ):
        done = script(name, "--input_dir", tmp_path, *extra)
        assert done.returncode == 1
        assert "holds no" in done.stderr
