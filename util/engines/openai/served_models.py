"""A look at /v1/models before the first request: which software a server is, what it serves, how long its context is."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass, replace
from typing import Any

from util.engines.openai.connection import Broken, Elsewhere
from util.engines.openai.dialect import OWN_SERVERS, Dialect
from util.engines.openai.events import TooLarge
from util.engines.openai.shapes import read_json
from util.engines.openai.sites import MOST_SECONDS, Site
from util.system.characters import printable

SECONDS = 10.0
MOST_ASKED = 3
"""How often a server is asked that does not answer in time."""

_OWN_HOSTS = ("api.openai.com",)


@dataclass(frozen=True)
class Served:
    """What a server says of its models.

    names: None where it does not say. owner: "vllm", "sglang" or another word. fault: why the server is of no use.
    """

    names: tuple[str, ...] | None = None
    owner: str = ""
    context: int | None = None
    fault: str = ""


async def probe(sites: list[Site], model: str, dialect: Dialect) -> None:
    """Ask every server for its models. One of another model is out."""
    found = await asyncio.gather(*(ask(site, sites, model, dialect) for site in sites))
    for site, served in zip(sites, found, strict=True):
        if served.fault:
            site.out = served.fault
            print(f"server {site.server.shown} is out: {site.out}", file=sys.stderr)


async def ask(site: Site, sites: list[Site], model: str, dialect: Dialect) -> Served:
    """Ask a server for its models, and take its owner and context over; one that cannot be reached now may be asked again later.

    sites: all of the run.
    """
    served = await _answer(site, sites, model)
    site.room.declared = served.context
    if site.owner is None:
        return served
    site.room.caps = site.owner == "vllm"
    owners = {each.owner for each in sites if each.owner}
    dialect.kind = owners.pop() if len(owners) == 1 and owners <= set(OWN_SERVERS) else ""
    strict = served.owner in OWN_SERVERS or len(sites) > 1
    if strict and served.names is not None and model not in served.names:
        names = ", ".join(map(printable, served.names[:5])) or "nothing"
        return replace(served, fault=f"it does not serve {model}, but {names}")
    return served


async def _answer(site: Site, sites: list[Site], model: str) -> Served:
    served = Served()
    if not any(host in site.server.url for host in _OWN_HOSTS):  # a long list that says nothing new
        key = site.server.keys[0] if site.server.keys else "none"
        began = time.monotonic()
        site.first_sent = site.first_sent or began
        try:
            reply = await site.connection.get("models", key, SECONDS)
            served = served_in(read_json(reply.body) if reply.status == 200 else None, model)
        except Broken as error:
            site.unheard += error.sent
            if not error.sent and not site.reached and time.monotonic() - began > MOST_SECONDS:
                site.failed(
                    str(error), many=len(sites) > 1
                )  # it does not refuse, it is silent: a request would wait again
            if site.unheard < MOST_ASKED:
                return served
        except (TooLarge, Elsewhere, ValueError):
            pass  # the first request will say what is wrong
    site.owner = served.owner
    return served


def served_in(body: Any, model: str) -> Served:
    """The models of a list, whatever shape it has; nothing where it is none.

    >>> served_in({"data": [{"id": "m", "owned_by": "vllm", "max_model_len": 4096}]}, "m")
    Served(names=('m',), owner='vllm', context=4096, fault='')
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
