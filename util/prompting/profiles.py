"""What is known of models: the system prompt and parameters that each one needs.

The first profile whose pattern is found in the model's id or path is used. A
model that no pattern matches gets the thought/solution system prompt, as in the
original; ``--system-prompt FILE`` overrides any of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from util.engines.base import Message
from util.prompting.prompts import MATH_EXAMPLES, SMALL_MODEL_SYSTEM, THOUGHT_SOLUTION_SYSTEM
from util.system.errors import UserError


@dataclass(frozen=True)
class Preset:
    """How a model's authors sample it, and where they say so."""

    temperature: float
    top_p: float
    source: str

    def __str__(self) -> str:
        return f"temperature {self.temperature:g}, top-p {self.top_p:g} ({self.source})"


@dataclass(frozen=True)
class ModelProfile:
    """What one family of models needs.

    pattern: searched in the id, ignoring case. system_prompt: None where the
    model's own chat template carries one. show_examples: worked examples come
    before a maths problem, as earlier turns. fixed_sampling: the API refuses
    temperature, top_p and seed (o1-type models sample at temperature 1).
    """

    pattern: str
    system_prompt: str | None
    show_examples: bool = False
    fixed_sampling: bool = False
    note: str = ""
    preset: Preset | None = None


PROFILES = (
    ModelProfile(r"smollm2?-(135|360)m", SMALL_MODEL_SYSTEM, show_examples=True, note="too small to go without"),
    ModelProfile(
        r"sky-t1",
        THOUGHT_SOLUTION_SYSTEM,
        note="does not think without it",
        preset=Preset(0.7, 1.0, "SkyThought's README, for AIME and GPQA"),
    ),
    ModelProfile(
        r"deepseek-r1",
        None,
        note="its authors advise against a system prompt",
        preset=Preset(0.6, 0.95, "DeepSeek-R1's README, usage recommendations"),
    ),
    ModelProfile(
        r"qwq-32b(?!-preview)",
        None,
        note="the chat template carries its own",
        preset=Preset(0.6, 0.95, "QwQ-32B's model card, usage guidelines"),
    ),
    ModelProfile(
        r"qwen3-(?!.*(instruct|base|coder))",
        None,
        note="the chat template carries its own",
        preset=Preset(0.6, 0.95, "Qwen3's model card, thinking mode"),
    ),
    ModelProfile(r"qwq|qwen", None, note="the chat template carries its own"),
    ModelProfile(r"(^|/)(o[134](-|$)|gpt-5)", None, fixed_sampling=True, note="takes none; samples at temperature 1"),
)
DEFAULT = ModelProfile("", THOUGHT_SOLUTION_SYSTEM, note="unknown model: the thought/solution prompt")


def profile_of(model: str) -> ModelProfile:
    """The profile of a model id, a local path or ``openai/NAME``."""
    for profile in PROFILES:
        if re.search(profile.pattern, model, re.IGNORECASE):
            return profile
    return DEFAULT


def short_name(model: str) -> str:
    """The name in file names: the last part of the id or path.

    >>> short_name("Qwen/QwQ-32B-Preview"), short_name("./models/mine/")
    ('QwQ-32B-Preview', 'mine')
    """
    return Path(model).name or Path(model).resolve().name


def conversation_start(model: str, kind: str, template: str, system_prompt: Path | None) -> list[Message]:
    """The messages that stand before the question: system prompt and examples.

    kind is the task's kind ("math", "code" or "choice"), template its prompt with
    ``{question}``, system_prompt the user's own file.

    Raises:
        UserError: the system prompt's file cannot be read.
    """
    profile = profile_of(model)
    text = profile.system_prompt
    if system_prompt is not None:
        try:
            text = system_prompt.read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"--system-prompt {system_prompt} cannot be read: {error}.") from error
    messages: list[Message] = [{"role": "system", "content": text}] if text else []
    if profile.show_examples and kind == "math":
        for question, response in MATH_EXAMPLES:
            messages.append({"role": "user", "content": template.replace("{question}", question)})
            messages.append({"role": "assistant", "content": response})
    return messages
