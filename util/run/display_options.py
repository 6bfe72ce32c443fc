"""How a run shows its progress, and how much else it prints."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from util.system.messages import be_quiet
from util.system.noise import show_all
from util.system.options import option, options_from

PANEL, BAR, PLAIN = MODES = ("panel", "bar", "plain")

_wanted: str | None = None


@dataclass(frozen=True)
class DisplayOptions:
    """progress: None for what suits standard error."""

    progress: str | None = option(
        "panel: a few lines with counts, accuracy, speed, cost and the state of keys or servers; bar: one line; plain: a line "
        "every 30 s, for logs. Default: panel on a terminal, plain elsewhere",
        choices=MODES,
    )
    quiet: bool = option("print only warnings, errors and the final table, no progress", default=False)


def show_as(args: argparse.Namespace) -> None:
    """Set the display of this process from its command line."""
    global _wanted
    options = options_from(DisplayOptions, args)
    _wanted = options.progress
    be_quiet(options.quiet)
    show_all(args.debug)


def wanted() -> str | None:
    """The display that the command names."""
    return _wanted
