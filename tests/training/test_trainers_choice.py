"""--for: the form that a trainer and a template read right, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.scripts import ROOT

import convert_to_data
from benchmarks.trainer_students import FAMILIES, student_folder
from util.system.errors import UserError
from util.training.prove_rows import training_rows
from util.training.rendering_llamafactory import LLAMAFACTORY_TEMPLATES
from util.training.trainers_choice import choose_form
from util.training.trainers_rules import TRAINERS
from util.training.trainers_table import READINGS


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("students")
    return {family.name: str(student_folder(family, folder)) for family in FAMILIES if family.name != "llama3"}


@pytest.mark.parametrize(
    ("trainer", "template", "asked", "expected"),
    [
        ("trl", "qwen3", {}, ("prompt-completion", "think", None)),
        ("trl", "Qwen3.8", {}, ("prompt-completion", "reasoning_content", "reasoning_content")),
        ("trl", "gpt-oss", {}, ("prompt-completion", "reasoning_content", "thinking")),
        ("trl", "deepseek-r1-distill", {}, ("messages", "think", None)),
        ("trl", "qwen3", {"form": "preference"}, ("preference", "think", None)),
        ("trl", "qwen3", {"form": "messages", "style": "reasoning_content"}, ("messages", "reasoning_content", "reasoning_content")),
        ("llamafactory", "qwen3", {"form": "preference"}, ("ranking", "think", None)),
        ("llamafactory", "qwen3_nothink", {"style": "markers"}, ("sharegpt", "markers", None)),
        ("axolotl", "chatml", {}, ("messages", "think", None)),
        ("verl", "gpt-oss", {}, ("messages", "reasoning_content", "thinking")),
    ],
)  # fmt: skip
def test_families_by_the_table(
    trainer: str, template: str, asked: dict[str, str], expected: tuple[str, str, str | None]
) -> None:
    choice = choose_form(trainer, template, **asked)
    assert (choice.form, choice.style, choice.field) == expected


@pytest.mark.parametrize(
    ("trainer", "student", "expected"),
    [
        ("trl", "qwen3", ("prompt-completion", "think", None)),
        ("trl", "gpt_oss", ("prompt-completion", "reasoning_content", "thinking")),
        ("trl", "smollm2", ("prompt-completion", "think", None)),
        ("axolotl", "smollm2", ("messages", "think", None)),
        ("llamafactory", "deepseek", ("sharegpt", "think", None)),
        ("trl", "deepseek", "the template drops the thought.*template that keeps thoughts"),
        ("axolotl", "qwen3", "the beginning of the response is not trained.*chat_template: chatml"),
        ("verl", "qwen3", "renders each turn alone"),
    ],
)
def test_a_students_own_template_is_tried(
    folders: dict[str, str], trainer: str, student: str, expected: tuple[str, str, str | None] | str
) -> None:
    if isinstance(expected, str):
        with pytest.raises(UserError, match=expected):
            choose_form(trainer, folders[student])
        return
    choice = choose_form(trainer, folders[student])
    assert (choice.form, choice.style, choice.field) == expected


@pytest.mark.parametrize(
    ("trainer", "template", "asked", "message"),
    [
        ("trl", "qwen3", {"style": "markers"}, "this form of a thought is not read right.*an empty thought block is trained.*Read right: think"),
        ("trl", "qwen3", {"field": "thinking"}, "thinking in prompt-completion: .*the template drops the thought.*Read right: think"),
        ("llamafactory", "gpt_oss", {}, "no form of a thought is read right"),
        ("trl", "quen3", {}, "did you mean qwen3"),
        ("verl", "qwen3", {"form": "preference"}, "reads pairs is not known"),
        ("axolotl", "chatml", {"form": "prompt-completion"}, "it reads messages"),
        ("vrel", "qwen3", {}, "did you mean verl"),
        ("trl", None, {}, "needs --template"),
    ],
)  # fmt: skip
def test_what_would_be_lost_in_silence_is_refused(
    trainer: str, template: str | None, asked: dict[str, str], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        choose_form(trainer, template, **asked)


def test_the_table_names_what_exists() -> None:
    for reading in READINGS:
        assert reading.form in TRAINERS[reading.trainer].rules
        assert len(reading.wrong) == 5
    named = {reading.template for reading in READINGS if reading.trainer == "llamafactory"}
    assert named == set(LLAMAFACTORY_TEMPLATES)


def test_the_page_has_the_table() -> None:
    marks = {True: "yes", False: "no"}
    page = (ROOT / "docs/trainers.md").read_text(encoding="utf-8")
    for reading in READINGS:
        cells = [marks[not wrong] for wrong in reading.wrong.values()]
        assert f"| {reading.trainer} | {reading.template} | {reading.form} | {' | '.join(cells)} |\n" in page


def test_the_command_writes_the_chosen_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    response = {"content": "<think>\nOne and one.\n</think>\n\nIt is \\boxed{2}.", "correctness": True, "reason": "", "finish_reason": "stop"}  # fmt: skip
    row = {
        "problem": "1 + 1?",
        "prompt": "Solve: 1 + 1?",
        "answer": "2",
        "responses": {"0.7": [response]},
        "token_usages": {},
    }
    (tmp_path / "m_NUMINA_train_all_0_-1.json").write_text(json.dumps({"1 + 1?": row}))
    inputs = ["--input-dir", str(tmp_path), "--for"]
    output = tmp_path / "train.jsonl"
    assert convert_to_data.main([*inputs, "trl", "--template", "gpt-oss", "--output", str(output)]) == 0
    assert (
        "--format prompt-completion --thought-style reasoning_content --thought-field thinking"
        in capsys.readouterr().out
    )
    [found] = training_rows(output)
    assert found.form == "prompt-completion"
    assert found.turns[-1] == {"role": "assistant", "content": "It is \\boxed{2}.", "thinking": "One and one."}
    with pytest.raises(UserError, match=r"verl reads Parquet only. Name the output .*train.parquet"):
        convert_to_data.main([*inputs, "verl", "--template", "llama3", "--output", str(output)])
    with pytest.raises(UserError, match="Add --for"):
        convert_to_data.main(["--input-dir", str(tmp_path), "--template", "llama3", "--output", str(output)])
