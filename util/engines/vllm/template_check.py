"""A chat template and its arguments, tried before a model loads."""

from __future__ import annotations

import difflib
import re
from typing import Any

from util.engines.chat import chat_dicts
from util.engines.chat_template import ChatTemplate
from util.records import Message
from util.system.credentials import HUB_TOKENS, exposed
from util.system.errors import UserError

_GENERATION = re.compile(r"\{%[-+]?\s*(?:end)?generation\s*[-+]?%\}")
"""A tag of transformers' own, for masks in training."""
_ALWAYS = frozenset(("messages", "tools", "documents", "add_generation_prompt", "bos_token", "eos_token"))


def check_template(model: str, template: ChatTemplate) -> None:
    """Make a prompt with the template, if one or its arguments are given.

    Raises:
        UserError: it has an error, fails on a conversation, or does not use an argument.
    """
    if template.text is None and not template.args:
        return
    from jinja2 import TemplateError
    from transformers import AutoTokenizer

    try:
        with exposed(*HUB_TOKENS):
            tokenizer: Any = AutoTokenizer.from_pretrained(model)
    except (OSError, ValueError, KeyError, ImportError):
        return  # loading the model says what is wrong with it; some families have tokenizers of their own
    text = template.text if template.text is not None else getattr(tokenizer, "chat_template", None)
    if not isinstance(text, str):
        return
    name = "The chat template" if template.text is None else "--chat-template"
    try:
        _check_names(text, template)
        tokenizer.apply_chat_template(
            chat_dicts([Message("user", "1 + 1?")]), tokenize=False, add_generation_prompt=True, chat_template=text,
            **template.args,
        )  # fmt: skip
    except TemplateError as error:
        raise UserError(f"{name} fails: {type(error).__name__}: {error}. Correct it, or leave it out.") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{name} fails with these --chat-template-args: {error}.") from error


def _check_names(text: str, template: ChatTemplate) -> None:
    from jinja2 import Environment, meta

    environment = Environment(extensions=["jinja2.ext.loopcontrols"], autoescape=False)
    source = _GENERATION.sub("", text)
    known = meta.find_undeclared_variables(environment.parse(source)) - _ALWAYS
    for name in template.args:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"it uses {', '.join(sorted(known)) or 'none'}."
            raise UserError(f"--chat-template-args {name}=...: the chat template does not use it; {hint}")
