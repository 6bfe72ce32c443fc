"""Error messages for failed Hub requests; each says what to do next."""

from __future__ import annotations

import os
from collections.abc import Iterator

from util.hub.sources import HubSource
from util.system.advice import rerun
from util.system.errors import UserError

LOCAL = "or use a local copy with --dataset-path FILE"


class NotThere(UserError):
    """The repository does not exist or cannot be read; an alternative may work."""


def explained(source: HubSource, error: BaseException, *, logged_in: bool) -> UserError:
    """The message for an ``error`` of datasets, huggingface_hub or an HTTP library."""
    chain = list(_chain(error))
    kinds = {type(e).__name__ for e in chain}
    status = next((s for e in chain if (s := getattr(getattr(e, "response", None), "status_code", None))), None)
    text = " ".join(f"{type(error).__name__}: {error}".split())
    everything = " ".join(str(e) for e in chain)
    page = f"https://huggingface.co/datasets/{source.id}"
    if "GatedRepoError" in kinds or "gated dataset" in everything:
        if logged_in:
            return UserError(
                f"{source.id} is gated, and your Hub account has no access to it yet. Accept its terms at {page} with "
                f"the account of your token (`hf auth whoami` prints its name), {LOCAL}."
            )
        return UserError(
            f"{source.id} is gated. Accept its terms at {page}, then log in with `hf auth login` or set HF_TOKEN, "
            f"{LOCAL}."
        )
    if status == 429:
        return UserError(
            f"The Hub rate-limits your requests (429) for {source.name}. Wait some minutes and {rerun()}; "
            f"`hf auth login` raises the limit. Downloaded files are kept. {LOCAL[0].upper()}{LOCAL[1:]}."
        )
    if "RevisionNotFoundError" in kinds or "Revision '" in everything:
        return NotThere(
            f"{source.id} no longer has the revision {source.revision!r} ({page}). Update the tools, {LOCAL}."
        )
    if "RepositoryNotFoundError" in kinds or "doesn't exist on the Hub" in everything:
        account = "your account cannot see it" if logged_in else "it is private and you are not logged in"
        return NotThere(
            f"{source.id} was not found on the Hub. The name is wrong, it was removed, or {account}. Correct it, {LOCAL}."
        )
    if status == 401:
        return UserError("The Hub rejected your token (401). Log in again with `hf auth login`, or unset HF_TOKEN.")
    if "Unknown split" in text:
        return UserError(f"{source.name}: {error}")
    if "scripts are no longer supported" in everything or isinstance(error, (ValueError, KeyError)):
        return NotThere(f"{source.name} could not be loaded: {text[:400]}")
    if any(isinstance(e, OSError) and e.errno == 28 for e in chain):
        return UserError(
            f"The disk became full while loading {source.name}. Free some space, or move the cache with HF_HOME."
        )
    if kinds & {"EntryNotFoundError", "RemoteEntryNotFoundError"} and "LocalEntryNotFoundError" not in kinds:
        return NotThere(f"{source.name} no longer has a required file ({text[:200]}).")
    offline = " HF_HUB_OFFLINE is set." if os.environ.get("HF_HUB_OFFLINE") == "1" else ""
    return UserError(
        f"The Hub could not be reached for {source.name} ({text[:200]}), and it is not in the cache.{offline} Check the "
        f"network and HF_ENDPOINT and {rerun()}, {LOCAL}."
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen = 0
    while error is not None and seen < 20:
        yield error
        error = error.__cause__ or error.__context__
        seen += 1
