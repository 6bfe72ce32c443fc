"""What the parts of the API engine share: a request on its way, and what the run has learned of its servers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace as changed

from util.engines.base import Note, Request
from util.engines.continuing import lost_fields
from util.engines.openai.api_key import Key
from util.engines.openai.dialect import Dialect
from util.engines.openai.outcomes import NO_USAGE
from util.engines.openai.sites import Site
from util.records import Usage
from util.system.characters import printable


@dataclass(eq=False)
class Sending:
    """A request on its way. tokens: of its prompt, as estimated. limits: max_tokens of servers that took no more.

    age: its place among the requests of the run. avoid: keys that refuse it. elsewhere: keys of the server that
    has just failed. wasted: the cost of attempts that gave nothing. partial: the longest text that broke off.
    anew: why tokens that the response had were of no use; lost: how many.
    """

    request: Request
    tokens: float
    limits: dict[Site, int] = field(default_factory=dict)
    avoid: set[Key] = field(default_factory=set)
    elsewhere: frozenset[Key] = frozenset()
    wasted: Usage = NO_USAGE
    partial: str = ""
    changes: int = 0
    retries: int = 0
    empties: int = 0
    waits: int = 0
    age: int = 0
    anew: str = ""
    lost: int = 0

    def begins_anew(self, why: str) -> None:
        """What there was of the response is of no use here."""
        before = self.request.partial
        self.anew, self.lost = why, self.lost + (before.tokens if before is not None else 0)
        self.request = changed(self.request, partial=None)

    def lost_before(self) -> dict[str, Any]:
        """The fields of a record whose response began anew."""
        return lost_fields(self.anew, self.lost)


@dataclass
class Learned:
    """What a run knows of its servers. write: keeps a note for later runs. succeeded: answers so far."""

    dialect: Dialect
    write: Callable[[Note], None]
    succeeded: int = 0
    _said: set[str] = field(default_factory=set)

    def note(self, sites: list[Site]) -> None:
        """Write down how requests are changed for these servers; of their limits the smallest."""
        rooms = [site.room for site in sites]
        self.dialect.most_tokens = min((room.most for room in rooms if room.most is not None), default=None)
        self.dialect.context = min((room.context for room in rooms if room.context is not None), default=None)
        self.write({"adapted": self.dialect.described()})

    def limited(self, site: Site, sites: list[Site], said: str, about: str, words: str = "") -> None:
        """Tell, and write down, once that a server allows fewer tokens than were asked for. words: the server's."""
        where = f" ({site.server.shown})" if len(sites) > 1 else ""
        if self.say(f"note: {said}{where}{words}", once=f"{about}{where}"):
            self.note(sites)

    def say(self, text: str, once: str = "") -> bool:
        """Print a message of the run, each only once; whether it was printed. once: what makes two messages the same."""
        if (once or text) in self._said:
            return False
        self._said.add(once or text)
        print(printable(text), file=sys.stderr)
        return True
