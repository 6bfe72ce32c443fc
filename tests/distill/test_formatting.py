"""Thought and solution sections, and the training data made from them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.scripts import script

from util.distill.difficulty import parse_level
from util.distill.formatting import MARKERS, assemble, by_rules, sections, verified
from util.prompting.prompts import fill


@pytest.mark.parametrize(
    "response",
    [
        "<think>\nfirst, 1+1\n</think>\n\nThe answer is \\boxed{2}.",
        "no opening tag </think> The answer is \\boxed{2}.",
        "1 + 1 is two.\nThe final answer is \\boxed{2}.",
        "Think.\n```python\nprint(1)\n```",
        assemble("t", "\\boxed{2}"),
    ],
)
def test_marked_or_separable_responses_are_split(response: str) -> None:
    text = by_rules(response).text
    assert text is not None
    assert [text.count(marker) for marker in MARKERS] == [1, 1, 1, 1]
    assert sections(text) is not None


@pytest.mark.parametrize(
    "response",
    [
        "<think> never ends \\boxed{2}",
        "\\boxed{2}",
        "only words",
        "<|begin_of_thought|> x",
        "</think>",
        "```python\nprint(1)\n```",
    ],
)
def test_others_are_left_with_a_reason(response: str) -> None:
    formatted = by_rules(response)
    assert formatted.text is None
    assert formatted.reason


def test_a_changed_answer_or_code_is_refused() -> None:
    assert verified("1+1\n\\boxed{2}", assemble("1+1", "\\boxed{3}"), "x").text is None
    code = "so\n```python\nprint(1)\n```"
    assert verified(code, assemble("so", "```python\nprint(2)\n```"), "x").text is None
    assert verified(code, assemble("so", "```python\nprint(1)\n```"), "x").text is not None


def test_code_that_is_the_answer_must_stand_in_the_solution() -> None:
    code = "```python\nprint(1)\n```"
    assert verified(f"so\n{code}", assemble(f"so\n{code}", "The program above solves it."), "x").text is None
    # Code on the way to an answer in a box may stay in the thought.
    way = f"we try\n{code}\nso it is\n\\boxed{{1}}"
    assert verified(way, assemble(f"we try\n{code}", "so it is\n\\boxed{1}"), "x").text is not None


@pytest.mark.parametrize(("text", "level"), [("[[7]]", 7), ("so [[7.5]]", 7.5), ("[7]", 7), ("[[11]]", -1), ("7", -1)])
def test_levels(text: str, level: float) -> None:
    assert parse_level(text) == level


def test_filling_does_not_look_into_values() -> None:
    assert fill("{question} {choices}", question="{choices}", choices="x") == "{choices} x"


def test_only_verified_converted_responses_become_training_data(tmp_path: Path) -> None:
    good, wrong = "1+1 = 2\nThe answer is \\boxed{2}.", "1+1 = 3\nThe answer is \\boxed{3}."
    responses = [
        {"content": good},
        {"content": wrong},
        {"content": "\\boxed{2}"},
        {"content": good, "finish_reason": "length"},
    ]
    entry = {
        "problem": "q",
        "solution": "\\boxed{2}",
        "prompt": "q?",
        "responses": {"0.7": responses},
        "token_usages": {},
    }
    name = "m_NUMINA_train_all_0_-1.json"
    (tmp_path / name).write_text(json.dumps({"q": entry}))
    assert script("convert_format.py", "--input_dir", tmp_path, "--rewriter", "rules").returncode == 0
    # A second run does not take the converted file for input.
    assert script("convert_format.py", "--input_dir", tmp_path, "--rewriter", "rules").returncode == 0
    assert not (tmp_path / f"converted_converted_{name}").exists()
    check = script("inference_and_check.py", "--dataset", "NUMINA", "--model", "m", "--result-dir", tmp_path, "--check")
    assert check.returncode == 0, check.stderr
    assert json.loads(check.stdout.splitlines()[-1]) == {"acc": 0.5}
    output = tmp_path / "train_data.json"
    assert script("convert_to_data.py", "--input_dir", tmp_path, "--output", output).returncode == 0
    [item] = json.loads(output.read_text())
    assert set(item) == {"system", "conversations"}
    assert [turn["from"] for turn in item["conversations"]] == ["user", "assistant"]
    assert item["conversations"][0]["value"] == "q?"
    assert all(marker in item["conversations"][1]["value"] for marker in MARKERS)
