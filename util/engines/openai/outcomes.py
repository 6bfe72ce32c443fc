"""What one attempt to get an answer from an API can come to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from util.engines.base import Completion
from util.records import Usage

NO_USAGE = Usage()


class Scope(Enum):
    """Whose fault a refusal is."""

    REQUEST = "this request's own: others may pass, another try cannot help"
    COMMAND = "the command's: every request would be refused"
    UNCLEAR = "the command's, unless another request succeeds"


@dataclass(frozen=True)
class Done:
    """The answer, or a failure that no other try can change."""

    completion: Completion


@dataclass(frozen=True)
class Retry:
    """Another try may help.

    after: seconds that the server asks for, None for the usual backoff. usage: what an answer cost that cannot be
    used. unreachable: why there is no connection, "" where the server answered.
    """

    failure: str
    after: float | None = None
    usage: Usage = NO_USAGE
    unreachable: str = ""


@dataclass(frozen=True)
class OtherKey:
    """The key is rate limited or dead; the request may go with another one, or later."""

    failure: str


@dataclass(frozen=True)
class Refused:
    """The API refuses the request with a client error."""

    scope: Scope
    message: str


Attempt = Done | Retry | OtherKey | Refused


def added(one: Usage, other: Usage) -> Usage:
    """Both usages together."""
    return Usage(one.prompt_tokens + other.prompt_tokens, one.completion_tokens + other.completion_tokens)
