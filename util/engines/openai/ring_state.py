"""How the keys and servers of a run are, for the console."""

from __future__ import annotations

import time
from collections.abc import Sequence

from util.engines.openai.api_key import Key
from util.engines.openai.rates import clock_time
from util.engines.openai.sites import Site


def state_lines(keys: Sequence[Key], sites: Sequence[Site]) -> list[str]:
    """One line for all keys, and one for each server, those in trouble first."""
    troubled = sorted(sites, key=lambda site: not (site.out or site.is_down))
    return [f"keys: {_keys(keys)}", *(f"server: {site.server.shown} {_site(site)}" for site in troubled)]


def _keys(keys: Sequence[Key]) -> str:
    now = time.monotonic()
    live = [key for key in keys if not key.retired]
    waits = [max(key.paused_until - now, key.limited_for(key.mean_tokens)) for key in live]
    paused = [wait for wait in waits if wait > 0.0]
    parts = [f"{len(live) - len(paused)} of {len(keys)} ready"]
    if paused:
        parts.append(f"{len(paused)} at their rate limit (the first until {clock_time(min(paused))})")
    if len(live) < len(keys):
        parts.append(f"{len(keys) - len(live)} out")
    return ", ".join(parts)


def _site(site: Site) -> str:
    if site.out:
        return f"is out ({site.out})"
    if site.is_down:
        return f"cannot be reached ({site.fault})"
    return f"{site.in_flight} in flight" if site.reached else "has not answered yet"
