"""What a report shows of one result file, gathered in one pass: numbers, not texts."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from util.metrics import Tally
from util.results.journal import journal_path
from util.results.json_file import Entry, read_results
from util.results.samples import samples
from util.system.errors import UserError

CONVERTED = "converted_"


@dataclass
class Section:
    """One result file. tokens: completion tokens of each response, by whether it was right."""

    path: Path
    tally: Tally
    runs: list[dict[str, Any]]
    tokens: dict[bool, array[float]] = field(default_factory=lambda: {True: array("d"), False: array("d")})
    usage: dict[str, Any] = field(default_factory=dict)

    @property
    def manifest(self) -> dict[str, Any]:
        """That of the last run that generated; empty where there is no journal."""
        return generating_run(self.runs)

    @property
    def title(self) -> str:
        settings, selection = self.manifest.get("settings", {}), self.manifest.get("selection", {})
        if not settings:
            return self.path.stem
        model = Path(str(settings.get("model", ""))).name
        rows = ", ".join(str(selection[name]) for name in ("split", "source") if selection.get(name))
        converted = ", rewritten" if self.path.name.startswith(CONVERTED) else ""
        return f"{settings.get('dataset')} ({rows}{converted}), {model}"

    @property
    def throughput(self) -> float | None:
        """Completion tokens per second of the last run that generated."""
        tokens, seconds = (self.usage.get(f"{name}_of_last_run") for name in ("completion_tokens", "seconds"))
        return tokens / seconds if tokens and seconds else None


def generating_run(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The last run that generated, else the last one that tells its settings, else nothing."""
    told = [run for run in runs if "dataset" in run.get("settings", {})]
    generated = [run for run in told if run.get("engine", {}).get("backend", "none") != "none"]
    return (generated or told or [{}])[-1]


def collect(path: Path, best_by: str | None = None) -> Section:
    """Read a result file once.

    Raises:
        UserError: it is no result file.
    """
    section = Section(path, Tally(best_by), list(runs_of(path)), usage=_usage(path))
    for key, entry in read_results(path):
        section.tally.add(entry)
        for _, response, usage in samples(key, entry):
            if response.get("finish_reason") != "error":
                section.tokens[response.get("correctness") is True].append(tokens_of(response, usage))
    return section


def tokens_of(response: Entry, usage: Entry) -> int:
    """Completion tokens; a quarter of the characters where the engine did not count."""
    return int(usage.get("completion_tokens") or 0) or len(response["content"]) // 4


def result_files(paths: list[Path]) -> list[Path]:
    """The result files among files and folders; a converted one stands for the file that it was made of.

    Raises:
        UserError: there is none.
    """
    found: list[Path] = []
    for path in paths:
        inside = sorted(p for p in path.glob("*.json") if is_result_file(p)) if path.is_dir() else [path]
        found += [p for p in inside if p not in found]
    kept = [p for p in found if p.with_name(CONVERTED + p.name) not in found]
    kept = [_with_verdicts(p) for p in kept]
    if not kept:
        raise UserError(f"No result file in {', '.join(map(str, paths))}. Give result files or their folder.")
    return kept


def _with_verdicts(path: Path) -> Path:
    """The file that a converted one was made of, where that alone was judged."""
    original = path.with_name(path.name.removeprefix(CONVERTED))
    if original != path and original.exists() and not is_judged(path) and is_judged(original):
        return original
    return path


def is_judged(path: Path) -> bool:
    """Whether one of the first problems has a verdict."""
    return any(
        response.get("correctness") is not None
        for key, entry in islice(read_results(path), 20)
        for _, response, _ in samples(key, entry)
    )


def is_result_file(path: Path) -> bool:
    """Whether a JSON file holds problems with responses, by its first one."""
    try:
        with path.open("rb") as file:
            if not file.read(64).lstrip().startswith(b"{"):
                return False
        return bool(next(read_results(path), ("", {"responses": {}}))[1]["responses"])
    except (OSError, UserError):
        return False


def runs_of(path: Path) -> Iterator[dict[str, Any]]:
    """The manifests of all runs in the journal of a result file, and of the file that it was converted from."""
    names = [path.with_name(path.name.removeprefix(CONVERTED))] if path.name.startswith(CONVERTED) else []
    for name in [*names, path]:
        journal = journal_path(name)
        if not journal.exists():
            continue
        with journal.open("rb") as file:  # as bytes: the last line may end inside a character
            for line in file:
                if line.startswith((b'{"type": "manifest"', b'{"type": "run"')) and line.endswith(b"\n"):
                    yield json.loads(line.decode("utf-8", "surrogatepass"))


def _usage(path: Path) -> dict[str, Any]:
    file = path.parent / "token_usage" / path.name.removeprefix(CONVERTED)
    if not file.exists():
        return {}
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found
