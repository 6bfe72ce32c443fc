"""Rows of a dataset, from the Hub or from a local file or folder.

Loading never uses dataset scripts, which ``datasets`` 4 and later reject. ``python -m util.hub``
prints the source of each dataset.
"""

from __future__ import annotations

from util.hub.local_files import FORMATS, HUB_ROW, LocalRows, local_rows
from util.hub.remote import HubRows, hub_rows, provenance
from util.hub.sources import SOURCES, HubSource
from util.records import Row

__all__ = [
    "FORMATS",
    "HUB_ROW",
    "SOURCES",
    "HubRows",
    "HubSource",
    "LocalRows",
    "Row",
    "hub_rows",
    "local_rows",
    "provenance",
]
