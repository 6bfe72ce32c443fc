"""What a run that cannot go on says."""

from __future__ import annotations

from util.engines.openai.key_ring import KeyRing
from util.system.advice import rerun


def nothing_left(ring: KeyRing) -> str:
    """The message of a run that has no server or no key any more."""
    reasons = [f"{site.server.shown}: {site.out}" for site in ring.sites if site.out]
    reasons += [f"key ...{key.tail}: {key.retired}" for key in ring.keys if key.retired]
    what = "No API key is left" if any(key.retired for key in ring.keys) else "No server is left"
    return (
        f"{what} ({'; '.join(reasons)[:1500]}). Everything finished is kept; check --model, --base-url and the keys, then "
        f"{rerun()} to continue."
    )


def refused_everything(message: str) -> str:
    """The message of a run that ends because the API refuses its requests."""
    return (
        f"The API refuses every request: {message}. Check --model, --base-url and the options; everything finished is "
        f"kept, {rerun()} to continue."
    )
