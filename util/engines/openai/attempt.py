"""One attempt: send a request once, and say what came of it. Whatever a server answers, no exception of it leaves here."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from util.engines.base import Spent
from util.engines.openai.api_key import Key, Ticket
from util.engines.openai.completions import is_only_thought, joined, outcome_of, usage_of
from util.engines.openai.connection import Broken, Elsewhere, Reply
from util.engines.openai.events import TooLarge
from util.engines.openai.fault_rules import FaultOf
from util.engines.openai.key_ring import Closed, KeyRing
from util.engines.openai.outcomes import (
    NO_USAGE,
    Attempt,
    Done,
    OtherKey,
    Refused,
    Resend,
    Retry,
    Unreachable,
    added,
)
from util.engines.openai.patience import WaitLimits
from util.engines.openai.refusals import ApiFault, fault_of_reply, words_of
from util.engines.openai.sending import Learned, Sending
from util.engines.openai.served_models import ask
from util.engines.openai.shapes import Heard
from util.engines.openai.sites import Site
from util.engines.openai.stream import Watch, heard_in_body
from util.engines.openai.token_room import leaves_fewer
from util.engines.prices import Budget, text_tokens
from util.records import Usage
from util.system.characters import whole
from util.system.errors import UserError

PATH = "chat/completions"
_OF_PROXIES = (502, 503, 504)
THOUGHTS_ALONE = 3
"""Answers that are all reasoning, after which the server's reasoning parser is mentioned."""


@dataclass
class Sender:
    """Sends requests in the dialect of the run's servers."""

    learned: Learned
    budget: Budget
    limits: WaitLimits
    spent: Spent | None = None
    worked: float = 0.0
    """Seconds that answered requests took."""
    _alone: int = 0

    async def attempt(self, ring: KeyRing, ticket: Ticket, sending: Sending) -> Attempt:
        """Send a request once, and count what that has cost.

        Raises:
            UserError: it would exceed the budget, or no request of this size can pass. Closed: there is no place for
                its answer any more.
        """
        key = ticket.key
        planned, began, left = 0.0, time.monotonic(), False

        def leaves() -> None:
            nonlocal ticket, began, left
            if left:
                ticket = key.sent_again(sending.tokens)
            if self.spent is not None and not self.spent.sent(sending.request.sample, round(sending.tokens)):
                raise Closed
            began, left = time.monotonic(), True

        watch = Watch(leaves, lambda headers: ring.told(ticket, headers), partial(ring.succeeded, key))
        found: Attempt = Retry("it was not sent")
        try:
            if fault := await self._introduce(ring, key.site):
                found = OtherKey(fault)
                return found
            max_tokens = self._limit(ring, key.site, sending)
            body = self.learned.dialect.body(sending.request, max_tokens)
            data = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            planned = self.budget.reserve(sending.request, sending.tokens)
            reply = await key.site.connection.post(
                PATH, key.secret, whole(data).encode(), self.limits, max_tokens, watch
            )
            found = self._outcome(ring, key, sending, body, max_tokens, reply)
            found = self._of_a_server_that_is_down(ring, key, found, reply.status)
        except Broken as error:
            found = self._broken(ring, key, sending, error, began)
        except Elsewhere as error:
            ring.put_out(key.site, str(error))
            found = OtherKey(str(error))
        except TooLarge as error:
            found = Retry(f"the answer is refused: {error}", usage=self._guess(key.site, sending, began))
        except (UserError, Closed):
            raise
        except asyncio.CancelledError:
            found = Retry("the run ended", usage=self._guess(key.site, sending, began))
            raise
        except Exception as error:  # one answer's fault ends neither the run nor what is in flight
            found = Retry(f"{type(error).__name__}: {error}"[:500], usage=self._guess(key.site, sending, began))
        finally:
            self.budget.release(planned)
            ring.release(key, sending.tokens, None, time.monotonic() - began)
            if left:
                self._count(key.site, sending, found, time.monotonic() - began)
        return found

    def _limit(self, ring: KeyRing, site: Site, sending: Sending) -> int:
        """The max_tokens to send."""
        wanted, room = sending.request.sampling.max_tokens, site.room
        found = room.for_request(wanted, sending.tokens, sending.limits.get(site))
        if found == room.declared and found < wanted:
            self.learned.limited(site, ring.sites, leaves_fewer(found), "context")
        return found

    async def _introduce(self, ring: KeyRing, site: Site) -> str:
        """Ask a server that was down at the start what it is: what it should be sent depends on that; why it is out."""
        arrived, learned = time.monotonic(), self.learned
        async with site.introduced:
            if site.owner is None and site.asked_at < arrived and not site.out:
                site.asked_at = time.monotonic()
                served = await ask(site, ring.sites, learned.dialect.model, learned.dialect)
                if served.fault:
                    ring.put_out(site, served.fault)
        return site.out

    def _count(self, site: Site, sending: Sending, found: Attempt, seconds: float) -> None:
        """Count the cost of an attempt, and keep the longest text that broke off."""
        if isinstance(found, Done):
            usage = found.completion.response.usage or NO_USAGE
            self.budget.spend(usage)
            site.room.saw(sending.tokens, usage)
            self.learned.succeeded += 1
            self.worked += seconds
            return
        usage, partial = NO_USAGE, ""
        if isinstance(found, Retry | Refused | OtherKey):
            usage, partial = found.usage, found.partial
        self.budget.spend(usage, answer=False)
        sending.wasted = added(sending.wasted, usage)
        if self.spent is not None:
            self.spent.paid(sending.request.sample, usage)
        sending.partial = max(sending.partial, partial, key=len)

    # -- answers -----------------------------------------------------------------------------------------------------

    def _outcome(
        self, ring: KeyRing, key: Key, sending: Sending, body: Mapping[str, Any], max_tokens: int, reply: Reply
    ) -> Attempt:
        refused = FaultOf(self.learned, ring, key, sending, body)
        if reply.status >= 300:
            return refused.handled(fault_of_reply(reply.status, reply.body), reply.headers)
        if reply.streamed is not None:
            heard = reply.streamed.heard
        else:
            try:
                heard = heard_in_body(reply.body, max_tokens)
            except ValueError as error:
                return Retry(f"{error}; it says: {words_of(reply.body)}")
        estimate = self._estimate(key.site, sending)
        granted = key.site.room.granted(max_tokens, usage_of(heard, estimate))
        found = outcome_of(sending.request, heard, estimate, granted)
        if isinstance(found, ApiFault):
            handled = refused.handled(found, reply.headers)
            if heard.is_empty or isinstance(handled, Resend):
                return handled
            return replace(handled, usage=usage_of(heard, self._estimate(key.site, sending)), partial=joined(heard))
        if isinstance(found, Done):
            if reply.streamed is None:
                ring.succeeded(key)
            else:
                key.site.room.heard(heard.chunks, found.completion.response.usage or NO_USAGE)
            self._mention_thoughts(heard)
        return found

    @staticmethod
    def _estimate(site: Site, sending: Sending) -> Callable[[Heard], Usage]:
        def count(heard: Heard) -> Usage:
            text = text_tokens(joined(heard)) if heard.chunks else 0.0
            completion = site.room.tokens_of_chunks(heard.chunks) or text
            return Usage(site.room.prompt_tokens(sending.tokens), round(completion), {"estimated": True})

        return count

    def _guess(self, site: Site, sending: Sending, began: float) -> Usage:
        """The cost of an attempt of which nothing arrived: the server has worked as long as others take for so much."""
        rate = self.budget.answered_tokens / self.worked if self.worked else 0.0
        completion = min(rate * (time.monotonic() - began), sending.request.sampling.max_tokens)
        prompt = site.room.prompt_tokens(sending.tokens)
        return Usage(prompt, round(completion), {"estimated": True})

    def _mention_thoughts(self, heard: Heard) -> None:
        self._alone += is_only_thought(heard)
        answers = self.learned.succeeded + 1
        if self._alone >= THOUGHTS_ALONE and 2 * self._alone > answers:
            self.learned.say(
                f"warning: {self._alone} of {answers} answers came in the reasoning field alone, without an answer, and "
                "count as thoughts that never ended. The server's reasoning parser may be the wrong one for this model "
                "(vllm serve --reasoning-parser), or off in the chat template",
                once="thoughts alone",
            )

    # -- faults ------------------------------------------------------------------------------------------------------

    @staticmethod
    def _of_a_server_that_is_down(ring: KeyRing, key: Key, found: Attempt, status: int) -> Attempt:
        """Whether a server is back that could not be reached.

        One that is about to end, or to start, still fails on connections that are open, as does the proxy before it: such
        a reply is no sign of life. A proxy's costs its request no retry.
        """
        if not (key.site.is_down and isinstance(found, Retry) and (status >= 500 or status == 200)):
            key.site.came_back()
            return found
        ring.failed(key.site, found.failure)
        return Unreachable(found.failure) if status in _OF_PROXIES else found

    def _broken(self, ring: KeyRing, key: Key, sending: Sending, error: Broken, began: float) -> Retry | Unreachable:
        if not error.sent:
            ring.failed(key.site, str(error))
            return Unreachable(str(error))
        if error.streamed is None:
            return Retry(str(error), usage=self._guess(key.site, sending, began))
        heard = error.streamed.heard
        usage = usage_of(heard, self._estimate(key.site, sending))
        return Retry(f"the answer broke off: {error}", usage=usage, partial=joined(heard))
