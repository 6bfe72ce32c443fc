"""A report of result files: one self-contained HTML page."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from pathlib import Path

from util.report.collect import Section, collect, result_files
from util.report.page import write_page

__all__ = ["Section", "collect", "result_files", "write_report"]


def write_report(
    output: Path,
    paths: list[Path],
    command: str,
    *,
    best_by: str | None = None,
    funnel: Mapping[str, int] | None = None,
) -> list[Section]:
    """Write a report of result files and folders of them; return what it shows.

    funnel: stage -> responses that came this far.

    Raises:
        UserError: there is no result file, or the report cannot be written.
    """
    sections = [collect(path, best_by) for path in result_files(paths)]
    made = {
        "created": time.strftime("%Y-%m-%d %H:%M %Z"),
        "command": command,
        "python": platform.python_version(),
    }
    write_page(output, sections, funnel or {}, made)
    return sections
