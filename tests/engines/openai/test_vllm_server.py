"""The API engine against a real ``vllm serve``: contexts, thoughts, parameters, the same texts as in process, a killed server."""

from __future__ import annotations

import json
import math
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.api_engine import collected
from support.scripts import ROOT, results_in, script
from support.serving import Quiet, Served, VllmServer
from support.waiting import wait_for

from util.engines.base import Request, Sampling
from util.engines.openai.engine import OpenAIEngine
from util.engines.options import ApiOptions
from util.engines.prices import Budget
from util.prompting.prompts import ANSWER_LEADS, THOUGHT_STOPS
from util.records import Message, SampleId

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("vllm_server")]

NAME = "small"
CONTEXT = 512
SIGMAS = 3.0
"""Of the difference of two means: a true difference of nothing is outside once in 370 times."""
SHORT = ("--max-tokens", "24", "--sampling-args", 'stop=["."]')
THINGS = ("a cat", "rain", "bread", "the moon", "a river", "iron", "a bee", "music", "snow", "a clock")
VERBS = ("Describe", "Define", "Praise", "Say something about", "Explain", "Write a line about", "Tell me of", "What is",
         "Why is there", "Who likes")  # fmt: skip


@pytest.fixture(scope="module")
def folder(embedded_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded model with a generation_config.json that asks for top_k 1, think tokens, and a template's argument."""
    found = tmp_path_factory.mktemp("model") / NAME
    shutil.copytree(embedded_model, found, ignore=shutil.ignore_patterns("*.safetensors"))
    (found / "model.safetensors").symlink_to(embedded_model / "model.safetensors")
    path = found / "generation_config.json"
    wanted = {"do_sample": True, "temperature": 0.9, "top_k": 1, "top_p": 0.5, "repetition_penalty": 1.0}
    path.write_text(json.dumps(json.loads(path.read_text()) | wanted))
    path = found / "tokenizer.json"  # two tokens of source code that no text here has
    path.write_text(path.read_text().replace("<file_sep>", "<think>").replace("<filename>", "</think>"))
    path = found / "chat_template.jinja"
    path.write_text(path.read_text() + "{% if loud %}{{ 'YES OF COURSE ' }}{% endif %}")
    return found


@pytest.fixture(scope="module")
def server(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server's address. Its reasoning parser is off unless a request's template arguments say thinking=true."""
    log = tmp_path_factory.mktemp("server") / "server.log"
    options = ("--max-model-len", str(CONTEXT), "--no-enable-chunked-prefill", "--reasoning-parser", "deepseek_v3")
    made = VllmServer(folder, NAME, log, *options)
    try:
        made.start()
        yield made.address
    finally:
        made.stop()


def rows(path: Path, problems: list[str]) -> Path:
    """A dataset file."""
    lines = [json.dumps({"problem": text, "answer": "1"}) for text in problems]
    path.write_text("\n".join(lines))
    return path


def words(model: object, data: Path, out: Path, *extra: object) -> list[object]:
    """A command. It has no system prompt: a CPU reads long prompts slowly."""
    nothing = data.parent / "no-system-prompt.txt"
    nothing.write_text("")
    return [
        "inference_and_check.py", "--dataset", "MATH500", "--model", model, "--dataset-path", data, "--result-dir", out,
        "--system-prompt", nothing, *extra,
    ]  # fmt: skip


def made(server: str, data: Path, out: Path, *extra: object) -> tuple[dict[str, Any], str]:
    """The result file of a run, and what it said; the run must end with status 0."""
    done = script(*words(f"openai/{NAME}", data, out, "--base-url", server, *extra))
    assert done.returncode == 0, done.stderr[-3000:]
    [path] = out.glob("*_MATH500_*.json")
    return results_in(path), done.stderr


def responses(results: dict[str, Any], temperature: str) -> list[dict[str, Any]]:
    return [response for entry in results.values() for response in entry["responses"][temperature]]


def texts(results: dict[str, Any], temperature: str) -> dict[str, str]:
    return {key: entry["responses"][temperature][0]["content"] for key, entry in results.items()}


def prompt_tokens(results: dict[str, Any], temperature: str) -> list[int]:
    return [usage["prompt_tokens"] for entry in results.values() for usage in entry["token_usages"][temperature]]


def few(path: Path) -> Path:
    return rows(path / "few.jsonl", [f"Describe {thing}" for thing in THINGS[:4]])


def test_the_context_bounds_a_completion_and_a_row_alone_can_be_too_long(server: str, tmp_path: Path) -> None:
    long = "a b " * CONTEXT
    data = rows(tmp_path / "rows.jsonl", [*(f"Describe {thing}" for thing in THINGS[:5]), long])
    extra = ("--temperatures", "0", "--sampling-args", 'stop=["."]', "--max-failed", "0.5")
    results, said = made(server, data, tmp_path, *extra)
    assert said.count("leaves fewer than --max-tokens") == 1
    for key, entry in results.items():
        [response], [usage] = entry["responses"]["0"], entry["token_usages"]["0"]
        if key.startswith("a b"):
            assert response["finish_reason"] == "error"
            assert "maximum context length is 512" in response["error"]
            continue
        assert response["finish_reason"] == "stop"
        assert response["max_tokens"] == CONTEXT - usage["prompt_tokens"]
    again = script(*words(f"openai/{NAME}", data, tmp_path, "--base-url", server, *extra))
    assert "Nothing to generate" in again.stderr  # the failure is final


def test_a_completion_fills_the_context(server: str, tmp_path: Path) -> None:
    data = rows(tmp_path / "rows.jsonl", ["Describe a cat"])
    results, _ = made(server, data, tmp_path, "--temperatures", "0", "--sampling-args", "ignore_eos=true")
    [entry] = results.values()
    assert entry["responses"]["0"][0]["finish_reason"] == "length"
    [usage] = entry["token_usages"]["0"]
    assert usage["prompt_tokens"] + usage["completion_tokens"] == CONTEXT


def test_answers_that_a_reasoning_parser_takes_for_thoughts_are_kept_as_open_thoughts(
    server: str, tmp_path: Path
) -> None:
    data = rows(tmp_path / "rows.jsonl", [f"Describe {thing}" for thing in THINGS])
    extra = ("--temperatures", "0", "--max-tokens", "64", "--sampling-args", 'stop=["."]')
    plain, said = made(server, data, tmp_path / "off", *extra)
    assert "reasoning parser" not in said
    # Only finished answers count for the warning: a thought may well be cut short by --max-tokens.
    assert sum(response["finish_reason"] == "stop" for response in responses(plain, "0")) > 5
    thoughts, said = made(server, data, tmp_path / "on", *extra, "--chat-template-args", "thinking=true")
    assert said.count("reasoning parser may be the wrong one") == 1
    assert texts(thoughts, "0") == {key: f"<think>\n{text}" for key, text in texts(plain, "0").items()}
    assert not any("<think>" in text for text in texts(plain, "0").values())


def test_parameters_reach_the_server(server: str, tmp_path: Path) -> None:
    data = few(tmp_path)
    greedy, _ = made(server, data, tmp_path / "greedy", "--temperatures", "0", "--max-tokens", "12")
    first = ("--temperatures", "1", "--max-tokens", "12")
    one, _ = made(server, data, tmp_path / "one", *first, "--n", "2", "--sampling-args", "top_k=1")
    assert all(len({response["content"] for response in entry["responses"]["1"]}) == 1 for entry in one.values())
    assert texts(one, "1") == texts(greedy, "0")
    narrow, _ = made(server, data, tmp_path / "narrow", *first, "--top-p", "0.000001")
    assert texts(narrow, "1") == texts(greedy, "0")
    loud, _ = made(server, data, tmp_path / "loud", *first, "--chat-template-args", "loud=true")
    more = {a - b for a, b in zip(prompt_tokens(loud, "1"), prompt_tokens(greedy, "0"), strict=True)}
    assert len(more) == 1
    assert more.pop() > 2
    # vLLM ignores a field that it does not know.
    asked = ("--request-args", 'structured_outputs={"choice":["yes","no"]}', "no_such_field=1")
    chosen, _ = made(server, data, tmp_path / "chosen", *first, *asked)
    assert {response["content"] for response in responses(chosen, "1")} <= {"yes", "no"}


def test_a_refused_parameter_of_the_user_ends_the_run_with_the_servers_words(server: str, tmp_path: Path) -> None:
    extra = ("--base-url", server, "--max-tokens", "12", "--sampling-args", "top_k=-5")
    done = script(*words(f"openai/{NAME}", few(tmp_path), tmp_path, *extra))
    assert done.returncode == 1
    assert "top_k must be 0 (disable), or at least 1, got -5" in done.stderr


# -- the same distribution ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hundred(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rows") / "hundred.jsonl"
    return rows(path, [f"{verb} {thing}" for verb in VERBS for thing in THINGS])


def in_process(folder: Path, data: Path, out: Path, *extra: object) -> dict[str, Any]:
    engine = ("--dtype", "float32", "--max-model-len", CONTEXT, "--max-num-seqs", 64)
    done = script(*words(folder, data, out, *engine, *SHORT, *extra))
    assert done.returncode == 0, done.stderr[-3000:]
    [path] = out.glob("*_MATH500_*.json")
    return results_in(path)


def equal(one: dict[str, str], other: dict[str, str]) -> int:
    assert one.keys() == other.keys()
    return sum(one[key] == other[key] for key in one)


@pytest.fixture(scope="module")
def both(
    server: str, folder: Path, hundred: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Results of the engine in process and of the server, without a preset."""
    out, temperatures = tmp_path_factory.mktemp("both"), ("--temperatures", "0", "0.9")
    local = in_process(folder, hundred, out / "local", *temperatures)
    return local, made(server, hundred, out / "remote", *temperatures, *SHORT)[0]


def test_server_and_process_sample_alike_whatever_the_models_own_settings(
    both: tuple[dict[str, Any], dict[str, Any]], server: str, hundred: Path, tmp_path: Path
) -> None:
    greedy, sampled = ([texts(each, temperature) for each in both] for temperature in ("0", "0.9"))
    assert len(greedy[0]) == 100
    as_greedy = max(equal(greedy[0], each) for each in sampled)
    # The same seeds give the same texts, so that other seeds are needed to compare distributions.
    others = texts(made(server, hundred, tmp_path, "--temperatures", "0.9", "--seed", "7", *SHORT)[0], "0.9")
    assert equal(others, sampled[0]) <= 50
    lengths = [[len(text) for text in each.values()] for each in (sampled[0], others)]
    means = [statistics.mean(each) for each in lengths]
    interval = SIGMAS * math.sqrt(sum(statistics.variance(each) / len(each) for each in lengths))
    print(f"of 100 texts equal: {equal(*greedy)} greedy, {equal(*sampled)} sampled; {as_greedy} sampled as greedy; ")
    print(f"mean lengths: {means} characters, interval of the difference: {interval:.1f}")
    assert equal(*greedy) >= 95
    assert equal(*sampled) >= 90
    assert as_greedy <= 20  # top_k 1 of the model's file would make it 100
    assert abs(means[0] - means[1]) <= interval


def test_a_preset_is_the_models_own_on_server_and_in_process(
    both: tuple[dict[str, Any], dict[str, Any]], server: str, folder: Path, hundred: Path, tmp_path: Path
) -> None:
    local = in_process(folder, hundred, tmp_path / "local", "--preset")
    remote, said = made(server, hundred, tmp_path / "remote", *SHORT, "--preset", folder)
    assert "preset: temperature 0.9, top-p 0.5, top_k 1" in said
    found = [equal(texts(each, "0.9"), texts(both[0], "0")) for each in (local, remote)]
    print(f"of 100 texts with --preset equal to the greedy ones: {found}")
    assert min(found) >= 95


# -- several servers, dying servers -------------------------------------------------------------------------------------


class OtherModel(Served):
    """A vLLM server of another model, as far as its list of models goes."""

    def __init__(self) -> None:
        self.posts = 0
        outer = self

        class Handler(Quiet):
            def do_GET(self) -> None:
                self.reply(200, json.dumps({"data": [{"id": "other-model", "owned_by": "vllm"}]}).encode())

            def do_POST(self) -> None:
                outer.posts += 1
                self.reply(500, b"")

        self.serve(Handler)
        self.url += "/v1"


def test_several_addresses_share_the_requests_and_one_of_another_model_is_out(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    other = OtherModel()
    urls = [server, server.replace("127.0.0.1", "localhost"), other.url]
    engine = OpenAIEngine(NAME, ApiOptions(base_url=urls, concurrency=8), Budget())
    wanted = [
        Request(SampleId(f"q{i}"), [Message("user", f"Count to {i}")], Sampling(0.0, max_tokens=8)) for i in range(40)
    ]
    try:
        found = collected(engine, wanted)
    finally:
        other.close()
    assert {c.sample.key for c in found} == {f"q{i}" for i in range(40)}
    assert not any(c.response.failed for c in found)
    assert f"server {other.url} is out: it does not serve {NAME}, but other-model" in capsys.readouterr().err
    assert other.posts == 0
    assert engine._ring is not None
    sent = [key.sent for key in engine._ring.keys]
    assert sum(sent) == 40
    assert min(sent[:2]) >= 12


def test_a_run_goes_on_when_its_server_is_killed_and_started_again(folder: Path, tmp_path: Path) -> None:
    count, tokens, at_once = 12, 300, 4
    server = VllmServer(folder, NAME, tmp_path / "server.log", "--max-model-len", "512", "--no-enable-chunked-prefill")
    data = rows(tmp_path / "rows.jsonl", [f"Describe {thing}" for thing in (*THINGS, "dust", "tea")])
    extra = ("--max-tokens", tokens, "--sampling-args", "ignore_eos=true", "--concurrency", at_once)
    command = words(f"openai/{NAME}", data, tmp_path / "out", "--base-url", server.address, *extra)

    def lines(kind: str) -> int:
        return sum(path.read_text().count(f'"type": "{kind}"') for path in (tmp_path / "out").glob("*.journal.jsonl"))

    try:
        server.start()
        with (tmp_path / "said").open("w+") as said:
            arguments = [sys.executable, *map(str, command)]
            run = subprocess.Popen(arguments, cwd=ROOT, stderr=said, stdout=said, stdin=subprocess.DEVNULL)
            wait_for(lambda: lines("completion") >= at_once or run.poll() is not None, 300)
            time.sleep(2)  # the next answers are on their way
            server.kill()
            server.start()
            status = run.wait(300)
            said.seek(0)
            text = said.read()
    finally:
        server.stop()
    assert status == 0, text[-3000:]
    [path] = (tmp_path / "out").glob("*_MATH500_*.json")
    results = results_in(path)
    found = [(r["finish_reason"], u["completion_tokens"]) for e in results.values()
             for r, u in zip(e["responses"]["0"], e["token_usages"]["0"], strict=True)]  # fmt: skip
    assert found == [("length", tokens)] * count
    assert lines("completion") == count
    assert "answers again" in text
    # What had arrived before the server died is continued by the same process, so no token is bought twice. A request
    # whose stream had no token yet is estimated.
    used = int(re.search(r"prompt and ([\d,]+) completion tokens", text)[1].replace(",", ""))  # type: ignore[index]
    assert count * tokens <= used < (count + at_once) * tokens
    went_on = [r["continued"] for e in results.values() for r in e["responses"]["0"] if r.get("continued")]
    assert 1 <= len(went_on) <= at_once
    assert all(0 < cut < tokens for cuts in went_on for cut in cuts)


@pytest.mark.parametrize("mode", [(), ("--chat-template-args", "thinking=true")], ids=["text", "thought"])
def test_responses_of_a_killed_run_go_on(server: str, tmp_path: Path, mode: tuple[str, ...]) -> None:
    """Greedy texts are those of an uninterrupted run, and nothing of what was journaled is made again."""
    arguments = [
        *("--inference", "--max-tokens", "250", "--sampling-args", "ignore_eos=true", "--concurrency", "4"),
        *("--partial-tokens", "16", *mode),
    ]
    direct, _ = made(server, few(tmp_path), tmp_path / "direct", *arguments)
    out = tmp_path / "killed"
    command = words(f"openai/{NAME}", few(tmp_path), out, "--base-url", server, *arguments)
    for wanted in (12, 30):
        run = subprocess.Popen(
            [sys.executable, *map(str, command)], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for(
            lambda wanted=wanted: any(p.read_bytes().count(b"\n") >= wanted for p in out.glob("*.partial.jsonl")),  # type: ignore[misc]
            240, "responses on their way",
        )  # fmt: skip
        run.kill()
        run.wait(30)
    found, said = made(server, few(tmp_path), out, *arguments)
    assert texts(found, "0") == texts(direct, "0")
    assert prompt_tokens(found, "0") == prompt_tokens(direct, "0")
    continued = [response["continued"] for response in responses(found, "0")]
    # A response of which the second run made nothing new goes on from one place only.
    assert all(cuts[0] > 0 and cuts == sorted(set(cuts)) and len(cuts) <= 2 for cuts in continued)
    assert any(len(cuts) == 2 for cuts in continued)
    assert "responses went on from" in said
    assert "lost" not in said
    assert not list(out.glob("*.partial.jsonl"))
    if mode:
        assert all(text.startswith("<think>\n") for text in texts(found, "0").values())


@pytest.mark.parametrize("mode", [(), ("--chat-template-args", "thinking=true")], ids=["text", "thought"])
def test_thoughts_are_cut_at_their_budget(server: str, tmp_path: Path, mode: tuple[str, ...]) -> None:
    extra = ("--max-tokens", 60, "--sampling-args", "ignore_eos=true", *mode)
    whole, _ = made(server, few(tmp_path), tmp_path / "whole", *extra)
    results, said = made(server, few(tmp_path), tmp_path / "cut", *extra, "--thinking-budget", 24)
    assert "4 thoughts were cut at their budget" in said
    for key, entry in results.items():
        [response], [usage] = entry["responses"]["0"], entry["token_usages"]["0"]
        assert (response["thought_cut"], usage["completion_tokens"], response["finish_reason"]) == (24, 60, "length")
        thought, lead, answer = response["content"].partition(ANSWER_LEADS["math"])
        assert answer
        assert lead
        uncut = whole[key]["responses"]["0"][0]["content"]
        assert uncut.startswith(thought.partition(THOUGHT_STOPS)[0].rstrip("\ufffd\n"))
        assert ("</think>" in response["content"]) == bool(mode)
    # What the first part of a response cost is in the journal, and nothing is paid again.
    again, said = made(server, few(tmp_path), tmp_path / "cut", *extra, "--thinking-budget", 24)
    assert again == results
    assert "Nothing to generate" in said


def test_truncated_responses_without_tokens_go_on_from_their_text(server: str, tmp_path: Path) -> None:
    extra = ("--sampling-args", "ignore_eos=true", "--max-tokens")
    short, _ = made(server, few(tmp_path), tmp_path / "out", *extra, 30)
    for path in (tmp_path / "out").glob("*.journal.jsonl"):
        path.unlink()
    results, said = made(server, few(tmp_path), tmp_path / "out", *extra, 60, "--continue-truncated")
    assert "4 truncated responses go on from their text" in said
    for key, entry in results.items():
        [response], [usage] = entry["responses"]["0"], entry["token_usages"]["0"]
        assert response["content"].startswith(short[key]["responses"]["0"][0]["content"].rstrip("\ufffd"))
        assert (usage["completion_tokens"], len(response["continued"])) == (60, 1)
