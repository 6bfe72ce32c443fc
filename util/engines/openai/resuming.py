"""Responses that a server goes on with: what is kept of a stream as it comes, and how the rest is asked for.

A vLLM server tells the token ids of prompt and completion in its stream (``return_token_ids``, seen with 0.32), and goes
on from ids through its completions endpoint. SGLang goes on with the text of the last message
(``continue_final_message``, source). Others begin anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from msgspec.structs import replace as changed

from util.engines.base import Completion, PartialLog, Request, between_travelling
from util.engines.continuing import rest_args, seed_at, why_anew
from util.engines.loops import CHARACTERS, TOKENS
from util.engines.openai.connection import Broken, Elsewhere
from util.engines.openai.dialect import Dialect
from util.engines.openai.events import TooLarge
from util.engines.openai.finish_words import Ending, ending_of
from util.engines.openai.outcomes import Done
from util.engines.openai.sending import Sending
from util.engines.openai.shapes import Heard, read_json, usage_in
from util.engines.openai.sites import Site
from util.engines.openai.stream import Streamed
from util.records import LENGTH, NOTHING_YET, Increment, Partial, Usage
from util.text.control_tokens import without_tokens
from util.text.thought import THOUGHT_ENDS

CHAT, COMPLETIONS = "chat/completions", "completions"
SECONDS = 30.0
LONGEST_CHARACTER = 4
"""Tokens that one character may take: each has at least one byte."""
TAIL = 32
"""Last tokens of a response whose text is asked for: the end of a thought may take several."""
BROKEN_CHARACTER = "\ufffd"
LOOP_WORD = "repetition (ended by the client)"


@dataclass(frozen=True)
class Rest:
    """The request for the rest of a response. base: what it has. in_thought: whether the rest begins within the thought."""

    path: str
    body: dict[str, Any]
    base: Partial
    in_thought: bool = False

    def joined(self, heard: Heard) -> Heard:
        """The answer with what was there before it."""
        text, thought = self._parts(heard)
        both = replace(heard, pieces=[text], thoughts={"reasoning": [thought]} if thought else {})
        both.chunks = heard.chunks + 1
        known = heard.logprob is not None and self.base.logprob is not None
        both.logprob = (heard.logprob or 0.0) + (self.base.logprob or 0.0) if known else None
        return both

    def _parts(self, heard: Heard) -> tuple[str, str]:
        """(text, thought) of the whole. The completions endpoint gives the rest of a thought as text, with its end."""
        text, thought = heard.text, heard.thought
        if not self.in_thought or thought:
            return self.base.text + text, self.base.thought + thought
        ends = [(place, end) for end in THOUGHT_ENDS if (place := text.find(end)) >= 0]
        place, end = min(ends, key=lambda found: (found[0], -len(found[1]))) if ends else (len(text), "")
        return without_tokens(text[place + len(end) :]), self.base.thought + without_tokens(text[:place])

    def usage(self, own: Usage) -> Usage:
        """The tokens of the whole response, each counted once. own: of the request for the rest."""
        prompt = max(0, own.prompt_tokens - self.base.tokens)
        return Usage(prompt, self.base.tokens + own.completion_tokens, own.extra)


async def rest_of(request: Request, site: Site, dialect: Dialect, key: str, limit: int) -> Rest | str:
    """How to ask a server for the rest of a request's response; why that cannot be, in words.

    limit: tokens of the whole response.

    Raises: Broken: the server cannot be asked now.
    """
    base = request.partial or NOTHING_YET
    body = dialect.body(request, max(1, limit - base.tokens))
    if why := why_anew(body):
        return why
    if site.cannot_continue:
        return site.cannot_continue
    body |= rest_args(body, base.tokens)
    if "seed" in body:
        body["seed"] = seed_at(body["seed"], base.tokens)
    if dialect.kind == "vllm" and base.ids and base.prompt:
        if (found := await _whole_characters(base, site, dialect.model, key)) is None:
            return "the server does not say where characters end (/detokenize)"
        whole, tail = found
        in_thought = bool(base.thought) and not base.text and not any(end in tail for end in THOUGHT_ENDS)
        return Rest(COMPLETIONS, _by_tokens(body, whole, limit, in_thought=in_thought), whole, in_thought)
    if dialect.kind == "sglang" and base.text and not base.thought:
        return Rest(CHAT, _by_text(body, base), base)
    return "the server cannot continue a response"


def _by_tokens(body: Mapping[str, Any], base: Partial, limit: int, *, in_thought: bool) -> dict[str, Any]:
    """The body for the completions endpoint. In a thought its end must be visible, which may be a special token."""
    left_out = ("messages", "chat_template", "chat_template_kwargs", "logprobs", "max_completion_tokens")
    found = {name: value for name, value in body.items() if name not in left_out}
    found |= {"prompt": base.prompt + base.ids, "max_tokens": max(1, limit - len(base.ids))}
    found |= {"logprobs": 0} if body.get("logprobs") else {}
    return found | ({"skip_special_tokens": False} if in_thought else {})


def _by_text(body: Mapping[str, Any], base: Partial) -> dict[str, Any]:
    messages = [*body["messages"], {"role": "assistant", "content": base.text}]
    return {**body, "messages": messages, "continue_final_message": True}


async def _whole_characters(base: Partial, site: Site, model: str, key: str) -> tuple[Partial, str] | None:
    """The partial response without the tokens of a last character that is not complete, and the text of its last tokens,
    special ones included; None where the server does not tell.

    Raises: Broken: it cannot be asked now.
    """
    ids, text = base.ids, ""
    for _ in range(LONGEST_CHARACTER):
        body = json.dumps({"model": model, "tokens": ids[-TAIL:]}).encode()
        try:
            reply = await site.connection.ask("/detokenize", key, body, SECONDS)
            found = read_json(reply.body).get("prompt") if reply.status == 200 else None
        except (Elsewhere, TooLarge, ValueError, AttributeError):
            return None
        if reply.status == 429 or reply.status >= 500:
            raise Broken(f"API status {reply.status} at /detokenize", sent=True)
        if not isinstance(found, str):
            return None
        text = found
        if not text.endswith(BROKEN_CHARACTER):
            return (base if len(ids) == len(base.ids) else changed(base, ids=ids)), text
        ids = ids[:-1]
    return base, text  # it is no character at all


@dataclass
class Keeper:
    """Keeps what an answer brings as it comes.

    rest: how it was asked for, None for a response from its start. count: tokens where the server counts none. kept: what
    is in the log.
    """

    log: PartialLog | None
    request: Request
    rest: Rest | None
    count: Callable[[Heard], float]
    kept: Partial = NOTHING_YET
    _streamed: Streamed | None = None
    _checked: int = 0

    def __post_init__(self) -> None:
        before = self.request.partial
        if self.rest is not None and before is not None and before.logged == before.tokens == self.rest.base.tokens:
            self.kept = before

    def gained(self, streamed: Streamed) -> None:
        """Something has come."""
        self._streamed = streamed
        self._end_loop(streamed.heard)
        every = between_travelling(self.log.every) if self.log is not None else 0
        base = self.rest.base.tokens if self.rest is not None else 0
        if every and base + self._tokens(streamed.heard) - self.kept.tokens >= every:
            self._write()

    def _end_loop(self, heard: Heard) -> None:
        """End a stream that repeats itself without end; to hang up stops the server."""
        rule, size = (TOKENS, len(heard.ids)) if heard.ids else (CHARACTERS, heard.characters)
        if heard.ended or not self.request.sampling.stop_loops or size - self._checked < rule.every:
            return
        self._checked = size
        before = self.rest.base.ids if self.rest is not None else []
        if rule.pattern([*before, *heard.ids] if heard.ids else heard.text or heard.thought):
            heard.word, heard.ended = LOOP_WORD, True

    @property
    def arrived(self) -> Heard | None:
        """What has come so far; None where nothing has."""
        return self._streamed.heard if self._streamed is not None else None

    def flush(self) -> Request:
        """The answer has broken off: the request with all that has come of it."""
        heard = self.arrived
        if heard is not None and not heard.is_empty and (heard.word is None or ending_of(heard.word) is Ending.BROKEN):
            self._write()
        return changed(self.request, partial=self.kept) if self.kept.tokens else self.request

    def completed(self, found: Done, sending: Sending, heard: Heard, own: Usage, *, paid: Usage | None = None) -> Done:
        """The completion with what became of tokens that were made before, and what a higher limit would go on from.

        own: tokens of the last request; paid: what it has cost, where that is something else.
        """
        response, cut, rest = found.completion.response, None, self.rest
        response = changed(response, extra=response.extra | sending.lost_before())
        if response.finish_reason == LENGTH and (now := self.so_far(heard)) is not None and now.ids:
            cut = now
        if rest is None:
            return Done(Completion(found.completion.sample, response, cut))
        base = rest.base
        response = changed(response, usage=rest.usage(own), continued=(*base.continued, base.tokens))
        return Done(Completion(found.completion.sample, response, cut, base.tokens, paid or own))

    def _tokens(self, heard: Heard) -> int:
        usage = usage_in(heard.usage)
        if usage is not None and usage.completion_tokens:
            return usage.completion_tokens
        return len(heard.ids) or round(self.count(heard))

    def so_far(self, heard: Heard) -> Partial | None:
        """The whole response as it is known; None where tokens are missing."""
        rest, tokens = self.rest, self._tokens(heard)
        ids = heard.ids if len(heard.ids) == tokens else []
        base = rest.base if rest is not None else NOTHING_YET
        if base.ids and not ids and tokens:
            return None
        whole = rest.joined(heard) if rest is not None else heard
        return Partial(
            base.ids + ids,
            [*base.continued, base.tokens] if rest is not None else [],
            whole.logprob_of_all if self.request.sampling.logprobs else None,
            text=whole.text,
            thought=whole.thought,
            prompt=base.prompt or heard.prompt_ids,
            counted=0 if ids or base.ids else base.tokens + tokens,
        )

    def _write(self) -> None:
        if self._streamed is None or (now := self.so_far(self._streamed.heard)) is None:
            return
        kept = self.kept
        fits = (
            now.text.startswith(kept.text) and now.thought.startswith(kept.thought) and bool(now.ids) == bool(kept.ids)
        )
        if not fits:
            kept = NOTHING_YET  # the end of a thought was known too late
        added = Increment(
            now.ids[len(kept.ids) :],
            now.continued,
            now.logprob,
            text=now.text[len(kept.text) :],
            thought=now.thought[len(kept.thought) :],
            prompt=now.prompt if not kept.tokens else [],
            counted=now.counted - kept.counted,
            start=kept.tokens,
        )
        if added.tokens > 0 and self.log is not None:
            self.log.append(self.request, added)
            self.kept = changed(now, logged=now.tokens)
