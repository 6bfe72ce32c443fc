"""Mutation test: of 20,000 wrong answers that are a small change of a gold answer, none is accepted.

The labels come from ``support.answer_meanings``, which reads and evaluates answers by its own means. Mutants that rules of
docs/answers.md declare right, or that mean the same, are listed with reasons in mutants/harmless.jsonl; mutants/by_hand.jsonl
holds wrong ones of kinds that the oracle does not read (option letters, conditions, computations, decimals).
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from support.answer_meanings import differs
from support.mutant_sample import Mutant, own_golds, sample

from util.answers import compare

HARMLESS = Path(__file__).parent / "mutants" / "harmless.jsonl"
SHOWN = 12
"""Accepted mutants that a failing test shows of each kind."""


@pytest.fixture(scope="module")
def accepted() -> tuple[int, list[Mutant]]:
    """(number of mutants, those that the verifier accepts)."""
    found, count = [], 0
    for mutant in sample():
        count += 1
        if compare(mutant.gold, mutant.text).correct is True:
            found.append(mutant)
    return count, found


def test_there_are_enough_mutants_of_many_golds(accepted: tuple[int, list[Mutant]]) -> None:
    golds = own_golds()
    assert accepted[0] >= 20_000
    assert len(golds) >= 400
    assert len({kind for kind, _ in golds}) >= 30


def test_no_mutant_is_accepted(accepted: tuple[int, list[Mutant]]) -> None:
    harmless = {(item["gold"], item["mutant"]) for item in _harmless()}
    wrong = [mutant for mutant in accepted[1] if (mutant.gold, mutant.text) not in harmless]
    shown: dict[str, list[str]] = defaultdict(list)
    for mutant in wrong:
        if len(shown[mutant.kind]) < SHOWN:
            shown[mutant.kind].append(f"    {mutant.gold}   {mutant.text}   ({mutant.change})")
    counts = Counter(mutant.kind for mutant in wrong)
    lines = [f"  {kind}: {count}\n" + "\n".join(shown[kind]) for kind, count in counts.most_common()]
    assert not wrong, f"{len(wrong)} of {accepted[0]} wrong mutants are accepted:\n" + "\n".join(lines)


def test_harmless_mutants_have_reasons() -> None:
    items = _harmless()
    assert len(items) >= 40
    assert [item for item in items if len(item["reason"]) < 10] == []
    assert len({(item["gold"], item["mutant"]) for item in items}) == len(items)


def test_the_oracle_agrees_with_itself_and_with_the_harmless() -> None:
    """Every gold it reads means itself; a harmless mutant differs only where a rule, not its value, makes it right."""
    assert [gold for kind, gold in own_golds() if differs(gold, gold, kind)] == []
    wrong = [
        item for item in _harmless() if item["by"] == "value" and differs(item["gold"], item["mutant"], item["kind"])
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("gold", "other", "expected"),
    [
        (r"\frac{1}{2}", "0.5", False), (r"\sqrt{12}", r"2\sqrt{3}", False), (r"\sqrt{12}", r"3\sqrt{2}", True),
        (r"\lfloor n/2\rfloor", r"\lfloor (n+1)/2\rfloor", True), (r"|x-100|", "100-x", True), (r"\sqrt{x^2}", "|x|", False),
        ("[1,2)", "(1,2]", True), ("(1,2)", "(2,1)", True), ("1, 2", "2, 1", False), ("x>3", r"x\ge 3", True), (r"a\le -1 \text{ or } a\ge 2", r"a\le -1 \text{ or } |a|\ge 2", False),
        ("x^2+y^2=25", "2x^2+2y^2=50", None), ("x^2+y^2=25", "x^2-y^2=25", True), ("2^{100}+1", "2^{100}", True),
        (r"\begin{pmatrix}1&2\end{pmatrix}", r"\begin{pmatrix}1\\2\end{pmatrix}", True), (r"5\text{ km}", r"5\text{ m}", True),
        (r"x\equiv 1\pmod 5", r"x\equiv 6\pmod 5", False), (r"\frac{\pi}{4}+k\pi, k\in\mathbb{Z}", r"\frac{5\pi}{4}+k\pi, k\in\mathbb{Z}", False),
        (r"\frac{\pi}{4}+k\pi, k\in\mathbb{Z}", r"\frac{\pi}{4}+2k\pi, k\in\mathbb{Z}", True), ("4!=24", "4!=25", True), (r"12k-1, k\in\mathbb{Z}", r"12(k+100)-1, k\in\mathbb{Z}", False), ("f(x)", "g(x)", None),
    ],
)  # fmt: skip
def test_the_oracle(gold: str, other: str, expected: bool | None) -> None:
    assert differs(gold, other) is expected


def _harmless() -> list[dict[str, str]]:
    return [json.loads(line) for line in HARMLESS.read_text(encoding="utf-8").splitlines()]
