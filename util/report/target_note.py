"""Whether ``--target-halfwidth`` was reached, in the report and in the table of scores."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from util.report.section import Section

_OF = {"problems": "for the population of problems", "samples": "for these problems alone"}


def in_short(found: Mapping[str, Any] | None) -> str:
    """After the number of responses in a table; "" where no precision was asked for.

    >>> in_short({"points": 2.0, "of": "samples", "reached": True})
    ' (±2 of sampling: reached)'
    """
    if not found:
        return ""
    of = " of sampling" if found["of"] == "samples" else ""
    return f" (±{found['points']:g}{of}: {'' if found['reached'] else 'not '}reached)"


def target_note(section: Section) -> str:
    """A paragraph of the report; "" where the last run had no target."""
    found = (section.runs or [{}])[-1].get("target_halfwidth")
    if not found or "n" not in found:
        return ""
    half = found.get(f"half_width_{found['of']}")
    text = f"Target of ±{found['points']:g} points ({_OF[found['of']]}) "
    text += "reached" if found["reached"] and section.no_score is None else "not reached"
    text += f" with {found['n']} responses per problem" + (f": ±{half:g} points" if half is not None else "")
    if (floor := found.get("floor")) is not None:
        text += f"; with any number of responses about ±{floor:g}"
    return f"<p>{escape(text)}.</p>"
