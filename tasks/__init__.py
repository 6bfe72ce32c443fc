"""The datasets: one handler each."""

from __future__ import annotations

from tasks.aime import AimeTask
from tasks.aime25 import Aime25Task
from tasks.amc23 import Amc23Task
from tasks.apps import AppsTask
from tasks.arc import ArcChallengeTask
from tasks.base import Selection, TaskHandler
from tasks.gpqa import GpqaDiamondTask
from tasks.gsm8k import Gsm8kTask
from tasks.livecodebench import LiveCodeBenchTask
from tasks.math500 import Math500Task
from tasks.minervamath import MinervaMathTask
from tasks.mmlu import MmluTask
from tasks.mmlu_pro import MmluProTask
from tasks.numina import NuminaTask
from tasks.olympiadbench import OlympiadBenchTask
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
        Aime25Task,
        Amc23Task,
        Gsm8kTask,
        OlympiadBenchTask,
        MinervaMathTask,
        MmluProTask,
        ArcChallengeTask,
    )
}
"""Dataset name on the command line -> handler."""

__all__ = ["TASK_HANDLERS", "Selection", "TaskHandler"]
