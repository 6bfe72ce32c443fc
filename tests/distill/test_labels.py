"""Difficulty labels: which level of an answer counts, what is asked again, and when a run has failed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.faulty_server import FaultyServer, answer
from support.scripts import script

from util.distill.difficulty import request
from util.distill.level import level_of, parse_level, why_unreadable
from util.prompting.prompts import DIFFICULTY_REMINDER
from util.records import Response

KEY = {"OPENAI_API_KEY": "sk-only-here-9999"}
ROW = {"problem": "p", "solution": "\\boxed{1}", "source": "math"}


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("[[7]]", 7), ("so [[7.5]]", 7.5), ("[7]", 7), ("[[11]]", -1), ("[[0]]", -1), ("7", -1), ("", -1),
        ("[[ 4 ]].", 4), ("**[[4]]**", 4), ("[[4]] (AIME)", 4), ("[[4]] or so, [[4.0]]", 4), ("a[3] is used. [[5]]", 5),
        # of a thought
        ("<think>[[9]]", -1), ("<think>[[9]]</think>", -1), ("<think>[[9]]</think>\n[[4]]", 4),
        ("[[9]]</think>\n\nIt is [[4]].", 4), ("<thinking>[[9]]</thinking>seven", -1), ("<|begin_of_thought|>[[9]]", -1),
        ("[[9]]<|end_of_thought|>[[4]]<|end_of_solution|>", 4), ("[[4]] <think>", -1),
        # several levels
        ("[[3]] or [[7]]", -1), ("[[3]]-[[4]]", -1), ("Between [[5]] and [[6]].", -1), ("[[3]]. Or [[7]].", -1),
        ("[[3]]\nPerhaps [[7]]", -1), ("[[3]]. [[7]] would be too much.", -1), ("Not [[3]] but [[4]].", -1),
        ("It needs more than [[3]]. So it is [[4]].", 4), ("At first sight [[3]].\n\n**[[4.5]]**", 4.5),
        ("[[4]]. Others say [[7]]! No: [[4]]", 4), ("[[3]].\n[[11]]", -1),
    ],
)  # fmt: skip
def test_levels(text: str, level: float) -> None:
    assert parse_level(text) == level


def test_only_a_finished_answer_has_a_level() -> None:
    assert level_of(Response(content="[[4]]")) == 4
    for response in (
        None,
        Response(content="[[4]]", finish_reason="length"),
        Response(content="", finish_reason="error"),
    ):
        assert level_of(response) == -1


@pytest.mark.parametrize(
    ("response", "hint"),
    [
        (Response(content="<think>so", finish_reason="length"), "--max-tokens 64"),
        (Response(content="<think>so"), "does not end"),
        (Response(content="<think>[[4]]</think>\n"), "nothing follows its thought"),
        (Response(content=""), "nothing follows its thought"),
        (Response(content="[[3]] or [[7]]"), "several levels"),
        (Response(content="four"), "no level such as [[4]]"),
        (Response(content="", finish_reason="error", error="no\x1b[2J"), "failed: no\\x1b[2J"),
    ],
)
def test_the_hint_tells_what_may_help(response: Response, hint: str) -> None:
    assert hint in why_unreadable(response, 64)


@pytest.mark.parametrize("unreadable", ["<think>long", "<think>long</think>\n", ""])
def test_a_thought_is_not_sent_back(unreadable: str) -> None:
    """Where nothing else is left, there is no empty turn, and no second user turn in a row."""
    messages = request("p", ROW, unreadable=unreadable).messages
    assert [message.role for message in messages] == ["system", "user"]
    assert messages[1].content.endswith(f"?\n\n{DIFFICULTY_REMINDER}")
    messages = request("p", ROW, unreadable="<think>long</think>\nHard.").messages
    assert [message.role for message in messages] == ["system", "user", "assistant", "user"]
    assert [message.content for message in messages[2:]] == ["Hard.", DIFFICULTY_REMINDER]


def says(text: Callable[[dict[str, Any]], tuple[str, str]]) -> Callable[[dict[str, Any], int], dict[str, Any]]:
    """A server's behaviour. text: returns content and finish reason for a request."""

    def behaviour(body: dict[str, Any], before: int) -> dict[str, Any]:
        content, reason = text(body)
        message = {"role": "assistant", "content": content}
        return {**answer(body), "choices": [{"index": 0, "finish_reason": reason, "message": message}]}

    return behaviour


@pytest.fixture
def label(tmp_path: Path) -> Any:
    """Labels "p" and "q" with a model that says what ``text`` returns; gives the process, requests, and rows."""

    def run(text: Callable[[dict[str, Any]], tuple[str, str]], *options: object) -> tuple[Any, Any, Any]:
        served = FaultyServer(says(text))
        (tmp_path / "rows.jsonl").write_text("".join(json.dumps(ROW | {"problem": name}) + "\n" for name in "pq"))
        try:
            done = script(
                "label_math_difficulty.py", "--source", "math", "--dataset-path", tmp_path / "rows.jsonl",
                "--output-dir", tmp_path, "--base-url", served.url, *options, env=KEY,
            )  # fmt: skip
        finally:
            served.close()
        return done, served.requests, json.loads((tmp_path / "labeled_math_0_-1.json").read_text())

    return run


def test_truncated_labels_are_no_labels_until_the_limit_is_raised(label: Any) -> None:
    def thinks(body: dict[str, Any]) -> tuple[str, str]:
        return ("<think>[[9]]</think>\n[[4]]", "stop") if body["max_tokens"] >= 100 else ("<think>[[9]] no", "length")

    for requests in (4, 0):
        done, asked, rows = label(thinks, "--max-tokens", 64)
        assert done.returncode == 1
        assert len(asked) == requests
        assert [row["gpt_difficulty_parsed"] for row in rows] == [-1, -1]
        assert 'One answer: "<think>[[9]] no"' in done.stderr
        assert "--max-tokens 64" in done.stderr
    assert not any("<think>" in json.dumps(body) for body in asked)
    for requests in (2, 0):
        done, asked, rows = label(thinks, "--max-tokens", 128)
        assert done.returncode == 0, done.stderr
        assert len(asked) == requests
        assert [row["gpt_difficulty_parsed"] for row in rows] == [4, 4]


def test_a_run_without_one_readable_label_has_failed(label: Any) -> None:
    done, asked, rows = label(lambda body: ("a\x1b[2J" * 100, "stop"))
    assert done.returncode == 1
    assert len(asked) == 4
    assert {body["max_tokens"] for body in asked} == {1024}
    assert [row["gpt_difficulty"] for row in rows] == ["a\x1b[2J" * 100] * 2
    assert "2 of 2 problems (100%) have no readable label" in done.stderr
    assert "\x1b" not in done.stderr
    assert len(done.stderr.split('answer: "')[1].split('"')[0]) == len("a\\x1b[2J") * 60


def test_one_readable_label_is_a_result(label: Any) -> None:
    done, _, rows = label(
        lambda body: ("[[4]]" if "Problem:\np" in body["messages"][1]["content"] else "?", "stop"),
        "--max-failed",
        "50%",
    )
    assert done.returncode == 0, done.stderr
    assert [row["gpt_difficulty_parsed"] for row in rows] == [4, -1]
    assert "1 without a readable label" in done.stdout
