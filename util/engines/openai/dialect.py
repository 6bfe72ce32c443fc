"""What a server takes: the request body for it, and what its refusals taught about fields that the user did not set.

A field of ours that a server refuses is left out, or sent under another name, once for the whole run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from util.engines.base import Request
from util.engines.chat import chat_dicts, folded_system
from util.engines.chat_template import ChatTemplate
from util.engines.openai.limits import TokenLimits, limits_in
from util.engines.openai.refusals import ApiFault, Blame
from util.prompting.profiles import profile_of

NEUTRAL = {"top_p": 1.0, "top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0, "presence_penalty": 0.0,
           "frequency_penalty": 0.0}  # fmt: skip
"""Sent to vLLM and SGLang: what is left out, their servers take from the model's generation_config.json."""

_NO_TOP_K = {"sglang": -1}
OWN_SERVERS = ("vllm", "sglang")
_TOKENS, _COMPLETION_TOKENS = "max_tokens", "max_completion_tokens"

_OTHER_NAMES = {
    _TOKENS: (_COMPLETION_TOKENS,),
    _COMPLETION_TOKENS: (_TOKENS,),
    "seed": ("random_seed",),
}
"""Field -> its names at other servers."""

_BY_HOST: tuple[tuple[str, dict[str, str]], ...] = (("mistral.ai", {"seed": "random_seed"}),)
"""Host -> fields under other names, known beforehand."""

_REFUSING = re.compile(
    r"un(?:supported|recogni[sz]ed|known|expected|permitted)|not (?:a )?(?:supported?|permitted|allowed|valid|recogni[sz]ed|"
    r"available|enabled|accepted?|compatible|implemented)|(?:does|do|is|are|can|was)(?: not|n'?t) (?:support|allow|accept|"
    r"permit|take|specif|be)|extra (?:inputs?|fields?|parameters?)|forbidden|invalid|cannot|can't|must (?:not|be)|only|remove|"
    r"deprecat|no longer|disallow|incompatible|additional propert|mutually|both|unable|refus|disabled|unavailable|omit|"
    r"nicht|non |pas |不支持|不允许|无效|未知|サポート|対応して|無効|지원|не ",
    re.IGNORECASE,
)
_UNKNOWN_FIELD = re.compile(
    r"un(?:supported|recogni[sz]ed|known|expected|permitted)|not (?:supported|permitted|allowed|recogni[sz]ed|accepted|"
    r"implemented|available|enabled)|disabled|unavailable|omit|nicht|不支持|サポート|지원|"
    r"does(?: not|n'?t) (?:support|accept|allow)|extra (?:inputs?|fields?)|use '?`?max_|additional propert|deprecat",
    re.IGNORECASE,
)
_SYSTEM_ROLE = re.compile(
    r"system['\"`]? (?:role|message|prompt|instruction|角色)|role\b.{0,60}\bsystem\b|developer (?:role|message|instruction)|"
    r"role\W{0,4}system|['\"`]system['\"`] is|roles? must (?:alternate|be)|(?:conversation )?roles? .{0,40}user/assistant|"
    r"first (?:message|role) must be|role.{0,80}(?:user.{0,10}assistant)|only .{0,20}user.{0,20}assistant|"
    r"(?:start|begin)s? with an? user",
    re.IGNORECASE,
)
_OTHER_STREAM = re.compile(r"end of (?:the )?stream|stream of|(?:byte|input|data|json)[- ]stream", re.IGNORECASE)
"""Streams that are not the answer's."""


@dataclass
class Dialect:
    """What one run knows of its servers.

    given: fields that the user set, which are never left out in silence. extra: fields of every body; None leaves one of
    ours out. kind: "vllm" or "sglang" where the server says so. tells_tokens: whether a stream's tokens are wanted as they
    come. fixed: whether the API takes no sampling parameters; None for what the model's profile says.
    """

    model: str
    host: str = ""
    streams: bool = True
    kind: str = ""
    given: frozenset[str] = frozenset()
    extra: Mapping[str, Any] = field(default_factory=dict)
    template: ChatTemplate = field(default_factory=ChatTemplate)
    fixed: bool | None = None
    dropped: set[str] = field(default_factory=set)
    renamed: dict[str, str] = field(default_factory=dict)
    folds_system: bool = False
    most_tokens: int | None = None
    context: int | None = None
    tells_tokens: bool = False
    _tried: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._streamed = self.streams
        host = urlsplit(self.host).hostname or self.host
        for known, names in _BY_HOST:
            if host == known or host.endswith(f".{known}"):
                self.renamed |= names
        by_name = profile_of(f"openai/{self.model}").fixed_sampling
        self._fixed = by_name if self.fixed is None else self.fixed
        if self._fixed or host.endswith("api.openai.com"):
            self.renamed[_TOKENS] = _COMPLETION_TOKENS

    # -- requests ----------------------------------------------------------------------------------------------------

    def body(self, request: Request, max_tokens: int | None = None, *, stream: bool | None = None) -> dict[str, Any]:
        """The body of a chat completion request. max_tokens: instead of the sampling's own. stream: instead of streams."""
        sampling = request.sampling
        messages = folded_system(request.messages) if self.folds_system else request.messages
        fields: dict[str, Any] = {_TOKENS: sampling.max_tokens if max_tokens is None else max_tokens}
        if not self._fixed:
            fields |= {"temperature": sampling.temperature} | self._neutral()
            fields |= {"top_p": sampling.top_p} if sampling.top_p != 1.0 or "top_p" in self.given else {}
            fields |= {"seed": sampling.seed} if sampling.seed is not None else {}
        fields |= sampling.args
        fields |= {"logprobs": True} if sampling.logprobs else {}
        if self.template.args:
            fields["chat_template_kwargs"] = dict(self.template.args)
        if self.template.text is not None:
            fields["chat_template"] = self.template.text
        if self.streams if stream is None else stream:
            options = {"include_usage": True} | ({"continuous_usage_stats": True} if self._tells() else {})
            fields |= {"stream": True, "stream_options": options}
            fields |= {"return_token_ids": True} if self._tells() and self.kind == "vllm" else {}
        sent = {self.renamed.get(name, name): value for name, value in fields.items() if name not in self.dropped}
        merged = {"model": self.model, "messages": chat_dicts(messages)} | sent | dict(self.extra)
        return {name: value for name, value in merged.items() if value is not None}

    def max_tokens(self, body: Mapping[str, Any]) -> int:
        """The token limit in a body."""
        found = next((body[name] for name in (_TOKENS, _COMPLETION_TOKENS) if name in body), 0)
        return found if isinstance(found, int) else 0

    def _tells(self) -> bool:
        """Whether the server should tell the tokens of a stream as they come."""
        return self.tells_tokens and self.kind in OWN_SERVERS

    def _neutral(self) -> dict[str, Any]:
        """What the command does not say, said: for servers that would fill it in from the model's own file."""
        if self.kind not in OWN_SERVERS:
            return {}
        return {**NEUTRAL, "top_k": _NO_TOP_K.get(self.kind, 0)}

    # -- refusals ----------------------------------------------------------------------------------------------------

    def learn(self, fault: ApiFault, body: Mapping[str, Any]) -> str | None:
        """Change what is sent so that the server takes it; what has changed, in words, or None where nothing can.

        "" means that another request's refusal has changed it already, so that this one goes again as it is now.
        """
        if fault.status not in (400, 403, 404, 405, 415, 422, 501):
            return None
        if fault.blame is Blame.ROW and not any(name in body for name in fault.parameters):
            return None  # words of a flagged prompt tell nothing of what the server takes
        for name in self._blamed(fault, body):
            if (said := self._without(name, fault, body)) is not None:
                return said
        if self._has_system(body) and _SYSTEM_ROLE.search(fault.words):
            if self.folds_system:
                return ""
            self.folds_system = True
            return "the server takes no system role: the system prompt is put before the first user message"
        return None

    def _blamed(self, fault: ApiFault, body: Mapping[str, Any]) -> list[str]:
        """Fields of the body that the refusal is about, the most certain first."""
        if not _REFUSING.search(fault.words) and not fault.parameters:
            return []
        words = fault.message
        named = [name for name in body if name in fault.parameters]
        quoted = [name for name in body if re.search(rf"['\"`]{re.escape(name)}['\"`]", words)]
        mentioned = [name for name in body if re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", words, re.ASCII)]
        if _OTHER_STREAM.search(words):
            mentioned = [name for name in mentioned if name != "stream"]
        found = list(dict.fromkeys([*named, *quoted, *mentioned]))
        if body.get("stream") and not found and re.search(r"\bstream(?:ing|ed)?\b", _OTHER_STREAM.sub("", words), re.I):
            found.append("stream")
        # Of two that exclude each other the less important goes; the stream itself before nothing else.
        order = ["stream_options", "seed", "random_seed", "top_p", *NEUTRAL]
        if len(found) > 1 and not named:
            found.sort(key=lambda name: order.index(name) if name in order else len(order))
        return [name for name in found if name not in ("model", "messages")]

    def _without(self, name: str, fault: ApiFault, body: Mapping[str, Any]) -> str | None:
        ours = next((own for own, sent in self.renamed.items() if sent == name), name)
        if name in self.extra or (ours in self.given and ours not in (_TOKENS, _COMPLETION_TOKENS)):
            return None
        if ours in self.dropped or name != self.renamed.get(ours, ours) or (ours == "stream" and not self.streams):
            return ""  # sent before another refusal was understood
        if ours == "stream":
            self.streams = False
            return "the server does not stream: answers come whole"
        if ours in (_TOKENS, "seed"):
            if ours == _TOKENS and not self._is_unknown(body[name], fault):
                return None  # its value, not its name
            return self._renamed(ours, name)
        if ours in ("logprobs", "chat_template_kwargs", "chat_template"):
            return None
        self.dropped.add(ours)
        return f"the server takes no {ours}: it is left out"

    @staticmethod
    def _is_unknown(value: Any, fault: ApiFault) -> bool:
        """Whether a refusal of a token limit is about its name."""
        words = fault.message
        limits = limits_in(words, value) if isinstance(value, int) else TokenLimits()
        return limits == TokenLimits() and bool(_UNKNOWN_FIELD.search(words) or words.startswith("body."))

    def _renamed(self, ours: str, name: str) -> str | None:
        """Another name for a field; without one left, a seed is dropped, and a token limit is the command's fault."""
        self._tried.add(name)
        for other in (ours, *_OTHER_NAMES[ours]):
            if other not in self._tried and ours != "seed":
                self.renamed[ours] = other
                return f"the server takes {other} instead of {name}"
        if ours == "seed":
            self.dropped.add(ours)
            return "the server takes no seed: samples cannot be repeated"
        return None

    def adopt(self, described: Mapping[str, Any]) -> None:
        """Start with what an earlier run learned; see ``described``."""
        self.dropped |= set(described.get("left_out", ()))
        self.renamed |= dict(described.get("renamed", {}))
        self.folds_system = self.folds_system or "system_role" in described
        self.streams = self.streams and described.get("stream", True)

    @staticmethod
    def _has_system(body: Mapping[str, Any]) -> bool:
        return any(message.get("role") == "system" for message in body.get("messages", ()))

    def given_fields(self, body: Mapping[str, Any]) -> list[str]:
        """Names of the body's fields that the user set."""
        names = {*self.extra, *(self.renamed.get(name, name) for name in self.given)}
        return [name for name in body if name in names]

    # -- what is known, for the manifest -----------------------------------------------------------------------------

    def described(self) -> dict[str, Any]:
        """What differs from the plain request; {} where nothing does."""
        found: dict[str, Any] = {}
        if self.dropped:
            found["left_out"] = sorted(self.dropped)
        if self.renamed:
            found["renamed"] = dict(self.renamed)
        if self.folds_system:
            found["system_role"] = "in the first user message"
        if self.most_tokens is not None:
            found["max_tokens_at_most"] = self.most_tokens
        if self.context is not None:
            found["context"] = self.context
        if self._streamed and not self.streams:
            found["stream"] = False
        return found
