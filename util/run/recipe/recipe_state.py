"""What a recipe has done so far: a JSON file in its folder, with a record for each command.

A command is complete if it ended with status 0 and, since then, neither its words nor its input files have changed, no file
that it made is gone, and no step before it was run again. Scripts resume by themselves, so that running a command once more
repeats no work that is still valid.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shlex
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

_SUFFIX = ".state.json"
_PASSING = re.compile(r".*(?:\.(?:lock|tmp|owner|partial\.jsonl|bak\d*)|\.state\.json)")
"""Files that may go at any time."""
_RESULT = r"(?!.*/token_usage/).*\.json"


@dataclass
class CommandRecord:
    """One command. stamp: "" until it is complete, then new with every run. inputs: file -> hash of its content. made: files
    in the recipe's folder that it wrote. left: other words that it had before -> files that it wrote then and no longer
    writes. after: step before it -> its stamp at the start. seconds: of all runs with these words."""

    words: list[str]
    stamp: str = ""
    inputs: dict[str, str] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    left: dict[str, list[str]] = field(default_factory=dict)
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
        self._earlier: tuple[str, set[str]] = ("", set())
        """Of the running command: the words that it had before, and what it made with them."""
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

        self._adopt()

    def _adopt(self) -> None:
        """Give the records of a selection or step that got another name to the command with the same words."""
        commands = [command for step in self._recipe.steps for command in step.commands]
        lost = {
            tuple(self._records[key].words): key for key in self._records.keys() - {_key(each) for each in commands}
        }
        for command in commands:
            if _key(command) not in self._records and command.words in lost:
                self._records[_key(command)] = self._records.pop(lost.pop(command.words))

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
        same = old is not None and old.words == list(command.words)
        line, old_line = shlex.join(command.words), shlex.join(old.words) if old else ""
        made, left = (list(old.made), dict(old.left)) if old else ([], {})
        self._earlier = ("", set()) if same or not made else (old_line, set(made))
        if old and not same and line in left:  # as they were once before
            left[old_line], made = made, left.pop(line)
            self._earlier = ("", set())
        seconds = old.seconds if old and same else 0.0
        self._before = _files(self._recipe.folder)
        inputs = self._inputs(command, self._before)
        after = {each.name: self.stamp(each) for each in self._recipe.steps if each.name in step.after}
        self._records[_key(command)] = CommandRecord(list(command.words), "", inputs, made, left, after, seconds)
        self._write()

    def finish(self, command: RecipeCommand, seconds: float, *, complete: bool) -> None:
        """The command has ended after ``seconds``."""
        record, now = self._records[_key(command)], _files(self._recipe.folder)
        record.seconds = round(record.seconds + seconds, 1)
        changed = {name for name, state in now.items() if self._before.get(name) != state}
        words, earlier = self._earlier
        if words and any(name.endswith((".json", ".jsonl")) for name in now.keys() - self._before.keys()):
            # New files beside those of the earlier words: these are not up to date, unless they were written, too.
            record.left[words] = sorted(earlier - changed)
            record.made = [name for name in record.made if name not in earlier]
        record.made = sorted((changed | {*record.made}) & {*now})
        gone = self._before.keys() - now.keys()  # a later step may remove what an earlier one made
        for each in self._records.values():
            each.made = [name for name in each.made if name not in gone]
            each.left = {words: [n for n in names if n not in gone | changed] for words, names in each.left.items()}
        if complete:
            record.stamp = secrets.token_hex(8)
            # A file that was there before keeps its hash of then: it may have been edited during the run.
            record.inputs = self._inputs(command, now) | record.inputs
        self._write()

    def leftovers(self) -> list[str]:
        """Result files that steps made with options, or for selections, that the recipe no longer has."""
        words = {_key(command): list(command.words) for step in self._recipe.steps for command in step.commands}
        unfinished = {step.name for step in self._recipe.steps if not self.stamp(step)}
        made: set[str] = set()
        left: set[str] = set()
        for key, record in self._records.items():
            if key not in words:
                if key.partition("/")[0] not in unfinished:  # that step may still write them
                    left.update(record.made)
            elif record.words == words[key]:
                made.update(record.made)
                left.update(*record.left.values())
        return sorted(name for name in left - made if re.fullmatch(_RESULT, name) and Path(name).exists())

    def _inputs(self, command: RecipeCommand, files: Iterable[str]) -> dict[str, str]:
        """The hash of each file or folder that the words name, except of what steps of this recipe have made."""
        made = set(files) - set(self._before)
        for record in self._records.values():
            made.update(record.made, *record.left.values())
        ours = {Path(name).absolute() for name in made} | {self._recipe.folder.absolute()}
        ours |= {folder for path in list(ours) for folder in path.parents}
        found = {}
        for word in words_of_target(command.words)[1]:
            for text in dict.fromkeys((word, *(part.rpartition("=")[2] for part in word.split(",")))):
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
        str(path): _facts(path) for path in folder.rglob("*") if path.is_file() and not _PASSING.fullmatch(path.name)
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
