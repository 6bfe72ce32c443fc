"""Where the project's own files are, and those that a user added to a run."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

TASK_FILES: list[Path] = []
"""Every ``--task-file`` that was imported; the nodes of a cluster need them, too."""
