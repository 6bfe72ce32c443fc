"""eval.py with a real engine: samples, best-of-n, reports, comparing, reproducing; and its arguments."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from support import report_data
from support.scripts import SAMPLES, results_in, script
from support.serving import vllm_server
from support.warm import warm_script

from util.prompting.profiles import profile_of
from util.report.comparison import compare_folders
from util.system.errors import UserError

HEAD = ("MATH500", "MMLU")


def evaluate(model: Path, folder: Path, *extra: str) -> Any:
    return warm_script(
        "eval.py", "--model", model, "--evals", "MATH500,MMLU", "--limit", "4", "--max-tokens", "48", "--n", "2",
        "--temperatures", "0.7", "--dataset-path", f"MATH500={SAMPLES / 'math500.jsonl'}",
        "--dataset-path", f"MMLU={SAMPLES / 'mmlu.jsonl'}", "--result-dir", folder, "--output-file", folder / "results.txt", *extra,
    )  # fmt: skip


@pytest.mark.engine
def test_eval_reports_compares_and_reproduces(embedded_model: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    report = tmp_path / "report.html"
    done = evaluate(embedded_model, one, "--best-of-n-by", "logprob", "--report", report, "--csv", tmp_path / "m.csv")
    assert done.returncode == 0, done.stderr[-3000:]
    scores = json.loads((one / "results.txt").read_text())
    assert set(scores) == set(HEAD)
    assert json.loads(done.stdout.splitlines()[-1]) == scores
    assert done.stderr.count('"backend": "vllm"') == 2

    table = list(csv.DictReader((tmp_path / "m.csv").open()))
    by_metric = {(row["benchmark"], row["metric"]): row for row in table}
    assert {metric for _, metric in by_metric} == {"pass@1", "pass@2", "cons@2", "all@2", "best@2 by logprob"}
    for name in HEAD:
        row = by_metric[name, "pass@1"]
        assert float(row["value"]) == scores[name]
        assert float(row["low"]) <= float(row["value"]) <= float(row["high"])
        assert (row["problems"], row["responses"]) == ("4", "8")
    details = json.loads((one / "results_details.json").read_text())
    assert details["MMLU"]["metrics"]["0.7"]["pass@1"][0] == scores["MMLU"]
    [path] = one.glob("*_MMLU_*.json")
    for _, entry in results_in(path).items():
        assert all(response["logprob"] < 0 for response in entry["responses"]["0.7"])

    again = script("eval.py", "--reproduce", report)
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("python eval.py --model") + again.stdout.count("eval.py --model") >= 2
    assert "prompt hash" in again.stdout
    assert "transformers" in again.stdout
    assert script("eval.py", "--reproduce", path).stdout.count("--best-of-n-by logprob") == 1

    done = evaluate(embedded_model, two, "--seed", "5")
    assert done.returncode == 0, done.stderr[-3000:]
    done = script("eval.py", "--compare", one, two, "--csv", tmp_path / "flips.csv")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("common problems") == 2
    assert "B - A" in done.stdout
    assert (tmp_path / "flips.csv").read_text().startswith("benchmark,temperature_a")


@pytest.mark.engine
def test_a_real_reward_model_chooses(embedded_model: Path, tiny_model: Path, tmp_path: Path) -> None:
    """Random weights, but a real server and a real classification head: its scores choose."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForSequenceClassification

    folder = tmp_path / "reward"
    torch.manual_seed(1)
    config = LlamaConfig.from_pretrained(tiny_model, num_labels=1)
    LlamaForSequenceClassification(config).to(torch.float32).save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny_model).save_pretrained(folder)
    words = ["--dataset", "NUMINA", "--model", embedded_model, "--n", "2", "--end", "2", "--max-tokens", "192"]
    words += ["--source", "all", "--dataset-path", SAMPLES / "numina.jsonl", "--result-dir", tmp_path]
    words += ["--best-of-n-by", "reward"]
    words += ["--reward-model", "judge"]
    down = warm_script("inference_and_check.py", *words, "--reward-url", "http://127.0.0.1:9")
    assert down.returncode == 1
    assert "gives no score" in down.stderr
    with vllm_server(folder, "judge", tmp_path / "server.log", "--runner", "pooling") as address:
        done = script("inference_and_check.py", *words, "--reward-url", address)
    assert done.returncode == 0, done.stderr[-3000:]
    assert (
        "Nothing to generate: all 4 responses exist" in done.stderr
    )  # what was generated before the server was there is kept
    [path] = tmp_path.glob("*_NUMINA_*_2.json")
    finished = rewarded = 0
    for _, entry in results_in(path).items():
        for response in entry["responses"]["0.7"]:
            finished += response["finish_reason"] == "stop"
            rewarded += isinstance(response.get("reward"), float)
            assert "reward" not in response or 0 <= response["reward"] <= 1
    assert finished == rewarded > 0
    assert "best@2 by reward" in done.stdout


def test_arguments_that_do_not_go_together(tmp_path: Path) -> None:
    base = ["inference_and_check.py", "--dataset", "NUMINA", "--dataset-path", SAMPLES / "numina.jsonl", "--dry-run"]
    for extra, words in {
        ("--model", "no/preset", "--preset"): "There is no preset",
        ("--model", "x/y", "--best-of-n-by", "reward"): "must be used together",
        ("--model", "x/y", "--reward-url", "http://x"): "must be used together",
        ("--model", "x/y", "--resume", "--overwrite"): "cannot be combined",
    }.items():
        done = script(*base, *extra)
        assert done.returncode == 1
        assert words in done.stderr
        assert "Traceback" not in done.stderr
    assert script("eval.py", "--model", "x/y").returncode == 2


def test_presets_are_printed_with_their_source() -> None:
    base = ["inference_and_check.py", "--dataset", "NUMINA", "--dataset-path", SAMPLES / "numina.jsonl", "--dry-run", "--source", "all"]  # fmt: skip
    done = script(*base, "--model", "Qwen/QwQ-32B", "--preset")
    assert "preset: temperature 0.6, top-p 0.95, top_k 20 (QwQ-32B's model card" in done.stderr
    assert "temperatures: 0.6" in done.stderr
    assert "top-p 0.95" in done.stdout
    done = script(*base, "--model", "Qwen/QwQ-32B")
    assert "note: the recommended sampling of Qwen/QwQ-32B is temperature 0.6" in done.stderr
    assert "temperatures: 0.7" in done.stderr
    done = script(*base, "--model", "Qwen/QwQ-32B", "--preset", "--temperatures", "1", "--top-p", "0.5")
    assert "temperatures: 1" in done.stderr
    assert "top-p 0.5" in done.stdout
    assert profile_of("Qwen/QwQ-32B-Preview").preset is None
    assert profile_of("deepseek-ai/DeepSeek-R1-Distill-Qwen-32B").preset is not None
    temperatures = {
        "Qwen/Qwen3-32B": 0.6, "Qwen/Qwen3-4B-Thinking-2507": 0.6, "Qwen/Qwen3-30B-A3B-Instruct-2507": 0.7,
        "Qwen/Qwen3.6-27B": 1.0, "zai-org/GLM-4.7-Flash": 1.0, "deepseek-ai/DeepSeek-V3.1-Terminus": 0.6,
    }  # fmt: skip
    assert {name: getattr(profile_of(name).preset, "temperature", None) for name in temperatures} == temperatures
    assert profile_of("Qwen/Qwen3-Coder-30B").preset is None


def test_compare_pairs_by_problem(tmp_path: Path) -> None:
    first = report_data.make(tmp_path / "a" / "m1_AIME_train_2024_0_-1.json", 40, 1, seed=1, hostile=False)
    second = report_data.make(tmp_path / "b" / "other-model_AIME_train_2024_0_-1.json", 40, 1, seed=1, hostile=False)
    entries = json.loads(second.read_text())
    lifted = [key for key, entry in entries.items() if entry["responses"]["0.7"][0]["correctness"] is not True][:8]
    for key in lifted:
        entries[key]["responses"]["0.7"][0]["correctness"] = True
    gone = next(key for key in entries if key not in lifted)
    del entries[gone]
    second.write_text(json.dumps(entries))
    [found] = compare_folders(first.parent, second.parent, ("AIME", "MATH500"))
    assert {flip.problem for flip in found.flips} == set(lifted)
    assert (found.only_first, found.only_second) == (1, 0)
    assert found.first.problems == 39
    assert found.difference.value == pytest.approx(8 / 39)
    assert found.difference.p == pytest.approx(2 / 2**8)
    done = script("eval.py", "--compare", tmp_path / "a", tmp_path / "b")
    assert "8 problems where B is better" in done.stdout
    assert "McNemar" in done.stdout
    report_data.make(tmp_path / "c" / "m_MATH500_test_all_0_-1.json", 3, 1)
    with pytest.raises(UserError, match="Nothing to compare"):
        compare_folders(tmp_path / "a", tmp_path / "c", ("AIME", "MATH500"))


def test_compare_refuses_what_was_never_judged_and_takes_files_of_any_name(tmp_path: Path) -> None:
    first = report_data.make(tmp_path / "greedy.json", 20, 1, hostile=False)
    second = report_data.make(tmp_path / "sampled.json", 20, 1, seed=4, hostile=False)
    [found] = compare_folders(first, second, ("AIME",))
    assert found.first.problems == 20
    text = second.read_text()
    for verdict in ("true", "false"):
        text = text.replace(f'"correctness": {verdict}', '"correctness": null')
    second.write_text(text)
    with pytest.raises(UserError, match="has no verdicts"):
        compare_folders(first, second, ("AIME",))


def test_without_a_journal_nothing_is_said_of_how(tmp_path: Path) -> None:
    path = report_data.make(tmp_path / "m_AIME_x.json", 2, 1)
    assert script("eval.py", "--reproduce", path).stdout.strip().endswith('{"backend": "vllm", "device": "cpu"}')
    path.with_suffix(".journal.jsonl").unlink()
    done = script("eval.py", "--reproduce", path)
    assert done.returncode == 1
    assert "has no manifest" in done.stderr
