"""Datasets of the user's own beside those of the project."""

from __future__ import annotations

from collections.abc import Sequence

from tasks import TASK_HANDLERS
from util.task_file import add_task_file_option as add_option
from util.task_file import handlers_in

__all__ = ["add_option", "register"]


def register(arguments: Sequence[str]) -> list[str]:
    """Add the handlers of every ``--task-file`` to TASK_HANDLERS; returns their names.

    Raises:
        UserError: a file cannot be imported, or holds no handler.
    """
    handlers = handlers_in(arguments)
    for handler in handlers:
        TASK_HANDLERS.add(handler)
    return [handler.name for handler in handlers]
