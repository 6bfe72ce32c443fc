"""Model profiles: what is sent to each model family, and how its responses are read.

The suite's own profiles are in ``profiles.toml``; a user's file (``--profiles``) is searched first. A model without a
profile gets a system prompt only for distillation; ``--system-prompt FILE`` overrides the system prompt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from util.prompting.prompts import SMALL_MODEL_SYSTEM, THOUGHT_SOLUTION_SYSTEM
from util.system.errors import UserError
from util.system.named_files import read_text, unreadable

OWN_FILE = Path(__file__).with_name("profiles.toml")

NAMED_PROMPTS = {"thought_solution": THOUGHT_SOLUTION_SYSTEM, "short": SMALL_MODEL_SYSTEM}
"""System prompts that a profile names instead of writing them out."""

_FIELDS: dict[str, type] = {
    "name": str, "pattern": str, "system_prompt": str, "examples": bool, "fixed_sampling": bool, "reasoning_parser": str,
    "chat_template_args": dict, "preset": dict, "source": str,
}  # fmt: skip


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

    pattern: regular expression, searched in the id, ignoring case. system_prompt: None for no system message, also where
    the chat template adds its own. show_examples: add worked examples before a mathematics problem, as earlier turns.
    fixed_sampling: the API rejects temperature, top_p and seed (o1-type models sample at temperature 1). reasoning_parser:
    vLLM's name of the parser that tells thought and answer apart, "" where think tags in the text do. chat_template_args:
    unless the command gives them. known: False for a model that no profile describes.
    """

    name: str
    pattern: str
    system_prompt: str | None = None
    show_examples: bool = False
    fixed_sampling: bool = False
    reasoning_parser: str = ""
    chat_template_args: Mapping[str, Any] = field(default_factory=dict)
    preset: Preset | None = None
    source: str = ""
    known: bool = True


UNKNOWN = ModelProfile("unknown model", "", known=False)


def profile_of(model: str, file: Path | None = None) -> ModelProfile:
    """The profile of a model id, a local path or ``openai/NAME``. file: profiles of the user, searched first.

    Raises:
        UserError: the file cannot be read, or has something that no profile may have.
    """
    own = read_profiles(file) if file is not None else ()
    for profile in (*own, *read_profiles(OWN_FILE)):
        if re.search(profile.pattern, model, re.IGNORECASE):
            return profile
    return UNKNOWN


@cache
def read_profiles(path: Path) -> tuple[ModelProfile, ...]:
    """The profiles in a TOML file.

    Raises:
        UserError: it cannot be read; a profile has an unknown field, a field of another type, or no valid pattern.
    """
    import tomllib

    expected = f"TOML, as in {OWN_FILE}"
    try:
        found = tomllib.loads(read_text(path, "--profiles", expected))
    except ValueError as error:
        raise unreadable("--profiles", path, error, expected) from error
    listed = found.get("profile")
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed) or set(found) != {"profile"}:
        raise UserError(f"--profiles {path}: [[profile]] tables are expected, as in {OWN_FILE}.")
    return tuple(_profile(each, f"--profiles {path}, profile {number}") for number, each in enumerate(listed, 1))


def _profile(values: dict[str, Any], where: str) -> ModelProfile:
    for name, value in values.items():
        if name not in _FIELDS:
            raise UserError(f"{where}: there is no field {name!r}; there are {', '.join(_FIELDS)}.")
        if not isinstance(value, _FIELDS[name]):
            raise UserError(f"{where}: {name} = {value!r} is not of type {_FIELDS[name].__name__}.")
    if not values.get("pattern"):
        raise UserError(f"{where}: it needs a pattern, a regular expression of model names.")
    try:
        re.compile(values["pattern"])
    except re.error as error:
        raise UserError(f"{where}: the pattern {values['pattern']!r} is not a regular expression: {error}.") from error
    source, prompt = values.get("source", ""), values.get("system_prompt", "")
    return ModelProfile(
        name=values.get("name", values["pattern"]),
        pattern=values["pattern"],
        system_prompt=NAMED_PROMPTS.get(prompt, prompt) or None,
        show_examples=values.get("examples", False),
        fixed_sampling=values.get("fixed_sampling", False),
        reasoning_parser=values.get("reasoning_parser", ""),
        chat_template_args=values.get("chat_template_args", {}),
        preset=_preset(values["preset"], source, where) if "preset" in values else None,
        source=source,
    )


def _preset(values: dict[str, Any], source: str, where: str) -> Preset:
    for name, value in values.items():
        if type(value) not in (int, float):
            raise UserError(f"{where}: preset.{name} = {value!r} is not a number.")
    args = {name: value for name, value in values.items() if name not in ("temperature", "top_p")}
    return Preset(float(values.get("temperature", 1.0)), float(values.get("top_p", 1.0)), source, args)


def short_name(model: str) -> str:
    """The model's name in file names: the last part of its id or path.

    >>> short_name("Qwen/QwQ-32B-Preview"), short_name("./models/mine/")
    ('QwQ-32B-Preview', 'mine')
    """
    return Path(model).name or Path(model).resolve().name
