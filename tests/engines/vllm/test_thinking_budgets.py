"""Thoughts that a budget cuts, loops that are stopped, and responses that go on from their text. With a real engine."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from support.scripts import SAMPLES, results_in

import eval as evaluation
import inference_and_check
from util.engines.base import Completion, Request, Sampling
from util.engines.loops import LoopRule
from util.prompting.prompts import ANSWER_LEADS, THOUGHT_STOPS
from util.records import LENGTH, REPETITION, THOUGHT_CUT, Message, SampleId
from util.system.errors import UserError

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("thinking_budgets")]

ROWS = 20


class Shared:
    """An engine that several runs use, so that it loads once."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def keep(self, log: Any) -> None:
        self.engine.keep(log)

    async def tokens(self) -> Any:
        return await self.engine.tokens()

    def close(self) -> None:
        """The fixture closes it."""


@pytest.fixture(scope="module")
def random_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from benchmarks.random_model import random_model
    from util.engines.options import VllmOptions
    from util.engines.vllm.engine import VllmEngine

    model = random_model(tmp_path_factory.mktemp("budgets") / "random", context=2048)
    engine = VllmEngine(str(model), VllmOptions(dtype="float32"))
    yield Shared(engine)
    engine.close()


@pytest.fixture(scope="module")
def small_engine(embedded_model: Path) -> Iterator[Any]:
    from util.engines.options import VllmOptions
    from util.engines.vllm.engine import VllmEngine

    engine = VllmEngine(str(embedded_model), VllmOptions(dtype="float32"))
    yield Shared(engine)
    engine.close()


def made(engine: Any, requests: list[Request]) -> dict[str, Completion]:
    async def run() -> dict[str, Completion]:
        async with aclosing(engine.generate(requests)) as stream:
            return {completion.sample.key: completion async for completion in stream}

    return asyncio.run(run())


def asked(key: str, sampling: Sampling) -> Request:
    return Request(SampleId(key, sampling.temperature), [Message("user", f"Say {key}")], sampling)


def test_a_loop_is_stopped_and_other_responses_are_not(random_engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = LoopRule(length=256, longest=64, every=64)
    monkeypatch.setattr("util.engines.vllm.session.TOKENS", rule)
    args = {"ignore_eos": True}
    loop = {"allowed_token_ids": [5]} | args
    found = made(
        random_engine,
        [
            asked("loop", Sampling(0.0, max_tokens=500, args=loop, stop_loops=True)),
            asked("free", Sampling(0.0, max_tokens=500, args=loop)),
            asked("other", Sampling(1.0, max_tokens=500, seed=1, args=args, stop_loops=True)),
            asked("short", Sampling(0.0, max_tokens=200, args=loop, stop_loops=True)),
        ],
    )
    assert found["loop"].response.finish_reason == REPETITION
    tokens = {key: completion.response.usage.completion_tokens for key, completion in found.items()}  # type: ignore[union-attr]
    assert rule.length <= tokens["loop"] < rule.length + 2 * rule.every
    assert found["loop"].cut is None
    assert {key: tokens[key] for key in ("free", "other", "short")} == {"free": 500, "other": 500, "short": 200}
    assert {found[key].response.finish_reason for key in ("free", "other", "short")} == {LENGTH}
    assert not random_engine.session().running


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Callable[..., dict[str, Any]]]:
    """Makes a function that runs a script's command in this process with one engine, and returns its result file."""

    def using(engine: Any, main: Callable[[list[str]], int]) -> Callable[..., dict[str, Any]]:
        monkeypatch.setattr("util.engines.make_engine", lambda *_, **__: engine)
        monkeypatch.setattr("util.run.benchmarks.make_engine", lambda *_, **__: engine)

        def run(folder: Path, *words: Any) -> dict[str, Any]:
            assert main([str(word) for word in (*words, "--result-dir", folder)]) == 0
            [path] = [path for path in folder.glob("*_0_*.json") if path.name.endswith(f"_{ROWS}.json")]
            return results_in(path)

        return run

    return using


def single(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {key: entry["responses"]["0"][0] | entry["token_usages"]["0"][0] for key, entry in results.items()}


def test_a_thought_is_cut_at_its_budget_and_the_answer_asked_for(
    random_engine: Any, script: Any, tmp_path: Path
) -> None:
    run = script(random_engine, inference_and_check.main)
    words = [
        "--inference", "--dataset", "MATH500", "--model", "random", "--max-tokens", 300, "--end", ROWS,
        "--dataset-path", SAMPLES / "math500.jsonl", "--sampling-args", "ignore_eos=true",
    ]  # fmt: skip
    whole = single(run(tmp_path / "whole", *words))
    cut = single(run(tmp_path / "cut", *words, "--thinking-budget", 100))
    for key, response in cut.items():
        assert response[THOUGHT_CUT] == 100
        assert response["completion_tokens"] == 300
        assert response["finish_reason"] == "length"
        assert "continued" not in response
        thought, lead, answer = response["content"].partition("\n\n" + ANSWER_LEADS["math"])
        assert lead
        assert answer
        assert whole[key]["content"].startswith(thought.rstrip("\ufffd"))
    with pytest.raises(UserError, match="made with other settings: thinking-budget was 100"):
        run(tmp_path / "cut", *words, "--thinking-budget", 50)
    with pytest.raises(UserError, match="leaves no room for an answer"):
        run(tmp_path / "none", *words, "--thinking-budget", 300)
    with pytest.raises(UserError, match="presence_penalty"):
        run(tmp_path / "none", *words, "presence_penalty=1", "--thinking-budget", 30)
    with pytest.raises(UserError, match="--batch"):
        run(tmp_path / "none", "--thinking-budget", 30, "--batch", *words, "--model", "openai/m")


def test_a_thought_in_tags_is_closed(random_engine: Any, script: Any, tmp_path: Path) -> None:
    template = tmp_path / "thinks.jinja"
    template.write_text("{{ messages[-1].content }}<think>\n")
    before = random_engine.engine._template
    from util.engines.chat_template import ChatTemplate

    random_engine.engine._template = ChatTemplate(template.read_text())
    try:
        run = script(random_engine, inference_and_check.main)
        found = single(
            run(
                tmp_path / "tags", "--inference", "--dataset", "MATH500", "--model", "random", "--max-tokens", 200, "--end",
                ROWS, "--dataset-path", SAMPLES / "math500.jsonl", "--thinking-budget", "60", "--sampling-args", "ignore_eos=true",
            )
        )  # fmt: skip
    finally:
        random_engine.engine._template = before
    for response in found.values():
        thought, end, answer = response["content"].partition("</think>")
        assert end
        assert thought.rstrip().endswith(THOUGHT_STOPS)
        assert answer.lstrip().startswith(ANSWER_LEADS["math"])


def test_truncated_responses_of_a_file_without_tokens_go_on(
    random_engine: Any, script: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = script(random_engine, inference_and_check.main)
    words = [
        "--inference", "--dataset", "MATH500", "--model", "random", "--end", ROWS, "--sampling-args", "ignore_eos=true",
        "--dataset-path", SAMPLES / "math500.jsonl", "--max-tokens",
    ]  # fmt: skip
    short = single(run(tmp_path, *words, 100))
    for path in tmp_path.glob("*.journal.jsonl"):
        path.unlink()
    assert single(run(tmp_path, *words, 250)) == short  # its limit is not known: they stay
    for path in tmp_path.glob("*.journal.jsonl"):
        path.unlink()
    long = single(run(tmp_path, *words, 250, "--continue-truncated"))
    assert f"{ROWS} truncated responses go on from their text" in capsys.readouterr().err
    for key, response in long.items():
        assert response["content"].startswith(short[key]["content"].rstrip("\ufffd"))
        assert response["completion_tokens"] == 250
        [position] = response["continued"]
        assert 0 < position <= 120  # the text may be fewer tokens than it was made of
    [journal] = tmp_path.glob("*.journal.jsonl")
    runs = [record for record in map(json.loads, journal.read_text().splitlines()) if record["type"] == "run"]
    assert any("continue_truncated" in record for record in runs)
    assert single(run(tmp_path, *words, 250, "--continue-truncated")) == long


def test_a_curve_is_that_of_separate_runs(
    small_engine: Any, script: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--model", "SmolLM2-135M-Instruct", "--max-tokens", 120]
    curve = script(small_engine, evaluation.main)
    curve(
        tmp_path, "--evals", "MATH500", "--limit", ROWS, "--dataset-path", SAMPLES / "math500.jsonl", *words,
        "--thinking-budgets", "15,25", "--output-file", tmp_path / "scores.txt", "--csv", tmp_path / "curve.csv",
        "--report", tmp_path / "curve.html",
    )  # fmt: skip
    scores = json.loads((tmp_path / "scores.txt").read_text())
    details = json.loads((tmp_path / "scores_details.json").read_text())
    rows = (tmp_path / "curve.csv").read_text().splitlines()
    assert "accuracy against thinking tokens" in (tmp_path / "curve.html").read_text()
    whole = single(results_in(tmp_path / f"SmolLM2-135M-Instruct_MATH500_test_all_0_{ROWS}.json"))
    separate = script(small_engine, inference_and_check.main)
    for budget in (15, 25):
        name = f"MATH500, thinking budget {budget}"
        folder = tmp_path / f"thinking_budget_{budget}"
        cut = single(results_in(folder / f"SmolLM2-135M-Instruct_MATH500_test_all_0_{ROWS}.json"))
        alone = single(
            separate(
                tmp_path / f"alone{budget}", "--dataset", "MATH500", *words, "--end", ROWS, "--dataset-path",
                SAMPLES / "math500.jsonl", "--thinking-budget", budget,
            )
        )  # fmt: skip
        assert sum(cut[key]["content"] == alone[key]["content"] for key in cut) >= ROWS - 2
        long = {key for key, response in whole.items() if response["completion_tokens"] > budget}
        assert {key for key, response in cut.items() if THOUGHT_CUT in response} == long
        assert all(cut[key]["content"] == whole[key]["content"] for key in cut.keys() - long)
        low, high = details[name]["metrics"]["0"]["pass@1"][1:]
        assert low <= sum(response["correctness"] for response in alone.values()) / ROWS <= high
        assert scores[name] == sum(response["correctness"] for response in cut.values()) / ROWS
        assert details[name]["thinking_tokens"]["0"][0] <= budget
        [thinking] = [row for row in rows if re.match(rf'"{name}",0,thinking_tokens,', row)]
        assert float(thinking.split(",")[4]) <= budget
    capsys.readouterr()
    # The same command again makes nothing.
    curve(
        tmp_path, "--evals", "MATH500", "--limit", ROWS, "--dataset-path", SAMPLES / "math500.jsonl", *words,
        "--thinking-budgets", "15,25", "--output-file", tmp_path / "scores.txt",
    )  # fmt: skip
    assert capsys.readouterr().err.count("Nothing to generate") == 3
