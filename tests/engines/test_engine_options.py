"""The engines' options: one place for flags, defaults and combinations, on a bare Python."""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from support.scripts import ROOT

from util.engines import check_engine, make_engine
from util.engines.base import Request, Sampling
from util.engines.chat_template import ChatTemplate
from util.engines.openai.batch_engine import BatchEngine
from util.engines.openai.engine import OpenAIEngine
from util.engines.options import (
    ApiOptions,
    EngineOptions,
    RayOptions,
    VllmOptions,
    add_api_options,
    add_engine_options,
    api_engine_options,
    engine_options,
)
from util.engines.prices import estimated_tokens
from util.engines.sampling_args import check_sampling_args
from util.records import Message, SampleId
from util.system.errors import UserError

REQUEST = Request(SampleId("q"), [Message("user", "q")], Sampling(0.0, max_tokens=800))


def parsed(*words: str, required: bool = True) -> EngineOptions:
    parser = argparse.ArgumentParser()
    add_engine_options(parser, required=required)
    return engine_options(parser.parse_args(words))


def parsed_api(*words: str) -> EngineOptions:
    parser = argparse.ArgumentParser()
    add_api_options(parser)
    return api_engine_options("gpt-4o-mini", parser.parse_args(words))


def test_without_options_everything_has_its_default() -> None:
    assert parsed("--model", "m") == EngineOptions("m")
    assert parsed_api() == EngineOptions("openai/gpt-4o-mini")


def test_every_option_arrives_in_its_field(tmp_path: Path) -> None:
    (tmp_path / "t.jinja").write_text("{{ messages }}")
    profiles = tmp_path / "p.toml"
    profiles.write_text("[[profile]]\npattern = 'm'\nfixed_sampling = true\nreasoning_parser = 'mistral'")
    template = ChatTemplate("{{ messages }}", {"enable_thinking": False})
    words = "--model m --backend ray --tp 8 --max-model-len 4096 --dtype bfloat16 --gpu-memory-utilization 0.8 "
    words += (
        "--max-num-seqs 16 --num-replicas 2 --ray-address auto --base-url http://x/v1 --keys k.txt --concurrency 3 "
    )
    words += "--rpm 4 --tpm 5 --max-cost 6 --max-cost-scope folder --price-input 7 --price-output 8 --batch-poll 9 "
    words += "--max-retries 0 --max-wait 10 --first-token-timeout 11 --idle-timeout 12 --no-stream --request-args a=null b=[1] "
    words += (
        f"--chat-template-args enable_thinking=false --engine-args quantization=fp8 --chat-template {tmp_path}/t.jinja "
        f"--reasoning-parser qwen3 --lora {tmp_path} --profiles {profiles}"
    )
    found = parsed(*words.split())
    assert found == EngineOptions(
        "m",
        "ray",
        {"enable_thinking": False},
        VllmOptions(8, 4096, "bfloat16", 0.8, 16, {"quantization": "fp8"}, "qwen3", tmp_path, template, "mistral"),
        RayOptions(2, "auto"),
        ApiOptions(
            ["http://x/v1"], Path("k.txt"), 3, 4, 5, 6.0, "folder", 7.0, 8.0, False, 9.0, 0, 10.0, 11.0, 12.0, False,
            {"a": None, "b": [1]}, template, fixed_sampling=True,
        ),
        tmp_path / "t.jinja",
        profiles,
    )  # fmt: skip
    # No field is left at its default, so that none was forgotten above; --batch excludes the backend.
    changed: list[tuple[Any, Any]] = [
        (found.vllm, VllmOptions()), (found.ray, RayOptions()), (found.api, ApiOptions())
    ]  # fmt: skip
    same = [f.name for one, other in changed for f in fields(one) if getattr(one, f.name) == getattr(other, f.name)]
    assert same == ["batch", "given"]
    assert parsed_api("--batch").api.batch


@pytest.mark.parametrize(
    ("name", "instead"), [("stream=false", "--no-stream"), ("max_tokens=3", "--max-tokens"), ("model=x", "--model")]
)
def test_fields_with_an_option_of_their_own_are_set_by_it(name: str, instead: str) -> None:
    with pytest.raises(UserError, match=instead):
        parsed_api("--request-args", name)


def test_profiles_give_template_arguments_unless_the_command_does(tmp_path: Path) -> None:
    profiles = tmp_path / "p.toml"
    profiles.write_text("[[profile]]\npattern = 'm'\nchat_template_args = { thinking = true, effort = 'high' }")
    args = parsed("--model", "m", "--profiles", str(profiles), "--chat-template-args", "effort=low").vllm.template.args
    assert args == {"thinking": True, "effort": "low"}
    with pytest.raises(UserError, match="vllm serve --reasoning-parser"):
        parsed("--model", "openai/m", "--reasoning-parser", "qwen3")


def test_a_chat_template_that_cannot_be_read_and_engine_args_of_a_server_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--chat-template .* cannot be read"):
        parsed("--model", "m", "--chat-template", str(tmp_path / "missing"))
    with pytest.raises(UserError, match="vllm serve"):
        parsed("--model", "openai/m", "--engine-args", "quantization=fp8")


@pytest.mark.parametrize(
    ("name", "hint"), [("topk", "top_k"), ("temperature", "--temperatures"), ("zzz", "--request-args")]
)
def test_unknown_sampling_parameters_are_refused_with_the_nearest_name(name: str, hint: str) -> None:
    with pytest.raises(UserError, match=hint):
        check_sampling_args({name: 1})


@pytest.mark.parametrize(
    "words",
    ["", "--tp 0", "--request-args x", "--dtype", "--max-retries -1", "--gpu-memory-utilization 1.5", "--backend x"],
)
def test_wrong_values_are_wrong_arguments(words: str, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    with pytest.raises(SystemExit) as ended:
        parsed(*(["--model", "m", *words.split()] if words else []))
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--price-input 1", "both --price-input and --price-output"),
        ("--price-output 1", "both --price-input and --price-output"),
        ("--num-replicas 2", "needs --backend ray"),
        ("--num-replicas 2 --backend vllm", "needs --backend ray"),
        ("--batch", "--batch needs an API model: --model openai/NAME"),
    ],
)
def test_options_that_exclude_each_other(words: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        parsed("--model", "m", *words.split())


def test_a_limit_needs_a_price() -> None:
    with pytest.raises(UserError, match="--max-cost needs --price-input"):
        api_engine_options("mine", argparse.Namespace(max_cost=1.0)).budget()
    assert parsed_api("--max-cost", "1").budget().limit == 1.0
    assert parsed("--model", "openai/mine", "--price-input", "1", "--price-output", "2").budget().price == (1.0, 2.0)


def test_a_batch_costs_half_and_each_request_may_take_all_it_is_allowed() -> None:
    assert parsed_api().budget().price == (0.15, 0.60)
    assert parsed_api().budget().expected is None
    batch = parsed_api("--batch").budget()
    assert batch.price == (0.075, 0.30)
    assert batch.expected is not None
    assert batch.expected(REQUEST) == 800
    assert batch.reserve(REQUEST, estimated_tokens(REQUEST)) == pytest.approx(800 * 0.30 / 1e6, rel=0.01)
    typical = parsed_api("--batch").budget(lambda request: 40)
    assert typical.expected is not None
    assert typical.expected(REQUEST) == 40


@pytest.mark.parametrize(
    ("model", "backend", "is_api", "api_model"),
    [
        ("openai/gpt-4o-mini", None, True, "gpt-4o-mini"),
        ("Qwen/Qwen3-8B", "openai", True, "Qwen/Qwen3-8B"),
        ("openai/gpt-oss-20b", "vllm", False, "gpt-oss-20b"),
        ("Qwen/Qwen3-8B", None, False, "Qwen/Qwen3-8B"),
    ],
)
def test_the_backend_follows_from_the_model(model: str, backend: str | None, is_api: bool, api_model: str) -> None:
    found = EngineOptions(model, backend)
    assert (found.is_api, found.api_model) == (is_api, api_model)


def test_the_plan_names_what_would_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    assert parsed("--model", "m", "--tp", "4").plan() == (
        "vLLM, tensor parallel size 4, dtype auto, context length: the model's"
    )
    on_ray = parsed("--model", "m", "--backend", "ray", "--max-model-len", "512").plan()
    assert "vLLM on Ray (this machine), as many replicas as fit" in on_ray
    assert "512 tokens" in on_ray
    assert "10.0.0.1:6379" in parsed("--model", "m", "--backend", "ray", "--ray-address", "10.0.0.1:6379").plan()
    assert "as many requests in flight as the keys allow" in parsed_api().plan()
    assert "at most 7 requests in flight" in parsed_api("--concurrency", "7").plan()
    assert "half the price" in parsed_api("--batch").plan()


def test_engines_are_made_of_the_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1234")
    engine = make_engine(parsed_api("--base-url", "http://x/v1"), lambda request: 40)
    assert isinstance(engine, OpenAIEngine)
    assert engine.describe() == {
        "backend": "openai", "base_url": "http://x/v1", "device": "api", "price": [0.15, 0.6],
    }  # fmt: skip
    assert engine.budget.expected is not None
    assert engine.budget.expected(REQUEST) == 40
    assert isinstance(make_engine(parsed_api("--batch")), BatchEngine)


BARE = """
import argparse, sys
sys.path.insert(0, {root!r})
from util.engines import EngineOptions, attach, make_engine, spending
from util.engines.options import add_engine_options, engine_options
parser = argparse.ArgumentParser()
add_engine_options(parser, required=True)
parser.format_help()
print(engine_options(parser.parse_args(["--model", "m", "--tp", "2"])).plan())
outside = sorted(name for name in sys.modules if name.partition(".")[0] not in ("util", *sys.stdlib_module_names))
print([name for name in outside if name != "__main__" and not name.startswith("_")])
"""


def test_the_options_need_nothing_but_the_standard_library() -> None:
    """On a Python without site-packages: the help of every script works before anything is installed."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", BARE.format(root=str(ROOT))], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "tensor parallel size 2" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_engine_takes_devices_for_tensors_and_pipeline() -> None:
    assert VllmOptions(2).devices == 2
    assert VllmOptions(2, engine_args={"pipeline_parallel_size": 3}).devices == 6


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--engine-args", "quantisation=fp8"), "did you mean quantization"),
        (("--reasoning-parser", "qwen"), "no such reasoning parser; did you mean qwen3"),
        (("--lora", "nowhere"), "no LoRA adapter"),
    ],
)
def test_what_a_dry_run_refuses(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(UserError, match=message):
        check_engine(parsed("--model", "m", *words))
