"""Compare the answer verifier with math-verify: checks per CPU second, right verdicts, memory.

    python -m benchmarks.answer_verifiers

Both run in one process on the same cases: answers like those of MATH (60 % numbers), alone and
at the end of responses of about 2,000 tokens. The labels are correct by construction.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from typing import NamedTuple

from util.answers import compare, verify
from util.system.processes import resident_bytes

TOKENS = 2_000


class AnswerCase(NamedTuple):
    gold: str
    answer: str
    same: bool


def make_cases(count: int, seed: int = 0) -> list[AnswerCase]:
    """``count`` cases: 60 % numbers, the rest fractions, surds, expressions, tuples, intervals, lists."""
    chance = random.Random(seed)
    makers = [_number] * 12 + [_fraction] * 2 + [_surd, _expression, _tuple, _interval, _list, _equation]
    return [chance.choice(makers)(chance, chance.random() < 0.65) for _ in range(count)]


def _number(chance: random.Random, same: bool) -> AnswerCase:
    value = chance.randint(-50, 2000)
    gold = f"{value:,}" if value > 999 else str(value)
    if same:
        return AnswerCase(
            gold, chance.choice([gold, str(value), f"{value}.", rf"\text{{{value}}}", f"x={value}"]), True
        )
    return AnswerCase(gold, str(value + chance.choice([-10, -1, 1, 2, 100])), False)


def _fraction(chance: random.Random, same: bool) -> AnswerCase:
    a, b = chance.randint(1, 60), chance.randint(2, 40)
    gold = rf"\frac{{{a}}}{{{b}}}"
    if same:
        return AnswerCase(
            gold, chance.choice([rf"\dfrac{{{a}}}{{{b}}}", f"{a}/{b}", rf"\frac{{{3 * a}}}{{{3 * b}}}"]), True
        )
    return AnswerCase(gold, rf"\frac{{{a + 1}}}{{{b}}}", False)


def _surd(chance: random.Random, same: bool) -> AnswerCase:
    a, b = chance.randint(2, 9), chance.choice([2, 3, 5, 6, 7])
    gold = rf"{a}\sqrt{{{b}}}"
    return AnswerCase(gold, rf"\sqrt{{{a * a * b}}}" if same else rf"\sqrt{{{a * a * b + 1}}}", same)


def _expression(chance: random.Random, same: bool) -> AnswerCase:
    a, b = chance.randint(1, 9), chance.randint(1, 9)
    gold = f"x^2+{a + b}x+{a * b}"
    return AnswerCase(gold, f"(x+{a})(x+{b})" if same else f"(x+{a})(x-{b})", same)


def _tuple(chance: random.Random, same: bool) -> AnswerCase:
    a, b = chance.randint(-9, 9), chance.randint(10, 20)
    gold = f"({a},{b})"
    return AnswerCase(gold, rf"\left({a}, {b}\right)" if same else f"({b},{a})", same)


def _interval(chance: random.Random, same: bool) -> AnswerCase:
    a, b = chance.randint(-9, 0), chance.randint(1, 9)
    gold = f"[{a},{b})"
    return AnswerCase(gold, rf"{a} \le x < {b}" if same else f"({a},{b})", same)


def _list(chance: random.Random, same: bool) -> AnswerCase:
    a, b, c = chance.sample(range(-9, 30), 3)
    gold = f"{a}, {b}, {c}"
    return AnswerCase(gold, f"{c}, {a}, {b}" if same else f"{a}, {b}", same)


def _equation(chance: random.Random, same: bool) -> AnswerCase:
    a, b = chance.randint(2, 9), chance.randint(1, 9)
    gold = f"y = {a}x + {b}"
    return AnswerCase(gold, f"{a}x - y + {b} = 0" if same else f"y = {a}x - {b}", same)


def response_with(answer: str, chance: random.Random) -> str:
    """About 2,000 tokens of calculations that end with the boxed answer."""
    steps = [
        f"Step {i}: since $a_{{{i}}} = {chance.randint(1, 99)}$, we get ${i}x + {i * i}$.\n"
        for i in range(TOKENS // 24)
    ]
    return "".join(steps) + rf"So the final answer is \boxed{{{answer}}}."


def by_math_verify(gold: str, text: str) -> bool:
    from math_verify import parse
    from math_verify import verify as same

    return bool(same(parse(f"${gold}$", parsing_timeout=None), parse(text, parsing_timeout=None), timeout_seconds=None))


def measure(run: Callable[[AnswerCase], bool | None], cases: list[AnswerCase]) -> tuple[float, int, int]:
    """(checks per CPU second, right verdicts, false accepts)."""
    right = accepts = 0
    start = time.process_time()
    for case in cases:
        verdict = run(case) is True
        right += verdict == case.same
        accepts += verdict and not case.same
    return len(cases) / (time.process_time() - start), right, accepts


def memory(checks: int) -> tuple[int, int]:
    """Resident bytes after a tenth of the checks and after all; each case occurs once."""
    import os

    early = 0
    for number in range(10):
        for case in make_cases(checks // 10, seed=1000 + number):
            compare(case.gold, case.answer)
        if number == 0:
            early = resident_bytes(os.getpid())
    return early, resident_bytes(os.getpid())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=2_000)
    parser.add_argument("--responses", type=int, default=200)
    parser.add_argument("--checks", type=int, default=200_000, help="checks in the memory measurement")
    args = parser.parse_args()
    cases = make_cases(args.cases)
    chance = random.Random(1)
    texts = {case: response_with(case.answer, chance) for case in cases[: args.responses]}
    by_math_verify("1", r"$\frac{1}{2}$")  # warm-up: imports and grammars are not measured
    compare("e^x", "2^x")
    table = []
    for what, chosen, ours, theirs in (
        (
            "answers",
            cases,
            lambda c: compare(c.gold, c.answer).correct,
            lambda c: by_math_verify(c.gold, f"${c.answer}$"),
        ),
        (
            "responses",
            list(texts),
            lambda c: verify(texts[c], c.gold).correct,
            lambda c: by_math_verify(c.gold, texts[c]),
        ),
    ):
        table.append((what, len(chosen), measure(ours, chosen), measure(theirs, chosen)))
    print(
        f"{'':<10}{'cases':>7}{'ours/CPU-s':>13}{'math-verify':>13}{'ratio':>8}   right (false accepts): ours, math-verify"
    )
    for what, count, (rate, right, accepts), (their_rate, their_right, their_accepts) in table:
        print(
            f"{what:<10}{count:>7}{rate:>13.0f}{their_rate:>13.1f}{rate / their_rate:>8.0f}   "
            f"{right} ({accepts}), {their_right} ({their_accepts})"
        )
    early, late = memory(args.checks)
    print(f"memory over {args.checks} checks: {early / 2**20:.1f} MiB after a tenth, {late / 2**20:.1f} MiB at the end")


if __name__ == "__main__":
    main()
