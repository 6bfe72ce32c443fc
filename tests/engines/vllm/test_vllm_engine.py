"""The real engine: vLLM with a tiny or the embedded model, killed and resumed."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.scripts import SAMPLES, results_in, script
from support.serving import vllm_server
from support.warm import start, warm_script

from util.results.paths import ResultPaths

pytestmark = pytest.mark.engine

KILLS, IN_GENERATION = 8, 3
"""At least so many, and so many of them while responses are made; benchmarks/partial_kills.py has the long form."""
N = 4


def command(model: Path, folder: Path, *extra: str) -> list[str]:
    return [
        "inference_and_check.py", "--dataset", "NUMINA", "--model", str(model), "--source", "all", "--n", str(N),
        "--max-tokens", "80", "--dataset-path", str(SAMPLES / "numina.jsonl"), "--result-dir", str(folder), "--max-num-seqs", "8", *extra,
    ]  # fmt: skip


def result_file(folder: Path) -> Path:
    [path] = list(folder.glob("*_NUMINA_*.json"))
    return path


def completions(journal: Path) -> list[dict]:
    if not journal.exists():
        return []
    lines = journal.read_bytes().splitlines(keepends=True)
    whole = [json.loads(line) for line in lines if line.endswith(b"\n")]
    return [record for record in whole if record["type"] == "completion"]


def slot(record: dict) -> tuple:
    return record["key"], record["temperature"], record["sample_index"]


def shape(path: Path) -> dict:
    return {
        key: (entry["prompt"], {t: len(r) for t, r in entry["responses"].items()}, entry["solution"])
        for key, entry in results_in(path).items()
    }


def seeds(path: Path) -> dict:
    return {
        key: {t: [r["seed"] for r in rs] for t, rs in e["responses"].items()} for key, e in results_in(path).items()
    }


def killed_run(arguments: list[str], journal: Path, kind: str, wanted: int, delay: float) -> bool:
    """Start a run and kill its process group ``delay`` s after ``wanted`` more lines of a kind; False if it ended first."""
    mark = f'"type": "{kind}"'.encode()
    before = journal.read_bytes().count(mark) if journal.exists() else 0
    with open(os.devnull, "w") as nothing:
        process = start(arguments, nothing, nothing)
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and process.poll() is None:
        if journal.exists() and journal.read_bytes().count(mark) >= before + wanted:
            time.sleep(delay)
            break
        time.sleep(0.005)
    ended = process.poll() is not None
    if not ended:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(60)
    return not ended


def test_kill_at_random_moments_loses_and_repeats_nothing(tiny_model: Path, tmp_path: Path) -> None:
    whole, end = tmp_path / "whole", ("--end", "24")
    done = warm_script(*command(tiny_model, whole, *end))
    assert done.returncode == 0, done.stderr[-3000:]
    folder = tmp_path / "killed"
    journal = folder / ResultPaths(result_file(whole)).journal.name
    rng = random.Random(7)
    seen: dict[tuple, dict] = {}
    kills = during_generation = 0
    for attempt in range(3 * KILLS):
        if during_generation >= IN_GENERATION and kills > during_generation:
            break  # the others hit checking alone, which starts sooner
        checking = attempt % 4 == 3
        arguments = command(tiny_model, folder, *end)
        kind = "verdict" if checking else "completion"
        killed = killed_run(arguments, journal, kind, rng.randint(1, 5), rng.random() * 0.05)
        kills += killed
        during_generation += killed and not checking
        now = {slot(record): record["response"] for record in completions(journal)}
        for name, response in seen.items():
            assert now[name] == response  # reported finished once: there, unchanged
        assert len(now) == len(completions(journal)), "a sample was generated twice"
        seen = now
        if len(now) == len(shape(result_file(whole))) * N:
            # All generated: start the checks anew, in a copy of the state at that point.
            break
    done = warm_script(*command(tiny_model, folder, *end))
    assert done.returncode == 0, done.stderr[-3000:]
    assert len({slot(r) for r in completions(journal)}) == len(completions(journal))
    assert shape(result_file(folder)) == shape(result_file(whole))
    assert during_generation >= IN_GENERATION
    # Seeds are the same; texts are, but where another batch changes a rounding (see the engine's documentation).
    assert seeds(result_file(folder)) == seeds(result_file(whole))
    # The rest of the kills hits checking alone.
    seen = {slot(r): r["response"] for r in completions(journal)}
    path = result_file(folder)
    while kills < KILLS:
        arguments = command(tiny_model, folder, *end, "--check", "--recheck")
        kills += killed_run(arguments, journal, "verdict", rng.randint(1, 40), rng.random() * 0.02)
        assert shape(path) == shape(result_file(whole))
        assert {slot(r): r["response"] for r in completions(journal)} == seen
    done = warm_script(*command(tiny_model, folder, *end, "--check"))
    assert done.returncode == 0, done.stderr[-3000:]
    for _, entry in results_in(path).items():
        assert all(r["correctness"] is not None for rs in entry["responses"].values() for r in rs)
    assert {slot(r): r["response"] for r in completions(journal)}.items() >= seen.items()


def test_resume_extends_refuses_and_finds_nothing_to_do(tiny_model: Path, tmp_path: Path) -> None:
    base = command(tiny_model, tmp_path, "--end", "3")
    assert warm_script(*base).returncode == 0
    [journal] = tmp_path.glob("*.journal.jsonl")
    before = completions(journal)
    again = warm_script(*base)
    assert "Nothing to generate: all" in again.stderr
    assert "acc" in json.loads(again.stdout.splitlines()[-1])
    other = warm_script(*base, "--max-tokens", "64")
    assert other.returncode == 1
    assert "max-tokens was 80, is now 64" in other.stderr
    more = warm_script(*base, "--n", "6")
    assert more.returncode == 0
    after = completions(journal)
    assert len(after) == 18
    assert after[: len(before)] == before
    assert len({r["response"]["seed"] for r in after}) == 18


def test_tp_and_context_are_refused_before_loading(tiny_model: Path, tmp_path: Path) -> None:
    done = warm_script(*command(tiny_model, tmp_path, "--tp", "8"))
    assert done.returncode == 1
    assert "needs 8 devices" in done.stderr
    done = warm_script(*command(tiny_model, tmp_path, "--max-model-len", "99999"))
    assert done.returncode == 1
    assert "longer than the context" in done.stderr


def test_eval_reports_a_failing_benchmark_and_runs_the_others(embedded_model: Path, tmp_path: Path) -> None:
    done = warm_script(
        "eval.py", "--model", embedded_model, "--evals", "AIME,MMLU,GPQADiamond", "--limit", "4", "--max-tokens", "64",
        "--dataset-path", "AIME=nowhere.jsonl", "--dataset-path", f"MMLU={SAMPLES / 'mmlu.jsonl'}",
        "--dataset-path", f"GPQADiamond={SAMPLES / 'gpqa.jsonl'}", "--result-dir", tmp_path,
        "--output-file", tmp_path / "results.txt",
    )  # fmt: skip
    assert done.returncode == 1
    assert re.search(r"error: AIME by \S+ failed: --dataset-path nowhere.jsonl", done.stderr)
    scores = json.loads((tmp_path / "results.txt").read_text())
    assert scores.pop("AIME") is None
    assert {name: type(score) for name, score in scores.items()} == {"MMLU": float, "GPQADiamond": float}
    assert len(re.findall(r"(?m)^engine: ", done.stderr)) == 2


@pytest.fixture
def served_model(embedded_model: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a real ``vllm serve`` with the embedded model under the name of GPT-4o-mini."""
    options = ("--max-model-len", "4096", "--no-enable-chunked-prefill")
    with vllm_server(embedded_model, "gpt-4o-mini", tmp_path / "server.log", *options) as address:
        yield address


def test_labels_and_rewrites_come_from_a_real_server(served_model: str, tmp_path: Path) -> None:
    api = ["--base-url", served_model, "--concurrency", "8"]
    done = script(
        "label_math_difficulty.py", "--source", "olympiads", "--dataset-path", SAMPLES / "numina.jsonl",
        "--output-dir", tmp_path, "--max-tokens", "64", *api,
    )  # fmt: skip
    labels = json.loads((tmp_path / "labeled_olympiads_0_-1.json").read_text())
    assert len(labels) == 6
    assert all(row["gpt_difficulty"] for row in labels)
    assert all(1 <= row["gpt_difficulty_parsed"] <= 10 or row["gpt_difficulty_parsed"] == -1 for row in labels)
    # So small a model seldom keeps to the form. A run without one readable label, or rewrite, has failed.
    assert done.returncode == (0 if any(row["gpt_difficulty_parsed"] > 0 for row in labels) else 1), done.stderr[-3000:]
    tokens = re.search(r"spent: \$[\d.]+ for ([\d,]+) prompt and ([\d,]+) completion", done.stderr)
    assert int(tokens[1].replace(",", "")) > 6 * 300

    data = tmp_path / "data"
    data.mkdir()
    texts = ["we add one and one to get two\n\\boxed{2}", "three times two is six\n\\boxed{6}"]
    entry = {"problem": "q", "solution": "\\boxed{2}", "responses": {"0.7": [{"content": text} for text in texts]}}
    (data / "m.json").write_text(json.dumps({"q": entry}))
    done = script("convert_format.py", "--input_dir", data, "--max-tokens", "64", *api)
    [(_, converted)] = results_in(data / "converted_m.json").items()
    taken = any("processed_content" in response for response in converted["responses"]["0.7"])
    assert done.returncode == (0 if taken else 1), done.stderr[-3000:]
    for response in converted["responses"]["0.7"]:
        # What it breaks must say so, what it keeps must be whole.
        assert response["conversion"]
        assert ("processed_content" in response) == response["conversion"].startswith("rewritten by")
    rewrites = [json.loads(line) for line in ResultPaths(data / "converted_m.json").journal.read_text().splitlines()]
    assert sum(record["type"] == "completion" for record in rewrites) >= 2
