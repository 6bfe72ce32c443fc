"""What each model family is sent, from the suite's profiles and from a user's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from util.prompting.conversation import conversation_start, sent_in_a_line
from util.prompting.profiles import NAMED_PROMPTS, OWN_FILE, profile_of, read_profiles
from util.prompting.prompts import THOUGHT_SOLUTION_SYSTEM
from util.system.errors import UserError

OWN = """
[[profile]]
name = "Ours"
pattern = 'acme-\\d+b'
system_prompt = "Think aloud."
reasoning_parser = "qwen3"
chat_template_args = { enable_thinking = true }
source = "our model card"
[profile.preset]
temperature = 0.8
top_k = 30
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(OWN)
    return path


def test_the_profiles_of_the_suite_say_where_they_come_from() -> None:
    profiles = read_profiles(OWN_FILE)
    assert len({profile.name for profile in profiles}) == len(profiles) > 5
    assert all(profile.source for profile in profiles)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("NovaSky-AI/Sky-T1-32B-Preview", "Sky-T1"),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "DeepSeek-R1"),
        ("Qwen/QwQ-32B-Preview", "Qwen"),
        ("openai/o3-mini", "OpenAI, reasoning"),
        ("openai/gpt-4o-mini", "unknown model"),
        ("/models/acme-7b", "unknown model"),
    ],
)
def test_the_first_profile_whose_pattern_occurs(model: str, name: str) -> None:
    assert profile_of(model).name == name


def test_a_file_of_the_user_comes_first(own: Path) -> None:
    profile = profile_of("acme/Acme-7B-chat", own)
    assert (profile.name, profile.system_prompt, profile.reasoning_parser) == ("Ours", "Think aloud.", "qwen3")
    assert profile.chat_template_args == {"enable_thinking": True}
    assert str(profile.preset) == "temperature 0.8, top-p 1, top_k 30 (our model card)"
    assert profile_of("NovaSky-AI/Sky-T1-32B-Preview", own).name == "Sky-T1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[profile]]\npattern = 'a('", "is not a regular expression"),
        ("[[profile]]\nname = 'x'", "needs a pattern"),
        ("[[profile]]\npattern = 'a'\nsystem = 'x'", "no field 'system'"),
        ("[[profile]]\npattern = 'a'\nexamples = 'yes'", "not of type bool"),
        ("[[profile]]\npattern = 'a'\npreset = { top_p = 'x' }", "not a number"),
        ("profile = 3", r"\[\[profile\]\]"),
        ("pattern = [", "cannot be read"),
    ],
)
def test_a_faulty_file_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "faulty.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=rf"{re.escape(str(path))}.*{message}"):
        profile_of("m", path)


def test_an_unknown_model_has_a_system_prompt_for_distillation_alone(tmp_path: Path) -> None:
    def start(model: str, *, distils: bool, file: Path | None = None) -> tuple[str, str]:
        profile = profile_of(model)
        messages = conversation_start(profile, "math", "{question}", file, distils=distils)
        system = next((message.content for message in messages if message.role == "system"), "")
        return system, sent_in_a_line(profile, messages, file)

    unknown, line = start("acme/new-7b", distils=False)
    assert unknown == ""
    assert line == "no system prompt (no profile has this model)"
    distilled, line = start("acme/new-7b", distils=True)
    assert distilled == THOUGHT_SOLUTION_SYSTEM == NAMED_PROMPTS["thought_solution"]
    assert "distillation asks for one" in line
    assert start("Sky-T1-32B", distils=False)[0] == THOUGHT_SOLUTION_SYSTEM
    assert start("Qwen/Qwen3-8B", distils=True)[0] == ""
    file = tmp_path / "prompt.txt"
    file.write_text("Be short.\n")
    given, line = start("Qwen/Qwen3-8B", distils=False, file=file)
    assert given == "Be short."
    assert line == f'system prompt "Be short." (--system-prompt {file})'
    assert "3 worked examples" in start("SmolLM2-135M", distils=False)[1]
