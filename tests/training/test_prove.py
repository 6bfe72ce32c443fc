"""The proof that a training file is read as meant, on chat templates in the styles of families.

That the trained tokens are those of the trainers' own loaders is what benchmarks/trainers.py compares.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.trainer_students import FAMILIES, student_folder, training_template
from util.system.errors import UserError
from util.text.thought import assemble
from util.training import prove, prove_check
from util.training.prove_rows import training_rows
from util.training.rendering import MARKERS, PREFIX, Student, load_student, render
from util.training.rendering_llamafactory import fitting_template, llamafactory_template
from util.training.trainers_rules import TRAINERS, Reader, judged

T, A = "One and one.", "It is 2."
TAGGED = f"<think>\n{T}\n</think>\n\n{A}"
USER = {"role": "user", "content": "1 + 1?"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("students")
    return {family.name: student_folder(family, folder) for family in FAMILIES}


@pytest.fixture(scope="module")
def students(folders: dict[str, Path]) -> dict[str, Student]:
    """Each family with its plain template, and as NAME+ with the one for training."""
    found = {name: load_student(str(folder)) for name, folder in folders.items()}
    for family in FAMILIES:
        if (path := training_template(family)) is not None:
            found[f"{family.name}+"] = load_student(str(folders[family.name]), path)
    return found


def said(content: str, **fields: str) -> dict[str, str]:
    return {"role": "assistant", "content": content, **fields}


STYLES = {
    "markers": [{"role": "system", "content": "In sections."}, USER, said(assemble(T, A))],
    "think": [USER, said(TAGGED)],
    "reasoning_content": [USER, said(A, reasoning_content=T)],
    "thinking": [USER, said(A, thinking=T)],
    "none": [USER, said(A)],
}


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    if path.suffix == ".parquet":
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    elif path.suffix == ".json":
        path.write_text("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n")
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def completion(turns: list[dict[str, str]]) -> dict[str, Any]:
    return {"prompt": turns[:-1], "completion": turns[-1:]}


def faults(path: Path, student: Student, trainer: str, row: dict[str, Any], template: str = "") -> list[str]:
    found = next(training_rows(write(path / "row.jsonl", [row])))
    pieces = llamafactory_template(template) if template else None
    return [fault for one in judged(Reader(TRAINERS[trainer], student, pieces), found) for fault in one.faults]


@pytest.mark.parametrize(
    ("student", "style", "expected"),
    [
        ("qwen3", "markers", [prove_check.EMPTY]),
        ("qwen3", "think", []),
        ("qwen3", "reasoning_content", []),
        ("qwen3", "thinking", [prove_check.EMPTY, prove_check.LOST]),
        ("qwen3", "none", [prove_check.EMPTY]),
        ("deepseek", "think", [prove_check.LOST]),
        ("deepseek+", "think", []),
        ("gpt_oss", "think", [prove_check.FRONT]),
        ("gpt_oss", "thinking", []),
        ("gpt_oss", "reasoning_content", [prove_check.LOST]),
        ("gpt_oss", "none", []),
        ("llama3", "markers", []),
        ("llama3", "think", []),
        ("smollm2", "think", []),
        ("smollm2", "reasoning_content", [prove_check.LOST]),
    ],
)
def test_forms_under_the_templates_of_families(
    tmp_path: Path, students: dict[str, Student], student: str, style: str, expected: list[str]
) -> None:
    assert faults(tmp_path, students[student], "trl", completion(STYLES[style])) == expected


@pytest.mark.parametrize(
    ("trainer", "student", "style", "expected"),
    [
        ("trl", "qwen3+", "think", []),
        ("trl", "gpt_oss+", "thinking", []),
        ("axolotl", "smollm2", "think", []),
        ("axolotl", "qwen3", "think", [prove_check.UNTRAINED]),  # it leaves out <think>, which the template writes
        ("verl", "qwen3+", "think", []),
        ("verl", "qwen3", "think", [prove_check.NOT_WHOLE, prove_check.LOST]),
    ],
)
def test_trainers_differ_on_messages(
    tmp_path: Path, students: dict[str, Student], trainer: str, student: str, style: str, expected: list[str]
) -> None:
    assert faults(tmp_path, students[student], trainer, {"messages": STYLES[style]}) == expected


@pytest.mark.parametrize(
    ("student", "template", "style", "expected"),
    [
        ("qwen3", "qwen3", "think", []),
        ("qwen3", "qwen3", "markers", [prove_check.EMPTY]),
        ("qwen3", "qwen3_nothink", "markers", []),
        ("qwen3", "qwen3", "reasoning_content", [prove_check.EMPTY, prove_check.LOST]),
        ("deepseek", "deepseekr1", "think", []),
        ("gpt_oss", "gpt_oss", "think", [prove_check.EMPTY]),
        ("llama3", "llama3", "think", []),
    ],
)
def test_llamafactory_renders_with_its_own_templates(
    tmp_path: Path, students: dict[str, Student], student: str, template: str, style: str, expected: list[str]
) -> None:
    assert faults(tmp_path, students[student], "llamafactory", {"messages": STYLES[style]}, template) == expected


def test_llamafactorys_template_is_found_by_its_prompts(students: dict[str, Student]) -> None:
    found = {name: fitting_template(students[name]).name for name in ("qwen3", "deepseek", "llama3", "smollm2")}
    assert found == {"qwen3": "qwen3", "deepseek": "deepseekr1", "llama3": "llama3", "smollm2": "chatml"}
    with pytest.raises(UserError, match="No template of LLaMA-Factory that is known here"):
        fitting_template(Student("odd", students["qwen3"].tokenizer, "{{ messages[0].content }}"))
    with pytest.raises(UserError, match="did you mean qwen3_nothink"):
        llamafactory_template("qwen3-no-think")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<think>\n\n</think>\n\nIt is 2.", [prove_check.EMPTY]),
        ("<think>\n<think>\nOne.\n</think>\n\nIt is 2.", [prove_check.DOUBLED]),
        ("<think>\nOne.\n</think>\n</think>\n\nIt is 2.", [prove_check.DOUBLED]),
        ("It is 2.<|im_end|>", [prove_check.ENDS, prove_check.CONTROL]),
    ],
)
def test_tags_and_end_tokens(tmp_path: Path, students: dict[str, Student], content: str, expected: list[str]) -> None:
    assert sorted(faults(tmp_path, students["smollm2"], "trl", completion([USER, said(content)]))) == sorted(expected)


def test_a_template_that_adds_tags_doubles_those_of_the_text(tmp_path: Path, students: dict[str, Student]) -> None:
    own = students["smollm2"]
    opens = own.template.replace("<|im_start|>assistant\n", "<|im_start|>assistant\n<think>\n")
    opens = opens.replace(
        "message['content']", "('<think>\n' if message.role == 'assistant' else '') + message['content']"
    )
    assert opens != own.template
    student = Student("adds", own.tokenizer, opens)
    assert faults(tmp_path, student, "trl", completion(STYLES["think"])) == [prove_check.DOUBLED]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ bos_token }}{{ bos_token }}{{ messages[0].content }}X{{ messages[-1].content }}{{ eos_token }}", prove_check.BOS_TWICE),
        ("{{ messages[0].content }}X{{ messages[-1].content if messages|length > 1 }}", prove_check.NO_END),
        ("{{ messages[0].content }}X{% if messages|length > 1 %}{{ messages[-1].content }}<|eot|>{% endif %}", prove_check.NOT_ONE),
        ("{{ messages[0].content }}X{% if messages|length > 1 %}{{ messages[-1].content }} Bye.{{ eos_token }}{% endif %}", prove_check.MORE),
    ],
)  # fmt: skip
def test_bos_and_end_tokens_of_the_template(
    tmp_path: Path, students: dict[str, Student], template: str, expected: str
) -> None:
    student = Student("made up", students["deepseek"].tokenizer, template)
    assert expected in faults(tmp_path, student, "trl", completion(STYLES["none"]))


def test_thoughts_of_earlier_turns(tmp_path: Path, students: dict[str, Student]) -> None:
    row = {"messages": [USER, said(TAGGED), USER, said(TAGGED)]}
    assert faults(tmp_path, students["qwen3+"], "trl", row) == []
    assert prove_check.LOST_EARLIER in faults(tmp_path, students["qwen3"], "axolotl", row)


def test_trained_tokens_decode_to_the_response(students: dict[str, Student]) -> None:
    for name, rule in (("qwen3", PREFIX), ("qwen3+", MARKERS)):
        rendering = render(students[name], STYLES["reasoning_content"], rule)
        kept = [token for token in rendering.labels if token != -100]
        assert students[name].tokenizer.decode(kept) == f"{TAGGED}<|im_end|>\n"
        assert rendering.spans[0].text == f"{TAGGED}<|im_end|>\n"


@pytest.mark.parametrize("ending", [".json", ".jsonl", ".parquet"])
def test_every_format_is_read_from_every_kind_of_file(tmp_path: Path, ending: str) -> None:
    turns = STYLES["think"]
    rows: dict[str, dict[str, Any]] = {
        "sharegpt": {"system": "", "conversations": [{"from": "user", "value": "1 + 1?"}, {"from": "assistant", "value": TAGGED}]},
        "messages": {"messages": turns},
        "prompt-completion": completion(turns),
        "preference": {"prompt": turns[:-1], "chosen": turns[-1:], "rejected": [said("3")]},
        "ranking": {
            "system": "",
            "conversations": [{"from": "human", "value": "1 + 1?"}],
            "chosen": {"from": "gpt", "value": TAGGED},
            "rejected": {"from": "gpt", "value": "3"},
        },
    }  # fmt: skip
    for form, row in rows.items():
        found = list(training_rows(write(tmp_path / f"rows{ending}", [row, row])))
        assert [(one.form, one.turns) for one in found] == [(form, turns)] * 2
        assert (found[0].other is not None) == (form in ("preference", "ranking"))


def test_a_json_list_is_read_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("util.training.prove_rows._CHUNK", 7)
    rows = [{"messages": [USER, said("€" * 9 + '"] [1]')]}] * 3
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1))
    assert [row.turns for row in training_rows(path)] == [rows[0]["messages"]] * 3
    path.write_text(json.dumps(rows)[:-1])
    with pytest.raises(UserError, match=r"after row 3: the list does not end"):
        list(training_rows(path))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"prompt": "1 + 1?", "completion": "2"}, "a text where a list of turns is expected"),
        ({"messages": [USER]}, "the last turn is not the assistant's"),
        ({"messages": [USER], "ground_truth": "2"}, "reinforcement learning"),
        ({"question": "1 + 1?"}, "this row has question"),
        ({"messages": [{"role": "user"}]}, "a turn needs"),
    ],
)
def test_rows_that_cannot_be_proved_say_why(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        list(training_rows(write(tmp_path / "rows.jsonl", [row])))


def test_the_command_shows_the_first_row_and_counts_the_faults(
    tmp_path: Path, folders: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [completion(STYLES["think"]), completion(STYLES["think"]), completion(STYLES["reasoning_content"])]
    path = write(tmp_path / "rows.jsonl", rows)
    student = str(folders["smollm2"])
    assert prove.main([str(write(tmp_path / "right.jsonl", rows[:2])), "--model", student]) == 0
    shown = capsys.readouterr().out
    assert f"    | 1 + 1?<|im_end|>\n    | <|im_start|>assistant\n    | \n  T | <think>\n  T | {T}\n" in shown
    assert "2 of 2 rows train exactly the assistant's text." in shown
    with pytest.raises(UserError, match="1 of 3 rows are not read as meant"):
        prove.main([str(path), "--model", student])
    assert f"1 rows: {prove_check.LOST} (first: {path}, line 3)" in capsys.readouterr().out
    with pytest.raises(UserError, match="3 of 3 rows"):
        prove.main([str(path), "--model", student, "--cutoff-len", "20"])
    assert f"3 rows: {prove_check.CUT}" in capsys.readouterr().out
    (tmp_path / "none.jsonl").touch()
    with pytest.raises(UserError, match="nothing was proved"):
        prove.main([str(tmp_path / "none.jsonl"), "--model", student])


def test_refusals_say_what_to_do(tmp_path: Path, folders: dict[str, Path]) -> None:
    path, student = str(write(tmp_path / "rows.jsonl", [{"messages": STYLES["think"]}])), str(folders["smollm2"])
    with pytest.raises(UserError, match=r"no \{% generation %\} markers.*prompt-completion"):
        prove.main([path, "--model", student])
    with pytest.raises(UserError, match="did you mean trl"):
        prove.main([path, "--model", student, "--for", "TRL1"])
    with pytest.raises(UserError, match="no tokenizer could be loaded"):
        prove.main([path, "--model", str(tmp_path)])
    with pytest.raises(UserError, match=r"verl does not read the format prompt-completion.*--for verl"):
        prove.main(
            [str(write(tmp_path / "p.jsonl", [completion(STYLES["think"])])), "--model", student, "--for", "verl"]
        )
