"""Control tokens: which are removed at the ends of a section, which are found inside, and what is none."""

from __future__ import annotations

import pytest

from util.text.control_tokens import token_inside, without_lone_tags, without_outer_tokens
from util.text.thought import MARKERS

CERTAIN = [
    "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|eom_id|>", "<|start_header_id|>", "<|eot|>", "<|end|>",
    "<|channel|>", "<|message|>", "<|start|>", "<|return|>", "<|call|>", "<|assistant|>", "<|user|>", "<|system|>",
    "<|begin_of_text|>", "<|python_tag|>", "<|reserved_special_token_12|>", "<|fim_middle|>", "<|START_OF_TURN_TOKEN|>",
    "<|end_of_thinking|>", "<\uff5cend\u2581of\u2581sentence\uff5c>", "<\uff5cbegin of sentence\uff5c>", "<\uff5cAssistant\uff5c>",
    "<\uff5ctool\u2581calls\u2581begin\uff5c>", "<|tool\u2581call\u2581end|>", "<start_of_turn>", "<end_of_turn>", "[gMASK]", "[/THINK]",
    "\u25c1/think\u25b7", "<<SYS>>",
]  # fmt: skip
ONLY_AT_END = ["</s>", "<eos>", "<pad>", "[INST]"]
ONLY_AT_START = ["<s>", "<bos>", "<sop>", "[/INST]"]
HARMLESS = [
    "a<s>b and s>0", "Strike it: <s>old</s>", "<s>old</s> is struck", "<s>one</s> and <s>two</s>",
    '<s class="x">old</s>', "p = q <|> r", "x |> f <| y", "the mean <|x|> of |x|", "<|v|>", "|a|<|b|", "if a<|b|>c:",
    "for <eos> we write 0", "a [INST] in the middle", "cout << SYS >> x;", "A <b>bold</b> word", "The tag `</s>`.",
    "<|x|^2>", "x <- y", "a <end> of it", "the pad <pad> token is 0 here", *MARKERS,
]  # fmt: skip


@pytest.mark.parametrize("token", CERTAIN)
def test_a_certain_token_is_found_and_removed_at_the_ends(token: str) -> None:
    assert token_inside(f"It is {token} 2.") == token
    for text in (f"It is 2.{token}", f"{token}It is 2.", f"\n{token}\nIt is 2.\n{token}{token} \n"):
        assert without_outer_tokens(text) == "It is 2."
    assert without_outer_tokens(f" It is {token} 2.") == f" It is {token} 2."


@pytest.mark.parametrize("token", ONLY_AT_END)
def test_a_doubtful_token_is_removed_only_where_it_can_be_nothing_else(token: str) -> None:
    assert without_outer_tokens(f"It is 2.{token}<|im_end|>") == "It is 2."
    assert token_inside(f"It is {token} 2.") is None


@pytest.mark.parametrize("token", ONLY_AT_START)
def test_a_doubtful_token_is_removed_at_the_start_alike(token: str) -> None:
    assert without_outer_tokens(f"{token} It is 2.") == "It is 2."
    assert token_inside(f"It is {token} 2.") is None


@pytest.mark.parametrize("text", HARMLESS)
def test_code_and_mathematics_are_left_alone(text: str) -> None:
    assert without_outer_tokens(text) == text
    assert without_outer_tokens(f"\n{text} ", tags=True) == f"\n{text} "
    assert token_inside(text) is None


@pytest.mark.parametrize(
    "head",
    [
        "<|im_start|>assistant\n", "<|start_header_id|>assistant<|end_header_id|>\n\n", "<start_of_turn>model\n",
        "<|channel|>analysis<|message|>", "<|start|>assistant<|channel|>final<|message|>",
    ],
)  # fmt: skip
def test_the_head_of_a_turn_goes_with_its_role(head: str) -> None:
    assert without_outer_tokens(f"{head}It is 2.") == "It is 2."
    assert without_outer_tokens(f"It is 2.<|im_end|>\n{head}") == "It is 2."
    assert without_outer_tokens("<|im_end|>users are 2.") == "users are 2."


def test_think_tags_are_removed_where_they_mean_nothing() -> None:
    assert without_outer_tokens("<think>\nIt is 2.</thinking>", tags=True) == "It is 2."
    assert without_outer_tokens("<think>It is 2.") == "<think>It is 2."
    assert token_inside("so <think> it is") == "<think>"
    assert without_lone_tags("<think>\na\n </think> \nb\n<thinking>") == "a\nb\n"
    for text in ("a <think>\nb", "```python\nprint('''\n<think>\n''')\n```", "a\n`<think>`\nb"):
        assert without_lone_tags(text) == text
