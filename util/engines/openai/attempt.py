"""One attempt: send a request once, and say what came of it. Whatever a server answers, no exception of it leaves here."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from util.engines.base import PartialLog
from util.engines.openai.api_key import Key, Ticket
from util.engines.openai.completions import is_only_thought, joined, outcome_of, usage_of
from util.engines.openai.connection import Broken, Elsewhere, Reply
from util.engines.openai.costs import Costs, estimate
from util.engines.openai.events import TooLarge
from util.engines.openai.fault_rules import FaultOf
from util.engines.openai.key_ring import Closed, KeyRing
from util.engines.openai.outcomes import NO_USAGE, Attempt, Done, OtherKey, Resend, Retry, Unreachable
from util.engines.openai.patience import WaitLimits
from util.engines.openai.refusals import ApiFault, fault_of_reply, words_of
from util.engines.openai.resuming import CHAT, Keeper, Rest, rest_of
from util.engines.openai.sending import Learned, Sending
from util.engines.openai.served_models import ask
from util.engines.openai.shapes import Heard
from util.engines.openai.sites import Site
from util.engines.openai.stream import Watch, heard_in_body
from util.engines.openai.token_room import leaves_fewer
from util.records import LENGTH, Usage
from util.system.characters import whole
from util.system.errors import UserError

CANNOT = (400, 404, 405, 415, 422, 501)
"""Statuses of a server that does not go on with a response; it begins anew."""
_OF_PROXIES = (502, 503, 504)
THOUGHTS_ALONE = 3
"""Answers that are all reasoning, after which the server's reasoning parser is mentioned."""


@dataclass
class Sender:
    """Sends requests in the dialect of the run's servers. log: keeps what answers bring as they come."""

    learned: Learned
    costs: Costs
    limits: WaitLimits
    log: PartialLog | None = None
    _alone: int = 0

    async def attempt(self, ring: KeyRing, ticket: Ticket, sending: Sending) -> Attempt:
        """Send a request once, and count what that has cost.

        Raises:
            UserError: it would exceed the budget, or no request of this size can pass. Closed: there is no place for
                its answer any more.
        """
        return await OneAttempt(self, ring, ticket, sending).made()

    def limit(self, ring: KeyRing, site: Site, sending: Sending) -> int:
        """The max_tokens to send."""
        wanted, room = sending.request.sampling.max_tokens, site.room
        found = room.for_request(wanted, sending.tokens, sending.limits.get(site))
        if found == room.declared and found < wanted:
            self.learned.limited(site, ring.sites, leaves_fewer(found), "context")
        return found

    async def introduce(self, ring: KeyRing, site: Site) -> str:
        """Ask a server that was down at the start what it is: what it should be sent depends on that; why it is out."""
        arrived, learned = time.monotonic(), self.learned
        async with site.introduced:
            if site.owner is None and site.asked_at < arrived and not site.out:
                site.asked_at = time.monotonic()
                served = await ask(site, ring.sites, learned.dialect.model, learned.dialect)
                if served.fault:
                    ring.put_out(site, served.fault)
        return site.out

    def mention_thoughts(self, heard: Heard) -> None:
        """Tell the user of answers that are all reasoning."""
        self._alone += is_only_thought(heard)
        answers = self.learned.succeeded + 1
        if self._alone >= THOUGHTS_ALONE and 2 * self._alone > answers:
            self.learned.say(
                f"warning: {self._alone} of {answers} answers came in the reasoning field alone, without an answer, and "
                "count as thoughts that never ended. The server's reasoning parser may be the wrong one for this model "
                "(vllm serve --reasoning-parser), or off in the chat template",
                once="thoughts alone",
            )


@dataclass
class OneAttempt:
    """One request on its way. rest: what is asked for of a response that goes on. began: when it left; left: whether it has."""

    sender: Sender
    ring: KeyRing
    ticket: Ticket
    sending: Sending
    began: float = field(default_factory=time.monotonic)
    left: bool = False
    rest: Rest | None = None
    keeper: Keeper | None = None
    _planned: float = 0.0

    @property
    def key(self) -> Key:
        return self.ticket.key

    @property
    def site(self) -> Site:
        return self.ticket.key.site

    async def made(self) -> Attempt:
        """See ``Sender.attempt``."""
        found: Attempt = Retry("it was not sent")
        try:
            found = await self._answered()
        except Broken as error:
            found = self._broken(error)
        except Elsewhere as error:
            self.ring.put_out(self.site, str(error))
            found = OtherKey(str(error))
        except TooLarge as error:
            found = Retry(f"the answer is refused: {error}", usage=self._guess())
        except (UserError, Closed):
            raise
        except asyncio.CancelledError:
            found = Retry("the run ended", usage=self._usage_so_far())
            raise
        except Exception as error:  # one answer's fault ends neither the run nor what is in flight
            found = Retry(f"{type(error).__name__}: {error}"[:500], usage=self._guess())
        finally:
            seconds = time.monotonic() - self.began
            self.sender.costs.budget.release(self._planned)
            self.ring.release(self.key, self.sending.tokens, None, seconds)
            if self.keeper is not None and not isinstance(found, Done):
                self.sending.request = self.keeper.flush()
            if self.left:
                self.sender.costs.count(self.site, self.sending, found, seconds)
                self.sender.learned.succeeded += isinstance(found, Done)
        return found

    async def _answered(self) -> Attempt:
        """Send the request, and read the answer."""
        sender, site, sending = self.sender, self.site, self.sending
        if fault := await sender.introduce(self.ring, site):
            return OtherKey(fault)
        max_tokens = sender.limit(self.ring, site, sending)
        self.rest = await self._rest(max_tokens)
        self.keeper = Keeper(sender.log, sending.request, self.rest, self._chunks)
        if self.rest is not None and self.rest.base.tokens >= max_tokens:
            return self._full(self.rest, self.keeper)
        body = self.rest.body if self.rest is not None else sender.learned.dialect.body(sending.request, max_tokens)
        data = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        self._planned = sender.costs.budget.reserve(sending.request, sending.tokens)
        path = self.rest.path if self.rest is not None else CHAT
        reply = await site.connection.post(
            path, self.key.secret, whole(data).encode(), sender.limits, max_tokens, self._watch()
        )
        found = self._outcome(body, max_tokens, reply)
        return self._of_a_server_that_is_down(found, reply.status)

    def _watch(self) -> Watch:
        assert self.keeper is not None
        return Watch(
            self._leaves,
            lambda headers: self.ring.told(self.ticket, headers),
            partial(self.ring.succeeded, self.key),
            self.keeper.gained,
            self._again,
        )

    async def _again(self) -> None:
        """Wait until the key's limits allow another request."""
        while (seconds := self.key.limited_for(self.sending.tokens)) > 0.0:
            await asyncio.sleep(seconds)

    def _leaves(self) -> None:
        """The request goes out, perhaps again on another connection."""
        self.ticket = self.key.sent_again(self.sending.tokens) if self.left else self.ticket.leaves()
        after = self.rest.base.tokens if self.rest is not None else 0
        spent = self.sender.costs.spent
        if spent is not None and not spent.sent(self.sending.request.sample, round(self.sending.tokens) + after, after):
            raise Closed
        self.began, self.left = time.monotonic(), True

    # -- what there was of the response ------------------------------------------------------------------------------

    async def _rest(self, limit: int) -> Rest | None:
        """How to go on with what there is of the response; None where there is nothing, or it begins anew."""
        request = self.sending.request
        if request.partial is None or not request.partial.tokens:
            return None
        found = await rest_of(request, self.site, self.sender.learned.dialect, self.key.secret, limit)
        if isinstance(found, Rest):
            return found
        self.sending.begins_anew(found)
        return None

    def _full(self, rest: Rest, keeper: Keeper) -> Attempt:
        """A response that has all the tokens that it may have."""
        nothing = Heard(word=LENGTH)
        found = outcome_of(self.sending.request, rest.joined(nothing), lambda heard: NO_USAGE)
        assert isinstance(found, Done)
        own = Usage(len(rest.base.prompt) + rest.base.tokens)
        return keeper.completed(found, self.sending, nothing, own, paid=NO_USAGE)

    # -- answers -----------------------------------------------------------------------------------------------------

    def _outcome(self, body: Mapping[str, Any], max_tokens: int, reply: Reply) -> Attempt:
        rest, site, sending = self.rest, self.site, self.sending
        refused = FaultOf(self.sender.learned, self.ring, self.key, sending, body)
        if rest is not None and reply.status in CANNOT:
            fault = fault_of_reply(reply.status, reply.body)
            site.cannot_continue = f"the server refuses to continue a response ({fault})"
            return Resend(site.cannot_continue)
        if reply.status >= 300:
            return refused.handled(fault_of_reply(reply.status, reply.body), reply.headers)
        if reply.streamed is not None:
            heard = reply.streamed.heard
        else:
            try:
                heard = heard_in_body(reply.body, max_tokens)
            except ValueError as error:
                return Retry(f"{error}; it says: {words_of(reply.body)}")
        count = estimate(site, sending)
        own = usage_of(heard, count)
        whole_usage, answer = (rest.usage(own), rest.joined(heard)) if rest is not None else (own, heard)
        found = outcome_of(sending.request, answer, count, site.room.granted(max_tokens, whole_usage))
        if isinstance(found, ApiFault):
            handled = refused.handled(found, reply.headers)
            if heard.is_empty or isinstance(handled, Resend):
                return handled
            return replace(handled, usage=own, partial=joined(heard))
        if isinstance(found, Done):
            if reply.streamed is None:
                self.ring.succeeded(self.key)
            else:
                site.room.heard(heard.chunks, found.completion.response.usage or NO_USAGE)
            self.sender.mention_thoughts(heard)
            assert self.keeper is not None
            return self.keeper.completed(found, sending, heard, own)
        return found

    def _chunks(self, heard: Heard) -> float:
        """Tokens of a stream so far, where the server counts none."""
        return self.site.room.tokens_of_chunks(heard.chunks) or heard.chunks

    def _guess(self) -> Usage:
        return self.sender.costs.guess(self.site, self.sending, self.began)

    def _usage_so_far(self) -> Usage:
        heard = self.keeper.arrived if self.keeper is not None else None
        return usage_of(heard, estimate(self.site, self.sending)) if heard is not None else self._guess()

    # -- faults ------------------------------------------------------------------------------------------------------

    def _of_a_server_that_is_down(self, found: Attempt, status: int) -> Attempt:
        """Whether a server is back that could not be reached.

        One that is about to end, or to start, still fails on connections that are open, as does the proxy before it: such
        a reply is no sign of life. A proxy's costs its request no retry.
        """
        if not (self.site.is_down and isinstance(found, Retry) and (status >= 500 or status == 200)):
            self.site.came_back()
            return found
        self.ring.failed(self.site, found.failure)
        return Unreachable(found.failure) if status in _OF_PROXIES else found

    def _broken(self, error: Broken) -> Retry | Unreachable:
        if not error.sent:
            self.ring.failed(self.site, str(error))
            return Unreachable(str(error))
        if error.streamed is None:
            return Retry(str(error), usage=self._guess())
        heard = error.streamed.heard
        usage = usage_of(heard, estimate(self.site, self.sending))
        return Retry(f"the answer broke off: {error}", usage=usage, partial=joined(heard))
