"""A report of result files as one self-contained HTML page."""

from __future__ import annotations

import platform
import time
from pathlib import Path

from util.report.funnel_picture import TrainingFunnel
from util.report.page import write_page
from util.report.section import Section, read_section
from util.results.json_file import result_files
from util.system.tolerance import MAX_FAILED

__all__ = ["Section", "write_report"]


def write_report(
    output: Path,
    paths: list[Path],
    command: str,
    *,
    best_by: str | None = None,
    funnel: TrainingFunnel | None = None,
    max_failed: float = MAX_FAILED,
) -> list[Section]:
    """Write a report of result files, or of folders of them; return its sections.

    funnel: of a build of training data. max_failed: share of a file's responses that may fail or lack a
    verdict; with more, no accuracy is shown.

    Raises:
        UserError: there is no result file, or the report cannot be written.
    """
    sections = [read_section(path, best_by, max_failed) for path in result_files(paths)]
    made = {
        "created": time.strftime("%Y-%m-%d %H:%M %Z"),
        "command": command,
        "python": platform.python_version(),
    }
    write_page(output, sections, funnel or TrainingFunnel(), made)
    return sections
