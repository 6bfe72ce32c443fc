"""Chat templates: how conversations become prompts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from util.system.named_files import read_text


@dataclass(frozen=True)
class ChatTemplate:
    """How conversations become prompts. text: instead of the model's own template, None for that. args: its arguments."""

    text: str | None = None
    args: Mapping[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Names the text in settings, "" for the model's own."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16] if self.text is not None else ""


def template_text(template: Path | None) -> str | None:
    """The text of a chat template.

    Raises:
        UserError: it cannot be read.
    """
    if template is None:
        return None
    return read_text(template, "--chat-template", "a Jinja template")
