"""Thought and answer are told apart in the style of each reasoning parser, special tokens included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from util.engines.options import VllmOptions
from util.system.errors import UserError
from util.text.thought import after_reasoning, split_at_think_tag

THOUGHT, ANSWER = "I try 2, and check it.", "It is \\boxed{2}."
TAGS = ("deepseek_r1", "qwen3", "glm45", "ernie45", "kimi_k2", "minimax_m2", "nemotron_v3", "olmo3", "step3", "mimo")
SPECIAL = {
    "mistral": ("[THINK]", "[/THINK]", "[TOOL_CALLS]"),
    "seed_oss": ("<seed:think>", "</seed:think>"),
    "cohere_command3": ("<|START_THINKING|>", "<|END_THINKING|>"),
    "gemma4": ("<|channel>", "<channel|>"),
}
WORDS = {
    "granite": f"Here is my thought process: {THOUGHT} Here is my response: {ANSWER}",
    "hunyuan_a13b": f"<think>\n{THOUGHT}\n</think>\n<answer>\n{ANSWER}\n</answer>",
}
HARMONY = ("<|channel|>", "<|message|>", "<|end|>", "<|start|>", "<|return|>")
ANALYSIS = f"<|channel|>analysis<|message|>{THOUGHT}"
FINAL = f"<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}"

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("reasoning_parsers")]


@pytest.fixture(scope="module")
def plain(embedded_model: Path) -> Any:
    """Makes the embedded model's tokenizer with further tokens. plain: those that a detokenizer writes."""
    from tokenizers import AddedToken
    from transformers import AutoTokenizer

    def make(special: tuple[str, ...] = (), plain: tuple[str, ...] = ()) -> Any:
        tokenizer = AutoTokenizer.from_pretrained(embedded_model)
        tokenizer.add_tokens([AddedToken(each, special=True) for each in special], special_tokens=True)
        tokenizer.add_tokens([AddedToken(each, special=False) for each in plain])
        return tokenizer

    return make


def content(tokenizer: Any, text: str, prompt: str = "", **options: Any) -> str:
    """What becomes of a response with this text, as the engine makes it of its tokens."""
    from vllm import SamplingParams

    from util.engines.vllm.decoding import whole_text
    from util.engines.vllm.reasoning import parser_for

    parser = parser_for(VllmOptions(**options), tokenizer)
    assert parser is not None
    ids = [*tokenizer.encode(text, add_special_tokens=False), tokenizer.eos_token_id]
    before = tokenizer.encode(f"Say it: {prompt}", add_special_tokens=False)
    params = SamplingParams(max_tokens=1000, skip_special_tokens=False)
    return parser.content(before, whole_text(tokenizer, before, ids, params, stop_token=True)[0])


def assert_apart(found: str) -> None:
    parts = split_at_think_tag(found)
    assert parts is not None, found
    assert [part.strip() for part in parts] == [THOUGHT, ANSWER]
    assert after_reasoning(found) is not None
    assert "<|" not in found


@pytest.mark.parametrize("name", TAGS)
def test_think_tags(plain: Any, name: str) -> None:
    tokenizer = plain(plain=("<think>", "</think>"))
    assert_apart(content(tokenizer, f"<think>\n{THOUGHT}\n</think>\n\n{ANSWER}", reasoning_parser=name))
    # The template has opened the thought, so that the response only ends it.
    assert_apart(content(tokenizer, f"{THOUGHT}\n</think>\n\n{ANSWER}", "<think>\n", reasoning_parser=name))
    # The template has closed an empty thought, or the model does not think.
    for prompt in ("<think>\n\n</think>\n\n", ""):
        assert content(tokenizer, ANSWER, prompt, reasoning_parser=name) == ANSWER
    # A thought that never ends has no answer.
    for text, prompt in ((f"<think>\n{THOUGHT}", ""), (THOUGHT, "<think>\n")):
        assert after_reasoning(content(tokenizer, text, prompt, reasoning_parser=name)) is None


@pytest.mark.parametrize("name", SPECIAL)
def test_markers_that_are_special_tokens(plain: Any, name: str) -> None:
    begin, end, *_ = SPECIAL[name]
    tokenizer = plain(special=SPECIAL[name])
    text = f"{begin}{THOUGHT}{end}{ANSWER}"
    ids = tokenizer.encode(text, add_special_tokens=False)
    assert begin not in tokenizer.decode(ids, skip_special_tokens=True)  # what is lost without a parser
    assert_apart(content(tokenizer, text, reasoning_parser=name))
    assert after_reasoning(content(tokenizer, f"{begin}{THOUGHT}", reasoning_parser=name)) is None
    if name != "gemma4":
        assert_apart(content(tokenizer, text))  # told by the tokenizer


@pytest.mark.parametrize("name", WORDS)
def test_markers_that_are_words(plain: Any, name: str) -> None:
    assert_apart(content(plain(), WORDS[name], reasoning_parser=name))
    assert content(plain(), ANSWER, reasoning_parser=name) == ANSWER


def test_harmony(plain: Any) -> None:
    tokenizer = plain(special=HARMONY)
    assert_apart(content(tokenizer, ANALYSIS + FINAL))
    commentary = "<|end|><|start|>assistant<|channel|>commentary<|message|>Wait."
    found = split_at_think_tag(content(tokenizer, ANALYSIS + commentary + FINAL))
    assert found is not None
    assert found[1].strip() == f"Wait.\n{ANSWER}"
    assert after_reasoning(content(tokenizer, ANALYSIS)) is None
    assert after_reasoning(content(tokenizer, ANALYSIS + "<|end|><|start|>assistant")) is None
    assert content(tokenizer, FINAL.removeprefix("<|end|>")) == ANSWER


def test_what_no_parser_fits(plain: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from util.engines.vllm.reasoning import check_parser, parser_for

    tokenizer = plain()
    assert parser_for(VllmOptions(), tokenizer) is None
    assert parser_for(VllmOptions(reasoning_parser="none", profile_parser="mistral"), tokenizer) is None
    assert parser_for(VllmOptions(profile_parser="mistral"), tokenizer) is None
    assert "does not fit this model" in capsys.readouterr().err
    with pytest.raises(UserError, match=r"does not fit this model.*--reasoning-parser"):
        parser_for(VllmOptions(reasoning_parser="deepseek_r1"), tokenizer)
    with pytest.raises(UserError, match="did you mean qwen3"):
        check_parser(VllmOptions(reasoning_parser="qwen"))
