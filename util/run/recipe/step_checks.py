"""Check the options of every step before the first one starts: the scripts parse them in child processes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from util.run.recipe.recipe_file import Recipe, RecipeCommand
from util.run.recipe.step_process import suite_environment
from util.run.recipe.targets import words_of_target
from util.system.errors import UserError
from util.system.redaction import redacted

_INPUTS = (
    "keys",
    "system-prompt",
    "dataset-path",
    "chat-template",
    "profiles",
    "task-file",
    "difficulty-labels",
    "extra",
)
"""Options that name files which must be there before the run, except of those below the recipe's folder."""


def check_options(recipe: Recipe) -> dict[str, frozenset[str]]:
    """The options of each script that the recipe runs, by the value of ``run``.

    Raises:
        UserError: a script refuses the options of a step.
    """
    commands: dict[str, list[RecipeCommand]] = defaultdict(list)
    for step in recipe.steps:
        commands[step.run] += step.commands
    known, faults = {}, defaultdict[str, list[str]](list)
    for run, own in commands.items():
        arguments = [words_of_target(command.words) for command in own]
        found = _parsed(arguments[0][0], [words for _, words in arguments])
        known[run] = frozenset(found["options"])
        for command, refused in zip(own, found["faults"], strict=True):
            for fault in refused:
                faults[f"{run}: {fault}"].append(command.title)
    if faults:
        shown = [f"{fault} (in {_listed(titles)})" for fault, titles in faults.items()]
        raise UserError("\n  ".join([f"{recipe.path} cannot be run as it is; nothing was started:", *shown]))
    return known


def missing_inputs(recipe: Recipe) -> list[str]:
    """What is wrong with the files that the steps read and that no step makes."""
    faults = defaultdict[str, list[str]](list)
    for step in recipe.steps:
        for command in step.commands:
            for fault in _missing(command, recipe.folder):
                faults[fault].append(command.title)
    return [f"{fault} (in {_listed(titles)})" for fault, titles in faults.items()]


def _listed(titles: Sequence[str]) -> str:
    more = f" and {len(titles) - 2} more" if len(titles) > 2 else ""
    return ", ".join(titles[:2]) + more


def _missing(command: RecipeCommand, folder: Path) -> list[str]:
    """Options of a command that name a file outside of the recipe's folder which does not exist."""
    faults, option = [], ""
    for word in words_of_target(command.words)[1]:
        if word.startswith("--"):
            option = word.partition("=")[0].removeprefix("--")
            continue
        file = Path(word if option != "dataset-path" else word.rpartition("=")[2])
        if option in _INPUTS and not file.exists() and not file.absolute().is_relative_to(folder.absolute()):
            faults.append(f"--{option} {file} does not exist")
    return faults


def _parsed(target: str, arguments: Sequence[Sequence[str]]) -> Mapping[str, Any]:
    """What ``parse_only`` says about these arguments of a script or module."""
    done = subprocess.run(
        [sys.executable, "-m", "util.run.recipe.parse_only", target],
        input=json.dumps(arguments), capture_output=True, text=True, check=False, env=suite_environment(),
    )  # fmt: skip
    if done.returncode != 0:
        raise UserError(f"The options of {target} could not be checked: {redacted(done.stderr.strip())}")
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found
