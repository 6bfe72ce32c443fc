"""Whether verification finds every change of a published training file, and nothing else.

    python -m benchmarks.tampering [--rounds 300]

Each round publishes a judged file of mathematics in a random format and thought style, changes a few rows or results at
random, and verifies it with and without the passport. Printed per kind of change: how many were listed at their row, and
how many other rows were listed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tasks import TASK_HANDLERS
from util.records import Response, Row, Verdict
from util.results.entries import Entry
from util.results.entry_index import EntryIndex
from util.results.json_file import write_results
from util.task import Checker, CheckOptions
from util.text.thought import with_thought
from util.training.build import build
from util.training.options import DataOptions
from util.training.passport_index import PassportIndex
from util.training.verification import RowFinding, Verification
from util.training.verify_checks import checkers_for, judged

PROBLEMS = 12
FORMS = (("sharegpt", None), ("sharegpt", "think"), ("messages", "reasoning_content"), ("prompt-completion", "think"),
         ("messages", "markers"))  # fmt: skip
Change = Callable[[list[Row], int, random.Random], int | None]
"""Rows, a place, randomness -> the place (from 0) whose row must be listed; None for a row that is gone."""


def results(path: Path, rng: random.Random) -> None:
    entries = []
    for number in range(PROBLEMS):
        answer = rng.randrange(2, 10**6)
        question = f"What is {number} taken from {answer + number}?"
        found = []
        for sample in range(3):
            given = answer + (sample == 2)
            words = " ".join(str(rng.randrange(1000)) for _ in range(20))
            text = with_thought(f"Look at {words}.", f"It is $\\boxed{{{given}}}$.")
            found.append(Response(content=text, verdict=Verdict(given == answer, "as it was judged")))
        entries.append(
            Entry(question, {"problem": question, "answer": str(answer)}, f"Solve: {question}", {0.7: found})
        )
    write_results(path, entries)


def texts(row: Any) -> list[tuple[Any, Any]]:
    """Every (container, name) of a text in a row that is not a role."""
    found = []
    items = row.items() if isinstance(row, dict) else enumerate(row)
    for name, value in items:
        if isinstance(value, str) and value and name not in ("role", "from"):
            found.append((row, name))
        elif isinstance(value, dict | list):
            found += texts(value)
    return found


def one_character(rows: list[Row], at: int, rng: random.Random) -> int | None:
    container, name = rng.choice(texts(rows[at]))
    place = rng.randrange(len(container[name]))
    old = container[name]
    container[name] = old[:place] + ("x" if old[place] != "x" else "y") + old[place + 1 :]
    return at


def other_answer(rows: list[Row], at: int, rng: random.Random) -> int | None:
    for container, name in texts(rows[at]):
        container[name] = container[name].replace("\\boxed{", "\\boxed{9")
    return at


def added_field(rows: list[Row], at: int, rng: random.Random) -> int | None:
    rows[at]["weight"] = rng.random()
    return at


def removed(rows: list[Row], at: int, rng: random.Random) -> int | None:
    del rows[at]
    return None


def doubled(rows: list[Row], at: int, rng: random.Random) -> int | None:
    rows.insert(at + 1, json.loads(json.dumps(rows[at])))
    return at + 1


def moved(rows: list[Row], at: int, rng: random.Random) -> int | None:
    to = (at + rng.randrange(2, len(rows) - 2)) % len(rows)
    rows.insert(to, rows.pop(at))
    return to


def foreign(rows: list[Row], at: int, rng: random.Random) -> int | None:
    new = json.loads(json.dumps(rows[at]))
    for container, name in texts(new):
        container[name] = "another " + container[name]
    rows.insert(at, new)
    return at


CHANGES: tuple[Change, ...] = (one_character, other_answer, added_field, removed, doubled, moved, foreign)
ONLY_WITH_PASSPORT = (added_field, removed, doubled, moved)


class Here:
    """Checks in this process."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker

    async def check(self, row: Row, text: str) -> Verdict:
        return self._checker.check(row, text)

    def close(self) -> None: ...


def listed(output: Path, folder: Path, passport: Path | None) -> set[int | None]:
    """The rows (from 0) that verification lists."""
    with ExitStack() as stack:
        lines = stack.enter_context(PassportIndex(passport)) if passport is not None else None
        name = None if lines is not None else lambda entry: entry.question
        index = stack.enter_context(EntryIndex(sorted(folder.glob("*.json")), name))
        found = Verification(output, index, lines, tuple(TASK_HANDLERS))
        checks = Here(checkers_for(found.datasets, TASK_HANDLERS, CheckOptions()))
        findings: list[RowFinding] = []

        async def run() -> None:
            async for job, verdict in judged(found.jobs(), checks, 4):
                findings.extend(found.settled(job, verdict))

        asyncio.run(run())
        findings += found.rest()
    return {finding.row - 1 if finding.row is not None else None for finding in findings}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=300)
    args = parser.parse_args()
    rng = random.Random(7)
    counts: Counter[tuple[str, str]] = Counter()
    for number in range(args.rounds):
        with tempfile.TemporaryDirectory() as name:
            folder, change = Path(name), CHANGES[number % len(CHANGES)]
            (folder / "in").mkdir()
            results(folder / "in/m_MATH500_test_all_0_-1.json", rng)
            form, style = rng.choice(FORMS)
            output, passport = folder / "t.jsonl", folder / "p.jsonl"
            build(DataOptions(
                sorted((folder / "in").glob("*.json")), output, form=form, thought_style=style, passport=passport,
                shuffle=True, seed=number, datasets=tuple(TASK_HANDLERS), near_duplicates=None,
            ))  # fmt: skip
            for known in (passport, None):  # untouched
                counts["untouched", "listed elsewhere"] += len(listed(output, folder / "in", known))
                counts["untouched", "rounds"] += 1
            rows = [json.loads(line) for line in output.read_text().splitlines()]
            expected = change(rows, rng.randrange(len(rows)), rng)
            output.write_text("".join(json.dumps(row) + "\n" for row in rows))
            for known, label in ((passport, "with"), (None, "without")):
                if known is None and change in ONLY_WITH_PASSPORT:
                    continue
                found = listed(output, folder / "in", known)
                key = f"{change.__name__}, {label} passport"
                counts[key, "rounds"] += 1
                counts[key, "listed"] += expected in found
                counts[key, "listed elsewhere"] += len(found - {expected})
    print(f"{'change':36}{'rounds':>8}{'listed':>8}{'others listed':>15}")
    for key in dict.fromkeys(name for name, _ in counts):
        print(f"{key:36}{counts[key, 'rounds']:>8}{counts[key, 'listed']:>8}{counts[key, 'listed elsewhere']:>15}")
    missed = any(counts[key, "listed"] < counts[key, "rounds"] for key, _ in list(counts) if key != "untouched")
    return 1 if missed or counts["untouched", "listed elsewhere"] else 0


if __name__ == "__main__":
    sys.exit(main())
