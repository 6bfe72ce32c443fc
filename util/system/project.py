"""Where the project's own files are, and those that a user added to a run."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

TASK_FILES: list[Path] = []
"""Every ``--task-file`` that was imported; the nodes of a cluster need them, too."""


def version() -> str:
    """The version of these tools, as pyproject.toml has it; "unknown" where only the packages were copied."""
    import tomllib

    file = ROOT / "pyproject.toml"
    return str(tomllib.loads(file.read_text(encoding="utf-8"))["project"]["version"]) if file.exists() else "unknown"


def git_commit() -> str | None:
    """The commit of these tools, None outside of a git checkout."""
    try:
        done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() or None
