"""What an error status, or an error object in its place, means for the key and the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from util.engines.openai.api_key import Key
from util.engines.openai.key_ring import KeyRing
from util.engines.openai.limits import is_about_prompt
from util.engines.openai.outcomes import OtherKey, Refused, Resend, Retry, Scope
from util.engines.openai.rates import retry_after
from util.engines.openai.refusals import ApiFault, Blame
from util.engines.openai.sending import Learned, Sending
from util.system.errors import UserError

FIRST_PAUSE = 1.0
"""Seconds of a rate limit that does not say how long it lasts."""

LONG_PAUSE = 5.0
"""Seconds; a longer pause that a server asks for is for all requests of the key."""

SUSPICIOUS = 3
"""403s without a reason, or 404s after answers, in a row that retire a key or server."""

Handled = Retry | OtherKey | Resend | Refused


@dataclass(frozen=True)
class FaultOf:
    """One refused request: with which key, and the body that was sent."""

    learned: Learned
    ring: KeyRing
    key: Key
    sending: Sending
    body: Mapping[str, Any]

    def handled(self, fault: ApiFault, headers: Mapping[str, str]) -> Handled:
        """What becomes of the request; the key or server may be out, and the next requests may differ.

        Raises:
            UserError: no request of this size can pass.
        """
        learned = self.learned.dialect.learn(fault, self.body)
        if learned is not None:
            if learned:
                self.learned.say(f"note: {learned} ({fault})")
                self.learned.note(self.ring.sites)
            return Resend(str(fault))
        match fault.blame:
            case Blame.LENGTH | Blame.RATE if (resized := self._resized(fault)) is not None:
                return resized
            case Blame.KEY:
                self.ring.retire(self.key, f"the API refuses it ({fault})")
                return OtherKey(str(fault))
            case Blame.RATE:
                pause = retry_after(headers)
                self.ring.limited(self.key, FIRST_PAUSE if pause is None else pause)
                return OtherKey(str(fault))
            case Blame.FORBIDDEN:
                return self._forbidden(fault)
            case Blame.SERVER if not self.key.answered or self._is_refused_again():
                return self._not_served(fault)
            case Blame.ROW:
                return Refused(Scope.REQUEST, str(fault))
            case Blame.LENGTH if self._passes_elsewhere():
                return OtherKey(str(fault))
            case Blame.LENGTH:
                return Refused(Scope.REQUEST if is_about_prompt(fault.words) else Scope.UNCLEAR, str(fault))
            case Blame.UNCLEAR if self._passes_elsewhere():
                return OtherKey(str(fault))
            case Blame.UNCLEAR:
                return Refused(self._scope(fault), str(fault))
        after = retry_after(headers)
        if after is not None and after > LONG_PAUSE:
            self.ring.limited(self.key, after)
            after = 0.0
        return Retry(str(fault), after)

    def _not_served(self, fault: ApiFault) -> OtherKey:
        """The server knows neither model nor address; of several keys one may lack access to the model."""
        if sum(each.site is self.key.site for each in self.ring.keys) > 1:
            self.ring.retire(self.key, str(fault))
        else:
            self.ring.put_out(self.key.site, str(fault))
        return OtherKey(str(fault))

    def _passes_elsewhere(self) -> bool:
        """Whether a server is left that may take what this one does not understand."""
        self.sending.avoid |= {each for each in self.ring.live if each.site is self.key.site}
        return any(each not in self.sending.avoid for each in self.ring.live)

    def _is_refused_again(self) -> bool:
        """Whether a key is refused so often in a row that it will not pass again."""
        self.key.refusals += 1
        return self.key.refusals >= SUSPICIOUS

    def _scope(self, fault: ApiFault) -> Scope:
        """A parameter that the user set and the server refuses by name is the command's fault, at once."""
        names = self.learned.dialect.given_fields(self.body)
        named = [name for name in names if name in fault.parameters or f"'{name}'" in fault.message]
        return Scope.COMMAND if named and not self.learned.succeeded else Scope.UNCLEAR

    def _resized(self, fault: ApiFault) -> Handled | None:
        """The request with as many tokens as fit; None where the refusal is not about them."""
        sending = self.sending
        found = self.key.site.room.fitting(sending.tokens, self.learned.dialect.max_tokens(self.body), fault)
        if found is None:
            return None
        if found.too_much_at_once:  # for this key; another may have a higher limit
            sending.avoid.add(self.key)
            if all(each in sending.avoid for each in self.ring.live):
                if found.max_tokens < 1:
                    return Refused(Scope.REQUEST, str(fault))
                raise UserError(
                    f"Each request is larger than the rate limit of tokens per minute allows: {fault}. At most --max-tokens "
                    f"{found.max_tokens} fits. Everything finished is kept."
                )
            return OtherKey(str(fault))
        if found.max_tokens < 1:  # another server's context may be larger
            return OtherKey(str(fault)) if self._passes_elsewhere() else Refused(Scope.REQUEST, str(fault))
        if found.said:
            self.learned.limited(self.key.site, self.ring.sites, found.said, found.about, f" ({fault})")
        return Resend(str(fault), found.max_tokens)

    def _forbidden(self, fault: ApiFault) -> OtherKey | Refused:
        """A 403 without a reason: the key's fault where others pass, the row's where this key has passed before."""
        often = self._is_refused_again()
        others = [each for each in self.ring.live if each is not self.key]
        if often or (not self.key.answered and any(each.answered for each in others)):
            self.ring.retire(self.key, f"the API refuses it ({fault})")
            return OtherKey(str(fault))
        self.sending.avoid.add(self.key)
        if all(each in self.sending.avoid for each in self.ring.live):
            return Refused(Scope.UNCLEAR, str(fault))
        return OtherKey(str(fault))
