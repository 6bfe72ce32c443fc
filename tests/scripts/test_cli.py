"""Command lines: every command of the guide can be planned, --help imports little, bad input gives one message."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest
from support.scripts import ROOT, script

import inference_and_check

SCRIPTS = ("inference_and_check", "convert_format", "convert_to_data", "label_math_difficulty", "eval")
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
    """Rows that every dataset in the guide's commands can read."""
    row = {
        "problem": "1+1?", "solution": r"\boxed{2}", "question": "sum?", "gpt_difficulty_parsed": 9, "answer": "2",
        "input_output": json.dumps({"inputs": ["1"], "outputs": ["1"]}), "difficulty": "MEDIUM",
        "Question": "q", "Correct Answer": "a", "Incorrect Answer 1": "b", "Incorrect Answer 2": "c", "Incorrect Answer 3": "d",
    }  # fmt: skip
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row | {"source": s}) + "\n" for s in ("math", "amc_aime", "olympiads")))
    return path


SEED_COMMANDS = [
    line.strip()
    for line in (ROOT / "tests" / "scripts" / "seed_commands.txt").read_text().splitlines()
    if line.startswith("python ")
]


def test_the_guide_has_nineteen_commands() -> None:
    assert len(SEED_COMMANDS) == 19


@pytest.mark.parametrize("command", SEED_COMMANDS)
def test_the_guides_commands_plan_on_local_rows(command: str, tmp_path: Path) -> None:
    words = shlex.split(command.replace("$SKYT_HOME", str(tmp_path)))[1:]
    (tmp_path / "data").mkdir()
    response = {"content": "\\boxed{2}", "processed_content": "x"}
    for name in ("m.json", "converted_m.json"):
        (tmp_path / "data" / name).write_text(json.dumps({"q": {"responses": {"0.7": [response]}}}))
    reads_rows = words[0] not in ("convert_format.py", "convert_to_data.py")
    done = script(*words, "--dry-run", *(["--dataset-path", row_file(tmp_path)] if reads_rows else []))
    assert done.returncode == 0, done.stderr
    if "lower_bound 4" in command:
        assert "_4_9.json" in done.stdout
    assert list((tmp_path / "data").glob("*.journal.jsonl")) == []


@pytest.mark.parametrize(
    "command", [SEED_COMMANDS[0], SEED_COMMANDS[3], SEED_COMMANDS[4], SEED_COMMANDS[6], SEED_COMMANDS[-1]]
)
def test_without_a_network_it_says_what_to_do(command: str, tmp_path: Path) -> None:
    """The Hub's address is a closed port, and no setting says that there is no network."""
    words = shlex.split(command.replace("$SKYT_HOME", str(tmp_path)))[1:]
    dead = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "", "HF_HOME": str(tmp_path / "hub")}
    done = script(*words, "--dry-run", timeout=120, env=dead, without=("HF_HUB_OFFLINE",))  # no long series of retries
    assert done.returncode == 1
    assert "could not be reached" in done.stderr
    assert "--dataset-path" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--dataset", "NOPE", *MODEL], 2, "unknown benchmark 'NOPE'"),
        (["--dataset", "MATH500", *MODEL, "--n", "0"], 2, "at least 1"),
        (["--dataset", "MATH500", *MODEL, "--inference", "--check"], 2, "exclude"),
        (["--dataset", "MATH500", *MODEL, "--dataset-path", "nowhere.jsonl"], 1, "does not exist"),
        (["--dataset", "NUMINA", *MODEL, "--dataset-path", "samples/numina.jsonl", "--source", "x"], 1, "There are: amc_aime"),
        (["--dataset", "NUMINA", *MODEL, "--dataset-path", "samples/numina.jsonl", "--start", "900"], 1, "empty"),
        (["--dataset", "NUMINA", "--model", "./samples", "--dataset-path", "samples/numina.jsonl"], 1, "is not a model"),
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
        assert "has no" in done.stderr


def test_the_recipe_scripts_run_the_guides_commands(tmp_path: Path) -> None:
    """Both scripts, with a stand-in for Python that only records its arguments."""
    log = tmp_path / "log"
    fake = tmp_path / "python"
    fake.write_text(f'#!/bin/sh\necho "$@" >> {log}\n')
    fake.chmod(0o755)
    environment = {**os.environ, "PYTHON": str(fake), "DATA": str(tmp_path / "data"), "RAY_ADDRESS": "10.0.0.1:6379"}
    for name, generating in (("sky_t1_node", ""), ("sky_t1_ray", "--backend ray --ray-address 10.0.0.1:6379")):
        log.write_text("")
        subprocess.run([ROOT / "examples" / f"{name}.sh"], env=environment, check=True, capture_output=True)
        lines = log.read_text().splitlines()
        assert [line.split()[0] for line in lines] == [
            *["inference_and_check.py"] * 6, "convert_format.py", *["inference_and_check.py"] * 6, "convert_to_data.py", "-m",
        ]  # fmt: skip
        assert all(line.endswith("--inference") and generating in line for line in lines[:6])
        assert all(line.endswith("--check") for line in lines[7:13])
        assert "--source olympiads --end 20000" in lines[5]
        for line in lines[:6]:
            parsed = inference_and_check.parse(line.split()[1:])
            assert parsed.max_tokens == 16384
