"""Dataset handlers in a user's own file: ``--task-file my_task.py``."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from util.system.command_words import hyphenated
from util.system.errors import UserError
from util.system.packages import missing_package
from util.system.project import TASK_FILES

if TYPE_CHECKING:
    from util.records import GroundTruth, Row
    from util.task import TaskHandler


PROJECT = "tasks:TASK_HANDLERS"
GROUND_TRUTH = "tasks.ground_truth:ground_truth"
"""Where the project's table of handlers and its gold answers are: module and name."""


def add_task_file_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--task-file`` to a parser; ``handlers_in`` reads it before the other options."""
    parser.add_argument(
        "--task-file",
        type=Path,
        action="append",
        metavar="FILE",
        help="Python file with a dataset handler of your own (see tasks/README.md)",
    )


def handlers_in(arguments: Sequence[str]) -> list[type[TaskHandler]]:
    """The handlers of every ``--task-file`` among a script's arguments, before the other options are read.

    Raises:
        UserError: a file cannot be imported, or defines no complete handler.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    add_task_file_option(parser)
    known, _ = parser.parse_known_args([hyphenated(argument) for argument in arguments])
    return [handler for path in known.task_file or () for handler in handlers_of(path)]


def known_handlers(arguments: Sequence[str]) -> Mapping[str, type[TaskHandler]]:
    """Every dataset's handler by name: the project's, and those of every ``--task-file`` among a script's arguments.

    For modules that are run themselves (``python -m util.training.verify``). ``util/`` never imports ``tasks/``: the table
    is looked up by its name, as it would be in another project's package.

    Raises:
        UserError: see ``handlers_in``.
    """
    registry = _part(PROJECT)
    for handler in handlers_in(arguments):
        registry.add(handler)
    found: Mapping[str, type[TaskHandler]] = registry
    return found


def known_ground_truth() -> Callable[[str, Row], GroundTruth | str]:
    """Dataset and row -> what responses are checked against, or why there is nothing; of the project, as above."""
    found: Callable[[str, Row], GroundTruth | str] = _part(GROUND_TRUTH)
    return found


def _part(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


def handlers_of(path: Path) -> list[type[TaskHandler]]:
    """The handlers that a file defines: its subclasses of TaskHandler with a ``name`` of their own.

    Raises:
        UserError: see ``handlers_in``.
    """
    from util.task import TaskHandler

    path = path.resolve()
    module = _imported(path)
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, TaskHandler)
        and value.__module__ == module.__name__
        and "name" in vars(value)
    ]
    if not found:
        raise UserError(f"--task-file {path} defines no TaskHandler with a 'name'. tasks/README.md shows one.")
    for handler in found:
        if unused := [name for name in ("check", "rules", "deadline", "prepare_checks") if hasattr(handler, name)]:
            raise UserError(
                f"--task-file {path}: {handler.__name__}.{unused[0]} is never called. Checks belong to the object that "
                "checker() returns; tasks/README.md shows one."
            )
        if missing := _missing(handler):
            raise UserError(
                f"--task-file {path}: the class {handler.__name__} does not define {', '.join(missing)}. "
                "tasks/README.md explains each of them."
            )
    return found


def _imported(path: Path) -> ModuleType:
    """The file as a module of its own name, which the checker processes can import, too, on other nodes as well."""
    name = path.stem
    if not path.is_file() or path.suffix != ".py" or not name.isidentifier():
        raise UserError(f"--task-file {path}: expected a Python file whose name is a Python name, such as my_task.py.")
    if name not in sys.modules:
        spec = importlib.util.find_spec(name)
        # A folder of that name without __init__.py has no loader, and gives way to the file.
        if spec is not None and spec.loader is not None and not _is_file(spec.origin, path):
            raise _taken(path, spec.origin)
        # At the end: a file beside it, such as random.py, must not replace a module that others import.
        sys.path.append(str(path.parent))
    try:
        module = importlib.import_module(name)
    except Exception as error:  # whatever the user's code raises
        if isinstance(error, ModuleNotFoundError) and (missing := missing_package(error)) is not None:
            raise missing from error
        raise UserError(f"--task-file {path} cannot be imported: {type(error).__name__}: {error}") from error
    origin = getattr(module, "__file__", None)
    if not _is_file(origin, path):
        raise _taken(path, origin)
    if path not in TASK_FILES:
        TASK_FILES.append(path)
    return module


def _is_file(origin: str | None, path: Path) -> bool:
    return origin is not None and Path(origin).resolve() == path


def _taken(path: Path, origin: str | None) -> UserError:
    return UserError(
        f"--task-file {path}: Python has another module named {path.stem!r} ({origin or 'built in'}). "
        "Give the file another name."
    )


def _missing(handler: type[TaskHandler]) -> list[str]:
    """Class attributes and methods that a handler must define, and does not."""
    declared = [
        name
        for base in handler.__mro__
        for name, kind in inspect.get_annotations(base).items()
        if str(kind).startswith("ClassVar") and not hasattr(handler, name)
    ]
    return [*dict.fromkeys(declared), *(f"{name}()" for name in sorted(handler.__abstractmethods__))]
