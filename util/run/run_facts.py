"""What a score depends on, for the details beside ``--output-file``: settings, versions, counts by temperature."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from util.metrics.tally import Tally
from util.records import temperature_label
from util.results.manifest import generating_run, runs_of

SETTINGS = (
    "n", "temperatures", "top_p", "max_tokens", "thinking_budget", "seed", "sampling_args", "chat_template_args", "prompt_hash",
)  # fmt: skip


def run_facts(path: Path, tally: Tally) -> dict[str, Any]:
    """Facts of a result file; its journal tells settings and versions, so that a file without one has none."""
    run = generating_run(list(runs_of(path)))
    settings = run.get("settings", {})
    return {
        "settings": {name: settings[name] for name in SETTINGS if name in settings},
        "versions": run.get("versions", {}),
        "git_commit": run.get("git_commit"),
        "by_temperature": {
            temperature_label(temperature): {
                "responses": counts.total,
                "right": counts.right,
                "truncated": counts.truncated,
                "not_judged": counts.unjudged,
                "failed": counts.failed,
            }
            for temperature, counts in ((each, tally.by_temperature[each]) for each in tally.temperatures)
        },
    }
