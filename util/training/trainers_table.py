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
"""Forms of a response, in the order of ``TrainerReading.cells``: the styles, and for the style reasoning_content its field."""

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
class TrainerReading:
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
    TrainerReading("trl", "qwen3", "prompt-completion", "e + + el el"),
    TrainerReading("trl", "qwen3", "messages", "e + + el el"),
    TrainerReading("trl", "qwen3-instruct-2507", "prompt-completion", "+ + l l l"),
    TrainerReading("trl", "qwen3-instruct-2507", "messages", "+ + l l l"),
    TrainerReading("trl", "qwen3.5", "prompt-completion", "f + + l l"),
    TrainerReading("trl", "qwen3.5", "messages", "e + + el el"),
    TrainerReading("trl", "qwen3.6", "prompt-completion", "f + + l l"),
    TrainerReading("trl", "qwen3.6", "messages", "e + + el el"),
    TrainerReading("trl", "qwen3.8", "prompt-completion", "f f + l l"),
    TrainerReading("trl", "qwen3.8", "messages", "e e + el el"),
    TrainerReading("trl", "qwen2.5", "prompt-completion", "+ + l l l"),
    TrainerReading("trl", "qwen2.5", "messages", "+ + l l l"),
    TrainerReading("trl", "deepseek-r1-distill", "prompt-completion", "a l l l l"),
    TrainerReading("trl", "deepseek-r1-distill", "messages", "a + l l l"),
    TrainerReading("trl", "gpt-oss", "prompt-completion", "+ f l + l"),
    TrainerReading("trl", "gpt-oss", "messages", "+ f l + l"),
    TrainerReading("trl", "llama3", "prompt-completion", "+ + l l l"),
    TrainerReading("trl", "llama3", "messages", "+ + l l l"),
    TrainerReading("trl", "gemma3", "prompt-completion", "+ + l l l"),
    TrainerReading("trl", "gemma3", "messages", "+ + l l l"),
    TrainerReading("trl", "glm4-moe", "prompt-completion", "en n n el el"),
    TrainerReading("trl", "glm4-moe", "messages", "e + + el el"),
    TrainerReading("trl", "nemotron-3-nano", "prompt-completion", "f + + l l"),
    TrainerReading("trl", "nemotron-3-nano", "messages", "e + + el el"),
    TrainerReading("trl", "smollm2", "prompt-completion", "+ + l l l"),
    TrainerReading("llamafactory", "chatml", "sharegpt", "+ + l l l"),
    TrainerReading("llamafactory", "qwen", "sharegpt", "+ + l l l"),
    TrainerReading("llamafactory", "qwen3", "sharegpt", "e + el el el"),
    TrainerReading("llamafactory", "qwen3_nothink", "sharegpt", "+ + l l l"),
    TrainerReading("llamafactory", "smollm2", "sharegpt", "+ + l l l"),
    TrainerReading("llamafactory", "deepseek3", "sharegpt", "+ + l l l"),
    TrainerReading("llamafactory", "deepseekr1", "sharegpt", "e + el el el"),
    TrainerReading("llamafactory", "gpt_oss", "sharegpt", "e e el el el"),
    TrainerReading("llamafactory", "llama3", "sharegpt", "+ + l l l"),
    TrainerReading("axolotl", "qwen3", "messages", "u u u uol uol"),
    TrainerReading("axolotl", "qwen3-instruct-2507", "messages", "+ + l l l"),
    TrainerReading("axolotl", "qwen3.5", "messages", "u + + uol uol"),
    TrainerReading("axolotl", "qwen3.6", "messages", "u + + uol uol"),
    TrainerReading("axolotl", "qwen3.8", "messages", "u uo + uol uol"),
    TrainerReading("axolotl", "qwen2.5", "messages", "+ + l l l"),
    TrainerReading("axolotl", "deepseek-r1-distill", "messages", "a l l l l"),
    TrainerReading("axolotl", "gpt-oss", "messages", "u u ul uf ul"),
    TrainerReading("axolotl", "llama3", "messages", "+ + l l l"),
    TrainerReading("axolotl", "gemma3", "messages", "n n l l l"),
    TrainerReading("axolotl", "glm4-moe", "messages", "un un un uol uol"),
    TrainerReading("axolotl", "nemotron-3-nano", "messages", "uf + + uol uol"),
    TrainerReading("axolotl", "smollm2", "messages", "+ + l l l"),
    TrainerReading("axolotl", "chatml", "messages", "+ + l l l"),
    TrainerReading("verl", "qwen3", "messages", "w wl wl wl wl"),
    TrainerReading("verl", "qwen3-instruct-2507", "messages", "+ + l l l"),
    TrainerReading("verl", "qwen3.5", "messages", "x + + l l"),
    TrainerReading("verl", "qwen3.6", "messages", "x + + l l"),
    TrainerReading("verl", "qwen3.8", "messages", "x w w w w"),
    TrainerReading("verl", "qwen2.5", "messages", "+ + l l l"),
    TrainerReading("verl", "deepseek-r1-distill", "messages", "ua ul ul ul ul"),
    TrainerReading("verl", "gpt-oss", "messages", "+ f l + l"),
    TrainerReading("verl", "llama3", "messages", "+ + l l l"),
    TrainerReading("verl", "gemma3", "messages", "x x x x x"),
    TrainerReading("verl", "glm4-moe", "messages", "en n n el el"),
    TrainerReading("verl", "nemotron-3-nano", "messages", "uf + + ul ul"),
    TrainerReading("verl", "smollm2", "messages", "+ + l l l"),
)
