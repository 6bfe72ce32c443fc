"""Model profiles: the system prompt and sampling parameters of each model family.

The first profile whose pattern occurs in the model's id or path is used. A model
without a profile gets the thought/solution system prompt, as in SkyThought;
``--system-prompt FILE`` overrides the system prompt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from util.prompting.prompts import SMALL_MODEL_SYSTEM, THOUGHT_SOLUTION_SYSTEM


@dataclass(frozen=True)
class Preset:
    """Sampling parameters that a model's authors recommend, with the source. args: others, by vLLM's names."""

    temperature: float
    top_p: float
    source: str
    args: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        others = "".join(f", {name} {value:g}" for name, value in self.args.items())
        return f"temperature {self.temperature:g}, top-p {self.top_p:g}{others} ({self.source})"


@dataclass(frozen=True)
class ModelProfile:
    """The profile of one model family.

    pattern: regular expression, searched in the id, ignoring case. system_prompt:
    None for no system message, also if the chat template adds its own. show_examples:
    add worked examples before a mathematics problem, as earlier turns. fixed_sampling:
    the API rejects temperature, top_p and seed (o1-type models sample at temperature 1).
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
    """The model's name in file names: the last part of its id or path.

    >>> short_name("Qwen/QwQ-32B-Preview"), short_name("./models/mine/")
    ('QwQ-32B-Preview', 'mine')
    """
    return Path(model).name or Path(model).resolve().name
