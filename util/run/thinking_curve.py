"""Accuracy against thinking tokens: the stored thoughts of a finished run, cut at several budgets.

Each stored thought is cut at N tokens, the answer is asked for there, and judged. A thought within the budget keeps its
answer. The first N tokens of a thought do not depend on the budget, so that this samples the same distribution as a run
with that budget, at the price of the answers alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from util.engines.base import Engine
from util.run import plan, runner
from util.run.console import FinishedRun
from util.run.options import RunOptions, check_budget
from util.task import Selection, TaskHandler


def budget_folder(folder: Path, budget: int) -> Path:
    """Where the result files of a budget are, below those of the run."""
    return folder / f"thinking_budget_{budget}"


def budget_name(name: str, budget: int | None) -> str:
    """The name of a benchmark at a budget, in scores and reports."""
    return name if budget is None else f"{name}, thinking budget {budget}"


def at_budgets(
    name: str,
    handler: TaskHandler,
    selection: Selection,
    options: RunOptions,
    load: Callable[[], Engine],
    budgets: list[int],
) -> Iterator[FinishedRun]:
    """Yield the result of a benchmark (``name``) at each budget, in ascending order. The run without one must be finished.

    Raises:
        UserError: the engine cannot go on from tokens, or a budget leaves no room for an answer.
    """
    file = plan.result_paths(handler, selection, options).path
    for budget in sorted(set(budgets)):
        sampling = replace(options.sampling, thinking_budget=budget)
        check_budget(sampling, options.engine)
        files = replace(options.files, result_dir=budget_folder(options.files.result_dir, budget))
        cut = replace(options, sampling=sampling, files=files, cut_from=file)
        cut.files.result_dir.mkdir(parents=True, exist_ok=True)
        summary = runner.run_generation(handler, selection, cut, load, check=True)
        path = plan.result_paths(handler, selection, cut).path
        model = options.engine.model
        yield FinishedRun(budget_name(name, budget), model, path, summary, options.max_failed)
