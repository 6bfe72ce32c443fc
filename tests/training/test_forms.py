"""The forms of a response and the formats of rows: markers, think tags, a field of its own; sharegpt to prompt-completion."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from support.scripts import script

from util.prompting.prompts import THOUGHT_SOLUTION_SYSTEM
from util.records import Message
from util.system.errors import UserError
from util.text.thought import SOLUTION_END, THOUGHT_BEGIN, assemble
from util.training.build import build
from util.training.form_options import ThoughtForm, check_form
from util.training.input_files import input_files
from util.training.options import DataOptions
from util.training.thought_forms import MixedNotationError, ThoughtAndAnswer, is_usable, parts_of, styled

THINK = ThoughtForm("think")
APART = ThoughtForm("reasoning_content", "thinking")
WEIGHTS = [*range(10, 100, 10), *range(91, 100)]
"""Cumulative: pieces that are part of the notation are rare."""


def tagged(thought: str, answer: str = "So \\boxed{1}.") -> str:
    return f"<think>\n{thought}\n</think>\n\n{answer}"


def response(content: str, right: bool | None = True, **more: Any) -> dict[str, Any]:
    return {"content": content, "correctness": right, "reason": "r", "finish_reason": "stop", **more}


def results(path: Path, problems: dict[str, list[dict[str, Any]]], **row: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = {
        key: {"prompt": f"Solve: {key}", **row, "responses": {"0.7": found}, "token_usages": {}}
        for key, found in problems.items()
    }
    path.write_text(json.dumps(entries))
    return path


def rows_of(folder: Path, files: list[Path], **options: Any) -> list[dict[str, Any]]:
    output = folder / "o.json"
    build(DataOptions(files, output, **options))
    found: list[dict[str, Any]] = json.loads(output.read_text())
    return found


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (tagged("Let me see."), ThoughtAndAnswer("Let me see.", "So \\boxed{1}.")),
        ("Opened by the prompt.</think>So 1.", ThoughtAndAnswer("Opened by the prompt.", "So 1.")),
        ("<thinking>a</thinking>b", ThoughtAndAnswer("a", "b")),
        (assemble("a", "b"), ThoughtAndAnswer("a", "b")),
        ("<think>\n\n</think>\n\nNo thought.", None),
        ("<think>\nNever closed", None),
        ("<think>a</think>", None),
        ("<think>a</think> b </think> c", None),
        ("<think>real</think>" + assemble("a", "b"), None),
        ("<think>a</think> <|begin_of_solution|>", None),
        ("plain", None),
    ],
)
def test_a_response_is_split_only_where_its_thought_surely_ends(text: str, parts: ThoughtAndAnswer | None) -> None:
    assert parts_of(text) == parts


def test_each_style_writes_the_same_parts() -> None:
    turns = [Message("system", THOUGHT_SOLUTION_SYSTEM), Message("user", "q"), Message("assistant", tagged("t", "a"))]
    question = {"role": "user", "content": "q"}
    assert styled(turns, ThoughtForm("markers")) == [
        {"role": "system", "content": THOUGHT_SOLUTION_SYSTEM},
        question,
        {"role": "assistant", "content": assemble("t", "a")},
    ]
    rewritten = [*turns[:2], Message("assistant", assemble("t", "a"))]
    for source in (turns, rewritten):
        assert styled(source, THINK) == [question, {"role": "assistant", "content": "<think>\nt\n</think>\n\na"}]
        assert styled(source, APART) == [question, {"role": "assistant", "thinking": "t", "content": "a"}]


def test_each_turn_of_a_conversation_is_written_in_the_style() -> None:
    turns = [
        Message("system", "Be kind."),
        Message("user", "p"),
        Message("assistant", assemble("t1", "a1")),
        Message("user", "q"),
        Message("assistant", "no thought"),
        Message("user", "r"),
        Message("assistant", tagged("t3", "a3")),
    ]
    found = styled(turns, APART)
    assert [turn.get("thinking") for turn in found if turn["role"] == "assistant"] == ["t1", None, "t3"]
    assert found[0] == {"role": "system", "content": "Be kind."}
    assert styled(turns, THINK)[-1]["content"] == tagged("t3", "a3")
    assert styled(turns, ThoughtForm("markers"))[-1]["content"] == assemble("t3", "a3")
    with pytest.raises(MixedNotationError):
        styled([Message("user", "q"), Message("assistant", assemble("a </think> b", "c"))], THINK)


def test_original_files_need_no_rewriting(tmp_path: Path) -> None:
    problems = {"q": [response(tagged("t")), response("no thought"), response(tagged("w"), right=False)]}
    path = results(tmp_path / "m_NUMINA.json", problems)
    [row] = rows_of(tmp_path, [path])
    assert row["system"] == THOUGHT_SOLUTION_SYSTEM
    assert row["conversations"][1]["value"] == assemble("t", "So \\boxed{1}.")
    [row] = rows_of(tmp_path, [path], thought_style="think")
    assert row == {
        "system": "",
        "conversations": [{"from": "user", "value": "Solve: q"}, {"from": "assistant", "value": tagged("t")}],
    }
    report = build(DataOptions([path], tmp_path / "o.json"))
    assert report.notations == {"original": 2, "no thought": 1}


@pytest.mark.parametrize("style", [None, "markers", "think"])
def test_a_failed_rewrite_is_not_used(tmp_path: Path, style: str | None) -> None:
    """Its verdict is about the rewritten text, so that the original does not stand in for it."""
    found = [response(tagged("t"), processed_content=tagged("u")), response(tagged("v"))]
    path = results(tmp_path / "converted_m.json", {"q": found})
    report = build(DataOptions([path], tmp_path / "o.json", thought_style=style))
    assert report.notations == ({"original": 1} if style == "think" else {})
    assert report.written == (1 if style == "think" else 0)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("messages", {"messages": ["user", "assistant"]}),
        ("prompt-completion", {"prompt": ["user"], "completion": ["assistant"]}),
        ("preference", {"prompt": ["user"], "chosen": ["assistant"], "rejected": ["assistant"]}),
    ],
)
def test_thoughts_have_a_field_of_their_own(tmp_path: Path, form: str, expected: dict[str, list[str]]) -> None:
    path = results(tmp_path / "m.json", {"q": [response(tagged("t")), response(tagged("w", "2"), right=False)]})
    [row] = rows_of(tmp_path, [path], form=form, thought_style="reasoning_content")
    assert {name: [turn["role"] for turn in turns] for name, turns in row.items()} == expected
    last = next(reversed(row.values()))[-1] if form != "preference" else row["chosen"][0]
    assert last == {"role": "assistant", "reasoning_content": "t", "content": "So \\boxed{1}."}
    if form == "preference":
        assert row["rejected"][0]["reasoning_content"] == "w"


def test_rankings_have_their_entry_in_dataset_info(tmp_path: Path) -> None:
    path = results(tmp_path / "m.json", {"q": [response(tagged("t")), response(tagged("w", "2"), right=False)]})
    [row] = rows_of(tmp_path, [path], form="ranking", thought_style="think")
    assert row["conversations"] == [{"from": "user", "value": "Solve: q"}]
    assert row["chosen"] == {"from": "assistant", "value": tagged("t")}
    assert row["rejected"] == {"from": "assistant", "value": tagged("w", "2")}
    entry = json.loads((tmp_path / "dataset_info.json").read_text())["o"]
    assert entry["ranking"] is True
    assert entry["formatting"] == "sharegpt"
    assert set(entry["columns"].values()) == set(row)


def test_a_file_whose_thoughts_llama_factory_would_drop_gets_no_entry(tmp_path: Path) -> None:
    path = results(tmp_path / "m.json", {"q": [response(tagged("t"))]})
    rows_of(tmp_path, [path], form="messages", thought_style="reasoning_content")
    assert not (tmp_path / "dataset_info.json").exists()
    for form in ("sharegpt", "ranking"):
        with pytest.raises(UserError, match="no field for a thought"):
            check_form(DataOptions([], tmp_path / "o.json", form=form, thought_style="reasoning_content"))
    with pytest.raises(UserError, match="Add --thought-style"):
        check_form(DataOptions([], tmp_path / "o.json", thought_field="thinking"))


def test_which_files_of_a_folder_are_read(tmp_path: Path) -> None:
    judged, not_judged = [response(tagged("t"))], [response(tagged("t"), right=None)]
    rewritten = [response("x", processed_content=assemble("t", "a"))]
    one, two = results(tmp_path / "one.json", {"q": judged}), results(tmp_path / "two.json", {"q": not_judged})
    three = results(tmp_path / "three.json", {"q": judged})
    (tmp_path / "other.json").write_text('{"a": 1}')
    pairs = [results(tmp_path / f"converted_{path.name}", {"q": rewritten}) for path in (one, two)]

    def read(use: str, form: ThoughtForm) -> list[Path]:
        return input_files([tmp_path], use, form).paths

    assert read("auto", ThoughtForm()) == read("converted", THINK) == pairs
    assert read("auto", THINK) == [one, three, pairs[1]]
    assert read("original", ThoughtForm()) == [one, three, two]
    assert "three.json is not read" in input_files([tmp_path], "auto", ThoughtForm()).notes[0]
    assert "its original is not judged" in input_files([tmp_path], "auto", THINK).notes[0]
    assert input_files([three, one, three], "auto", ThoughtForm()).paths == [three, one]
    with pytest.raises(UserError, match="not a result file"):
        input_files([tmp_path / "other.json"], "auto", THINK)
    with pytest.raises(UserError, match="not a file of --use converted"):
        input_files([three], "converted", THINK)


def test_extra_rows_come_out_in_the_style(tmp_path: Path) -> None:
    path = results(tmp_path / "m.json", {"q": [response(tagged("t"))]})
    still = tmp_path / "still2.jsonl"
    still.write_text(json.dumps({"question": "s", "combined_text": assemble("ts", "as"), "domain": "physics"}))
    ready = [
        {"messages": [{"role": "user", "content": "f"}, {"role": "assistant", "content": "af", "reasoning": "tf"}]},
        {"system": THOUGHT_SOLUTION_SYSTEM, "conversations": [
            {"from": "human", "value": "g"}, {"from": "gpt", "value": assemble("tg", "ag")},
            {"from": "human", "value": "h"}, {"from": "gpt", "value": tagged("th", "ah")},
        ]},
        {"messages": [{"role": "user", "content": "i"}, {"role": "assistant", "content": "plain"}]},
        {"messages": [{"role": "user", "content": "j"}, {"role": "assistant", "content": "<think>never closed"}]},
    ]  # fmt: skip
    (tmp_path / "ready.json").write_text(json.dumps(ready))
    options: dict[str, Any] = {"extra": [still, tmp_path / "ready.json"], "form": "messages"}
    found = rows_of(tmp_path, [path], thought_style="reasoning_content", **options)
    thoughts = [[turn.get("reasoning_content") for turn in row["messages"][1::2]] for row in found]
    assert thoughts == [["t"], ["ts"], ["tf"], ["tg", "th"], [None]]
    assert {row["messages"][0]["role"] for row in found} == {"user"}
    found = rows_of(tmp_path, [path], thought_style="markers", **options)
    last = [row["messages"][-1]["content"] for row in found]
    assert last[1:] == [assemble(f"t{n}", f"a{n}") for n in "sfh"] + ["plain"]
    assert [row["messages"][0]["role"] for row in found] == ["system"] * 4 + ["user"]
    report = build(DataOptions([path], tmp_path / "o.json", thought_style="think", **options))
    assert report.left_out == {"ready.json: rows left out since its thought cannot be told from its answer": 1}
    assert report.notations["extra without a thought"] == 1
    by_default = rows_of(tmp_path, [path], **options)
    assert [row["messages"][-1]["content"] for row in by_default[-2:]] == ["plain", "<think>never closed"]
    assert by_default[3]["messages"][-1]["content"] == tagged("th", "ah")


def test_every_style_gives_back_what_it_was_given(tmp_path: Path) -> None:
    """Texts of all kinds of pieces: what can be split is the same in each style, read back by itself and as an extra row."""
    random = Random(1)
    pieces = (
        "So $x^2 = 4$.", "\n\n", "```python\nprint('</b>')\n```", "思考", "  ", "\t- a\n", "\\boxed{2}", "<b>", "<|im_end|>",
        "<think>", "</think>", "</thinking>", THOUGHT_BEGIN, SOLUTION_END, "\u2028", "é\u0301", "\r\n", "a < b > c",
    )  # fmt: skip
    texts = []
    for _ in range(600):
        thought, answer = ("".join(random.choices(pieces, cum_weights=WEIGHTS, k=random.randint(1, 8))) for _ in "ta")
        texts.append(random.choice((tagged, assemble))(thought, answer))
    usable = [text for text in texts if is_usable(text, THINK) and is_usable(text, ThoughtForm())]
    assert 200 < len(usable) < 500
    for text in usable:
        parts = parts_of(text)
        assert parts is not None
        turns = [Message("user", "q"), Message("assistant", text)]
        for form in (ThoughtForm(), ThoughtForm("markers"), THINK):
            assert parts_of(styled(turns, form)[-1]["content"]) == parts
        assert styled(turns, APART)[-1] == {"role": "assistant", "thinking": parts.thought, "content": parts.answer}
    rows = [{"prompt": [{"role": "user", "content": f"q{n}"}], "completion": [styled([Message("assistant", text)], APART)[0]]}
            for n, text in enumerate(usable)]  # fmt: skip
    (tmp_path / "extra.json").write_text(json.dumps(rows))
    found = rows_of(
        tmp_path, [], extra=[tmp_path / "extra.json"], thought_style="think", form="messages", near_duplicates=None
    )
    assert [parts_of(row["messages"][-1]["content"]) for row in found] == list(map(parts_of, usable))


def test_the_command_says_what_the_responses_were(tmp_path: Path) -> None:
    results(tmp_path / "in" / "m.json", {"q": [response(tagged("t")), response("no thought")]})
    command = ["convert_to_data.py", "--input-dir", tmp_path / "in", "--output", tmp_path / "o.json"]
    done = script(*command, "--thought-style", "think")
    assert done.returncode == 0, done.stderr
    assert (
        f"original files: {tmp_path / 'in' / 'm.json'}\n1 responses as the model wrote them, 0 rewritten" in done.stdout
    )
    assert "1 responses without a thought" in done.stdout
    done = script(*command, "--use", "converted")
    assert done.returncode == 1
    assert "--use original" in done.stderr
