"""The datasets: one handler each."""

from __future__ import annotations

from tasks.aime import AimeTask
from tasks.apps import AppsTask
from tasks.base import Selection, TaskHandler
from tasks.gpqa import GpqaDiamondTask
from tasks.livecodebench import LiveCodeBenchTask
from tasks.math500 import Math500Task
from tasks.mmlu import MmluTask
from tasks.numina import NuminaTask
from tasks.taco import TacoTask

TASK_HANDLERS: dict[str, type[TaskHandler]] = {
    handler.name: handler
    for handler in (
        NuminaTask,
        AppsTask,
        TacoTask,
        MmluTask,
        Math500Task,
        AimeTask,
        GpqaDiamondTask,
        LiveCodeBenchTask,
    )
}
"""Dataset name on the command line -> handler."""

__all__ = ["TASK_HANDLERS", "Selection", "TaskHandler"]
