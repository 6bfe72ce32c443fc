"""The modern recipe on the embedded model with real vLLM, in a smaller form than samples/recipe.toml has by default."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.scripts import script

SMALL = ("n=4", "start=16", "end=28", "max-tokens=128")
"""12 problems, 4 of which are in the benchmark; 48 responses."""


@pytest.mark.engine
def test_the_sample_recipe_ends_with_verified_rows(embedded_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    settings = [word for setting in (f"folder={folder}", *SMALL) for word in ("--set", setting)]
    done = script("-m", "util.run.recipe", "samples/recipe.toml", *settings)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    rows = [json.loads(line) for line in (folder / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows
    for row in rows:
        [question], [response] = row["prompt"], row["completion"]
        assert (question["role"], response["role"]) == ("user", "assistant")
        thought, tag, answer = response["content"].partition("\n</think>\n\n")
        assert tag
        assert thought.startswith("<think>\n")
        assert "\\boxed{" in answer
    passports = (folder / "passport.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(passports) == len(rows)
    assert "problems dropped because they overlap with MATH500" in done.stdout
    assert f"{len(rows)} of {len(rows)} rows train exactly the assistant's text" in done.stdout
    assert "no differences" in done.stdout  # of python -m util.training.verify
    assert "## Funnel" in (folder / "train.card.md").read_text(encoding="utf-8")
    again = script("-m", "util.run.recipe", "samples/recipe.toml", *settings)
    assert again.returncode == 0, again.stderr
    assert "== step" not in again.stdout
