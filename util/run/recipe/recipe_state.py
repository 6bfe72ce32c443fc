"""What a recipe has done so far: a JSON file in its folder, with a record for each command.

A command is complete if it ended with status 0 and, since then, neither its words nor its input files have changed, no file
that it made is gone, and no step before it was run again. Scripts resume by themselves, so that running a command once more
repeats no work that is still valid.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

from util.results.json_file import dumps
from util.results.writing import read_json_object, write_atomically
from util.run.recipe.recipe_file import Recipe, RecipeCommand, RecipeStep
from util.run.recipe.targets import words_of_target
from util.system.errors import UserError

_PASSING = (".lock", ".tmp", ".owner", ".partial.jsonl")
"""Endings of files that do not stay."""
_SUFFIX = ".state.json"


@dataclass
class CommandRecord:
    """One command. stamp: "" until it is complete, then new with every run. inputs: file -> hash of its content. made: files
    in the recipe's folder that it wrote. after: step before it -> its stamp at the start. seconds: of all runs with these
    words."""

    words: list[str]
    stamp: str = ""
    inputs: dict[str, str] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    after: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


class RecipeState:
    """The records of one recipe."""

    def __init__(self, recipe: Recipe) -> None:
        """Read the file.

        Raises:
            UserError: it is damaged.
        """
        self._recipe = recipe
        self._before: dict[str, tuple[int, int]] = {}
        self.path = recipe.folder / f"{recipe.path.stem}{_SUFFIX}"
        found = read_json_object(self.path, "The recipe's state file")
        names = {item.name for item in fields(CommandRecord)}
        records: Any = found.get("commands", {})
        try:
            self._records = {key: CommandRecord(**value) for key, value in records.items() if set(value) <= names}
        except (AttributeError, TypeError) as error:
            raise UserError(
                f"{self.path} is not a recipe's state file. Remove it: every step then runs again, and resumes."
            ) from error

    def record(self, command: RecipeCommand) -> CommandRecord | None:
        return self._records.get(_key(command))

    def stamp(self, step: RecipeStep) -> str:
        """Changes whenever a command of the step is run again, or the step has other commands; "" until all are complete."""
        stamps = [record.stamp if (record := self.record(command)) else "" for command in step.commands]
        return hashlib.sha256("\n".join(sorted(stamps)).encode()).hexdigest()[:16] if all(stamps) else ""

    def why(self, step: RecipeStep, command: RecipeCommand) -> str | None:
        """Why a command has to be run; None if it is complete."""
        record = self.record(command)
        if record is None:
            return "not run yet"
        if record.words != list(command.words):
            return f"changed: {_difference(record.words, list(command.words))}"
        if not record.stamp:
            return "not complete yet"
        for name, digest in record.inputs.items():
            if (now := _digest(Path(name))) != digest:
                return f"{name} {'has changed' if now else 'is gone'}"
        if gone := [name for name in record.made if not Path(name).exists()]:
            return f"{gone[0]} is gone"
        stamps = {each.name: self.stamp(each) for each in self._recipe.steps if each.name in step.after}
        if again := [name for name, stamp in stamps.items() if record.after.get(name) != stamp or not stamp]:
            return f"step {again[0]} was run again or is not complete"
        return None

    def start(self, step: RecipeStep, command: RecipeCommand) -> None:
        """The command is about to run: no longer complete."""
        old = self.record(command)
        seconds = old.seconds if old and old.words == list(command.words) else 0.0
        made = old.made if old else []
        self._before = _files(self._recipe.folder)
        inputs = self._inputs(command, self._before)
        after = {each.name: self.stamp(each) for each in self._recipe.steps if each.name in step.after}
        self._records[_key(command)] = CommandRecord(list(command.words), "", inputs, made, after, seconds)
        self._write()

    def finish(self, command: RecipeCommand, seconds: float, *, complete: bool) -> None:
        """The command has ended after ``seconds``."""
        record, now = self._records[_key(command)], _files(self._recipe.folder)
        record.seconds = round(record.seconds + seconds, 1)
        changed = {name for name, state in now.items() if self._before.get(name) != state}
        record.made = sorted((changed | {*record.made}) & {*now})
        for name in self._before.keys() - now.keys():  # a later step may remove what an earlier one made
            for each in self._records.values():
                each.made = [made for made in each.made if made != name]
        if complete:
            record.stamp = secrets.token_hex(8)
            # A file that was there before keeps its hash of then: it may have been edited during the run.
            record.inputs = self._inputs(command, now) | record.inputs
        self._write()

    def _inputs(self, command: RecipeCommand, files: Iterable[str]) -> dict[str, str]:
        """The hash of each file or folder that the words name, except of what steps of this recipe have made."""
        made = {name for record in self._records.values() for name in record.made} | (set(files) - set(self._before))
        ours = {Path(name).absolute() for name in made} | {self._recipe.folder.absolute()}
        ours |= {folder for path in list(ours) for folder in path.parents}
        found = {}
        for word in words_of_target(command.words)[1]:
            for text in dict.fromkeys((word, word.rpartition("=")[2])):
                if text and Path(os.path.abspath(text)) not in ours and (digest := _digest(Path(text))):
                    found[text] = digest
        return found

    def _write(self) -> None:
        records = {key: asdict(record) for key, record in self._records.items()}
        write_atomically(self.path, [dumps({"recipe": str(self._recipe.path), "commands": records}), "\n"])


def _key(command: RecipeCommand) -> str:
    return f"{command.step}/{command.part}" if command.part else command.step


def _digest(path: Path) -> str:
    """The hash of a file's content, or of the names, sizes and times of the files in a folder; "" if there is none."""
    try:
        if path.is_file():
            return _content_hash(str(path), *_facts(path))
        if path.is_dir():
            facts = sorted((each.name, *_facts(each)) for each in path.iterdir() if each.is_file())
            return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
    except (OSError, ValueError):  # a word that is no path: too long, a null byte
        pass
    return ""


@cache
def _content_hash(path: str, size: int, changed: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _facts(path: Path) -> tuple[int, int]:
    """Size, and time of the last change in ns."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file below a folder that stays -> its facts."""
    return {
        str(path): _facts(path)
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith((*_PASSING, _SUFFIX))
    }


def _difference(old: list[str], new: list[str]) -> str:
    """The options that differ, for example ``--max-tokens 8192 -> --max-tokens 16384``."""
    before, after = _options(old), _options(new)
    changes = []
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            changes.append(f"{before.get(name, '(none)')} -> {after.get(name, '(none)')}")
    return ", ".join(changes) or "the order of its options"


def _options(words: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""
    for word in words:
        if word.startswith("--"):
            name = word.partition("=")[0]
        found[name] = f"{found[name]} {word}" if name in found else word
    return found
