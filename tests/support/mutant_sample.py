"""The mutants of the test: for each gold answer a fixed number of those that certainly mean something else."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support.answer_meanings import differs
from support.mutations import mutants

CASES = Path(__file__).resolve().parents[1] / "answers"
OF_OWN_GOLDS, OF_CASES = 32, 10
"""Mutants per gold answer: of the golds that were written for this test, and of the golds of the other cases."""
MOST_TRIED = 6
"""Mutants are looked at, per mutant that is wanted, before a gold answer is left with fewer."""


@dataclass(frozen=True)
class Mutant:
    """A wrong answer made from a gold answer. change: what was done to it."""

    kind: str
    gold: str
    text: str
    change: str


def own_golds() -> list[tuple[str, str]]:
    """(kind, gold answer) of the golds written for this test."""
    return [(item["kind"], item["gold"]) for item in _read(CASES / "mutants" / "golds.jsonl")]


def case_golds() -> list[tuple[str, str]]:
    """(kind, gold answer) of the other cases that have a gold answer, each once."""
    found: dict[str, str] = {}
    for path in sorted((CASES / "cases").glob("*.jsonl")):
        for item in _read(path):
            if "gold" in item:
                found.setdefault(item["gold"], item.get("kind", path.stem))
    return [("option" if gold in "ABCDE" else f"case: {kind}", gold) for gold, kind in found.items()]


def sample() -> Iterator[Mutant]:
    """Every mutant of the test, in a fixed order."""
    for golds, most in ((own_golds(), OF_OWN_GOLDS), (case_golds(), OF_CASES)):
        for kind, gold in golds:
            yield from _of_gold(kind, gold, most)
    for item in _read(CASES / "mutants" / "by_hand.jsonl"):
        yield Mutant(item["kind"], item["gold"], item["mutant"], "by hand")


def _of_gold(kind: str, gold: str, most: int) -> Iterator[Mutant]:
    found = {text: change for change, text in mutants(gold, kind) if text != gold}
    order = sorted(found)
    random.Random(gold).shuffle(order)
    taken = 0
    for text in order[: most * MOST_TRIED]:
        if taken == most:
            return
        if differs(gold, text, kind):
            taken += 1
            yield Mutant(kind, gold, text, found[text])


def _read(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
