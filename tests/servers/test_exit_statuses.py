"""Scenarios through the commands themselves: exit statuses, memory, and the scripts of the distillation's steps."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.scripts import ROOT, script

from servers.answers import RIGHT_TEXT, Answer
from servers.compare import Ended
from servers.faults import fault
from servers.play import Runner, in_subprocess, play, scripted
from servers.scenario import Scenario, failed
from servers.scenarios import named
from servers.scenarios.hops import MIB, big
from servers.server import ScriptedServer
from servers.wire import bomb

pytestmark = pytest.mark.timeout(180)

PLAYED = [
    ("finish reason eos", "stream"),
    ("truncated by max_tokens", "plain"),
    ("withheld by content_filter", "stream"),
    ("one withheld of 24", "stream"),
    ("no content: null", "stream"),
    ("all in the reasoning field, content null", "stream"),
    ("no usage, and a limit in dollars", "stream"),
    ("text with half a pair", "plain"),
    ("an error with half a pair and escapes", "plain"),
    ("no credits, said in a success", "stream"),
    ("a model not found", "stream"),
    ("401: all of three keys", "stream"),
    ("403 with a flag: one row, three keys", "stream"),
    ("max_tokens too large: vLLM", "stream"),
    ("a clamped answer that ends at its limit", "plain"),
    ("more tokens a minute than there are: Groq, 413", "plain"),
    ("Retry-After of a day", "stream"),
    ("a field of --request-args is refused, fastapi", "stream"),
    ("streams are refused, OpenAI", "stream"),
    ("seed is refused, Mistral", "plain"),
    ("a stream closed always", "stream"),
    ("ended: comments without an end, always", "stream"),
    ("redirect 307 to another host", "stream"),
    ("connection reset before an answer", "stream"),
    ("a body of 100,000 brackets", "plain"),
    ("one row of three fails, in eval.py", "stream"),
]


@pytest.mark.parametrize(("name", "mode"), PLAYED)
def test_command(name: str, mode: str, folder: Path) -> None:
    play(named(name), mode, folder, in_subprocess)


MEASURED = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    print(*(line for line in open("/proc/self/status") if line.startswith("VmHWM")), file=sys.stderr)
"""
MOST_GROWTH = 200 * 1024
"""KiB."""


def measured(peaks: list[int]) -> Runner:
    """Runs a command and notes its largest resident memory in KiB."""

    def run(name: str, words: list[str]) -> Ended:
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, f"{name}.py", *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )
        [peak] = re.findall(r"VmHWM:\s*(\d+) kB", done.stderr)
        peaks.append(int(peak))
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("a gzip bomb for one row of three", "stream"),
        ("a body without an end for one row of three", "plain"),
        ("a line without an end for one row of three", "stream"),
    ],
)
def test_memory_stays_bounded(name: str, mode: str, folder: Path) -> None:
    peaks: list[int] = []
    for part, scenario in (("usual", Scenario("usual", [Answer()], judged=False)), ("large", named(name))):
        (folder / part).mkdir()
        play(scenario, mode, folder / part, measured(peaks))
    usual, large = peaks
    assert large - usual < MOST_GROWTH, f"{(large - usual) // 1024} MiB more than usual for {MIB} MiB"


def test_a_bomb_for_every_row_is_no_score(folder: Path) -> None:
    play(
        Scenario("bombs", big(bomb(MIB)), failed(""), rows=2, requests=2, status=1, options=("--max-retries", "0")),
        "stream",
        folder,
        in_subprocess,
    )


# -- the distillation's steps -----------------------------------------------------------------------------------------


def step_one(tmp_path: Path, answers: list[Any], rows: int = 3) -> tuple[subprocess.CompletedProcess[str], int]:
    """Label so many problems against a server; the command's end, and the number of requests."""
    problems = [
        {"problem": f"Problem {i}: what is 1+1?", "solution": "\\boxed{2}", "source": "math"} for i in range(rows)
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in problems))
    with ScriptedServer(scripted(Scenario("labels", answers))) as server:
        done = script(
            "label_math_difficulty.py", "--source", "math", "--dataset-path", tmp_path / "rows.jsonl", "--output-dir", tmp_path,
            "--base-url", server.url, "--max-retries", "1", timeout=120, without=("OPENAI_API_KEY", "OPENAI_BASE_URL"),
        )  # fmt: skip
        return done, len(server.chats)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (fault(404, "The model does not exist", code="model_not_found"), "The model does not exist"),
        (fault(400, "something is wrong here"), "something is wrong here"),
        (fault(402, "Insufficient credits"), "Insufficient credits"),
        (Answer(None, "content_filter"), "(?i)filter|withheld"),
    ],
)
def test_labels_from_nothing_are_a_failure(answer: Any, words: str, tmp_path: Path) -> None:
    done, requests = step_one(tmp_path, [answer])
    assert done.returncode == 1, done.stderr[-1500:]
    assert re.search(words, done.stderr)
    assert "Traceback" not in done.stderr
    assert requests <= 6


@pytest.mark.parametrize(
    "answer", [Answer("It is easy. [[3]]", "eos"), Answer("[[3]]", message={"reasoning": "[[9]]"})]
)
def test_labels_of_every_shape(answer: Answer, tmp_path: Path) -> None:
    done, requests = step_one(tmp_path, [answer])
    assert done.returncode == 0, done.stderr[-1500:]
    assert requests == 3
    labels = json.loads((tmp_path / "labeled_math_0_-1.json").read_text())
    assert [row["gpt_difficulty_parsed"] for row in labels] == [3, 3, 3]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (fault(404, "The model does not exist", code="model_not_found"), "The model does not exist"),
        (fault(400, "something is wrong here"), "something is wrong here"),
    ],
)
def test_rewrites_from_nothing_are_a_failure(answer: Any, words: str, tmp_path: Path) -> None:
    rows = {f"Problem {i}: what is 1+1?": {"responses": {"0.7": [{"content": f"{i} {RIGHT_TEXT}"}]}} for i in range(3)}
    (tmp_path / "m.json").write_text(json.dumps(rows))
    with ScriptedServer(scripted(Scenario("rewrites", [answer]))) as server:
        done = script(
            "convert_format.py", "--input_dir", tmp_path, "--base-url", server.url, "--max-retries", "1", timeout=120,
            without=("OPENAI_API_KEY", "OPENAI_BASE_URL"),
        )  # fmt: skip
    assert done.returncode == 1, done.stderr[-1500:]
    assert re.search(words, done.stderr)
    assert "Traceback" not in done.stderr
