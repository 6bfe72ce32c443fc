"""Options of the engine that change what a model is: adapters, longer contexts, Mistral's tokenizer, an older vLLM."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.scripts import SAMPLES, results_in, script
from support.warm import warm_script

from benchmarks.model_architectures import family_of
from benchmarks.model_checkpoints import write, write_adapter

pytestmark = pytest.mark.engine

OLDER = """
import sys, vllm
from util.results.partials import PartialJournal
new, append = vllm.SamplingParams, PartialJournal.append
sizes = []

class Older:
    __struct_fields__ = tuple(name for name in new.__struct_fields__ if name != "stream_interval")
    def __new__(cls, **arguments):
        assert "stream_interval" not in arguments
        return new(**arguments)

def counted(self, sample, request, increment):
    sizes.append(len(increment.ids))
    return append(self, sample, request, increment)

vllm.SamplingParams, PartialJournal.append = Older, counted
import inference_and_check
inference_and_check.main(sys.argv[1:])
print("sizes", max(sizes), len(sizes))
"""
"""Runs the script with parameters as vLLM 0.23 has them, which know no interval of their own."""


def generate(model: Path, folder: Path, *words: str, tokens: int = 40) -> Any:
    command = [
        "inference_and_check.py", "--inference", "--dataset", "MATH500", "--dataset-path", str(SAMPLES / "math500.jsonl"),
        "--end", "4", "--model", str(model), "--result-dir", str(folder), "--max-tokens", str(tokens), "--temperatures",
        "0", "--dtype", "float32", *words,
    ]  # fmt: skip
    return warm_script(*command)


def texts(folder: Path) -> list[str]:
    [path] = folder.glob("*_MATH500_*.json")
    return [
        response["content"]
        for entry in results_in(path).values()
        for responses in entry["responses"].values()
        for response in responses
    ]


def test_an_adapter_changes_the_texts_and_another_one_is_refused(tmp_path: Path) -> None:
    base = write(family_of("Qwen/Qwen3-8B"), tmp_path / "base")
    first, second = (write_adapter(base, tmp_path / name) for name in ("first", "second"))
    plain = generate(base, tmp_path / "plain")
    adapted = generate(base, tmp_path / "adapted", "--lora", str(first))
    assert (plain.returncode, adapted.returncode) == (0, 0), plain.stderr[-2000:] + adapted.stderr[-2000:]
    assert texts(tmp_path / "plain") != texts(tmp_path / "adapted")
    other = generate(base, tmp_path / "adapted", "--lora", str(second), "--max-tokens", "50")
    assert other.returncode != 0
    assert "lora" in other.stderr


def test_yarn_makes_the_context_longer_beside_a_stated_one(tmp_path: Path) -> None:
    model = write(family_of("Qwen/Qwen3-8B"), tmp_path / "model")
    native = generate(model, tmp_path / "native", "--max-model-len", "8192")
    assert native.returncode != 0
    assert "4096" in native.stderr.replace(",", "")
    rope = {"rope_type": "yarn", "rope_theta": 1000000, "factor": 4.0, "original_max_position_embeddings": 4096}
    longer = "hf_overrides=" + json.dumps({"max_position_embeddings": 16384, "rope_parameters": rope})
    done = generate(model, tmp_path / "yarn", "--max-model-len", "8192", "--engine-args", longer)
    assert done.returncode == 0, done.stderr[-2000:]
    assert '"max_model_len": 8192' in done.stdout + done.stderr
    assert len(texts(tmp_path / "yarn")) == 4


def test_a_model_with_mistrals_own_tokenizer(tmp_path: Path) -> None:
    import mistral_common

    family = family_of("mistralai/Magistral-Small-2509")
    model = write(replace(family, sizes={**family.sizes, "vocab_size": 131072}, words=()), tmp_path / "model")
    for path in model.glob("tokenizer*"):
        path.unlink()
    for path in model.glob("*.jinja"):
        path.unlink()
    shutil.copy(Path(mistral_common.__file__).parent / "data" / "tekken_240911.json", model / "tekken.json")
    done = generate(model, tmp_path / "out", "--engine-args", "tokenizer_mode=mistral")
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(texts(tmp_path / "out")) == 4


def test_a_vllm_whose_requests_have_no_interval_of_their_own(long_model: Path, tmp_path: Path) -> None:
    code = tmp_path / "older.py"
    code.write_text(OLDER)
    words = [
        str(code), "--inference", "--dataset", "MATH500", "--dataset-path", str(SAMPLES / "math500.jsonl"), "--end", "2",
        "--model", str(long_model), "--result-dir", str(tmp_path / "out"), "--max-tokens", "200", "--temperatures", "0",
        "--partial-tokens", "16", "--sampling-args", "ignore_eos=true",
    ]  # fmt: skip
    from support.scripts import ROOT

    done = script(*words, env={"PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr[-3000:]
    _, largest, count = done.stdout.strip().splitlines()[-1].split()
    assert int(largest) <= 17
    assert int(count) >= 2 * 200 // 17
