"""Rows of a dataset, from the Hub or from a local file or folder.

Loading never relies on dataset scripts, which ``datasets`` 4 and later refuse. ``python -m util.hub``
prints where each dataset comes from.
"""

from __future__ import annotations

from util.hub.hub_rows import HubRows, hub_rows, provenance
from util.hub.local_rows import FORMATS, HUB_ROW, LocalRows, Row, local_rows
from util.hub.sources import SOURCES, HubSource

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
