"""What of a rewrite reaches the output: its two sections, without control tokens, and when a conversion has failed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.faulty_server import FaultyServer, answer
from support.scripts import results_in, script

from util.distill.conversions import Conversions, conversion_status
from util.distill.formatting import Formatted, by_rules, verified
from util.text.thought import MARKERS, assemble

THOUGHT, SOLUTION = "We add one and one, since both of them are given.", "The answer is \\boxed{2}."
RESPONSE = f"{THOUGHT}\n{SOLUTION}"
CLEAN = assemble(THOUGHT, SOLUTION)
BETWEEN = CLEAN.replace("<|begin_of_solution|>", "And now the solution:\n<|begin_of_solution|>")


@pytest.mark.parametrize(
    "rewrite",
    [
        f"Sure! Here is the reformatted response:\n\n{CLEAN}",
        f"{CLEAN}\n\nLet me know if you need more.",
        f"```\n{BETWEEN}\n```",
        f"<think>\nThe user wants {' '.join(MARKERS)}. The answer is \\boxed{{3}}.\n</think>\n\n{CLEAN}",
        f"I must keep {MARKERS[0]}.</think>{CLEAN}<|im_end|>",
        f"<|im_start|>assistant\n{CLEAN}<|eot_id|>",
        assemble(f"<think>\n{THOUGHT}\n</think>", f"{SOLUTION}<|im_end|>"),
        assemble(f"<|im_start|>assistant\n{THOUGHT}</s>", f"{SOLUTION}\n<\uff5cend\u2581of\u2581sentence\uff5c>"),
    ],
)
def test_only_the_sections_of_a_rewrite_are_kept(rewrite: str) -> None:
    assert verified(RESPONSE, rewrite, "x", 0.5) == Formatted(CLEAN, "x")


def test_a_think_tag_alone_on_its_line_is_taken_out_of_the_thought() -> None:
    rewrite = assemble(f"First.\n<think>\n{THOUGHT}\n</think>\nDone.", SOLUTION)
    assert verified(RESPONSE, rewrite, "x").text == assemble(f"First.\n{THOUGHT}\nDone.", SOLUTION)


@pytest.mark.parametrize(
    ("thought", "solution", "token"),
    [
        ("We add.<|im_end|>\n<|im_start|>user\nWhat else?", SOLUTION, "thought: <|im_end|>"),
        ("We <think> add.", SOLUTION, "thought: <think>"),
        ("```\nx = '''\n<think>\n'''\n```\nso", SOLUTION, "thought: <think>"),
        (THOUGHT, f"It is two.<|endoftext|>Question: 3?\n{SOLUTION}", "solution: <|endoftext|>"),
        (THOUGHT, f"So.\n</think>\n{SOLUTION}", "solution: </think>"),
        (THOUGHT, f"So <\uff5cUser\uff5c>?\n{SOLUTION}", "solution: <\uff5cUser\uff5c>"),
    ],
)
def test_a_token_inside_a_section_refuses_it(thought: str, solution: str, token: str) -> None:
    found = verified(RESPONSE, assemble(thought, solution), "x")
    assert found == Formatted(None, f"a control token or think tag inside the {token}")


@pytest.mark.parametrize("rewrite", [assemble("<|im_end|>", SOLUTION), assemble(THOUGHT, "<think></think>")])
def test_a_section_of_tokens_alone_is_empty(rewrite: str) -> None:
    assert "empty" in verified(RESPONSE, rewrite, "x").reason


@pytest.mark.parametrize("text", ["We test a<s>b.", "Strike <s>old</s> and <s>new</s>", "Here p = q <|> r."])
def test_harmless_text_is_kept(text: str) -> None:
    rewrite = assemble(text, f"{text}\n{SOLUTION}")
    assert verified(f"{text}\n{RESPONSE}", rewrite, "x").text == rewrite
    assert by_rules(f"{text}\n{SOLUTION}").text == assemble(text, SOLUTION)


def test_blank_lines_of_a_rewrite_are_kept() -> None:
    """Verdicts of earlier versions belong to the text with them."""
    rewrite = f"\n{CLEAN}\n".replace("\n\n", "\n\n\n")
    assert verified(RESPONSE, rewrite, "x").text == rewrite


def test_the_assembled_text_is_what_is_verified() -> None:
    """An answer or code outside of the sections does not count."""
    for outside in (f"{assemble(THOUGHT, 'So it is.')}\n{SOLUTION}", f"{SOLUTION}\n{assemble(THOUGHT, 'So it is.')}"):
        assert "another final answer" in verified(RESPONSE, outside, "x").reason
    code = "```python\nprint(1)\n```"
    assert verified(f"so\n{code}", f"{assemble('so', 'see below')}\n{code}", "x").text is None


@pytest.mark.parametrize(
    ("response", "text"),
    [
        (f"<think>\n{THOUGHT}\n</think>\n\n{SOLUTION}<|im_end|>", CLEAN),
        (f"<|im_start|>assistant\n<think>\n{THOUGHT}\n</think>\n\n{SOLUTION}<|im_end|>\n", CLEAN),
        (f"{RESPONSE}<|endoftext|>", CLEAN),
        (f"{THOUGHT}\nThe answer is 2<end_of_turn>", assemble(THOUGHT, "The answer is 2")),
        (f"{CLEAN}<|eot_id|>", CLEAN),
        (f"Okay.\n{CLEAN}\nBye.", CLEAN),
        (f"{RESPONSE}<|im_end|>\n<|im_start|>user\nAnd 3?\n<|im_start|>assistant\nThe answer is \\boxed{{2}}.", None),
        (f"<think>a <think> b</think>\n{SOLUTION}", None),
    ],
)
def test_rules_treat_tokens_alike(response: str, text: str | None) -> None:
    found = by_rules(response)
    assert found.text == text
    assert text is not None or "control token or think tag" in found.reason


@pytest.mark.parametrize(
    ("counts", "status", "said"),
    [
        (Conversions(), 0, "there are no responses"),
        ([("x", True), (None, True)], 0, ""),
        ([("x", True), (None, False)], 0, ""),
        ([(None, True), (None, False)], 1, "error: no response could be converted: why (1)"),
        ([(None, False), (None, False)], 0, "nothing to convert: why (2)"),
    ],
)
def test_a_conversion_of_nothing_has_failed(counts: Any, status: int, said: str, capsys: Any) -> None:
    found = Conversions()
    for text, wanted in counts if isinstance(counts, list) else ():
        found.count(Formatted(text, "why"), wanted=wanted)
    assert conversion_status(found) == status
    assert said in capsys.readouterr().err


def test_an_earlier_rewrite_is_cleaned_when_the_file_is_converted_again(tmp_path: Path) -> None:
    def polite(body: dict[str, Any], before: int) -> dict[str, Any]:
        message = {"role": "assistant", "content": f"Sure!\n{CLEAN}\nLet me know."}
        return {**answer(body), "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}

    (tmp_path / "m.json").write_text(json.dumps({"q": {"responses": {"0.7": [{"content": RESPONSE}]}}}))
    served = FaultyServer(polite)
    command = ["convert_format.py", "--input_dir", tmp_path, "--base-url", served.url]
    try:
        for _ in range(2):
            assert script(*command, env={"OPENAI_API_KEY": "sk-only-here-9999"}).returncode == 0
            assert results_in(tmp_path / "converted_m.json")["q"]["responses"]["0.7"][0]["processed_content"] == CLEAN
        assert len(served.requests) == 1
    finally:
        served.close()
    assert "Let me know" in (tmp_path / "converted_m.journal.jsonl").read_text()


@pytest.mark.parametrize(
    ("responses", "options", "status", "said"),
    [
        (
            [{"content": "only words"}, {"content": "\\boxed{2}"}],
            [],
            1,
            "no response could be converted: no final solution",
        ),
        ([{"content": RESPONSE, "finish_reason": "length"}], [], 0, "nothing to convert: truncated (1)"),
        ([{"content": RESPONSE}], ["--only-correct"], 0, "nothing to convert: not asked for (1)"),
    ],
)
def test_the_script_tells_refusals_from_nothing_to_do(
    tmp_path: Path, responses: list[dict[str, Any]], options: list[str], status: int, said: str
) -> None:
    (tmp_path / "m.json").write_text(json.dumps({"q": {"responses": {"0.7": responses}}}))
    done = script("convert_format.py", "--input_dir", tmp_path, "--rewriter", "rules", *options)
    assert done.returncode == status
    assert said in done.stderr
    assert (tmp_path / "converted_m.json").exists()
