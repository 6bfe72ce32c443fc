"""How a response goes on from the tokens that it has: the sampling parameters of the rest.

The tokens so far become part of the prompt. What counts tokens of the output alone (limits, penalties) must be told of
them, or cannot go on; see ``why_anew``. Facts of vLLM 0.32.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from util.records import BEGUN_ANEW, LOST_TOKENS

PROMPT_END = 64
"""Last tokens of a prompt in which a template may open or close a thought."""

_OUTPUT_ONLY = ("presence_penalty", "frequency_penalty", "bad_words")
"""Parameters that vLLM applies to the output alone, so that the tokens so far would not count."""


def why_anew(args: Mapping[str, Any]) -> str:
    """Why a response with these sampling parameters cannot go on from its tokens, "" where it can.

    >>> why_anew({"top_k": 20, "presence_penalty": 0})
    ''
    """
    found = [name for name in _OUTPUT_ONLY if args.get(name)]
    return f"{' and '.join(found)} would not count the tokens so far" if found else ""


def lost_fields(why: str, tokens: int) -> dict[str, Any]:
    """The fields of a record whose response began anew; {} where no tokens were lost by that."""
    return {BEGUN_ANEW: why, LOST_TOKENS: tokens} if tokens else {}


def seed_at(seed: int | None, position: int) -> int | None:
    """A seed of 31 bits for the rest of a response: with its own seed it would draw its first numbers again.

    position: tokens so far. vLLM's second model runner draws by seed and position; there a response keeps its seed.
    """
    if seed is None or position == 0:
        return seed
    return int.from_bytes(hashlib.sha256(f"{seed}\x1f{position}".encode()).digest()[:4], "big") >> 1


def rest_args(args: Mapping[str, Any], position: int) -> dict[str, Any]:
    """The further sampling parameters of a rest that begins behind ``position`` tokens."""
    found = dict(args)
    if position and found.get("min_tokens"):
        found["min_tokens"] = max(0, found["min_tokens"] - position)
    return found
