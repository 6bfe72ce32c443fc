"""How to reproduce a result: its command, and what else must be equal."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from util.results.manifest import generating_run, runs_of
from util.system.errors import UserError
from util.system.redaction import redacted
from util.system.suggestions import near_file

_MANIFESTS = re.compile(r'<script type="application/json" id="manifests"[^>]*>(.*?)</script>')


def reproduce(path: Path) -> str:
    """Describe how a result file, or each file of a report, was made.

    Raises:
        UserError: the file has no manifest.
    """
    if not path.exists():
        raise UserError(f"--reproduce {path} does not exist.{near_file(path)} Give a result file or a report.")
    if path.is_dir():
        raise UserError(f"--reproduce {path} is a folder. Give a result file in it, or a report.")
    if path.suffix.lower() in (".html", ".htm"):
        match = _MANIFESTS.search(path.read_text(encoding="utf-8", errors="replace"))
        if match is None:
            raise UserError(f"{path} is not a report written by util.report: it has no manifests.")
        manifests: dict[str, Any] = json.loads(match[1])
    else:
        manifests = {str(path): generating_run(list(runs_of(path)))}
    known = {name: manifest for name, manifest in manifests.items() if manifest.get("command")}
    if not known:
        raise UserError(f"{path} has no manifest. It was in the journal beside the result file, which is missing.")
    return "\n\n".join(_described(name, manifest) for name, manifest in known.items())


def _described(name: str, manifest: dict[str, Any]) -> str:
    dataset, settings = manifest.get("dataset", {}), manifest.get("settings", {})
    lines = [f"# {name}, made {manifest.get('started', 'at an unknown time')}"]
    commit = manifest.get("git_commit")
    if commit:
        lines.append(f"git checkout {commit}")
    lines.append(str(manifest["command"]))
    facts = {
        "dataset": " ".join(str(dataset[k]) for k in ("id", "config", "commit", "path") if dataset.get(k)),
        "rows": settings.get("rows"),
        "prompt hash": settings.get("prompt_hash"),
        "engine": json.dumps(manifest["engine"]) if manifest.get("engine") else None,
        "versions": ", ".join(f"{k} {v}" for k, v in manifest.get("versions", {}).items()),
        "python": manifest.get("python"),
    }
    # Manifests of earlier versions hold the command and the URL as they were typed.
    return redacted("\n".join([*lines, *(f"#   {key}: {value}" for key, value in facts.items() if value)]))
