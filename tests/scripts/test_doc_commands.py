"""The commands of the documentation, run: with --dry-run on local rows, in this process."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from support.doc_commands import DRY_RUN, RUN, DocCommand, all_commands, way_of
from support.scripts import ROOT, SAMPLES, script

MATH = {"problem": "What is 1 + 1?", "answer": "2", "solution": r"\boxed{2}"}
LCB = {
    "question_content": "Print 1.", "public_test_cases": json.dumps([{"input": "", "output": "1\n", "testtype": "stdin"}]),
    "private_test_cases": "", "metadata": "{}", "contest_date": "2025-01-04T00:00:00", "starter_code": "",
}  # fmt: skip
LCB_ROWS = [LCB | {"difficulty": level, "question_content": level} for level in ("easy", "medium", "hard")]
SUBJECTS = ("abstract_algebra", "law", "anatomy")
MMLU = {"question": "Which?", "choices": ["a", "b", "c", "d"], "answer": 1}
ROWS: dict[str, Any] = {
    "MATH500": [MATH | {"subject": "Algebra", "level": 5}],
    "NUMINA": [MATH | {"source": source, "gpt_difficulty_parsed": 5} for source in ("math", "amc_aime", "olympiads")],
    "AIME": [MATH | {"problem": f"p{year}", "url": f"https://x/index.php/{year}_AIME_I_Problems/Problem_1"} for year in (2022, 2023, 2024)],
    "AIME25": [MATH],
    "AMC23": [MATH | {"url": "https://x/2023_AMC_12A_Problems/Problem_1"}],
    "GSM8K": [{"question": "What is 1 + 1?", "answer": "It is 2.\n#### 2"}],
    "OlympiadBench": [{"question": "What is 1 + 1?", "final_answer": ["2"], "subfield": "Algebra"}],
    "MinervaMath": [{"question": "What is 1 + 1?", "answer": "2"}],
    "MMLU": [MMLU | {"subject": subject, "question": subject} for subject in SUBJECTS],
    "LiveCodeBench": LCB_ROWS,
    "IFEval": [
        {"key": number, "prompt": f"Say {name}.", "instruction_id_list": [name], "kwargs": [arguments]}
        for number, (name, arguments) in enumerate(
            {
                "keywords:existence": {"keywords": ["sky"]},
                "length_constraints:number_words": {"num_words": 3, "relation": "at least"},
                "punctuation:no_comma": {},
            }.items()
        )
    ],
    "GPQADiamond": SAMPLES / "gpqa.jsonl",
    "APPS": SAMPLES / "apps.jsonl",
    "HumanEvalPlus": [{"task_id": "HumanEval/0", "prompt": 'def f(x):\n    """x"""\n', "canonical_solution": "    return x\n", "entry_point": "f", "test": "\ndef check(candidate):\n    inputs = [[1]]\n    results = [1]\n    for i, (inp, exp) in enumerate(zip(inputs, results)):\n        assertion(candidate(*inp), exp, 0)\n"}],
}  # fmt: skip
"""Dataset -> rows as its repository has them, or a file of them."""
FEW = {"MMLU": "dev", "GSM8K": "train"}
"""Datasets with examples of their own -> the split that they come from."""

COMMANDS = list(dict.fromkeys((each.text, way_of(each)) for each in all_commands()))
BY_TEXT = {each.text: each for each in all_commands()}


def commands(way: str) -> Any:
    chosen = [BY_TEXT[text] for text, how in COMMANDS if how == way]
    return pytest.mark.parametrize("command", chosen, ids=lambda each: f"{each.page}: {each.text[:90]}")


def rows_of(dataset: str, folder: Path) -> Path:
    """A folder with a file for each split, or a file, of local rows."""
    if dataset not in ROWS:
        pytest.fail(f"a printed command plans {dataset}: add a row of it to ROWS", pytrace=False)
    rows = ROWS[dataset]
    if isinstance(rows, Path):
        return rows
    text = "".join(json.dumps(row) + "\n" for row in rows)
    if dataset in FEW:
        place = folder / "rows" / dataset
        place.mkdir(parents=True, exist_ok=True)
        (place / "test.jsonl").write_text(text)
        more = [json.loads(line) for line in text.splitlines() for _ in range(8)]
        for number, row in enumerate(more):
            row["question"] = f"{row['question']} example {number}"
        (place / f"{FEW[dataset]}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in more))
        return place
    path = folder / f"{dataset}.jsonl"
    path.write_text(text)
    return path


def option(words: Sequence[str], *names: str) -> list[str]:
    """The values of an option, which may have several."""
    words = list(words)
    place = next((words.index(name) for name in names if name in words), None)
    if place is None:
        return []
    following = words[place + 1 :]
    end = next((i for i, word in enumerate(following) if word.startswith("--")), len(following))
    return following[:end]


def prepare(command: DocCommand, folder: Path) -> list[str]:
    """Put what the command reads into ``folder``; returns the words that it gets besides its own."""
    words = command.arguments
    (folder / "keys.txt").write_text("sk-test\n")
    (folder / "servers.txt").write_text("http://a:8000/v1\n")
    (folder / "magistral.txt").write_text("Think.\n")
    (folder / "mix.toml").write_text('NUMINA = 4\n"NUMINA/math" = 4\n')
    (folder / "solved.jsonl").write_text("".join(json.dumps(MATH | {"problem": f"{i}"}) + "\n" for i in range(9)))
    (folder / "mine.jsonl").write_text(json.dumps(MATH) + "\n")
    for name in [*option(words, "--input-dir", "--input_dir"), *option(words, "--pass-rate-from")[:1]]:
        shutil.copytree(ROOT / "tests/fixtures/c0346e8/judged", folder / name, dirs_exist_ok=True)
    if command.target == "convert_to_data.py":
        return []
    if command.target == "inference_and_check.py":
        return local_rows([importlib.import_module("inference_and_check").parse(words).dataset], folder)
    if command.target == "eval.py":
        return local_rows([each.handler.name for each in importlib.import_module("eval").parse(words).chosen], folder)
    if command.target == "label_math_difficulty.py":
        return local_rows(["NUMINA"], folder)
    return []


def stand_ins(words: Sequence[str], folder: Path, student: Path) -> list[str]:
    """The words with local files in place of what only the Hub has. student: stands for every tokenizer."""
    changed = list(words)
    for place, word in enumerate(words[:-1]):
        following = words[place + 1]
        if word == "--decontaminate":
            names = [name if "=" in name else f"{name}={rows_of(name, folder)}" for name in following.split(",")]
            changed[place + 1] = ",".join(names)
        elif word == "--embedding-model":
            changed[place + 1] = "wordllama"
        elif word == "--tokenizer" or (word == "--template" and "/" in following):
            changed[place + 1] = str(student)
        elif word == "--lora":
            (folder / following).mkdir()
            config = {"peft_type": "LORA", "r": 8, "lora_alpha": 8, "target_modules": ["q_proj"]}
            (folder / following / "adapter_config.json").write_text(json.dumps(config))
    return changed


def local_rows(datasets: list[str], folder: Path) -> list[str]:
    if len(set(datasets)) == 1:
        return ["--dataset-path", str(rows_of(datasets[0], folder))]
    return [w for name in dict.fromkeys(datasets) for w in ("--dataset-path", f"{name}={rows_of(name, folder)}")]


@commands(DRY_RUN)
def test_a_command_can_be_planned(
    command: DocCommand,
    embedded_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    words = [*stand_ins(command.arguments, tmp_path, embedded_model), *prepare(command, tmp_path), "--dry-run"]
    monkeypatch.setattr(sys, "argv", [command.target, *words])
    main: Callable[[Sequence[str]], int | None] = importlib.import_module(command.target.removesuffix(".py")).main
    status = main(words)
    shown = capsys.readouterr()
    assert not status, shown.err
    assert shown.out


@commands(RUN)
def test_a_command_runs_as_printed(command: DocCommand) -> None:
    done = script("-m", command.target, *command.arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout
