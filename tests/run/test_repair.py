"""Scripts that meet a damaged journal: --repair makes the damaged samples again, and only those."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from support.faulty_server import FaultyServer
from support.scripts import results_in, script

NAME = "gpt-x_MATH500_test_all_0_-1"
KEY = {"OPENAI_API_KEY": "sk-only-here-9999"}


def asked(server: FaultyServer) -> list[str]:
    return [body["messages"][-1]["content"] for body in server.requests]


def test_damaged_samples_are_made_again_and_only_those(server: FaultyServer, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps({"problem": f"{n}+1?", "answer": "2"}) + "\n" for n in range(6)))

    def run(*extra: str) -> subprocess.CompletedProcess[str]:
        return script(
            "inference_and_check.py", "--dataset", "MATH500", "--model", "openai/gpt-x", "--base-url", server.url,
            "--dataset-path", rows, "--result-dir", tmp_path, *extra, env=KEY,
        )  # fmt: skip

    assert run().returncode == 0
    before = results_in(tmp_path / f"{NAME}.json")
    journal = tmp_path / f"{NAME}.journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    completion = next(line for line in lines if b'"key": "2+1?"' in line and b'"completion"' in line)
    verdict = next(line for line in lines if b'"key": "4+1?"' in line and b'"verdict"' in line)
    journal.write_bytes(
        b"".join(
            line.replace(b"2+1", b"2+0")
            if line is completion
            else line.replace(b"4+1", b"4+0")
            if line is verdict
            else line
            for line in lines
        )
    )
    damaged = journal.read_bytes()
    done = run()
    assert done.returncode == 1
    assert "has 2 damaged lines" in done.stderr
    assert "Traceback" not in done.stderr
    assert journal.read_bytes() == damaged
    assert len(server.requests) == 6
    done = run("--repair")
    assert done.returncode == 0, done.stderr
    assert f"2 damaged lines moved to {NAME}.journal.damaged.jsonl" in done.stderr
    assert len(server.requests) == 7
    assert "2+1?" in asked(server)[-1]
    assert plain(results_in(tmp_path / f"{NAME}.json")) == plain(before)
    new = journal.read_text().splitlines()[len(lines) - 2 :]
    assert sorted(json.loads(line)["type"] for line in new) == [
        "completion",
        "final",
        "run",
        "sent",
        "verdict",
        "verdict",
    ]


def plain(results: dict[str, Any]) -> dict[str, Any]:
    return {key: entry["responses"] for key, entry in results.items()}


def test_labels_and_rewrites_are_repaired(server: FaultyServer, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(
        json.dumps({"problem": f"{n}+1?", "solution": "\\boxed{2}", "source": "math"}) + "\n" for n in range(4)
    ))  # fmt: skip
    api = ["--base-url", server.url]
    label = ["label_math_difficulty.py", "--source", "math", "--dataset-path", rows, "--output-dir", tmp_path, *api]
    (tmp_path / "data").mkdir()
    responses = {"0.7": [{"content": "so \\boxed{2}"}]}
    results = {f"{n}+1?": {"responses": responses} for n in range(4)}
    (tmp_path / "data" / "m.json").write_text(json.dumps(results))
    convert = ["convert_format.py", "--input_dir", tmp_path / "data", *api]
    for command, journal in (
        (label, tmp_path / "labeled_math_0_-1.journal.jsonl"),
        (convert, tmp_path / "data" / "converted_m.journal.jsonl"),
    ):
        before = script(*command, env=KEY)
        count = len(server.requests)
        lines = journal.read_bytes().splitlines(keepends=True)
        hit = max(number for number, line in enumerate(lines) if b'"key": "3+1?"' in line)
        hit_before = [line for line in lines if b'"key": "3+1?"' in line]
        lines[hit] = lines[hit].replace(b"3+1", b"3+0")
        journal.write_bytes(b"".join(lines))
        done = script(*command, env=KEY)
        assert done.returncode == 1
        assert "1 damaged line" in done.stderr
        done = script(*command, "--repair", env=KEY)
        assert "Traceback" not in done.stderr
        # The server answers without the four markers: no rewrite is taken.
        assert done.returncode == before.returncode == (1 if command is convert else 0)
        assert 1 <= len(server.requests) - count <= len(hit_before)
        assert all("3+1?" in text for text in map(str, (body["messages"] for body in server.requests[count:])))
