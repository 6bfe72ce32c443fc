"""Rows from the Hub, loaded and cached by ``huggingface_hub`` and ``datasets``."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from util.hub.faults import NotThere, explained
from util.hub.local_files import read_file
from util.hub.sources import HubSource
from util.records import Row
from util.system.characters import printable
from util.system.credentials import HUB_TOKENS, exposed
from util.system.errors import UserError
from util.system.messages import tell

_COMMIT = re.compile(r"[0-9a-f]{40}")

_loaded: dict[tuple[object, ...], HubRows] = {}


@dataclass
class HubRows:
    """Rows of one split. They can be iterated repeatedly and are not held in memory.

    source: the repository of the rows, which may be an alternative of the requested one.
    read: returns a new iterator over all rows. commit: the repository's, None if unknown. notes: facts that
    affect how results may be used.
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
        """Print a note once, and keep it for the manifest."""
        if text not in self.notes:
            self.notes.append(text)
            print(printable(f"note: {text}"), file=sys.stderr)

    def count(self, part: str, found: int) -> None:
        """Compare the row count of a split ("test") or of a source in it ("train:2024") with the known one."""
        known = self.source.rows.get(part)
        if known is not None and known != found:
            self.note(
                f"{self.source.name}, {part} has {found:,} rows instead of {known:,}: the dataset has changed, or the "
                "copy in the cache is incomplete; results may not be comparable with published ones"
            )


def hub_rows(source: HubSource, split: str) -> HubRows:
    """Rows of one split, loaded from the Hub and cached by its libraries.

    Raises:
        UserError: the Hub is not reachable, the repository is gated or lacks the split; says what to do.
    """
    key = _key(source, split)
    if key not in _loaded:
        _loaded[key] = _first_readable(source, split)
    return _loaded[key]


def provenance(source: HubSource, split: str) -> dict[str, Any]:
    """Repository, revision, commit and notes of the rows that ``hub_rows`` returned, for a manifest."""
    rows = _loaded.get(_key(source, split))
    found = rows.source if rows else source
    origin: dict[str, Any] = {"id": found.id, "config": found.config, "revision": found.revision}
    return origin | ({"commit": rows.commit, "notes": rows.notes} if rows else {})


def _key(source: HubSource, split: str) -> tuple[object, ...]:
    return (source.id, source.config, source.revision, source.files.get(split), split)


def _first_readable(source: HubSource, split: str) -> HubRows:
    offline = why_offline()
    try:
        rows = _rows(source, split, offline)
    except NotThere as fault:
        for other in source.alternatives:
            print(printable(f"{fault} Trying {other.name} instead ..."), file=sys.stderr)
            try:
                rows = _rows(other, split, offline)
            except NotThere:
                continue
            rows.note(f"rows come from {other.name} because {source.name} could not be read")
            break
        else:
            raise
    return rows


def _rows(source: HubSource, split: str, offline: str | None) -> HubRows:
    split = source.split or split
    tell(printable(f"loading {source.name}, split {split}, from the Hub ..."))
    with asking(source):
        rows = _of_files(source, split) if source.files else _plain(source, split, offline is not None)
    if offline is not None:
        rows.note(f"{source.name} comes from the cache ({offline}), commit {rows.commit or 'unknown'}")
    return rows


@contextmanager
def asking(source: HubSource) -> Iterator[None]:
    """Expose the user's token to the Hub's libraries, and turn their errors into UserError."""
    import huggingface_hub

    with exposed(*HUB_TOKENS):
        try:
            yield
        except UserError:
            raise
        except Exception as error:  # datasets, Hub and HTTP libraries raise dozens of types
            raise explained(source, error, logged_in=huggingface_hub.get_token() is not None) from error


def _of_files(source: HubSource, split: str) -> HubRows:
    """Rows of named files. The first file is downloaded now, the others when their rows are read."""
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
            yield row | {source.folder_column: Path(name).parent.name} if source.folder_column else row


def _plain(source: HubSource, split: str, offline: bool) -> HubRows:
    """Rows of a repository that ``load_dataset`` can read.

    After any failure ``load_dataset`` uses an older cached copy and only warns. So this function first asks
    for the current commit, and rejects a copy of another commit.
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
            f"{source.name} could not be read from the Hub; the cache has only an older copy "
            f"({', '.join(commits) or 'of unknown age'}). Retry later, or set HF_HUB_OFFLINE=1 to use that copy."
        )
    data = data.remove_columns([name for name in source.dropped if name in data.column_names])
    if source.columns:
        data = data.select_columns([name for name in source.columns if name in data.column_names])
    rows = HubRows(source, split, lambda: iter(data), commits[-1] if commits else revision)
    rows.count(split, len(data))
    return rows


@cache
def why_offline() -> str | None:
    """The reason why only the cache can be used; None if the Hub is reachable.

    If the Hub is not reachable, it sets HF_HUB_OFFLINE: the libraries would otherwise retry for half a minute.
    They read the variable on import, so this function must run before that.
    """
    os.environ.setdefault("HF_HUB_ETAG_TIMEOUT", "10")
    os.environ.setdefault("HF_HUB_DOWNLOAD_TIMEOUT", "30")
    if "HF_HUB_OFFLINE" in os.environ:
        on = os.environ["HF_HUB_OFFLINE"].upper() in ("1", "ON", "YES", "TRUE")
        return "HF_HUB_OFFLINE is set" if on else None
    from urllib.request import getproxies

    if getproxies():
        return None  # with a proxy, a direct connection proves nothing
    hub = urlsplit(os.environ.get("HF_ENDPOINT", "https://huggingface.co"))
    try:
        port = hub.port or (80 if hub.scheme == "http" else 443)
        socket.create_connection((hub.hostname or "huggingface.co", port), timeout=10).close()
    except OSError as error:
        os.environ["HF_HUB_OFFLINE"] = "1"
        why = f"{hub.hostname} cannot be reached: {error}"
        print(printable(f"{why}; using only the cache"), file=sys.stderr)
        return why
    return None
