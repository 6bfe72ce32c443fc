"""Thought and answer of a response, told apart by vLLM's reasoning parsers.

They read the text with its special tokens, since a marker may be one (``[THINK]`` of Magistral), which a detokenizer
otherwise leaves out. Facts of vLLM 0.32: its parser of gpt-oss only finds the end of the thought, so that the harmony
format is read here; most others take a text without any marker for a thought, which is right only where the prompt has
opened one.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from util.engines.continuing import PROMPT_END
from util.engines.options import AUTO, NO_PARSER, VllmOptions
from util.system.errors import UserError
from util.system.messages import say
from util.text.control_tokens import without_tokens
from util.text.thought import THINK_BEGIN, opened_thought, with_thought

HARMONY = "openai_gptoss"

_BY_TOKENS = {
    "<|channel|>": HARMONY,
    "[THINK]": "mistral",
    "<seed:think>": "seed_oss",
    "<|START_THINKING|>": "cohere_command3",
    THINK_BEGIN: "deepseek_r1",
}
"""Special token that opens a thought -> the parser for it, where neither command nor profile names one."""

_HARMONY_MESSAGE = re.compile(
    r"<\|channel\|>\s*(\w+)(?:(?!<\|message\|>).)*?<\|message\|>(.*?)(?=<\|(?:end|return|call|start|channel)\|>|\Z)",
    re.DOTALL,
)
_HARMONY_THOUGHT = "analysis"


class Apart(Protocol):
    """Makes a response's content, with the thought between think tags, of its prompt, its text with special tokens.

    begin, end: the markers of a thought, "" where they are not known.
    """

    name: str
    begin: str
    end: str

    def content(self, prompt: Sequence[int], raw: str) -> str: ...


def check_parser(options: VllmOptions) -> None:
    """Refuse a parser that vLLM does not have, before a model loads.

    Raises:
        UserError: names the nearest one.
    """
    name = options.parser_wanted
    if name in (AUTO, NO_PARSER):
        return
    known = _names()
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
        raise UserError(f"--reasoning-parser {name}: the installed vLLM has no such reasoning parser; {hint}")


def parser_for(options: VllmOptions, tokenizer: Any) -> Apart | None:
    """The parser for a model's responses; None where the text is kept as it is.

    Raises:
        UserError: the parser that was asked for does not fit the model's tokenizer.
    """
    name = options.parser_wanted
    if name == AUTO:
        special = set(getattr(tokenizer, "all_special_tokens", None) or ()) | _added_special(tokenizer)
        name = next((parser for token, parser in _BY_TOKENS.items() if token in special), NO_PARSER)
    if name == NO_PARSER:
        return None
    if name == HARMONY:
        return Harmony()
    from vllm.reasoning import ReasoningParserManager

    try:
        made = ReasoningParserManager.get_reasoning_parser(name)(
            tokenizer, chat_template_kwargs=dict(options.template.args)
        )
    except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
        text = f"the reasoning parser {name} does not fit this model: {error}"
        if options.reasoning_parser == AUTO:
            say(f"note: {text}; responses are kept as they are")
            return None
        raise UserError(f"{text[0].upper()}{text[1:]}. Choose another with --reasoning-parser, or none.") from error
    return ByParser(name, made, tokenizer)


class ByParser:
    """One of vLLM's reasoning parsers."""

    def __init__(self, name: str, parser: Any, tokenizer: Any) -> None:
        self.name, self._parser, self._tokenizer = name, parser, tokenizer
        self.begin: str = (getattr(parser, "reasoning_start_str", None) or "").strip()
        self.end: str = (getattr(parser, "reasoning_end_str", None) or "").strip()

    def content(self, prompt: Sequence[int], raw: str) -> str:
        """See ``Apart``."""
        begin, end = self.begin, self.end
        if not begin or not end:
            thought, answer = self._parser.extract_reasoning(raw, None)
            return joined(thought, answer)
        tail = self._tokenizer.decode(list(prompt[-PROMPT_END:]), skip_special_tokens=False)
        opened = tail.rfind(begin) > tail.rfind(end)
        if not opened and begin not in raw and end not in raw:
            return without_tokens(raw)
        if begin not in raw:  # where the prompt has opened the thought, not every parser finds its end
            raw = f"{begin}{raw}"
        if end not in raw:  # parsers differ on a thought that does not end
            return joined(raw.partition(begin)[2], None)
        return joined(*self._split(raw))

    def _split(self, raw: str) -> tuple[str | None, str | None]:
        """A text with both markers. Some parsers only know where a thought ends, or leave its beginning in it."""
        try:
            found = self._parser.extract_reasoning(raw, None)
        except NotImplementedError:
            found = None
        if found is None:
            thought, _, answer = raw.partition(self.begin)[2].partition(self.end)
            return thought, answer
        return (found[0] or "").removeprefix(self.begin), found[1]


class Harmony:
    """The format of gpt-oss: messages in channels, of which "analysis" is the thought."""

    name = HARMONY
    begin, end = "<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"

    def content(self, prompt: Sequence[int], raw: str) -> str:
        """See ``Apart``."""
        found = _HARMONY_MESSAGE.findall(raw)
        if not found:
            return without_tokens(raw)
        thought = "\n".join(text for channel, text in found if channel == _HARMONY_THOUGHT)
        answer = "\n".join(text for channel, text in found if channel != _HARMONY_THOUGHT)
        return joined(thought, answer)


def joined(thought: str | None, answer: str | None) -> str:
    """Thought and answer in one text, without special tokens. A thought without an answer stays open."""
    thought, answer = without_tokens(thought or "").strip(), without_tokens(answer or "").strip()
    if not thought:
        return answer
    return with_thought(thought, answer) if answer else opened_thought(thought)


def _names() -> list[str]:
    try:
        from vllm.reasoning import ReasoningParserManager
    except ImportError as error:
        raise UserError(f"--reasoning-parser needs vLLM, which cannot be imported ({error}).") from error
    return sorted(ReasoningParserManager.list_registered())


def _added_special(tokenizer: Any) -> set[str]:
    """Added tokens that a detokenizer leaves out: a tokenizer need not list them all among its special ones."""
    added: Mapping[int, Any] = getattr(tokenizer, "added_tokens_decoder", None) or {}
    return {str(token.content) for token in added.values() if getattr(token, "special", False)}
