"""Token limits in the words of servers: how long a context is, how much of it a prompt takes, how much may be asked for.

The wordings are those of vLLM, SGLang, TGI, OpenAI, Azure, DeepSeek, Mistral, Groq, Together, OpenRouter, Gemini and
Anthropic; the patterns look for the roles of the numbers, so that other words for the same still match.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_N = r"`?\"?'?(\d+)(?!\d)`?\"?'?"
_SEPARATOR = r"[,.'’ \u00a0\u202f]"
_FIELD = r"max(?:imum)?[_ ]?(?:completion|output|new)?[_ ]?tokens?|maxOutputTokens"


@dataclass(frozen=True)
class TokenLimits:
    """What a message says. None: not said.

    context: tokens of prompt and completion together. prompt: of this request. completion: most that any request may
    ask for, whatever its prompt. per_minute: of a rate limit that is smaller than this request alone.
    """

    context: int | None = None
    prompt: int | None = None
    completion: int | None = None
    per_minute: int | None = None


_ABOUT_TOKENS = re.compile(
    rf"context[_ ]?(?:length|window|size)|maximum context|{_FIELD}|max_model_len|token (?:count|limit)|too many tokens|"
    r"input tokens|prompt (?:tokens|(?:contains|has|is) [^.]{0,30}\d)|tokens per min|\bTPM\b|tokens? ?> ?\d|input[_ ]?length|(?:model|sequence) length|model'?s (?:limit|maximum)|"
    r"(?:prompt|input|request|message|text)s?\b[^.]{0,40}\btoo (?:long|large)|tokens to generate|n_ctx|"
    r"(?:completion|output|generation|response) length|context (?:overflow|(?:of|is) \d)|\d{3,} ?(?:\w+ ){0,2}(?:token|jeton)|"
    r"\d{3,} ?[个個]? ?(?:token|トークン|토큰|токен)|\d ?k? context\b|max_seq|"
    r"reduce the length|(?:上下文|コンテキスト|컨텍스트|контекст|kontext)\D{0,40}\d",
    re.IGNORECASE,
)
_CONTEXT_WORD = r"(?:\bcontext|n_ctx|ctx[_ ]size|kontext|contesto|contexto|上下文|コンテキスト|컨텍스트|контекст)"
_CONTEXT = (
    rf"(?:maximum|max\.?|total|model'?s?) (?:allowed )?(?:context|sequence|model|input)[ _](?:length|window|size)[^\d]{{0,60}}?{_N}",
    rf"context[ _](?:length|window|size)s?[^\d]{{0,40}}?(?:is|of|:|=|limit|to)[^\d]{{0,20}}?{_N}",
    rf"max_(?:model_len|total_tokens|seq\w*_len\w*)[^\d]{{0,30}}{_N}",
    rf"maximum (?:number of )?tokens for (?:this|the) model (?:is|:) ?{_N}",
    rf"{_N}[- ]tokens? (?:maximum )?context",
    rf"maximum number of (?:input )?tokens(?: allowed)?[^\d]{{0,12}}{_N}",
    rf"{_N} maximum context",
    rf"tokens?`? \+ `?max_new_tokens`? must be <=? ?{_N}",
    rf"(?:limit|maximum|at most|only) (?:of |is |supports )?{_N} tokens? (?:in total|total|of context)",
    rf"exceeds? (?:the )?(?:model'?s )?(?:limit|maximum)[^\d]{{0,30}}{_N}",
    rf"\b(?:sum|total|together|combined)\b.{{0,80}}?(?:exceed|at most|more than|<=|limit(?:ed)?(?: to| of)?) ?{_N}",
    rf"{_CONTEXT_WORD}[^\d+]{{0,40}}?{_N}(?! ?\+)",
    rf"{_N} ?(?:tokens? of )?{_CONTEXT_WORD}",
)
_PROMPT = (
    rf"{_N} (?:tokens? )?(?:\w+ )?(?:in|from|of) (?:the |your |text )?(?:input|prompt|messages?|text)",
    rf"(?:prompt|input|messages?|request)s? (?:contains?|has|have|is|are|resulted in|with|of|consists? of|takes?)"
    rf"[^\d.]{{0,20}}?{_N} (?:input |prompt )?tokens?",
    rf"given:? {_N} `?inputs?`?",
    rf"{_N} (?:input|prompt|text input) tokens?",
    rf"input {_N}\b",
    rf"(?:input|prompt) token count[^\d]{{0,12}}{_N}",
    rf"(?:input|prompt)[_ ]tokens? ?[:=(]+ ?{_N}",
    rf"(?:input|prompt) \({_N} tokens?\)",
    rf"(?:prompt|input)[^\d.]{{0,20}}length[: (]{{1,2}}(?:of |is )?{_N}",
)
_COMPLETION = (
    rf"(?:valid )?range of (?:{_FIELD})?[^\d]{{0,20}}\[\s*\d+\s*,\s*{_N}\s*\]",
    rf"range is from \d+ \(inclusive\) to {_N} \((?P<exclusive>exclusive|inclusive)\)",
    rf"at most {_N} (?:completion|output|new) ?tokens",
    rf"{_N}, which is the maximum (?:allowed|number)",
    rf"(?:{_FIELD})[`'\"]? (?:must|should|has to|needs to|cannot|can not|may not|can)[^\d]{{0,60}}?{_N}",
    rf"(?:maximum|max|largest|highest) (?:allowed |permitted |supported )?(?:value|number|limit)?[^\d.]{{0,30}}(?:{_FIELD})"
    rf"[^\d.]{{0,20}}{_N}",
    rf"(?:{_FIELD})[^\d.]{{0,30}}(?:limit|maximum|max)(?: value)?[^\d.]{{0,20}}{_N}",
    rf"supports? (?:at most |up to |a maximum of )?{_N} (?:completion|output|new|generated) ?tokens?",
    rf"<= ?{_N}\)?$",
    rf"(?:{_FIELD})\b.{{0,60}}?(?:lower|less|smaller) than (?P<exclusive>(?:or equal to )?){_N}",
)
_INEQUALITIES = (
    rf"(?P<prompt>{_N}) \+ {_N} ?> ?(?P<context>{_N})",
    rf"{_N} ?> ?(?P<context>{_N}) - (?P<prompt>{_N})",
    rf"(?P<prompt>{_N}) tokens? ?> ?(?P<context>{_N})",
)
_PER_MINUTE = rf"(?:tokens?[- ]per[- ]min\w*|\bTPM\b|per minute).{{0,80}}?limit:? {_N}.{{0,20}}requested:? {_N}"


def about_tokens(message: str) -> bool:
    """Whether a refusal is about the length of a request."""
    return bool(_ABOUT_TOKENS.search(message))


def is_about_prompt(message: str) -> bool:
    """Whether a refusal is about the length of the prompt, and not of the completion alone."""
    return bool(
        re.search(r"prompt|input|messages?\b|context|request (?:is )?too|payload|entity", message, re.IGNORECASE)
    )


def limits_in(message: str, requested: int) -> TokenLimits:
    """The numbers of a refusal. requested: the max_tokens that was sent; it is never a limit itself.

    >>> limits_in("This model's maximum context length is 4096 tokens. However, you requested 32900 tokens (132 in the "
    ...           "messages, 32768 in the completion).", 32768)
    TokenLimits(context=4096, prompt=132, completion=None, per_minute=None)
    >>> limits_in("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", 32768).completion
    8192
    """
    message = _plain_numbers(message)
    if found := re.search(_PER_MINUTE, message, re.IGNORECASE | re.DOTALL):
        limit, wanted = _number(found[1]), _number(found[2])
        return TokenLimits(prompt=max(0, wanted - requested), per_minute=limit) if wanted > limit else TokenLimits()
    for pattern in _INEQUALITIES:
        if found := re.search(pattern, message):
            return TokenLimits(_number(found["context"]), _number(found["prompt"]))
    completion = _first(_COMPLETION, message, lambda n: 1 < n < requested)
    context = _first(_CONTEXT, message, lambda n: n > 0)
    if completion is not None and completion == context:
        # One number for both: it bounds prompt and completion together where the message names the prompt.
        completion = None if re.search(r"input|prompt|messages|context|total", message, re.IGNORECASE) else completion
        context = context if completion is None else None
    prompt = None
    if context is not None and (prompt := _prompt_of_sum(message, requested)) is None:
        prompt = _first(_PROMPT, message, lambda n: n != requested)
        prompt = _prompt_from_total(message, requested) if prompt is None else prompt
    if context is None and completion is None and about_tokens(message):
        return _guessed(message, requested)
    return TokenLimits(context, prompt, completion)


def _guessed(message: str, requested: int) -> TokenLimits:
    """What the numbers alone tell, in words that no pattern knows."""
    numbers = _numbers(message)
    others = sorted(set(numbers) - {requested})
    prompt = _prompt_of_sum(message, requested) or _prompt_from_total(message, requested)
    if prompt is None:
        prompt = _first(_PROMPT, message, lambda n: n != requested and n < requested // 2)
    # A number far below what was asked for is a version, an index or a count of something else.
    below = [n for n in others if requested // 256 < n < requested and n != prompt]
    if prompt is not None and below:
        return TokenLimits(max(below), prompt)
    about_completion = requested in numbers or re.search(
        r"max|completion|output|generat|respon", message, re.IGNORECASE
    )
    if is_about_prompt(message) and not about_completion and len(others) == 2:
        return TokenLimits(others[0], others[1])
    if is_about_prompt(message) and len(below) == 2:
        return TokenLimits(below[1], below[0])
    return TokenLimits(completion=max(below)) if below and about_completion else TokenLimits()


def _numbers(message: str) -> list[int]:
    return [n for n in map(int, re.findall(r"(?<![A-Za-z\d_.-])\d{1,15}(?![A-Za-z\d_-])", message)) if n > 1]


def _plain_numbers(message: str) -> str:
    """The message with its numbers as digits alone, whatever separates their thousands; "32k" counts as 32000."""

    def joined(found: re.Match[str]) -> str:
        return re.sub(r"\D", "", found[0])

    message = re.sub(r"(?<=\d)_(?=\d)", "", message)
    message = re.sub(
        rf"(?<![A-Za-z\d.,_\[-])[1-9]\d{{0,2}}({_SEPARATOR})\d{{3}}(?:\1\d{{3}})*(?![\w-]|[.,]\d)", joined, message
    )
    return re.sub(r"(?<![A-Za-z\d.,_-])([1-9]\d{0,3}) ?[kK](?![A-Za-z\d_])", r"\g<1>000", message)


def _prompt_of_sum(message: str, requested: int) -> int | None:
    """The number that makes another one together with what was asked for: "171 + 32768 = 32939"."""
    numbers = _numbers(message)
    return next((n for n in numbers if n != requested and n + requested in numbers), None)


def _prompt_from_total(message: str, requested: int) -> int | None:
    """ "You requested 33000 tokens": what is left of that total is the prompt."""
    found = re.search(
        rf"(?:requested|request (?:of|would use)|total of|given)[^\d]{{0,30}}{_N}", message, re.IGNORECASE
    )
    total = _number(found[1]) if found else 0
    return total - requested if total > requested else None


def _first(patterns: tuple[str, ...], message: str, allowed: Callable[[int], bool]) -> int | None:
    for pattern in patterns:
        for found in re.finditer(pattern, message, re.IGNORECASE):
            value = _number(next(group for group in found.groups() if group and group[:1].isdigit()))
            bound = found.groupdict().get("exclusive")
            if bound == "exclusive" or bound == "":
                value -= 1
            if allowed(value):
                return value
    return None


def _number(text: str) -> int:
    return int(text[:15])
