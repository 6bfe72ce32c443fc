"""Whose fault a refusal is: the row's, the key's, the server's, the command's, or the moment's.

Sources: the error pages of OpenAI, Azure, Anthropic, Mistral, Groq, OpenRouter, DeepSeek, Gemini, and the servers of vLLM,
SGLang and TGI.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from util.engines.openai.limits import about_tokens
from util.engines.openai.shapes import error_in, read_json
from util.system.characters import printable


class Blame(Enum):
    """Whose fault a refusal is, and so what becomes of the request."""

    MOMENT = "nobody's: the same request may pass in a moment"
    RATE = "the key's for a moment: it has sent too much"
    KEY = "the key's: it is refused or used up"
    FORBIDDEN = "the key's or the row's: status 403 without a reason"
    SERVER = "the server's: it does not know the model or the address"
    ROW = "the row's own: others may pass, another try cannot help"
    LENGTH = "the token limits': the prompt and what may follow do not fit"
    UNCLEAR = "the command's, or the row's if others pass"


_MOMENTS = frozenset((0, 408, 409, 418, 421, 423, 425, 429, 451, 460, 498, 499))
_CODES = {
    "rate_limit": 429, "too_many_requests": 429, "quota": 402, "credit": 402, "billing": 402, "balance": 402,
    "payment": 402, "auth": 401, "api_key": 401, "permission": 403, "forbidden": 403, "model_not_found": 404,
    "not_found": 404, "overload": 529, "unavailable": 503, "capacity": 503, "timeout": 504, "invalid": 400,
    "bad_request": 400, "context_length": 400, "content_filter": 400, "server_error": 500, "internal": 500,
}  # fmt: skip
"""Part of an error's type or code -> the status that it stands for, where it came with status 200."""

_QUOTA = re.compile(
    r"insufficient[_ ](?:quota|credit|balance|fund)|quota (?:is |has been )?(?:exceeded|exhausted|used up)|exceeded your "
    r"current quota|out of credits|credit balance|billing|payment required|(?:account|organization) (?:is |has been )?"
    r"(?:deactivated|suspended|not active)|arrear",
    re.IGNORECASE,
)
_PER_TIME = re.compile(
    r"per (?:minute|second|hour|day)|rate.?limit|\b[rt]p[mds]\b|requests_per|retry in", re.IGNORECASE
)
_FLAGGED = re.compile(
    r"flagged|moderat|content.?(?:filter|policy|management)|safety|usage polic|violat|prohibited|sensitive|"
    r"inappropriate|responsible ai|blocked by|harmful|jailbreak|invalid_prompt|cyber",
    re.IGNORECASE,
)
_MODEL_UNKNOWN = re.compile(
    r"model\b.{0,120}(?:not (?:found|exist|available|supported|served)|does ?n.t exist|unknown|no such|invalid|"
    r"not a valid)|(?:unknown|invalid|no such|unsupported|not a valid) model|no endpoints found|model_not_found",
    re.IGNORECASE | re.DOTALL,
)
_KEY_WORDS = re.compile(
    r"api[_ ]?key|incorrect key|authenticat|unauthorized|credential|token (?:is )?(?:invalid|expired)", re.I
)
_PASSING = re.compile(
    r"temporar|service (?:is )?(?:currently )?unavailable|timed? ?out|internal (?:server )?error", re.I
)
"""In a 401 or 403: the service that checks keys has failed, not the key."""

_ROW_CODES = frozenset(("content_filter", "content_policy_violation", "invalid_prompt", "string_above_max_length"))
_ROW_WORDS = re.compile(
    r"invalid (?:prompt|unicode|utf)|string too long|(?:prompt|input) is (?:empty|invalid)", re.IGNORECASE
)


@dataclass(frozen=True)
class ApiFault:
    """An answer that is an error. status: of HTTP, or what the error's own code stands for. parameters: named fields."""

    status: int
    message: str
    code: str = ""
    parameters: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return f"API status {self.status}: {self.message}"[:600] if self.status else self.message[:600]

    @property
    def words(self) -> str:
        """Message and code together, to search in."""
        return f"{self.message} {self.code}"

    @property
    def _names_limit(self) -> bool:
        return "context_length" in self.code or any("max_" in name for name in self.parameters)

    @property
    def is_quota(self) -> bool:
        """Whether money or quota is gone, so that waiting does not help."""
        if re.search(r"insufficient_(?:quota|credit|balance|fund)", self.words, re.IGNORECASE):
            return True
        return bool(_QUOTA.search(self.words)) and not _PER_TIME.search(self.message)

    @property
    def blame(self) -> Blame:
        """Whose fault it is, as far as the error itself tells."""
        status, words = self.status, self.words
        if status in (401, 403) and _PASSING.search(words):
            return Blame.MOMENT
        if status in (401, 402) or (status == 429 and self.is_quota):
            return Blame.KEY
        if status == 429:
            return Blame.RATE
        if status in _MOMENTS or status >= 500 or status < 400:
            return Blame.MOMENT
        if status == 413 or (status in (400, 422) and (self._names_limit or about_tokens(words))):
            return Blame.LENGTH
        if self.code in _ROW_CODES or _FLAGGED.search(words):
            return Blame.ROW
        if status == 403:
            return Blame.KEY if self.is_quota or _KEY_WORDS.search(words) else Blame.FORBIDDEN
        if status in (404, 405) or (status in (400, 422) and _MODEL_UNKNOWN.search(words)):
            return Blame.SERVER
        if status == 400 and (
            self.is_quota or re.search(r"api[_ ]?key.{0,20}(?:not valid|invalid)", words, re.IGNORECASE)
        ):
            return Blame.KEY
        if status in (400, 422):
            return Blame.ROW if _ROW_WORDS.search(words) else Blame.UNCLEAR
        return Blame.MOMENT if status in (410, 412, 428) and self.message == "" else Blame.UNCLEAR


def fault_of_reply(status: int, body: bytes) -> ApiFault:
    """The fault in a reply with an error status, whatever its body is: JSON of any shape, HTML, text, nothing."""
    try:
        value = read_json(body)
    except ValueError:
        return ApiFault(status, words_of(body) or "no reason given")
    return fault_in(status, value)


def fault_in(status: Any, body: Any) -> ApiFault:
    """The fault in a JSON body that came with an error status."""
    status = status if isinstance(status, int) and not isinstance(status, bool) else 0
    if isinstance(body, list) and len(body) >= 1:
        body = body[0]
    if isinstance(body, dict):
        error = error_in(body)
        return fault_of_error(status, body if error is None else error)
    return fault_of_error(status, body)


def fault_of_error(status: int, error: Any) -> ApiFault:
    """The fault in an error object. status: of HTTP; where that is a success, the error's own code counts."""
    if not isinstance(error, dict):
        text = error if isinstance(error, str) else ("" if error is None else str(error)[:400])
        return ApiFault(status if status >= 400 else _status_of([], text), _cleaned(text) or "no reason given")
    detail = error.get("detail")
    message = next(
        (error[name] for name in ("message", "msg", "error", "reason") if isinstance(error.get(name), str)), ""
    )
    if not message and isinstance(error.get("error"), dict):
        return fault_of_error(status, error["error"])
    parameters = [value for name in ("param", "parameter") if isinstance(value := error.get(name), str) and value]
    if isinstance(detail, str):
        message = message or detail
    elif isinstance(detail, list):  # FastAPI: [{"loc": ["body", "seed"], "msg": "..."}]
        items = [item for item in detail if isinstance(item, dict)]
        parameters += [str(item["loc"][-1]) for item in items if isinstance(item.get("loc"), list) and item["loc"]]
        texts = [f"{'.'.join(map(str, item.get('loc') or []))}: {item.get('msg')}" for item in items[:5]]
        message = message or "; ".join(texts)
    message = f"{message}{_upstream(error)}"
    if not message:
        message = str({name: value for name, value in error.items() if value})[:300] if any(error.values()) else ""
    codes = [value for name in ("code", "type", "status") if isinstance(value := error.get(name), str) and value]
    if status < 400:
        numbers = (_status_number(error.get(name)) for name in ("code", "status"))
        status = next(filter(None, numbers), 0) or _status_of(codes, message)
    return ApiFault(status, _cleaned(message) or "no reason given", " ".join(codes), tuple(parameters))


def _upstream(error: dict[str, Any]) -> str:
    """What a router adds of the provider behind it (OpenRouter's metadata.raw)."""
    metadata = error.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    reasons = metadata.get("reasons") if isinstance(metadata, dict) else None
    texts = [raw] if isinstance(raw, str) else []
    texts += [", ".join(map(str, reasons))] if isinstance(reasons, list) else []
    return "".join(f" ({text[:300]})" for text in texts if text)


def _status_number(value: Any) -> int:
    """A value as a status of an error; 0 where it is none."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 3:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 400 <= value <= 599 else 0


def _status_of(codes: list[str], message: str) -> int:
    """The status that an error without a number stands for; 0 where nothing tells."""
    for text in (*codes, message):
        plain = re.sub(r"[\s-]+", "_", text.lower())
        if found := next((status for part, status in _CODES.items() if part in plain), 0):
            return found
    return 0


def words_of(body: bytes) -> str:
    """The words of a body that is not JSON; of an HTML page its title and first text."""
    text = body[:20_000].decode("utf-8", "replace")
    if re.search(r"<(?:!doctype|html|head|body|title|h1)\b", text, re.IGNORECASE):
        text = re.sub(r"(?is)<(script|style)\b.*?(?:</\1>|$)", " ", text)
        text = html.unescape(re.sub(r"(?s)<[^>]*(?:>|$)", " ", text))
    return _cleaned(text)[:300]


def _cleaned(text: str) -> str:
    return printable(" ".join(text[:2000].split()))[:500]
