"""The commands of docs/models.md: their options and engine arguments exist, and the page agrees with itself."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

import eval as eval_script
import inference_and_check
from benchmarks.model_architectures import FAMILIES, family_of
from benchmarks.model_checkpoints import write, write_adapter
from benchmarks.model_examples import PAGE, Example, kept_options, page_examples, server_words, trial_words
from util.engines.chat_template import ChatTemplate
from util.engines.options import ApiOptions, EngineOptions
from util.engines.sampling_args import check_sampling_args
from util.engines.vllm.template_check import check_template

EXAMPLES = page_examples()
each_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e.heading}-{e.hub_id}")


def parsed(example: Example) -> argparse.Namespace:
    script = {"eval.py": eval_script, "inference_and_check.py": inference_and_check}[example.words[0]]
    return script.parse(example.words[1:])


@each_example
def test_the_options_are_accepted(example: Example) -> None:
    args = parsed(example)
    check_sampling_args(args.sampling_args or {})
    # A Hub id that begins with openai/ is taken for a server unless the backend is named.
    options = EngineOptions(args.model, args.backend, api=ApiOptions(base_url=args.base_url))
    assert options.is_api == bool(example.server) == bool(args.base_url)
    for words in (args.system_prompt, args.chat_template):
        assert words is None or words.name in ("null", "magistral.txt")


@each_example
def test_a_command_samples_as_the_page_says(example: Example) -> None:
    """Thinking models repeat themselves at temperature 0, the default of benchmarks."""
    args = parsed(example)
    assert args.preset is not None or args.temperatures or family_of(example.hub_id).name == "Gemma2"


def test_every_family_is_on_the_page_and_the_page_has_a_command_for_each() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for pattern in FAMILIES:
        assert re.search(pattern, " ".join(example.hub_id for example in EXAMPLES)), pattern
    headings = {example.heading for example in EXAMPLES}
    assert {"Qwen3", "gpt-oss", "LoRA adapters", "Several GPUs"} <= headings
    for heading in headings:
        assert f"## {heading}\n" in text


def test_a_trial_keeps_the_options_and_changes_size_and_place(tmp_path: Path) -> None:
    example = Example(
        "A", ("eval.py", "--model", "x/Qwen3", "--tp", "8", "--preset", "--evals", "AIME", "--backend", "ray")
    )
    assert kept_options(example) == ["--preset", "--backend", "ray"]
    words = trial_words(example, "tiny", tmp_path)
    assert words[:6] == ["eval.py", "--model", "tiny", "--preset", "--backend", "ray"]
    assert "--tp" not in words
    assert words[words.index("--num-replicas") + 1] == "1"
    served = Example("A", ("eval.py", "--model", "openai/a"), ("x/y", "--lora-modules", "a=FOLDER"))
    assert server_words(served, "tiny", "here", 1)[:4] == ["--model", "tiny", "--lora-modules", "a=here"]
    assert trial_words(served, "openai/a", tmp_path, "http://b/v1")[3:5] == ["--base-url", "http://b/v1"]


@pytest.mark.engine  # vLLM is imported
def test_engine_arguments_and_parsers_are_those_of_vllm() -> None:
    from vllm.entrypoints.launchers.cli_args import make_arg_parser, validate_parsed_serve_args
    from vllm.reasoning import ReasoningParserManager
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    from util.engines.vllm.engine_args import checked

    for example in EXAMPLES:
        engine_args = parsed(example).engine_args or {}
        assert checked(engine_args) == engine_args
        if example.server:
            arguments = make_arg_parser(FlexibleArgumentParser()).parse_args(list(example.server))
            validate_parsed_serve_args(arguments)
    rows = re.findall(r"^\| \[[^|]+\]\(#[\w-]+\) \| ([^|]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert len(rows) > 8
    assert named <= set(ReasoningParserManager.list_registered())


@pytest.mark.engine  # writes models with torch
def test_the_tiny_models_take_the_template_arguments(tmp_path: Path) -> None:
    done = set()
    for example in EXAMPLES:
        family, args = family_of(example.hub_id), parsed(example)
        if not args.chat_template_args or family.name in done:
            continue
        done.add(family.name)
        folder = write(family, tmp_path / family.name)
        check_template(str(folder), ChatTemplate(None, args.chat_template_args))
    assert len(done) > 3
    adapter = write_adapter(tmp_path / "Qwen3", tmp_path / "adapter")
    assert {path.name for path in adapter.iterdir()} == {"adapter_config.json", "adapter_model.safetensors"}
