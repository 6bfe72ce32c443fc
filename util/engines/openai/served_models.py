"""A look at /v1/models before the first request: which software a server is, what it serves, how long its context is."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import Any

from util.engines.openai.connection import Broken, Elsewhere
from util.engines.openai.dialect import OWN_SERVERS, Dialect
from util.engines.openai.events import TooLarge
from util.engines.openai.shapes import read_json
from util.engines.openai.sites import Site
from util.system.characters import printable

SECONDS = 10.0
_OWN_HOSTS = ("api.openai.com",)


@dataclass(frozen=True)
class Served:
    """What a server says of its models. names: None where it does not say. owner: "vllm", "sglang" or another word."""

    names: tuple[str, ...] | None = None
    owner: str = ""
    context: int | None = None


async def probe(sites: list[Site], model: str, dialect: Dialect) -> Served:
    """Ask every server for its models; the common answer. A server of one's own that serves another model is out."""
    found = await asyncio.gather(*(_ask(site, model) for site in sites))
    owners = {served.owner for served in found if served.owner}
    if len(owners) == 1 and owners <= set(OWN_SERVERS):
        dialect.kind = owners.pop()
    for site, served in zip(sites, found, strict=True):
        strict = served.owner in OWN_SERVERS or len(sites) > 1
        if strict and served.names is not None and model not in served.names:
            names = ", ".join(map(printable, served.names[:5])) or "nothing"
            site.out = f"it does not serve {model}, but {names}"
            print(f"server {site.server.shown} is out: {site.out}", file=sys.stderr)
    contexts = [served.context for served in found if served.context]
    return Served(context=min(contexts, default=None))


async def _ask(site: Site, model: str) -> Served:
    if any(host in site.server.url for host in _OWN_HOSTS):
        return Served()  # a long list that says nothing new
    key = site.server.keys[0] if site.server.keys else "none"
    try:
        reply = await site.connection.get("models", key, SECONDS)
        body = read_json(reply.body) if reply.status == 200 else None
    except (Broken, TooLarge, Elsewhere, ValueError):
        return Served()  # the first request will say what is wrong
    return served_in(body, model)


def served_in(body: Any, model: str) -> Served:
    """The models of a list, whatever shape it has; nothing where it is none.

    >>> served_in({"data": [{"id": "m", "owned_by": "vllm", "max_model_len": 4096}]}, "m")
    Served(names=('m',), owner='vllm', context=4096)
    """
    data = body.get("data") if isinstance(body, dict) else body
    if not isinstance(data, list):
        return Served()
    cards = [card for card in data if isinstance(card, dict) and isinstance(card.get("id"), str)]
    if not cards:
        return Served()
    mine = next((card for card in cards if card["id"] == model), cards[0])
    lengths = [mine.get(name) for name in ("max_model_len", "context_length", "context_window", "max_context_length")]
    context = next((n for n in lengths if isinstance(n, int) and not isinstance(n, bool) and n > 0), None)
    owner = mine.get("owned_by")
    return Served(tuple(card["id"] for card in cards), owner if isinstance(owner, str) else "", context)
