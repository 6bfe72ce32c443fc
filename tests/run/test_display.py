"""What a run shows of its progress: in terminals of 80 and 120 columns, in a dumb one, and without any."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.api_engine import AnyServer, chat_answer
from support.scripts import script
from support.terminal import Terminal, terminal

KEY = {"OPENAI_API_KEY": "sk-only-here-9999"}
LONG = "a-model-with-quite-a-long-name-" * 3
COST = re.compile(r"\$[\d.]+ of ~\$[\d.]+|\$[\d.]+, about \$[\d.]+ in all, limit \$5\.00")


class Gated(AnyServer):
    """Answers only as many requests as it is told; one of them is refused, and one is cut by its token limit."""

    def __init__(self) -> None:
        self.gate = threading.Semaphore(0)
        super().__init__(self._reply)

    def _reply(self, text: str) -> Any:
        self.gate.acquire()
        if "broken" in text:
            return 400, {"error": {"message": "no\x1b[31m\x1b]0;title\x07 such"}}
        return chat_answer("cut", "length") if "long" in text else chat_answer("The answer is \\boxed{2}.")


@pytest.fixture
def server() -> Iterator[Gated]:
    found = Gated()
    yield found
    found.gate.release(10_000)
    found.close()


def words(server: Gated, folder: Path, count: int = 12) -> list[object]:
    path = folder / "rows.jsonl"
    texts = [f"{n}+{n}?" for n in range(count)]
    texts[1], texts[2] = "broken?", "long?"
    path.write_text("".join(json.dumps({"problem": t, "answer": "2", "solution": "s"}) + "\n" for t in texts))
    return [
        "inference_and_check.py", "--dataset", "MATH500", "--model", "openai/m", "--dataset-path", path, "--result-dir",
        folder / "out", "--base-url", server.url, "--max-retries", "0", "--price-input", "10", "--price-output", "20",
        "--max-cost", "5", "--concurrency", "3", "--max-failed", "0.5",
    ]  # fmt: skip


def panel(text: str) -> list[str]:
    """The lines of the last panel."""
    lines = text.splitlines()
    starts = [number for number, each in enumerate(lines) if each.startswith("╭─ MATH500")]
    ends = [number for number, each in enumerate(lines) if each.startswith("╰─")]
    return lines[starts[-1] : ends[-1] + 1] if starts and ends else []


def answered(shown: Terminal, server: Gated, count: int, total: int = 12) -> str:
    server.gate.release(count)
    return shown.wait_for(lambda text: f" {count} of {total} responses" in "\n".join(panel(text)) and "judged" in text)


@pytest.mark.parametrize("columns", [80, 120])
def test_the_panel_fits_and_stays_in_its_place(server: Gated, tmp_path: Path, columns: int) -> None:
    with terminal(*words(server, tmp_path), columns=columns, env=KEY) as shown:
        lines = panel(answered(shown, server, 6))
        rest = "\n".join(lines)
        assert {len(line) for line in lines} == {80}
        assert re.search(r"right     +\d of \d judged: 1?\d\d\.\d%, 95 % interval", rest)
        assert "truncated 1 (16.7%), failed 1 (16.7%), in flight" in rest
        assert re.search(r"time +\d+ s, about \d+ s left, [\d,]+ tokens/s", rest)
        assert COST.search(rest)
        assert "keys      1 of 1 ready" in rest
        assert f"server    {server.url.removesuffix('/v1')}/v1 3 in flight" in rest
        shown.resize(200 - columns, 40)
        server.gate.release(100)
        assert shown.end() == 0
        text = shown.text()
    assert not panel(text)  # in its place there is a line
    assert len(re.findall(r"MATH500: 12 of 12 responses, \d+ s, \$0.\d+ of ~\$0.\d+", text)) == 1
    assert '{"acc": 0.8333}' in text.splitlines()
    assert "\x1b[31m" not in shown.raw
    assert "\x1b]0;title" not in shown.raw
    assert [line for line in shown.wrapped if str(tmp_path)[:20] not in line] == []


def bar(text: str) -> str:
    return [line for line in text.splitlines() if "/12 [" in line or line.startswith("2/12")][-1]


def test_the_bar_never_loses_the_cost(server: Gated, tmp_path: Path) -> None:
    """At 80, 120 and 40 columns."""
    with terminal(*words(server, tmp_path), "--progress", "bar", env=KEY) as shown:
        server.gate.release(6)
        line = bar(shown.wait_for(lambda text: re.search(r"6/12 \[.*acc .*\$", text)))
        assert COST.search(line), line
        assert line.endswith("]")
        shown.resize(120, 40)
        line = bar(shown.wait_for(lambda text: "truncated" in bar(text)))
        assert COST.search(line), line
        assert 80 < len(line) <= 120
        assert "1 failed" in line
        shown.resize(40, 40)
        shown.wait_for(lambda text: len(bar(text)) <= 40 and "acc" not in bar(text) and COST.search(bar(text)))
        shown.resize(80, 40)
        server.gate.release(100)
        assert shown.end() == 0
        assert "╭" not in shown.raw
        assert COST.search(bar(shown.text()))


def test_a_message_goes_above_the_panel(server: Gated, tmp_path: Path) -> None:
    """Ctrl-C, and what it says, while requests are in flight."""
    with terminal(*words(server, tmp_path), env=KEY) as shown:
        answered(shown, server, 6)
        shown.process.send_signal(2)
        text = shown.wait_for(lambda text: "stopping: waiting" in text and len(panel(text)) > 5)
        assert text.index("stopping: waiting") < text.index("╭─ MATH500")
        assert text.count("╭─") == 1
        server.gate.release(100)
        assert shown.end() == 130
        assert not panel(shown.text())
        assert "interrupted: finished results are kept" in shown.text()


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_terminals_without_colour_or_cursor(server: Gated, tmp_path: Path, variable: dict[str, str]) -> None:
    with terminal(*words(server, tmp_path), env=KEY | variable) as shown:
        if "TERM" in variable:
            server.gate.release(100)
        else:
            answered(shown, server, 4)
            server.gate.release(100)
        assert shown.end() == 0
    assert not re.search(r"\x1b\[[\d;]*m", shown.raw)
    if "TERM" in variable:
        assert "\x1b" not in shown.raw
        text = " ".join(shown.text().split())
        assert re.search(r"MATH500: 12 of 12 responses, acc 0\.909 of 11, 1 truncated, 1 failed, .*\$", text)


def test_a_pipe_gets_plain_lines_with_time(server: Gated, tmp_path: Path) -> None:
    server.gate.release(100)
    done = script(*words(server, tmp_path), env=KEY)
    assert done.returncode == 0
    assert "\x1b" not in done.stderr
    assert "\r" not in done.stderr
    [line] = [each for each in done.stderr.splitlines() if each.startswith("MATH500: 12 of 12")]
    assert COST.search(line)
    assert "limit $5.00" in line
    assert json.loads(done.stdout.splitlines()[-1]) == {"acc": 0.8333}


def test_plain_lines_come_every_so_often(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from util.run.progress import Progress

    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    progress = Progress("A{b}\x1b[2J", 100, 10)
    for _ in range(50):
        now[0] += 10.0
        progress.generated(10)
    progress.close()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 + 50 // 3
    assert lines[0] == "A{b}\\x1b[2J: 13 of 100 responses, 1 tok/s, 30 s, about 14 min 30 s left"
    assert lines[-1] == "A{b}\\x1b[2J: 60 of 100 responses, 1 tok/s, 8 min 20 s"


def test_the_end_is_a_table_files_and_a_command(server: Gated, tmp_path: Path) -> None:
    """Of two benchmarks in 80 columns; a quiet rerun prints the table and the scores alone."""
    server.gate.release(1000)
    line = words(server, tmp_path)
    line[:3] = ["eval.py", "--evals", "MATH500,AMC23"]
    line += ["--n", "2", "--temperatures", "0.7", "--output-file", tmp_path / "r.txt"]
    with terminal(*line, env=KEY) as shown:
        assert shown.end() == 0
        lines = shown.text().rstrip().splitlines()
        assert max(len(each) for each in lines if str(tmp_path)[:20] not in each) <= 80
    start = next(number for number, each in enumerate(lines) if each.startswith("benchmark "))
    assert lines[start].split() == [
        "benchmark",
        "n",
        "accuracy",
        "95%",
        "interval",
        "trunc.",
        "failed",
        "tokens",
        "cost",
    ]
    for name, each in zip(("MATH500", "AMC23"), lines[start + 1 : start + 3], strict=True):
        assert re.fullmatch(rf"{name} +12 x 2 +0\.8333 +0\.\d\d\d-0\.\d\d\d +2 +2 +110 +\$0\.0\d\d\d", each), each
    end = " ".join(shown.raw.replace("\\\r\n", "").split())  # as a shell reads what is copied
    folder, scores = tmp_path / "out", tmp_path / "r.txt"
    for part in (
        f"result file of AMC23: {folder}/m_AMC23_train_2023_0_-1.json", f"scores: {scores}",
        f"next: python -m util.report {folder} --output {folder}/report.html",
    ):  # fmt: skip
        assert part in end
    assert json.loads(lines[-1]) == {"MATH500": 0.8333, "AMC23": 0.8333}
    quiet = script(*line, "--quiet", env=KEY)
    assert quiet.returncode == 0
    assert quiet.stdout.splitlines() == [*lines[start : start + 3], lines[-1]]
    assert {each.split(":")[0] for each in quiet.stderr.splitlines() if not each.startswith(" ")} == {"note"}


def test_long_names_are_shortened_in_the_middle() -> None:
    from util.metrics.tally import Tally
    from util.records import Response, Verdict
    from util.results.entries import Entry, judged
    from util.run.console import FinishedRun
    from util.run.final_table import table_lines
    from util.run.summary import RunSummary
    from util.system.terminal_text import columns_of

    def finished(name: str, responses: int) -> FinishedRun:
        summary = RunSummary(tally=Tally(), cost=1234.5)
        response = judged(Response(content="x", finish_reason="stop"), Verdict(True, "right"))
        entries = (Entry(f"q{n}", {}, "p", {0.0: [response] * responses}) for n in range(1200))
        assert sum(1 for _ in summary.counted(entries)) == 1200
        summary.tokens[0.0] = 98_765_432_109
        return FinishedRun(name, "m", Path("r.json"), summary, 0.05)

    lines = table_lines([finished("LiveCodeBench:v6:hard, thinking budget 16384", 4), finished("数学" * 9, 1)], 80)
    assert [len(line) for line in lines[:2]] == [80, 80]
    assert lines[1].startswith("Live...6384  1200 x 4")
    assert lines[1].split()[-2:] == ["98.8B", "$1,234.50"]
    assert lines[2].startswith("数学...数学")
    assert all(columns_of(line) == 80 for line in lines)
