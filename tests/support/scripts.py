"""Running the project's scripts as a user would, and where its files are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"


def script(
    *arguments: object, timeout: float = 600, env: dict[str, str] | None = None, without: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run one of the project's scripts as a user would. without: variables that its environment lacks."""
    environment = {name: value for name, value in {**os.environ, **(env or {})}.items() if name not in without}
    return subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=timeout,
        env=environment, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
