"""Reasoning that no filter of training data should drop: worked mathematics, programs, other languages, odd contents.

``texts()`` gives (kind, question, thought, answer). Most are worked out by a program with other numbers each time, in the
words of reasoning models; they hold what a careless filter would drop: case analyses with one sentence per case, tables,
long decimals, drafts of a program, quotations, tokens as a subject.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from decimal import Decimal, getcontext
from pathlib import Path
from typing import NamedTuple

from benchmarks.foreign_reasoning import FOREIGN, ODD

ROOT = Path(__file__).resolve().parent.parent
EACH, LONG = 12, 80
"""Texts of each worked kind, and of several together."""


class Clean(NamedTuple):
    kind: str
    question: str
    thought: str
    answer: str


_STARTS = (
    "Okay, let me think.",
    "Let me work through this.",
    "First I restate the problem.",
    "Alright, so we need this:",
)
_DOUBTS = ("Wait, let me double-check that.", "Hmm, is that right?", "Let me verify.", "Hold on, check once more.")


def _euclid(chance: random.Random) -> Clean:
    a, b = chance.randrange(10**6, 10**7), chance.randrange(10**5, 10**6)
    lines, x, y = [], a, b
    while y:
        lines.append(f"{x} = {x // y} · {y} + {x % y}, so gcd({x}, {y}) = gcd({y}, {x % y}).")
        x, y = y, x % y
    body = "\n".join(lines)
    thought = f"{chance.choice(_STARTS)} By the Euclidean algorithm:\n\n{body}\n\n{chance.choice(_DOUBTS)} Both {a} and {b} are divisible by {x}."
    return Clean("euclid", f"Find gcd({a}, {b}).", thought, f"The greatest common divisor is $\\boxed{{{x}}}$.")


def _cases(chance: random.Random) -> Clean:
    step, most = chance.randrange(3, 30), chance.randrange(25, 60)
    lines, count = [], 0
    for x in range(1, most):
        value = x * x + step
        if math.isqrt(value) ** 2 == value:
            count += 1
            lines.append(f"Case x = {x}: x^2 + {step} = {value} = {math.isqrt(value)}^2, which works!")
        else:
            lines.append(
                f"Case x = {x}: x^2 + {step} = {value}. This is not a perfect square, so this case gives no solution."
            )
    thought = f"{chance.choice(_STARTS)}\n\n" + "\n".join(lines) + f"\n\nTherefore {count} values work."
    return Clean("cases", f"For how many x < {most} is x^2 + {step} a square?", thought, f"\\boxed{{{count}}}")


def _decimal(chance: random.Random) -> Clean:
    getcontext().prec = 600
    number = chance.choice((7, 13, 17, 19, 23, 29, 97))
    digits = str(Decimal(1) / number)
    thought = (
        f"We divide step by step. 1/{number} = {digits}... The period is found by long division, remainders: "
        + ", ".join(str(pow(10, k, number)) for k in range(number))
    )
    return Clean("long decimal", f"Expand 1/{number}.", thought, f"It is ${digits[:30]}\\ldots$, period found above.")


def _table(chance: random.Random) -> Clean:
    n = chance.randrange(60, 150)
    rows = "\n".join(f"| {k} | {k * k % 4} | {'even' if k % 2 == 0 else 'odd'} |" for k in range(n))
    equal = "\n".join("| 0 | 0 | even |" for _ in range(40))
    thought = f"{chance.choice(_STARTS)}\n\n| n | n^2 mod 4 | parity |\n|---|---|---|\n{rows}\n\nAll zeros table:\n\n{equal}\n\nSo squares are 0 or 1."
    return Clean("table", "Which residues mod 4 do squares have?", thought, "Squares are $\\boxed{0, 1}$ modulo 4.")


def _quadratic(chance: random.Random) -> Clean:
    p, q = chance.randrange(-20, 20), chance.randrange(-20, 20)
    b, c = -(p + q), p * q
    thought = (
        f"{chance.choice(_STARTS)} We have $x^2 {b:+d}x {c:+d} = 0$. The discriminant is \\[\\Delta = ({b})^2 - 4\\cdot({c}) = {b * b - 4 * c}.\\] "
        f"Its square root is {abs(p - q)}, so $x = \\frac{{{-b} \\pm {abs(p - q)}}}{{2}}$.\n\n{chance.choice(_DOUBTS)} By Vieta the sum is {-b} and the product {c}.\n\n"
        f"\\begin{{align*}}\nx_1 &= {p}\\\\\nx_2 &= {q}\n\\end{{align*}}\n\nI cannot find any other root, since a quadratic has two. "
        "I'm sorry for the detour above; the sign was wrong at first. We must refuse to accept x = 0 unless c is 0."
    )
    return Clean(
        "quadratic", f"Solve x^2 {b:+d}x {c:+d} = 0.", thought, f"The roots are $\\boxed{{{p}}}$ and $\\boxed{{{q}}}$."
    )


def _simulation(chance: random.Random) -> Clean:
    values = [chance.randrange(-50, 50) for _ in range(chance.randrange(20, 50))]
    best = current = values[0]
    lines = []
    for i, value in enumerate(values[1:], 1):
        current = max(value, current + value)
        best = max(best, current)
        lines.append(f"i = {i}: a[i] = {value}, current = max({value}, current + {value}) = {current}, best = {best}")
    code = "def f(a):\n    best = cur = a[0]\n    for v in a[1:]:\n        cur = max(v, cur + v)\n        best = max(best, cur)\n    return best"
    draft = f"```python\n{code}\n```"
    thought = (
        f"Kadane's algorithm.\n\n{draft}\n\nTrace:\n"
        + "\n".join(lines)
        + f"\n\nNow the same without a helper:\n\n{draft}\n\nAnd finally, cleaned up:\n\n{draft}\n\nGood."
    )
    return Clean("simulation", f"Maximum subarray of {values}?", thought, f"The result is {best}.\n\n{draft}")


def _matrix(chance: random.Random) -> Clean:
    n = chance.randrange(8, 20)
    zeros = "[" + ",\n ".join("[" + ", ".join(["0"] * n) + "]" for _ in range(n)) + "]"
    board = "\n".join(" ".join("." * n) for _ in range(n))
    thought = f"Start with an empty board:\n\n{board}\n\nand the table of distances {zeros}. After the first step one entry changes, then we go on by breadth-first search."
    return Clean(
        "board",
        f"Shortest path on an empty {n} x {n} board, corner to corner?",
        thought,
        f"\\boxed{{{2 * n - 2}}} moves",
    )


def _modular(chance: random.Random) -> Clean:
    base, power, modulus = chance.randrange(2, 99), chance.randrange(100, 999), chance.randrange(50, 999)
    lines, value, square = [], 1, base % modulus
    for bit in bin(power)[:1:-1]:
        lines.append(f"The bit is {bit}; the square is {square} mod {modulus}.")
        value = value * square % modulus if bit == "1" else value
        square = square * square % modulus
    thought = (
        f"{chance.choice(_STARTS)} Write {power} = {bin(power)[2:]} in binary.\n"
        + "\n".join(lines)
        + f"\n\nSo the product of the squares is {value}."
    )
    return Clean("powers", f"Find {base}^{power} mod {modulus}.", thought, f"$\\boxed{{{value}}}$")


def _induction(chance: random.Random) -> Clean:
    k = chance.randrange(2, 9)
    idea = f"Let us prove that the sum of the first n multiples of {k} is {k}n(n+1)/2."
    thought = (
        f"{idea}\n\nBase case: n = 1 gives {k}, which agrees.\n\nInductive step: suppose it holds for n. Then the sum up to n + 1 is "
        f"{k}n(n+1)/2 + {k}(n+1) = {k}(n+1)(n+2)/2.\n\nHmm, let me write this down properly. {idea} Base case: n = 1 gives {k}, which agrees. "
        f"Then the sum up to n + 1 is {k}n(n+1)/2 + {k}(n+1) = {k}(n+1)(n+2)/2. The user asks for a box, so the answer goes in \\boxed{{}}."
    )
    return Clean("induction", f"{idea} Put the formula in a box.", thought, f"\\boxed{{{k}n(n+1)/2}}")


def _primes(chance: random.Random) -> Clean:
    start = chance.randrange(1000, 90000)
    lines = []
    for n in range(start, start + 30):
        factor = next((d for d in range(2, math.isqrt(n) + 1) if n % d == 0), None)
        lines.append(
            f"- {n}: divisible by {factor}, so it is not prime."
            if factor
            else f"- {n}: no divisor up to {math.isqrt(n)}, so it is prime."
        )
    count = sum("so it is prime" in line for line in lines)
    return Clean(
        "primes",
        f"How many primes are in [{start}, {start + 30})?",
        "Check each number.\n" + "\n".join(lines),
        f"There are \\boxed{{{count}}}.",
    )


_KINDS = (_euclid, _cases, _decimal, _table, _quadratic, _simulation, _matrix, _modular, _induction, _primes)


def _samples() -> Iterator[Clean]:
    """The embedded problems with their solutions as thoughts."""
    for line in (ROOT / "samples/numina.jsonl").read_text().splitlines():
        row = json.loads(line)
        thought = (
            f"Let me think. {row['problem']}\n\n{row['solution']}\n\nLet me verify that once more. {row['solution']}"
        )
        yield Clean("numina", row["problem"], thought, row["solution"])
    for line in (ROOT / "samples/apps.jsonl").read_text().splitlines():
        row = json.loads(line)
        program = json.loads(row["solutions"])[0]
        draft = f"```python\n{program}\n```"
        yield Clean(
            "apps",
            row["question"],
            f"{row['question']}\n\nA first draft:\n\n{draft}\n\nThis reads all input. Fine.",
            draft,
        )


def _long() -> Iterator[Clean]:
    """Thoughts of the length of a reasoning model's, of several problems with other numbers than above."""
    for seed in range(LONG):
        chance = random.Random(10_000 + seed)
        parts = [chance.choice(_KINDS)(chance) for _ in range(chance.randrange(6, 20))]
        question = " Then: ".join(f"({number}) {part.question}" for number, part in enumerate(parts, 1))
        yield Clean("long", question, "\n\n".join(part.thought for part in parts), parts[-1].answer)


def texts() -> Iterator[Clean]:
    """Every clean text, always the same ones."""
    for make in _KINDS:
        for seed in range(EACH):
            yield make(random.Random(seed))
    yield from _long()
    yield from _samples()
    for language, cases in FOREIGN.items():
        for question, thought, answer in cases:
            yield Clean(language, question, thought, answer)
    for question, thought, answer in ODD:
        yield Clean("odd contents", question, thought, answer)
