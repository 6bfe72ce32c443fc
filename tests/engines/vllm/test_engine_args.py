"""Engine arguments and chat templates: what cannot be is refused in one message, before a model loads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.scripts import SAMPLES, results_in, script

from util.engines.chat_template import ChatTemplate
from util.engines.vllm.engine_args import checked
from util.engines.vllm.template_check import check_template
from util.system.errors import UserError

pytestmark = pytest.mark.engine  # vLLM is imported


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"quantisation": "fp8"}, "no such engine argument; did you mean quantization?"),
        ({"xyzzy": 1}, "no such engine argument; see `vllm serve --help=all`"),
        ({"tensor_parallel_size": 2}, "use --tp instead"),
        ({"max_num_seq": 2}, "did you mean max_num_seqs?"),
        ({"data_parallel_size": 2}, "Use --backend ray --num-replicas N"),
        ({"kv_cache_dtype": "fp9"}, "vLLM refuses it: Input should be"),
        ({"max_num_batched_tokens": "many"}, "vLLM refuses it: Input should be a valid integer"),
        ({"enforce_eager": "maybe"}, "valid boolean"),
        ({"reasoning_config": {"reasoning_parsr": "x"}}, "reasoning_parsr"),
    ],
)
def test_engine_args_are_checked_against_vllms_own(args: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError) as failure:
        checked(args)
    assert words in str(failure.value)
    assert "\n" not in str(failure.value)


def test_values_arrive_as_vllm_takes_them() -> None:
    args = {"max_num_batched_tokens": "4k", "speculative_config": {"method": "ngram"}, "quantization": "fp8"}
    assert checked(args) == args | {"max_num_batched_tokens": 4000}
    assert checked({}) == {}


@pytest.mark.parametrize(
    ("text", "args", "words"),
    [
        ("{% for m in messages %}{{ m.content }}", {}, "--chat-template fails: TemplateSyntaxError"),
        ("{{ raise_exception('no user role') }}", {}, "--chat-template fails: TemplateError: no user role"),
        ("{{ messages[5].content + 1 }}", {}, "--chat-template fails"),
        ("{{ messages }}{{ enable_thinking }}", {"enable_thinkin": False}, "did you mean enable_thinking?"),
        (None, {"enable_thinking": False}, "the chat template does not use it"),
    ],
)
def test_a_chat_template_is_tried_first(
    embedded_model: Path, text: str | None, args: dict[str, Any], words: str
) -> None:
    with pytest.raises(UserError) as failure:
        check_template(str(embedded_model), ChatTemplate(text, args))
    assert words in str(failure.value)


def test_a_run_with_engine_args_and_a_template(tiny_model: Path, tmp_path: Path) -> None:
    template = tmp_path / "t.jinja"
    template.write_text("{% for m in messages %}{{ m.content }}{% endfor %}{{ ending }}")
    base: list[object] = [
        "inference_and_check.py", "--inference", "--dataset", "NUMINA", "--model", tiny_model, "--source", "all", "--end", "2",
        "--max-tokens", "16", "--dataset-path", SAMPLES / "numina.jsonl", "--result-dir", tmp_path / "out",
    ]  # fmt: skip
    words: list[object] = ["--chat-template", template, "--chat-template-args", "ending=Answer:"]
    done = script(*base, *words, "--engine-args", "max_num_batched_tokens=2k", "load_format=dummy")
    assert done.returncode == 0, done.stderr[-3000:]
    [path] = (tmp_path / "out").glob("*_NUMINA_*.json")
    tokens = [usage["prompt_tokens"] for e in results_in(path).values() for usage in e["token_usages"]["0.7"]]
    # Speed may change at a rerun, the model and its template may not.
    done = script(*base, *words, "--n", "2", "--engine-args", "max_num_batched_tokens=4k", "load_format=dummy")
    assert done.returncode == 0, done.stderr[-3000:]
    done = script(*base, *words)
    assert "engine-args was {'load_format': 'dummy'}, is now {}" in done.stderr
    done = script(*base, "--engine-args", "load_format=dummy")
    assert "chat-template was" in done.stderr
    done = script(*base[:-1], tmp_path / "other", "--engine-args", "load_format=dummy", timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    [other] = (tmp_path / "other").glob("*_NUMINA_*.json")
    own = [usage["prompt_tokens"] for e in results_in(other).values() for usage in e["token_usages"]["0.7"]]
    assert all(mine < theirs for mine, theirs in zip(tokens, own, strict=True))
    # What vLLM finds impossible is one message.
    done = script(
        *base[:-1], tmp_path / "bad", "--engine-args", "max_num_batched_tokens=4", "enable_chunked_prefill=false"
    )
    assert done.returncode == 1
    assert "cannot be loaded" in done.stderr
    assert "max_num_batched_tokens" in done.stderr
    assert "Traceback" not in done.stderr
