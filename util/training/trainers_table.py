"""Which form of a response a trainer reads right under the chat template of a family.

The entries are not from documentation: benchmarks/trainers.py runs the real loaders of TRL 1.16, LLaMA-Factory 0.9.5,
axolotl 0.20 and verl 0.9.1 on each of them, with the templates that TRL ships (LLaMA-Factory: with its own).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from util.training import prove_check
from util.training.form_options import MARKED, TAGGED, THOUGHT_FIELDS

COLUMNS = (MARKED, TAGGED, *THOUGHT_FIELDS)
"""Forms of a response, in the order of ``Reading.cells``: the styles, and for the style reasoning_content its field."""

REASONS = {
    "a": prove_check.ANSWER,
    "e": prove_check.EMPTY,
    "f": prove_check.FRONT,
    "l": prove_check.LOST,
    "n": prove_check.NO_END,
    "o": prove_check.EMPTY_PROMPT,
    "u": prove_check.UNTRAINED,
    "w": prove_check.NOT_WHOLE,
    "x": "the template refuses the conversation",
}


@dataclass(frozen=True)
class Reading:
    """How a trainer reads a format under a template. cells: per form of ``COLUMNS`` "+" for right, or letters of
    ``REASONS``."""

    trainer: str
    template: str
    form: str
    cells: str

    @property
    def wrong(self) -> Mapping[str, list[str]]:
        """Form of a response -> what is wrong with it; empty where it is read right."""
        return {
            column: [REASONS[letter] for letter in cell if letter != "+"]
            for column, cell in zip(COLUMNS, self.cells.split(), strict=True)
        }


READINGS = (
    # markers, think, reasoning_content, thinking, reasoning
    Reading("trl", "qwen3", "prompt-completion", "e + + el el"),
    Reading("trl", "qwen3", "messages", "e + + el el"),
    Reading("trl", "qwen3-instruct-2507", "prompt-completion", "+ + l l l"),
    Reading("trl", "qwen3-instruct-2507", "messages", "+ + l l l"),
    Reading("trl", "qwen3.5", "prompt-completion", "f + + l l"),
    Reading("trl", "qwen3.5", "messages", "e + + el el"),
    Reading("trl", "qwen3.6", "prompt-completion", "f + + l l"),
    Reading("trl", "qwen3.6", "messages", "e + + el el"),
    Reading("trl", "qwen3.8", "prompt-completion", "f f + l l"),
    Reading("trl", "qwen3.8", "messages", "e e + el el"),
    Reading("trl", "qwen2.5", "prompt-completion", "+ + l l l"),
    Reading("trl", "qwen2.5", "messages", "+ + l l l"),
    Reading("trl", "deepseek-r1-distill", "prompt-completion", "a l l l l"),
    Reading("trl", "deepseek-r1-distill", "messages", "a + l l l"),
    Reading("trl", "gpt-oss", "prompt-completion", "+ f l + l"),
    Reading("trl", "gpt-oss", "messages", "+ f l + l"),
    Reading("trl", "llama3", "prompt-completion", "+ + l l l"),
    Reading("trl", "llama3", "messages", "+ + l l l"),
    Reading("trl", "gemma3", "prompt-completion", "+ + l l l"),
    Reading("trl", "gemma3", "messages", "+ + l l l"),
    Reading("trl", "glm4-moe", "prompt-completion", "en n n el el"),
    Reading("trl", "glm4-moe", "messages", "e + + el el"),
    Reading("trl", "nemotron-3-nano", "prompt-completion", "f + + l l"),
    Reading("trl", "nemotron-3-nano", "messages", "e + + el el"),
    Reading("trl", "smollm2", "prompt-completion", "+ + l l l"),
    Reading("llamafactory", "chatml", "sharegpt", "+ + l l l"),
    Reading("llamafactory", "qwen", "sharegpt", "+ + l l l"),
    Reading("llamafactory", "qwen3", "sharegpt", "e + el el el"),
    Reading("llamafactory", "qwen3_nothink", "sharegpt", "+ + l l l"),
    Reading("llamafactory", "qwen3_5", "sharegpt", "e + el el el"),
    Reading("llamafactory", "qwen3_5_nothink", "sharegpt", "+ + l l l"),
    Reading("llamafactory", "smollm2", "sharegpt", "+ + l l l"),
    Reading("llamafactory", "deepseek3", "sharegpt", "+ + l l l"),
    Reading("llamafactory", "deepseekr1", "sharegpt", "e + el el el"),
    Reading("llamafactory", "gpt_oss", "sharegpt", "e e el el el"),
    Reading("llamafactory", "llama3", "sharegpt", "+ + l l l"),
    Reading("axolotl", "qwen3", "messages", "u u u uol uol"),
    Reading("axolotl", "qwen3-instruct-2507", "messages", "+ + l l l"),
    Reading("axolotl", "qwen3.5", "messages", "u + + uol uol"),
    Reading("axolotl", "qwen3.6", "messages", "u + + uol uol"),
    Reading("axolotl", "qwen3.8", "messages", "u uo + uol uol"),
    Reading("axolotl", "qwen2.5", "messages", "+ + l l l"),
    Reading("axolotl", "deepseek-r1-distill", "messages", "a l l l l"),
    Reading("axolotl", "gpt-oss", "messages", "u u ul uf ul"),
    Reading("axolotl", "llama3", "messages", "+ + l l l"),
    Reading("axolotl", "gemma3", "messages", "n n l l l"),
    Reading("axolotl", "glm4-moe", "messages", "un un un uol uol"),
    Reading("axolotl", "nemotron-3-nano", "messages", "uf + + uol uol"),
    Reading("axolotl", "smollm2", "messages", "+ + l l l"),
    Reading("axolotl", "chatml", "messages", "+ + l l l"),
    Reading("verl", "qwen3", "messages", "w wl wl wl wl"),
    Reading("verl", "qwen3-instruct-2507", "messages", "+ + l l l"),
    Reading("verl", "qwen3.5", "messages", "x + + l l"),
    Reading("verl", "qwen3.6", "messages", "x + + l l"),
    Reading("verl", "qwen3.8", "messages", "x w w w w"),
    Reading("verl", "qwen2.5", "messages", "+ + l l l"),
    Reading("verl", "deepseek-r1-distill", "messages", "ua ul ul ul ul"),
    Reading("verl", "gpt-oss", "messages", "+ f l + l"),
    Reading("verl", "llama3", "messages", "+ + l l l"),
    Reading("verl", "gemma3", "messages", "x x x x x"),
    Reading("verl", "glm4-moe", "messages", "en n n el el"),
    Reading("verl", "nemotron-3-nano", "messages", "uf + + ul ul"),
    Reading("verl", "smollm2", "messages", "+ + l l l"),
)
