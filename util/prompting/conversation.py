"""The messages before the question: system prompt and worked examples."""

from __future__ import annotations

from pathlib import Path

from util.prompting.profiles import profile_of
from util.prompting.prompts import MATH_EXAMPLES
from util.records import Message
from util.system.errors import UserError


def conversation_start(model: str, kind: str, template: str, system_prompt: Path | None) -> list[Message]:
    """The messages before the question: system prompt and examples.

    kind: of the task ("math", "code" or "choice"). template: the task's prompt with
    ``{question}``. system_prompt: a file of the user; it replaces the model's default.

    Raises:
        UserError: the file of the system prompt cannot be read.
    """
    profile = profile_of(model)
    text = profile.system_prompt
    if system_prompt is not None:
        try:
            text = system_prompt.read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"--system-prompt {system_prompt} cannot be read: {error}.") from error
    messages: list[Message] = [Message("system", text)] if text else []
    if profile.show_examples and kind == "math":
        for question, response in MATH_EXAMPLES:
            messages.append(Message("user", template.replace("{question}", question)))
            messages.append(Message("assistant", response))
    return messages
