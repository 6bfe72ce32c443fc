"""Read a recipe: a TOML file whose steps are commands of the suite.

folder            where the steps write; the recipe's state file is there, too
about             what it is for (any text)
[models], [vars]  names for ${name}
[selections.NAME] options that choose rows; a step with each = "selections" runs once for each
[files]           NAME = table (written as JSON) or text: small files that options name by ${NAME}
[steps.NAME]      run, like, each, after, arguments; every other key is an option of the script
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from util.run.recipe.placeholders import Placeholders, hint, refuse_key
from util.run.recipe.step_words import SCALARS, option_words
from util.run.recipe.targets import target_words
from util.system.characters import BYTE_ORDER_MARK
from util.system.errors import UserError
from util.system.named_files import kind_of_file, unreadable

_SECTIONS = ("about", "folder", "models", "vars", "selections", "files", "steps")
_OF_STEPS = ("run", "like", "each", "after", "arguments")
_NAME = re.compile(r"[\w.-]+")


@dataclass(frozen=True)
class RecipeCommand:
    """One command of a step. part: the selection's name, "" without one. words: what follows ``python``."""

    step: str
    part: str
    words: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"{self.step} ({self.part})" if self.part else self.step


@dataclass(frozen=True)
class RecipeStep:
    """after: the steps whose results this one uses."""

    name: str
    run: str
    commands: tuple[RecipeCommand, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class Recipe:
    """files: small files that the recipe contains -> their content."""

    path: Path
    folder: Path
    steps: tuple[RecipeStep, ...]
    files: Mapping[Path, str]


def read_recipe(path: Path, settings: Mapping[str, str] | None = None) -> Recipe:
    """The recipe in a file. settings: name -> value, instead of those under ``folder``, [models] and [vars].

    Raises:
        UserError: the file cannot be read, or has a key or value that is not understood.
    """
    content = _content(path)
    _known(content, _SECTIONS, str(path))
    tables = {name: _table(content, name, path) for name in _SECTIONS[2:]}
    values = {"folder": content.get("folder"), **tables["models"], **tables["vars"]}
    for name, value in values.items():
        if not isinstance(value, SCALARS) or value == "":
            expected = 'folder = "data", the folder where the steps write' if name == "folder" else f'{name} = "value"'
            raise UserError(f"{path}: {name} is {value!r}; expected {expected}.")
    for name in {"folder", *tables["models"]} & {*tables["vars"]} | {*values} & {*tables["files"]}:
        raise UserError(f"{path}: the name {name} is given twice. Names of [models], [vars] and [files] must differ.")
    for name, value in (settings or {}).items():
        if name not in values:
            raise UserError(f"--set {name}={value}: {path} has no such name; {hint(name, values)}")
        values[name] = value
    folder = Path(str(Placeholders(values, path).filled(values["folder"], "folder")))
    if Path.cwd().is_relative_to(folder.absolute()):
        raise UserError(
            f'{path}: folder = "{folder}" contains the current folder. Name a folder for this recipe alone.'
        )
    files = _files(tables["files"], folder, path)
    places = Placeholders({**values, **{name: str(file) for name, (file, _) in files.items()}}, path)
    steps = _Steps(tables["steps"], tables["selections"], places, path).read()
    return Recipe(path, folder, steps, dict(files.values()))


def _content(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().removeprefix(BYTE_ORDER_MARK).decode("utf-8"))
    except OSError as error:
        expected = "TOML; `python -m util.run.recipe --example modern` prints one"
        raise unreadable("The recipe", path, error, expected) from error
    except ValueError as error:  # also bytes that are not UTF-8
        found = kind_of_file(path)
        raise UserError(f"{path} is not a TOML file: {f'it is {found}' if found is not None else error}.") from error


def _known(table: Mapping[str, Any], names: tuple[str, ...], place: str) -> None:
    for name in table:
        if name not in names:
            raise UserError(f"{place}: {name} is not known; {hint(name, names)}")


def _table(content: Mapping[str, Any], name: str, path: Path) -> dict[str, Any]:
    found = content.get(name, {})
    if not isinstance(found, dict):
        raise UserError(f"{path}: {name} is {found!r}; expected a table, [{name}] with lines of NAME = VALUE.")
    for key in found:
        if not _NAME.fullmatch(key):
            raise UserError(f"{path}: {key!r} in [{name}] is not a name; use letters, digits, '-', '_' and '.'.")
    return found


def _files(table: Mapping[str, Any], folder: Path, path: Path) -> dict[str, tuple[Path, str]]:
    """Name -> (path, content) of the small files."""
    found = {}
    for name, value in table.items():
        if not isinstance(value, dict | str):
            raise UserError(f"{path}: {name} in [files] is {value!r}; expected a table or a text in quotes.")
        text = value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n"
        refuse_key(f"{name} in [files] of {path}", text)
        suffix = "" if "." in name else ".txt" if isinstance(value, str) else ".json"
        found[name] = (folder / "recipe_files" / f"{name}{suffix}", text)
    return found


class _Steps:
    """Steps of the file, in its order; each may refer to earlier ones."""

    def __init__(
        self, steps: Mapping[str, Any], selections: Mapping[str, Any], places: Placeholders, path: Path
    ) -> None:
        self._tables, self._selections, self._places, self._path = steps, selections, places, path
        self._read: dict[str, dict[str, Any]] = {}
        for kind, tables in (("steps", steps), ("selections", selections)):
            for name, table in tables.items():
                if not isinstance(table, dict):
                    raise UserError(f"{path}: {name} in [{kind}] is {table!r}; expected a table, [{kind}.{name}].")

    def read(self) -> tuple[RecipeStep, ...]:
        if not self._tables:
            raise UserError(f"{self._path} has no steps. Expected at least one table such as [steps.generate].")
        return tuple(self._step(name, table) for name, table in self._tables.items())

    def _step(self, name: str, own: dict[str, Any]) -> RecipeStep:
        place = f"[steps.{name}] of {self._path}"
        before = list(self._read)
        table = dict(own)
        if "like" in own:
            self._earlier(own["like"], before, f"like in {place}")
            table = {**self._read[own["like"]], **own}
        table = {key.replace("_", "-"): value for key, value in table.items() if key not in ("like", "after")}
        self._read[name] = table
        if not isinstance(table.get("run"), str):
            raise UserError(
                f'{place} does not say what to run. Expected run = "inference_and_check.py" or another script, or a module.'
            )
        after = own.get("after", before[-1:])
        if not isinstance(after, list):
            raise UserError(f"after in {place} is {after!r}; expected a list of earlier steps, [] for none.")
        for other in after:
            self._earlier(other, before, f"after in {place}")
        target = target_words(table["run"], place)
        arguments = table.get("arguments", [])
        if not isinstance(arguments, list) or not all(isinstance(word, SCALARS) for word in arguments):
            raise UserError(f"arguments in {place} is {arguments!r}; expected a list of texts.")
        options = {key: value for key, value in table.items() if key not in _OF_STEPS}
        commands = []
        for part, chosen in self._parts(table.get("each"), place).items():
            filled = self._places.filled({**options, **chosen}, place)
            positional = [str(word) for word in self._places.filled(arguments, f"arguments in {place}")]
            commands.append(RecipeCommand(name, part, (*target, *positional, *option_words(filled, place))))
        return RecipeStep(name, table["run"], tuple(commands), tuple(after))

    def _earlier(self, name: object, before: list[str], place: str) -> None:
        if name not in before:
            raise UserError(f"{place}: {name!r} is not an earlier step; {hint(str(name), before)}")

    def _parts(self, each: Any, place: str) -> dict[str, dict[str, Any]]:
        """Name of the selection -> its options; one without a name for a step that runs once."""
        if each is None:
            return {"": {}}
        names = list(self._selections) if each == "selections" else each
        if not isinstance(names, list) or not names:
            raise UserError(
                f'each in {place} is {each!r}; expected "selections" (with at least one [selections.NAME]) or a list of names.'
            )
        for name in names:
            if name not in self._selections:
                raise UserError(
                    f"each in {place}: there is no [selections.{name}]; {hint(str(name), self._selections)}"
                )
        return {name: {key.replace("_", "-"): value for key, value in self._selections[name].items()} for name in names}
