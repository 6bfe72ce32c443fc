"""The messages before the question: system prompt and worked examples."""

from __future__ import annotations

from pathlib import Path

from util.prompting.profiles import ModelProfile
from util.prompting.prompts import MATH_EXAMPLES, THOUGHT_SOLUTION_SYSTEM
from util.records import Message
from util.system.named_files import read_text


def conversation_start(
    profile: ModelProfile, kind: str, template: str, system_prompt: Path | None, *, distils: bool
) -> list[Message]:
    """The messages before the question: system prompt and examples.

    kind: of the task (``TaskHandler.kind``). template: the task's prompt with ``{question}``. system_prompt: a file
    of the user; it replaces the model's default. distils: whether the responses are for training data; a model without a
    profile gets a system prompt only then.

    Raises:
        UserError: the file of the system prompt cannot be read.
    """
    text = profile.system_prompt
    if not profile.known and distils:
        text = THOUGHT_SOLUTION_SYSTEM
    if system_prompt is not None:
        text = read_text(system_prompt, "--system-prompt", "a file with the text of the prompt").strip() or None
    messages: list[Message] = [Message("system", text)] if text else []
    if profile.show_examples and kind == "math":
        for question, response in MATH_EXAMPLES:
            messages.append(Message("user", template.replace("{question}", question)))
            messages.append(Message("assistant", response))
    return messages


def sent_in_a_line(profile: ModelProfile, start: list[Message], system_prompt: Path | None) -> str:
    """What goes to the model before the question, and why."""
    system = start[0].content if start and start[0].role == "system" else ""
    if not system:
        found = "no system prompt"
    else:
        shown = " ".join(system.split())
        found = f'system prompt "{shown if len(shown) <= 60 else shown[:57] + "..."}"'
    if system_prompt is not None:
        why = f"--system-prompt {system_prompt}"
    elif profile.known:
        why = f"profile {profile.name}" + (f": {profile.source}" if profile.source else "")
    else:
        why = "no profile has this model" + ("; distillation asks for one" if system else "")
    examples = sum(message.role == "assistant" for message in start)
    return f"{found} ({why})" + (f", {examples} worked examples" if examples else "")
