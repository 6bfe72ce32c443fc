"""Handlers in a user's own file: ``--task-file my_task.py``."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from tasks import TASK_HANDLERS
from tasks.base import TaskHandler
from util.system.cli import hyphenated
from util.system.errors import UserError


def add_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--task-file",
        type=Path,
        action="append",
        metavar="FILE",
        help="Python file with a dataset handler of your own (see tasks/README.md)",
    )


def register(arguments: Sequence[str]) -> None:
    """Add the handlers of every ``--task-file`` to TASK_HANDLERS, before the other options are read.

    Raises:
        UserError: a file cannot be imported, or holds no handler.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    add_option(parser)
    known, _ = parser.parse_known_args([hyphenated(argument) for argument in arguments])
    for path in known.task_file or ():
        for handler in handlers_of(path):
            TASK_HANDLERS[handler.name] = handler


def handlers_of(path: Path) -> list[type[TaskHandler]]:
    """The handlers that a file defines.

    The file is imported by its name, so that checkers' processes find it, too.

    Raises:
        UserError: see ``register``.
    """
    path = path.resolve()
    name = path.stem
    if not path.is_file() or path.suffix != ".py" or not name.isidentifier():
        raise UserError(f"--task-file {path}: expected a Python file whose name is a Python name, such as my_task.py.")
    if name not in sys.modules:
        if importlib.util.find_spec(name) is not None:
            raise UserError(f"--task-file {path}: there is a module {name!r} already. Give the file another name.")
        sys.path.insert(0, str(path.parent))
    try:
        module = importlib.import_module(name)
    except Exception as error:  # whatever the user's code raises
        raise UserError(f"--task-file {path} cannot be imported: {type(error).__name__}: {error}") from error
    if str(getattr(module, "__file__", "")) != str(path):
        raise UserError(f"--task-file {path}: there is a module {name!r} already. Give the file another name.")
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, TaskHandler)
        and value.__module__ == name
        and "name" in vars(value)
    ]
    if not found:
        raise UserError(f"--task-file {path} defines no TaskHandler with a 'name'. tasks/README.md shows one.")
    return found
