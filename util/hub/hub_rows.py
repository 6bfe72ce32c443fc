"""Rows from the Hub, through ``huggingface_hub`` and ``datasets`` and their caches."""

from __future__ import annotations

import os
import re
import socket
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

from util.hub.faults import NotThere, explained
from util.hub.local_rows import Row, read_file
from util.hub.sources import HubSource
from util.system.credentials import HUB_TOKENS, exposed
from util.system.errors import UserError

_COMMIT = re.compile(r"[0-9a-f]{40}")

_loaded: dict[tuple[object, ...], HubRows] = {}


@dataclass
class HubRows:
    """Rows of one split; may be read again and again, and is not held in memory.

    source: the repository they come from, which may be an alternative of the one asked for.
    read: gives all rows anew. commit: the repository's, None if unknown. notes: what a reader of the results
    should know.
    """

    source: HubSource
    split: str
    read: Callable[[], Iterator[Row]]
    commit: str | None = None
    notes: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Row]:
        found = 0
        for row in self.read():
            found += 1
            yield row
        self.count(self.split, found)

    def note(self, text: str) -> None:
        """Say something once, and keep it for the manifest."""
        if text not in self.notes:
            self.notes.append(text)
            print(f"note: {text}", file=sys.stderr)

    def count(self, part: str, found: int) -> None:
        """Compare a complete count with the known one, of a split ("test") or a source in it ("train:2024")."""
        known = self.source.rows.get(part)
        if known is not None and known != found:
            self.note(
                f"{self.source.name}, {part} has {found:,} rows instead of the known {known:,}: the dataset has "
                "changed, or an incomplete copy is in the cache; figures may not compare with published ones"
            )


def hub_rows(source: HubSource, split: str) -> HubRows:
    """Rows of one split, loaded from the Hub and cached by its libraries.

    Raises:
        UserError: not reachable, gated, no such split; each with what to do.
    """
    key = _key(source, split)
    if key not in _loaded:
        _loaded[key] = _first_readable(source, split)
    return _loaded[key]


def provenance(source: HubSource, split: str) -> dict[str, Any]:
    """Repository, revision, commit and notes of what ``hub_rows`` gave, for a manifest."""
    rows = _loaded.get(_key(source, split))
    found = rows.source if rows else source
    told: dict[str, Any] = {"id": found.id, "config": found.config, "revision": found.revision}
    return told | ({"commit": rows.commit, "notes": rows.notes} if rows else {})


def _key(source: HubSource, split: str) -> tuple[object, ...]:
    return (source.id, source.config, source.revision, source.files.get(split), split)


def _first_readable(source: HubSource, split: str) -> HubRows:
    offline = why_offline()
    try:
        rows = _rows(source, split, offline)
    except NotThere as fault:
        for other in source.alternatives:
            print(f"{fault} Trying {other.name} instead ...", file=sys.stderr)
            try:
                rows = _rows(other, split, offline)
            except NotThere:
                continue
            rows.note(f"rows come from {other.name}, since {source.name} could not be read")
            break
        else:
            raise
    return rows


def _rows(source: HubSource, split: str, offline: str | None) -> HubRows:
    split = source.split or split
    print(f"loading {source.name}, split {split}, from the Hub ...", file=sys.stderr)
    with asking(source):
        rows = _of_files(source, split) if source.files else _plain(source, split, offline is not None)
    if offline is not None:
        rows.note(f"{source.name} comes from the cache ({offline}), commit {rows.commit or 'unknown'}")
    return rows


@contextmanager
def asking(source: HubSource) -> Iterator[None]:
    """The user's token at hand for the Hub's libraries, and their faults as a UserError."""
    import huggingface_hub

    with exposed(*HUB_TOKENS):
        try:
            yield
        except UserError:
            raise
        except Exception as error:  # datasets, hub and http libraries raise dozens of kinds
            raise explained(source, error, logged_in=huggingface_hub.get_token() is not None) from error


def _of_files(source: HubSource, split: str) -> HubRows:
    """Named files of a repository, downloaded as rows are asked for: the first of them now."""
    if split not in source.files:
        raise UserError(f"{source.id} has no split {split!r}; it has {', '.join(source.files)}.")
    first = _downloaded(source, source.files[split][0])
    commit = _COMMIT.findall(str(first))
    return HubRows(source, split, partial(_rows_of_files, source, split), commit[-1] if commit else source.revision)


def _downloaded(source: HubSource, name: str) -> Path:
    import huggingface_hub

    return Path(huggingface_hub.hf_hub_download(source.id, name, repo_type="dataset", revision=source.revision))


def _rows_of_files(source: HubSource, split: str) -> Iterator[Row]:
    for name in source.files[split]:
        with asking(source):
            path = _downloaded(source, name)
        for _, row in read_file(path, source.dropped):
            yield row


def _plain(source: HubSource, split: str, offline: bool) -> HubRows:
    """A repository that ``load_dataset`` knows how to read.

    ``load_dataset`` takes an older copy from the cache, with a mere warning, whenever anything fails; so the
    commit is asked for first, and a copy of another commit is refused.
    """
    import datasets
    import huggingface_hub

    revision = source.revision
    if revision is None and not offline:
        revision = huggingface_hub.HfApi().dataset_info(source.id).sha
    data = datasets.load_dataset(source.id, source.config, split=split, revision=revision)
    commits = _COMMIT.findall(str(data.cache_files[0]["filename"])) if data.cache_files else []
    if not offline and revision not in commits:
        raise UserError(
            f"The Hub could not be read for {source.name}; only an older copy ({', '.join(commits) or 'of unknown age'}) "
            "is in the cache. Try again later, or take that copy by setting HF_HUB_OFFLINE=1."
        )
    data = data.remove_columns([name for name in source.dropped if name in data.column_names])
    if source.columns:
        data = data.select_columns([name for name in source.columns if name in data.column_names])
    rows = HubRows(source, split, lambda: iter(data), commits[-1] if commits else revision)
    rows.count(split, len(data))
    return rows


@cache
def why_offline() -> str | None:
    """Why only the cache can be used, if so; tells the libraries, which would retry for half a minute.

    They read it when they are imported, so this comes before.
    """
    os.environ.setdefault("HF_HUB_ETAG_TIMEOUT", "10")
    os.environ.setdefault("HF_HUB_DOWNLOAD_TIMEOUT", "30")
    if "HF_HUB_OFFLINE" in os.environ:
        on = os.environ["HF_HUB_OFFLINE"].upper() in ("1", "ON", "YES", "TRUE")
        return "HF_HUB_OFFLINE is set" if on else None
    if urllib.request.getproxies():
        return None  # behind a proxy, a direct connection says nothing
    hub = urllib.parse.urlsplit(os.environ.get("HF_ENDPOINT", "https://huggingface.co"))
    try:
        port = hub.port or (80 if hub.scheme == "http" else 443)
        socket.create_connection((hub.hostname or "huggingface.co", port), timeout=10).close()
    except OSError as error:
        os.environ["HF_HUB_OFFLINE"] = "1"
        why = f"{hub.hostname} cannot be reached: {error}"
        print(f"{why}; looking in the cache only", file=sys.stderr)
        return why
    return None
