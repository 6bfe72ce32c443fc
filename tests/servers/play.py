"""Plays a scenario through a script, in this process or as a command of its own."""

from __future__ import annotations

import importlib
import io
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from support.scripts import script as real_script

from servers.answers import Answer, Step
from servers.compare import KEY, Ended, Played, check, compare, not_json, within
from servers.scenario import Scenario
from servers.server import ScriptedServer, Seen
from util.system import cli

Runner = Callable[[str, list[str]], Ended]


def in_process(name: str, words: list[str]) -> Ended:
    """Run a script in this process, as ``cli.run`` runs it."""
    main = importlib.import_module(name).main
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    err = io.TextIOWrapper(io.BytesIO(), "utf-8", errors="backslashreplace", write_through=True)
    with redirect_stdout(out), redirect_stderr(err), _as_a_command(name, words), pytest.raises(SystemExit) as left:
        cli.run(main)
    return Ended(int(left.value.code or 0), _text(out), _text(err))


@contextmanager
def _as_a_command(name: str, words: list[str]) -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    argv = [f"{name}.py", *words]
    # This process's memory stays open: other tests run in it.
    with mock.patch.object(sys, "argv", argv), mock.patch.object(cli, "hide_memory"):
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)


def _text(stream: io.TextIOWrapper) -> str:
    return stream.buffer.getvalue().decode()  # type: ignore[attr-defined]


def in_subprocess(name: str, words: list[str]) -> Ended:
    done = real_script(f"{name}.py", *words, timeout=120, without=("OPENAI_API_KEY", "OPENAI_BASE_URL"))
    return Ended(done.returncode, done.stdout, done.stderr)


def command(scenario: Scenario, mode: str, folder: Path, url: str) -> list[str]:
    """The command's words; writes the files that it names."""
    rows = [{"problem": problem(row), "answer": "2"} for row in range(scenario.rows)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "keys.txt").write_text("".join(f"{KEY}{number:04}\n" for number in range(1, scenario.keys + 1)))
    dataset = ["--dataset", "MATH500"]
    if scenario.script == "eval":
        dataset = ["--evals", "MATH500", "--output-file", str(folder / "results.txt")]
    words = [*dataset, "--model", "openai/m", "--base-url", url, "--keys", str(folder / "keys.txt")]
    words += ["--dataset-path", str(folder / "rows.jsonl"), "--result-dir", str(folder / "out"), "--check-workers", "1"]
    words += [] if scenario.temperature is None else ["--temperatures", scenario.temperature]
    words += ["--no-stream"] if mode == "plain" else []
    words += [] if scenario.judged else ["--inference"]
    words += [] if "--max-retries" in scenario.options else ["--max-retries", "3"]  # the default waits for minutes
    if scenario.system:
        (folder / "system.txt").write_text(scenario.system)
        words += ["--system-prompt", str(folder / "system.txt")]
    return [*words, *(word.replace("{folder}", str(folder)) for word in scenario.options)]


def problem(row: int) -> str:
    return f"Problem {row}: what is 1+1?"


def scripted(scenario: Scenario) -> Callable[[Seen], Step]:
    """The server's side of a scenario."""

    def step(seen: Seen) -> Step:
        if scenario.odd is not None and seen.row != scenario.odd:
            return Answer()
        if callable(scenario.answers):
            return scenario.answers(seen)
        return scenario.answers[min(seen.attempt, len(scenario.answers) - 1)]

    return step


def play(scenario: Scenario, mode: str, folder: Path, run: Runner = in_process) -> Played:
    """Play a scenario and compare everything with what it expects."""
    with ScriptedServer(scripted(scenario), scenario.models) as server:
        words = command(scenario, mode, folder, server.url)
        start = time.monotonic()
        ended = run(scenario.script, words)
        played = Played(scenario, mode, folder, server, ended, time.monotonic() - start, len(server.chats))
        played.records = records_in(folder)
        compare(played)
        if scenario.rerun is not None:
            again = run(scenario.script, words)
            count = len(server.chats) - played.requests
            check(within(count, scenario.rerun), f"rerun: {count} requests, expected {scenario.rerun}", again)
    return played


def records_in(folder: Path) -> dict[int, dict[str, Any]]:
    """Row -> fields of its response in the result file; empty without a file."""
    found = {}
    for path in (folder / "out").glob("*.json"):
        for key, entry in json.loads(path.read_text(encoding="utf-8"), parse_constant=not_json).items():
            row = int(key.split(":")[0].removeprefix("Problem "))
            [(label, [response])] = entry["responses"].items()
            usages = entry.get("token_usages", {}).get(label, [])
            found[row] = {**response, "usage": usages[0] if usages else {}}
    return found
