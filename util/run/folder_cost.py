"""What earlier runs have cost, from their journals."""

from __future__ import annotations

from pathlib import Path

from util.engines.base import Accounting, Engine, Paid
from util.results.ledger import Ledger, ledger_of


def count_folder(engine: Engine, folder: Path) -> None:
    """With --max-cost-scope folder, let everything that the runs in ``folder`` have cost count against the limit."""
    if isinstance(engine, Paid) and engine.budget.whole_folder:
        # The journals have what this process has spent, too.
        engine.budget.before = max(0.0, folder_cost(folder, engine.budget.price) - engine.budget.spent)


def folder_cost(folder: Path, price: tuple[float, float] | None) -> float:
    """Dollars that the runs in a folder have cost. price: for journals that do not name one."""
    total = 0.0
    for journal in sorted(folder.glob("*.journal.jsonl")):
        total += file_cost(ledger_of(journal), price) or 0.0
    return total


def file_cost(ledger: Ledger, price: tuple[float, float] | None = None) -> float | None:
    """Dollars that all runs of a file have cost. price: where the journal does not name one; None if that is not known."""
    each = ledger.price or price
    if each is None:
        return None
    return (ledger.prompt_tokens * each[0] + ledger.completion_tokens * each[1]) / 1e6


def all_runs(engine: Engine, ledger: Ledger) -> str:
    """What all runs of a file have cost, in words; "" where this run is the only one, or nothing is paid for."""
    if not isinstance(engine, Accounting) or not isinstance(engine, Paid):
        return ""
    budget = engine.budget
    if ledger.prompt_tokens + ledger.completion_tokens <= budget.prompt_tokens + budget.completion_tokens:
        return ""
    cost = budget.cost(ledger.prompt_tokens, ledger.completion_tokens)
    return f"in all: {f'${cost:.4f} for ' if budget.price else ''}{ledger.summary()}"
