"""Runs that meet trouble: files from elsewhere, changed rows, failing APIs, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.faulty_server import FaultyServer, answer
from support.scripts import ROOT, script

from util.results.json_file import read_results

NAME = "gpt-x_MATH500_test_all_0_-1"


@pytest.fixture
def served(request: pytest.FixtureRequest) -> Iterator[FaultyServer]:
    server = FaultyServer(request.param)
    yield server
    server.close()


def fine(body: dict[str, Any], before: int) -> int | str | dict[str, Any]:
    return 200


def rows(folder: Path, gold: str = "2", problems: tuple[str, ...] = ("1+1?", "3-1?")) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps({"problem": p, "answer": gold}) + "\n" for p in problems))
    return path


def run(
    server: FaultyServer, folder: Path, *extra: object, path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return script(
        "inference_and_check.py", "--dataset", "MATH500", "--model", "openai/gpt-x", "--base-url", server.url,
        "--dataset-path", path or rows(folder), "--result-dir", folder / "out", *extra,
        env={"OPENAI_API_KEY": "sk-only-here-9999"},
    )  # fmt: skip


def accuracy(done: subprocess.CompletedProcess[str]) -> float:
    assert done.returncode == 0, done.stderr[-2000:]
    return float(json.loads(done.stdout.splitlines()[-1])["acc"])


@pytest.mark.parametrize("served", [fine], indirect=True)
def test_responses_without_a_journal_are_kept_even_after_a_check(served: FaultyServer, tmp_path: Path) -> None:
    assert accuracy(run(served, tmp_path)) == 1.0
    result = tmp_path / "out" / f"{NAME}.json"
    before = dict(read_results(result))
    (tmp_path / "out" / f"{NAME}.journal.jsonl").unlink()
    assert accuracy(run(served, tmp_path, "--check")) == 1.0
    assert accuracy(run(served, tmp_path)) == 1.0
    assert len(served.requests) == 2  # nothing was generated again
    assert [e["responses"]["0"][0]["content"] for e in dict(read_results(result)).values()] == [
        e["responses"]["0"][0]["content"] for e in before.values()
    ]


@pytest.mark.parametrize("served", [fine], indirect=True)
def test_a_result_file_of_other_rows_or_prompts_is_refused(served: FaultyServer, tmp_path: Path) -> None:
    assert accuracy(run(served, tmp_path)) == 1.0
    other = run(served, tmp_path, path=rows(tmp_path, problems=("1+1?", "5-3?")))
    assert other.returncode == 1
    assert "rows is 2 problems" in other.stderr
    (tmp_path / "out" / f"{NAME}.journal.jsonl").unlink()
    other = run(served, tmp_path, path=rows(tmp_path, problems=("5-3?",)))
    assert other.returncode == 1
    assert "not among the rows" in other.stderr
    result = tmp_path / "out" / f"{NAME}.json"
    result.write_text(result.read_text().replace("Think through", "Think about"))
    other = run(served, tmp_path, path=rows(tmp_path))
    assert "its prompt" in other.stderr
    assert len(served.requests) == 2


@pytest.mark.parametrize("served", [fine], indirect=True)
def test_a_verdict_belongs_to_its_row_and_rules(served: FaultyServer, tmp_path: Path) -> None:
    assert accuracy(run(served, tmp_path, path=rows(tmp_path, gold="3"))) == 0.0
    assert accuracy(run(served, tmp_path, path=rows(tmp_path, gold="2"))) == 1.0
    assert len(served.requests) == 2


def test_strict_does_not_keep_the_verdicts_of_compat(tmp_path: Path) -> None:
    row = {"question": "q", "input_output": json.dumps({"inputs": [""], "outputs": ["1 2\n"]})}
    (tmp_path / "apps.jsonl").write_text(json.dumps(row))
    response = {"content": "```python\nprint('2 1')\n```", "finish_reason": "stop"}
    (tmp_path / "m_APPS_test_all_0_-1.json").write_text(json.dumps({"q": {**row, "responses": {"0.7": [response]}}}))
    command = ["inference_and_check.py", "--dataset", "APPS", "--model", "m", "--dataset-path", tmp_path / "apps.jsonl"]
    command += ["--result-dir", tmp_path, "--check"]
    assert accuracy(script(*command, "--judge", "compat")) == 1.0
    assert accuracy(script(*command)) == 0.0


@pytest.mark.parametrize("served", [fine], indirect=True)
def test_a_converted_file_of_other_responses_is_not_judged(served: FaultyServer, tmp_path: Path) -> None:
    assert accuracy(run(served, tmp_path)) == 1.0
    assert script("convert_format.py", "--input_dir", tmp_path / "out", "--rewriter", "rules").returncode == 0
    assert accuracy(run(served, tmp_path, "--check")) == 1.0
    converted = tmp_path / "out" / f"converted_{NAME}.json"
    converted.write_text(converted.read_text().replace("So it is two", "So it was two"))
    done = run(served, tmp_path, "--check")
    assert done.returncode == 1
    assert "made from other responses" in done.stderr


def broken(kind: str) -> Any:
    def behaviour(body: dict[str, Any], before: int) -> int | str | dict[str, Any]:
        good = answer(body)
        if kind == "no message":
            return {**good, "choices": [{"index": 0, "finish_reason": "stop"}]}
        if kind == "no choices":
            return {**good, "choices": []}
        if kind == "no reason":
            return {**good, "choices": [{**good["choices"][0], "finish_reason": None}]}
        return {**good, "usage": {} if kind == "no usage" else None}

    return behaviour


@pytest.mark.parametrize("served", [broken(k) for k in ("no message", "no choices", "no reason")], indirect=True)
def test_bodies_that_are_no_answer_are_failures_and_no_traceback(served: FaultyServer, tmp_path: Path) -> None:
    done = run(served, tmp_path, "--max-retries", "0")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "rerun the same command" in done.stderr


@pytest.mark.parametrize("served", [broken("no usage"), broken("null usage")], indirect=True)
def test_an_answer_without_usage_is_an_answer(served: FaultyServer, tmp_path: Path) -> None:
    assert accuracy(run(served, tmp_path)) == 1.0


def refusing(status: int) -> Any:
    return lambda body, before: status


@pytest.mark.parametrize("served", [refusing(404), refusing(503), refusing(400)], indirect=True)
def test_an_api_that_refuses_everything_is_no_result(served: FaultyServer, tmp_path: Path) -> None:
    assert run(served, tmp_path, "--max-retries", "0").returncode == 1
    api = ["--base-url", served.url, "--max-retries", "0"]
    key = {"OPENAI_API_KEY": "sk-only-here-9999"}
    done = script(
        "eval.py", "--model", "openai/gpt-x", "--evals", "MATH500", "--dataset-path", rows(tmp_path),
        "--result-dir", tmp_path / "eval", "--output-file", tmp_path / "results.txt", *api, env=key,
    )  # fmt: skip
    assert done.returncode == 1
    done = script(
        "label_math_difficulty.py", "--source", "olympiads", "--dataset-path", ROOT / "samples/numina.jsonl",
        "--output-dir", tmp_path, *api, env=key,
    )  # fmt: skip
    assert done.returncode == 1
    data = tmp_path / "data"
    data.mkdir()
    (data / "m.json").write_text(json.dumps({"q": {"responses": {"0.7": [{"content": "\\boxed{2}"}]}}}))
    assert script("convert_format.py", "--input_dir", data, *api, env=key).returncode == 1


@pytest.mark.parametrize("served", [fine], indirect=True)
def test_after_a_refusal_labels_are_tried_again(served: FaultyServer, tmp_path: Path) -> None:
    down = FaultyServer(refusing(404))
    command = ["label_math_difficulty.py", "--source", "olympiads", "--dataset-path", ROOT / "samples/numina.jsonl"]
    command += ["--output-dir", tmp_path]
    key = {"OPENAI_API_KEY": "sk-only-here-9999"}
    try:
        assert script(*command, "--base-url", down.url, env=key).returncode == 1
    finally:
        down.close()
    assert script(*command, "--base-url", served.url, env=key).returncode == 0
    assert len(served.requests) == 6


def test_rewrites_belong_to_their_text(tmp_path: Path) -> None:
    marked = "<|begin_of_thought|>\n\nwe add\n\n<|end_of_thought|>\n\n<|begin_of_solution|>\n\n\\boxed{2}\n\n<|end_of_solution|>"

    def rewrite(body: dict[str, Any], before: int) -> int | str | dict[str, Any]:
        good = answer(body)
        return {**good, "choices": [{**good["choices"][0], "message": {"role": "assistant", "content": marked}}]}

    server = FaultyServer(rewrite)
    command = ["convert_format.py", "--input_dir", tmp_path, "--base-url", server.url, "--min-similarity", "0"]
    key = {"OPENAI_API_KEY": "sk-only-here-9999"}
    try:
        for text, requests in (("one \\boxed{2}", 1), ("one \\boxed{2}", 1), ("two \\boxed{2}", 2)):
            (tmp_path / "m.json").write_text(json.dumps({"q": {"responses": {"0.7": [{"content": text}]}}}))
            assert script(*command, env=key).returncode == 0
            assert len(server.requests) == requests
    finally:
        server.close()


def test_other_json_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(json.dumps({"q": {"responses": {"0.7": [{"content": "so\n\\boxed{2}"}]}}}))
    (tmp_path / "sharegpt.json").write_text("[]")
    (tmp_path / "results_details.json").write_text(json.dumps({"AIME": {"total": 3}}))
    (tmp_path / "broken.json").write_bytes(b"\xff\xfe")
    done = script("convert_format.py", "--input_dir", tmp_path, "--rewriter", "rules")
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in tmp_path.glob("converted_*")) == ["converted_m.json"]


def test_keys_reach_no_file_and_no_child(tmp_path: Path) -> None:
    """Every file, every line of output, and the environment of every child while checks run."""
    key = "sk-secret-do-not-write-7777"
    code = "import time\ntime.sleep(2)\n"
    row = {"question": "q", "input_output": json.dumps({"inputs": [""], "outputs": ["x"]})}
    (tmp_path / "apps.jsonl").write_text("".join(json.dumps(row | {"question": f"q{i}"}) + "\n" for i in range(4)))
    (tmp_path / "k.txt").write_text(f"# mine\n{key}\n")
    server_body = f"```python\n{code}```"

    def slow(body: dict[str, Any], before: int) -> int | str | dict[str, Any]:
        good = answer(body)
        return {**good, "choices": [{**good["choices"][0], "message": {"role": "assistant", "content": server_body}}]}

    server = FaultyServer(slow)
    command = [
        sys.executable, "inference_and_check.py", "--dataset", "APPS", "--model", "openai/gpt-x", "--base-url", server.url,
        "--keys", str(tmp_path / "k.txt"), "--dataset-path", str(tmp_path / "apps.jsonl"), "--result-dir", str(tmp_path / "out"),
    ]  # fmt: skip
    environment = {**os.environ, "OPENAI_API_KEY": key, "HF_TOKEN": "hf_secret_do_not_write"}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )  # fmt: skip
    found: list[str] = []
    seen: set[int] = set()
    while process.poll() is None:
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.getsid(int(entry)) != process.pid or int(entry) == process.pid:
                    continue
                content = Path(f"/proc/{entry}/environ").read_bytes()
            except OSError:
                continue
            seen.add(int(entry))
            found += [entry for secret in (key, "hf_secret") if secret.encode() in content]
        time.sleep(0.05)
    server.close()
    assert process.stdout is not None
    written = process.stdout.read() + "".join(p.read_text() for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert process.returncode == 0, written[-2000:]
    assert len(seen) >= 2
    assert found == []
    assert key not in written
    assert "hf_secret" not in written


def test_ctrl_c_keeps_the_answers_in_flight(tmp_path: Path) -> None:
    def slow(body: dict[str, Any], before: int) -> int | str | dict[str, Any]:
        time.sleep(3)
        return 200

    server = FaultyServer(slow)
    path = rows(tmp_path, problems=tuple(f"{i}+0?" for i in range(40)))
    command = [
        sys.executable, "inference_and_check.py", "--dataset", "MATH500", "--model", "openai/gpt-x", "--base-url", server.url,
        "--dataset-path", str(path), "--result-dir", str(tmp_path / "out"), "--inference", "--concurrency", "4",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        env={**os.environ, "OPENAI_API_KEY": "sk-x-1234"}, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while len(server.requests) < 4 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    server.close()
    assert process.returncode == 130, errors[-2000:]
    assert "Traceback" not in errors
    journal = (tmp_path / "out" / f"{NAME}.journal.jsonl").read_text()
    assert journal.count('"type": "completion"') == len(server.requests) == 4


def test_ctrl_c_during_checks_ends_soon(tmp_path: Path) -> None:
    row = {"input_output": json.dumps({"inputs": ["a", "b", "c", "d"], "outputs": ["x"] * 4})}
    response = {"content": "```python\nimport time\ntime.sleep(12)\nprint('x')\n```", "finish_reason": "stop"}
    entries = {f"q{i}": {"question": f"q{i}", **row, "responses": {"0.7": [response]}} for i in range(6)}
    (tmp_path / "apps.jsonl").write_text("".join(json.dumps({"question": q, **row}) + "\n" for q in entries))
    (tmp_path / "m_APPS_test_all_0_-1.json").write_text(json.dumps(entries))
    command = [
        sys.executable, "inference_and_check.py", "--dataset", "APPS", "--model", "m", "--check",
        "--dataset-path", str(tmp_path / "apps.jsonl"), "--result-dir", str(tmp_path),
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    time.sleep(6)
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert time.monotonic() - start < 10
