"""Runs that meet trouble: files from elsewhere, changed rows, failing APIs, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.faulty_server import FaultyServer, answer
from support.scripts import ROOT, results_in, script
from support.waiting import wait_for

from benchmarks import family

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
    before = results_in(result)
    (tmp_path / "out" / f"{NAME}.journal.jsonl").unlink()
    assert accuracy(run(served, tmp_path, "--check")) == 1.0
    assert accuracy(run(served, tmp_path)) == 1.0
    assert len(served.requests) == 2  # nothing was generated again
    assert [e["responses"]["0"][0]["content"] for e in results_in(result).values()] == [
        e["responses"]["0"][0]["content"] for e in before.values()
    ]


@pytest.mark.parametrize("served", [fine], indirect=True)
def test_a_result_file_of_other_rows_or_prompts_is_refused(served: FaultyServer, tmp_path: Path) -> None:
    assert accuracy(run(served, tmp_path)) == 1.0
    other = run(served, tmp_path, path=rows(tmp_path, problems=("1+1?", "5-3?")))
    assert other.returncode == 1
    assert "rows was 2 problems" in other.stderr
    (tmp_path / "out" / f"{NAME}.journal.jsonl").unlink()
    other = run(served, tmp_path, path=rows(tmp_path, problems=("5-3?",)))
    assert other.returncode == 1
    assert "not in the current selection" in other.stderr
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


@pytest.mark.parametrize("served", [broken("no reason")], indirect=True)
def test_an_answer_without_a_finish_reason_is_finished(served: FaultyServer, tmp_path: Path) -> None:
    assert accuracy(run(served, tmp_path, "--max-retries", "0")) == 1.0
    [entry, _] = results_in(tmp_path / "out" / f"{NAME}.json").values()
    assert [response["finish_reason"] for response in entry["responses"]["0"]] == ["stop"]
    assert len(served.requests) == 2


@pytest.mark.parametrize("served", [broken(k) for k in ("no message", "no choices")], indirect=True)
def test_bodies_that_are_no_answer_are_failures_and_no_traceback(served: FaultyServer, tmp_path: Path) -> None:
    done = run(served, tmp_path, "--max-retries", "0")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "rerun the same command" in done.stderr


@pytest.mark.parametrize("served", [broken("no usage"), broken("null usage"), broken("no reason")], indirect=True)
def test_an_answer_without_usage_or_reason_is_an_answer(served: FaultyServer, tmp_path: Path) -> None:
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


class Environments:
    """The processes below ``root``: which have run a program of their own, and in whose environment a secret was seen.

    A child has its parent's environment and words until it has started its own program, which takes long on a busy
    machine. Until then it is only looked at again. It does run with that environment, and counts, if it sleeps or
    computes meanwhile: a child on its way to its program does neither.
    """

    def __init__(self, root: int, secrets: tuple[str, ...]) -> None:
        self.root, self.secrets = root, [secret.encode() for secret in secrets]
        self.started: set[tuple[int, int]] = set()
        self.leaks: set[tuple[int, bytes]] = set()
        self._asleep: set[tuple[int, int]] = set()

    def look(self) -> None:
        for process in family.running(self.root):
            try:
                words, content = (Path(f"/proc/{process.pid}/{name}").read_bytes() for name in ("cmdline", "environ"))
                parents = Path(f"/proc/{process.parent}/cmdline").read_bytes()
                fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue  # it has ended
            name = (process.pid, process.start)
            if words != parents:
                self.started.add(name)
            leaks = {secret for secret in self.secrets if secret in content}
            asleep = fields[0] == "S"
            if words != parents or (asleep and name in self._asleep) or sum(map(int, fields[11:13])) >= CPU_TICKS:
                self.leaks |= {(process.pid, secret) for secret in leaks}
            if asleep:
                self._asleep.add(name)


CPU_TICKS = os.sysconf("SC_CLK_TCK") // 5


CHILDREN = {
    "own program": "subprocess.run([sys.executable, '-c', 'import sys; sys.stdin.read()'])",
    "fork that sleeps": "os.fork() or time.sleep(600)",
    "fork that computes": "if not os.fork():\n    while True: pass",
}


@pytest.mark.parametrize("child", CHILDREN)
def test_the_look_at_environments_sees_a_leak(child: str) -> None:
    """The next test would prove nothing otherwise."""
    code = f"import os, subprocess, sys, time\n{CHILDREN[child]}\nsys.stdin.read()"
    with (
        family.keep_orphans(),
        subprocess.Popen(
            [sys.executable, "-c", code], env={"KEY": "only-here"}, stdin=subprocess.PIPE, start_new_session=True
        ) as process,
    ):
        seen = Environments(process.pid, ("only-here",))
        try:
            wait_for(lambda: seen.look() or seen.leaks, 60)
        finally:
            os.killpg(process.pid, signal.SIGKILL)


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
    environments = Environments(process.pid, (key, "hf_secret"))
    while process.poll() is None:
        environments.look()
        time.sleep(0.05)
    server.close()
    assert process.stdout is not None
    written = process.stdout.read() + "".join(p.read_text() for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert process.returncode == 0, written[-2000:]
    assert len(environments.started) >= 2
    assert environments.leaks == set()
    assert key not in written
    assert "hf_secret" not in written


def test_ctrl_c_keeps_the_answers_in_flight(tmp_path: Path) -> None:
    interrupted = threading.Event()

    def slow(body: dict[str, Any], before: int) -> int | str | dict[str, Any]:
        interrupted.wait(120)
        return 200

    server = FaultyServer(slow)
    path = rows(tmp_path, problems=tuple(f"{i}+0?" for i in range(40)))
    command = [
        sys.executable, "inference_and_check.py", "--dataset", "MATH500", "--model", "openai/gpt-x", "--base-url", server.url,
        "--dataset-path", str(path), "--result-dir", str(tmp_path / "out"), "--inference", "--concurrency", "4",
    ]  # fmt: skip
    log = tmp_path / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            command, cwd=ROOT, stderr=file, stdout=subprocess.DEVNULL,
            env={**os.environ, "OPENAI_API_KEY": "sk-x-1234"}, start_new_session=True,
        )  # fmt: skip
    wait_for(lambda: len(server.requests) == 4, what="four requests are in flight")
    before = log.stat().st_size
    process.send_signal(signal.SIGINT)
    wait_for(lambda: log.stat().st_size > before, what="the script announces that it waits for answers in flight")
    interrupted.set()
    process.wait(120)
    server.close()
    errors = log.read_text()
    assert process.returncode == 130, errors[-2000:]
    assert "Traceback" not in errors
    journal = (tmp_path / "out" / f"{NAME}.journal.jsonl").read_text()
    assert journal.count('"type": "completion"') == len(server.requests) == 4


def test_ctrl_c_during_checks_ends_soon(tmp_path: Path) -> None:
    """The checks of the first problem are done at once; those of any other take 48 s and are not waited for."""
    row = {"input_output": json.dumps({"inputs": ["a", "b", "c", "d"], "outputs": ["x"] * 4})}
    first, *others = ("print('x')", *["import time\ntime.sleep(12)\nprint('x')"] * 6)
    entries = {
        f"q{i}": {
            "question": f"q{i}",
            **row,
            "responses": {"0.7": [{"content": f"```python\n{code}\n```", "finish_reason": "stop"}]},
        }
        for i, code in enumerate((first, *others))
    }
    (tmp_path / "apps.jsonl").write_text("".join(json.dumps({"question": q, **row}) + "\n" for q in entries))
    (tmp_path / "m_APPS_test_all_0_-1.json").write_text(json.dumps(entries))
    command = [
        sys.executable, "inference_and_check.py", "--dataset", "APPS", "--model", "m", "--check",
        "--dataset-path", str(tmp_path / "apps.jsonl"), "--result-dir", str(tmp_path),
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    journal = tmp_path / "m_APPS_test_all_0_-1.journal.jsonl"
    wait_for(lambda: journal.exists() and verdicts(journal), what="the first verdict is in the journal")
    wait_for(lambda: solutions(process.pid), what="a program runs")
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors[-2000:]
    assert "Traceback" not in errors
    assert verdicts(journal) == 1
    assert time.monotonic() - start < 40


def verdicts(journal: Path) -> int:
    return journal.read_text().count('"type": "verdict"')


def solutions(root: int) -> list[int]:
    """Programs in sandboxes below ``root``: each is a fork of its sandbox with a session of its own."""
    below = {process.pid: process for process in family.running(root)}
    return [
        process.pid
        for process in below.values()
        if process.parent in below and process.session == process.pid and process.session != below[process.parent].session
        and b"from inside import " in Path(f"/proc/{process.parent}/cmdline").read_bytes()
    ]  # fmt: skip
