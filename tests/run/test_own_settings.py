"""eval.py with parts of benchmarks and options of their own, over a server."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from support.faulty_server import FaultyServer
from support.scripts import SAMPLES, script

from eval import parse
from util.results.manifest import generating_run, runs_of
from util.run.options import SamplingOptions
from util.run.own_settings import with_settings
from util.system.options import options_from

KEY = {"OPENAI_API_KEY": "sk-only-here-9999"}


def evaluate(server: FaultyServer, folder: Path, *extra: object) -> Any:
    return script(
        "eval.py", "--model", "openai/gpt-x", "--base-url", server.url, "--dataset-path", SAMPLES / "mmlu.jsonl",
        "--result-dir", folder / "out", "--output-file", folder / "results.txt", *extra, env=KEY,
    )  # fmt: skip


def test_two_parts_have_files_scores_and_settings_of_their_own(server: FaultyServer, tmp_path: Path) -> None:
    words = [
        "--evals",
        "mmlu:subject=biology,MMLU:answer=1",
        "--set",
        "MMLU:answer=1.n=2",
        "--set",
        "mmlu.max_tokens=77",
    ]
    words += ["--csv", tmp_path / "m.csv", "--report", tmp_path / "r.html"]
    done = evaluate(server, tmp_path, *words)
    assert done.returncode == 0, done.stderr
    labels = ["MMLU:subject=biology", "MMLU:answer=1"]
    assert list(json.loads((tmp_path / "results.txt").read_text())) == labels
    assert list(json.loads((tmp_path / "results_details.json").read_text())) == labels
    with (tmp_path / "m.csv").open() as file:
        assert {row["benchmark"] for row in csv.DictReader(file)} == set(labels)
    page = (tmp_path / "r.html").read_text()
    assert "answer=1" in page
    assert "biology" in page
    [biology], [answer] = (
        list((tmp_path / "out").glob(f"gpt-x_MMLU_test_{name}_0_-1.json")) for name in ("biology", "all+answer=1")
    )
    settings = [generating_run(list(runs_of(path)))["settings"] for path in (biology, answer)]
    assert [(each["n"], each["max_tokens"]) for each in settings] == [(1, 77), (2, 77)]
    sent = len(server.requests)
    again = evaluate(server, tmp_path, *words)
    assert again.returncode == 0, again.stderr
    assert again.stderr.count("Nothing to generate") == 2
    assert len(server.requests) == sent


def test_an_unknown_part_ends_the_run_before_anything_is_sent(server: FaultyServer, tmp_path: Path) -> None:
    done = evaluate(server, tmp_path, "--evals", "MMLU:biology,MMLU:subject=biolgy")
    assert done.returncode == 1
    assert "Did you mean biology?" in done.stderr
    assert server.requests == []
    assert not (tmp_path / "out").exists()


def parsed(*words: str) -> dict[str, SamplingOptions]:
    args = parse(["--model", "openai/x", *words])
    return {each.label: options_from(SamplingOptions, with_settings(args, each)) for each in args.chosen}


def test_the_nearest_setting_counts() -> None:
    found = parsed(
        "--evals", "open-r1", "--set", "aime.n=8", "--set", "AIME.temperature=0.6,1", "--set", "Math500.top-k=20"
    )
    assert {name: each.n for name, each in found.items()} == {
        "AIME": 8, "MATH500": 4, "GPQADiamond": 8, "LiveCodeBench": 16,
    }  # fmt: skip
    assert (found["AIME"].temperatures, found["MATH500"].temperatures) == ([0.6, 1.0], None)
    assert (found["MATH500"].sampling_args, found["AIME"].sampling_args) == ({"top_k": 20}, None)
    general = parsed("--evals", "open-r1,AMC23", "--n", "2", "--set", "MATH500.n=3", "--sampling-args", "min_p=0.1")
    assert [each.n for each in general.values()] == [2, 3, 2, 2, 2]  # --n is the user's, and more than the group's
    kept = parsed("--evals", "MMLU:law,MMLU", "--set", "MMLU:law.n=4", "--set", "MMLU.no_repetition_detection=true")
    assert [(each.n, each.stop_loops) for each in kept.values()] == [(4, False), (1, False)]


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("AIME", "expected NAME.OPTION=VALUE"),
        ("MMLU.n=3", "MMLU is not among --evals"),
        ("AIMEE.n=3", "did you mean AIME?"),
        ("AIME.topk=3", "did you mean top_k?"),
        ("AIME.max_token=3", "did you mean max_tokens?"),
        ("AIME.n=0", "must be an integer of at least 1"),
        ("AIME.temperature=9", "must be a number from 0 to 2"),
        ("AIME.no_repetition_detection=1", "must be true or false"),
        ("AIME.model=x", "no such option of a single benchmark"),
    ],
)
def test_settings_that_cannot_be_are_refused(setting: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed("--evals", "AIME", "--set", setting)
    assert ended.value.code == 2
    assert words in capsys.readouterr().err
