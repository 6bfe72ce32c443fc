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

    after: seconds that the server asks for, None for the usual backoff. usage: what the attempt cost. partial: the text
    that had arrived. empty: the model ended without a text, which more tries rarely change.
    """

    failure: str
    after: float | None = None
    usage: Usage = NO_USAGE
    partial: str = ""
    empty: bool = False


@dataclass(frozen=True)
class Unreachable:
    """There was no connection, so that nothing was sent: the ring decides when the server is tried again."""

    failure: str


@dataclass(frozen=True)
class OtherKey:
    """The key is rate limited or dead; the request may go with another one, or later.

    usage, partial: of an answer that broke off for that reason.
    """

    failure: str
    usage: Usage = NO_USAGE
    partial: str = ""


@dataclass(frozen=True)
class Resend:
    """The request goes again at once, in a form that the server takes. max_tokens: its new limit, None for the same."""

    failure: str
    max_tokens: int | None = None


@dataclass(frozen=True)
class Refused:
    """The API refuses the request with a client error, or withholds its answer. partial: what there was of it."""

    scope: Scope
    message: str
    usage: Usage = NO_USAGE
    partial: str = ""


Attempt = Done | Retry | Unreachable | OtherKey | Resend | Refused


def added(one: Usage, other: Usage) -> Usage:
    """Both usages together; estimated if one of them is."""
    return Usage(
        one.prompt_tokens + other.prompt_tokens,
        one.completion_tokens + other.completion_tokens,
        {"estimated": True} if one.estimated or other.estimated else {},
    )
