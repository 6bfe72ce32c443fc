"""Judge models of several characters over a real socket, and result files for them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.faulty_server import FaultyServer
from util.answers import verify
from util.prompting.prompts import JUDGE_CHOICES

SAME, DIFFERENT, UNCLEAR = JUDGE_CHOICES[True], JUDGE_CHOICES[False], JUDGE_CHOICES[None]


@dataclass(frozen=True)
class Asked:
    """A judge's request as a model may understand it. letters: the choices' words -> their letter."""

    gold: str
    answer: str
    code: str
    letters: dict[str, str]

    def verdict(self, choice: str) -> str:
        return f"I compare.\n{self.code}: {self.letters[choice]}"


def asked(body: dict[str, Any]) -> Asked:
    text = body["messages"][-1]["content"]
    mark = re.search(r"begin with \[(\w+):", text)
    assert mark is not None
    parts = re.split(rf"\[{mark[1]}: [a-z ]+\]\n?", text)
    rest = text.rpartition(f"[{mark[1]}: end]")[2]
    code = re.search(r"the word (\w+) followed", rest)
    assert code is not None
    letters = {words: letter for letter, words in re.findall(r"^([ABC])\. (.+)$", rest, re.MULTILINE)}
    return Asked(parts[2].rstrip("\n"), parts[3].rstrip("\n"), code[1], letters)


def honest(request: Asked) -> str:
    """Compares the words and the numbers of both answers; asks for nothing more."""
    gold, answer = (_plain(side) for side in (request.gold, request.answer))
    return request.verdict(SAME if gold == answer else DIFFERENT)


def _plain(text: str) -> list[str]:
    halves = {"\\frac{1}{2}": "0.5", "two": "2", "powers": "power", "every": "all"}
    for old, new in halves.items():  # what a model would know
        text = text.replace(old, new)
    return sorted(re.findall(r"-?\d+(?:\.[1-9]\d*)?|[a-z]{3,}", re.sub(r"(\d)\.0\b", r"\1", text.lower())))


def judge_server(character: Callable[[Asked], str | dict[str, Any] | int]) -> FaultyServer:
    """A server whose answer to each request is what ``character`` says."""

    def behaviour(body: dict[str, Any], before: int) -> dict[str, Any] | int:
        said = character(asked(body))
        if not isinstance(said, str):
            return said
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": said}}
        usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
        shape = {"id": "x", "object": "chat.completion", "created": 0, "model": body["model"]}
        return {**shape, "choices": [choice], "usage": usage}

    return FaultyServer(behaviour)


Response = tuple[str, str, str]
"""(question, gold answer, response)."""

UNDECIDED: list[Response] = [
    ("Which n?", "n is a power of 2", "\\boxed{powers of two is n}"),
    ("Which m?", "m is a power of 2", "\\boxed{m is odd}"),
]
PROSE: list[Response] = [("Which p?", "all primes but two", "\\boxed{every prime but two, the primes}")]


def result_file(path: Path, *, right: int = 40, wrong: int = 40, more: list[Response] | None = None) -> dict[str, Any]:
    """Write a judged result file of mathematics; return its content. more: further responses, judged by the rules."""
    rows: list[Response] = [
        (f"Right {i}?", str(i + 3), f"<think>Thought {i}.</think>\\boxed{{{i + 3}.0}}") for i in range(right)
    ]
    rows += [(f"Wrong {i}?", str(i + 3), f"\\boxed{{{i + 4}}}") for i in range(wrong)]
    content: dict[str, Any] = {}
    for question, gold, response in [*rows, *(UNDECIDED + PROSE if more is None else more)]:
        verdict = verify(response, gold)
        judged = {
            "correctness": verdict.correct,
            "reason": verdict.reason,
            "evidence": {**verdict.evidence, "gold": gold},
        }
        found = content.setdefault(question, {"answer": gold, "prompt": question, "responses": {"0.7": []}})
        found["responses"]["0.7"].append({"content": response, "finish_reason": "stop", **judged})
    path.write_text(json.dumps(content))
    return content
