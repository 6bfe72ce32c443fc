"""TACO: competitive programming problems by difficulty (Li et al. 2023)."""

from __future__ import annotations

from tasks.apps import AppsTask
from util.hub import HubSource


class TacoTask(AppsTask):
    """The same schema as APPS; only where it lives differs."""

    name = "TACO"
    # The repository still carries a script, which load_dataset refuses.
    hub = HubSource(
        "BAAI/TACO",
        builder="parquet",
        files={"train": ("ALL/train-*.parquet",), "test": ("ALL/test-*.parquet",)},
    )
