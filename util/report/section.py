"""The figures that a report shows of one result file, collected in one pass. Texts are not kept."""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from util.metrics.tally import Tally
from util.records import Response, Usage
from util.report.verdict_codes import verdict_code
from util.results.json_file import read_results
from util.results.manifest import Manifest, generating_run, runs_of
from util.results.paths import ResultPaths
from util.system.redaction import redacted_value
from util.system.tolerance import MAX_FAILED


@dataclass
class Section:
    """One result file. tokens: completion tokens of the responses with a text, by ``verdict_code``."""

    path: Path
    tally: Tally
    runs: list[Manifest]
    tokens: dict[str, array[float]] = field(default_factory=dict)
    usage: dict[str, Any] = field(default_factory=dict)
    no_score: str | None = None
    """Why no accuracy is shown."""

    @property
    def manifest(self) -> Manifest:
        """The manifest of the last run that generated responses; empty without a journal."""
        return generating_run(self.runs)

    @property
    def title(self) -> str:
        budget = f", thinking budget {self.budget}" if self.budget else ""
        return f"{self.family}{budget}"

    @property
    def family(self) -> str:
        """The title of this file and of those that differ in the thinking budget alone."""
        return family_of(self.manifest, self.path)

    @property
    def budget(self) -> int | None:
        """The thinking budget, if there was one."""
        found = self.manifest.get("settings", {}).get("thinking_budget")
        return found if isinstance(found, int) else None

    @property
    def throughput(self) -> float | None:
        """Completion tokens per second of the last run that generated responses."""
        tokens, seconds = (self.usage.get(f"{name}_of_last_run") for name in ("completion_tokens", "seconds"))
        return tokens / seconds if tokens and seconds else None


def family_of(manifest: Manifest, path: Path) -> str:
    """What a result file holds, in words: dataset, selection and model; the file's name where the manifest does not tell."""
    settings, selection = manifest.get("settings", {}), manifest.get("selection", {})
    if "dataset" not in settings:
        return path.stem
    model = Path(str(settings.get("model", ""))).name
    rows = ", ".join(str(selection[name]) for name in ("split", "source") if selection.get(name))
    rows += "".join(f", {name}={value}" for name, value in selection.get("columns", ()))
    converted = ", rewritten" if ResultPaths(path).is_converted else ""
    return f"{settings['dataset']} ({rows}{converted}), {model}"


def read_section(path: Path, best_by: str | None = None, max_failed: float = MAX_FAILED) -> Section:
    """Read a result file in one pass.

    Raises:
        UserError: it is not a result file.
    """
    section = Section(path, Tally(best_by), [redacted_value(run) for run in runs_of(path)], usage=_usage(path))
    for entry in read_results(path):
        section.tally.add(entry)
        for _, response in entry.samples():
            if not response.failed:
                section.tokens.setdefault(verdict_code(response), array("d")).append(tokens_of(response))
    section.no_score = section.tally.outcome().no_score(max_failed)
    return section


def tokens_of(response: Response) -> int:
    """Completion tokens; a quarter of the characters if the engine did not report them."""
    return (response.usage or Usage()).completion_tokens or len(response.content) // 4


def _usage(path: Path) -> dict[str, Any]:
    file = ResultPaths(path).token_usage
    if not file.exists():
        return {}
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found
