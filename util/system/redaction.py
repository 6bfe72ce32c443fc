"""Secrets in texts: what must not reach the console, a journal or a report is masked.

Two kinds are masked: values that this process knows to be secret (``keep_secret``), and texts with the form of a
credential (a password in a URL, a secret query parameter, an API key).
"""

from __future__ import annotations

import json
import re
import shlex
import urllib.parse
from collections.abc import Sequence
from functools import cache
from typing import Any

MASK = "***"
SHORTEST = 8
"""Shorter values are not masked: they occur in ordinary text."""

SECRET_PARAMETERS = frozenset(
    (
        "key", "api_key", "api-key", "apikey", "x-api-key", "token", "access_token", "auth_token", "sig", "signature",
        "code", "subscription-key", "auth", "password", "passwd", "secret", "client_secret", "x-amz-signature",
        "x-amz-credential", "x-amz-security-token", "x-goog-signature", "x-goog-credential",
    )
)  # fmt: skip
"""Query parameters of URLs whose values are credentials, in lower case."""

_USERINFO = re.compile(r"(?i)([a-z][a-z0-9+.-]{0,20}://)[^\s/?#\"'<>]{1,2000}@")
_PARAMETER = re.compile(r"(?i)([?&;](?:" + "|".join(map(re.escape, SECRET_PARAMETERS)) + r")=)[^&;\s#\"'<>]+")
_DASHED = r"(?:sk-|xai-|pplx-|nvapi-|glpat-|AIza|github_pat_)[A-Za-z0-9_-]"
_PLAIN = r"(?:hf|gsk|ghp|gho|ghu|ghs|r8)_[A-Za-z0-9]"
_API_KEY = re.compile(rf"(?<![A-Za-z0-9_-])(?:{_DASHED}{{16,}}|{_PLAIN}{{16,}}|AKIA[A-Z0-9]{{16}})")
_WORD_OF_KEY = re.compile(rf"{_DASHED}{{6,}}|{_PLAIN}{{10,}}|AKIA[A-Z0-9]{{12,}}")
_FIELD = r"(?:api[-_]?key|subscription[-_]key|(?:access|auth|bearer)[-_]?token|password|passwd|secret|authorization)"
_FIELD_VALUE = re.compile(rf"(?i)({_FIELD}[\"']?\s*[=:]\s*[\"']?(?:(?:bearer|basic)\s+)?)[^\"'\s,;}}&]+")
_SECRET_OPTION = re.compile(rf"(?i)--?[a-z-]*{_FIELD}")

_known: set[str] = set()


def keep_secret(*values: str | None) -> None:
    """Mask these values in every text that ``redacted`` returns from now on, also where they are quoted."""
    for value in values:
        if value is not None and len(value.strip()) >= SHORTEST:
            plain = value.strip()
            _known.update((plain, urllib.parse.quote(plain, safe=""), json.dumps(plain)[1:-1]))
    _known_pattern.cache_clear()


def redacted(text: str) -> str:
    """The text with every credential replaced by ``***``.

    >>> redacted("https://me:pw@host/v1?api-version=1&key=abc"), redacted("refused: sk-abcdefgh12345678")
    ('https://***@host/v1?api-version=1&key=***', 'refused: ***')
    """
    if _known:
        text = _known_pattern().sub(MASK, text)
    if "://" in text:
        text = _USERINFO.sub(rf"\1{MASK}@", text)
    if "=" in text:
        text = _PARAMETER.sub(rf"\1{MASK}", text)
    return _API_KEY.sub(MASK, text)


def redacted_value(value: Any) -> Any:
    """A JSON value with ``redacted`` texts throughout; names stay."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        return {name: redacted_value(item) for name, item in value.items()}
    return [redacted_value(item) for item in value] if isinstance(value, list | tuple) else value


def redacted_command(words: Sequence[str]) -> str:
    """A command line as it was typed, quoted for a shell, without credentials.

    Stricter than ``redacted``: a whole word or the value of ``NAME=value`` is masked if it starts like an API key or if
    its name is that of a credential.

    >>> redacted_command(["python", "eval.py", "--model=openai/m", "--base-url", "http://u:p@host/v1", "--x=hf_1234567890"])
    "python eval.py --model=openai/m --base-url 'http://***@host/v1' '--x=***'"
    """
    shown: list[str] = []
    for before, word in zip(["", *words], words, strict=False):
        own_value = _SECRET_OPTION.fullmatch(before) and not word.startswith("-")
        shown.append(MASK if own_value else _word(word))
    return shlex.join(shown)


def _word(word: str) -> str:
    name, equals, value = word.partition("=")
    if _WORD_OF_KEY.fullmatch(word):
        return MASK
    if equals and _WORD_OF_KEY.fullmatch(value.strip("\"'")):
        return f"{name}={MASK}"
    return _FIELD_VALUE.sub(rf"\1{MASK}", redacted(word))


@cache
def _known_pattern() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(_known, key=len, reverse=True))))
