"""Runs the project's scripts as a user would; paths of the project."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"


def script(
    *arguments: object, timeout: float = 600, env: dict[str, str] | None = None, without: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run ``python *arguments`` in the project's folder.

    env: added to this process's environment variables. without: variables removed from them.

    Raises:
        subprocess.TimeoutExpired: it still runs after ``timeout`` seconds; it is killed.
    """
    environment = {name: value for name, value in {**os.environ, **(env or {})}.items() if name not in without}
    return subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=timeout,
        env=environment, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def results_in(path: Path) -> dict[str, Any]:
    """A result file as any JSON reader sees it."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8", errors="surrogatepass"))
    return found
