"""Fuzz the answer verifier: it must raise no exception, and no check may take more than half a second.

    python -m benchmarks.fuzz_answers --minutes 10

Inputs are the test cases, mutated by cuts, repetitions, splices and inserted parser tokens. Each one is
compared with a fixed set of gold answers, as gold and as answer, and verified at the end of a response.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time

from util.answers import compare, verify
from util.system.project import ROOT

sys.path.insert(0, str(ROOT / "tests"))

from support.hostile_answers import HOSTILE

CASES = ROOT / "tests" / "answers" / "cases"
SECONDS = 0.5
WORDS = [
    r"\frac",
    r"\sqrt",
    r"\left(",
    r"\right)",
    r"\{",
    r"\}",
    r"{",
    r"}",
    r"(",
    r")",
    r"[",
    r"]",
    r"^",
    r"_",
    r"^{",
    r"_{",
    r"\pm",
    r"\cup",
    r"\in",
    r"\text{",
    r"\text{cm}",
    r"\pmod{",
    r"\int_0^1",
    r"\sum_{k=1}^",
    r"dx",
    r"\begin{pmatrix}",
    r"\end{pmatrix}",
    r"\begin{cases}",
    r"\end{cases}",
    r"&",
    r"\\",
    r"|",
    r"\mid",
    r"<",
    r"\le",
    r"=",
    r"\ne",
    r",",
    r";",
    r":",
    r"!",
    r"%",
    r"\%",
    r"^\circ",
    r"\pi",
    r"\infty",
    r"\log_",
    r"\sin",
    r"i",
    r"e",
    r"x",
    r"n",
    r"0",
    r"1",
    r"7",
    r"10",
    r".",
    r"/",
    r"*",
    r"+",
    r"-",
    r"\binom",
    r"\lim_{x\to0}",
    r"\frac{d}{dx}",
    r"\mathbb{Z}",
    r"and",
    r"or",
    r"where",
    r"\approx",
    r"\overline{",
    r"'",
    r"10^{10^",
    r"!!",
    r"\boxed{",
    r"$",
    r"√",
    r"½",
    r"²",
    r"≤",
]
GOLDS = ("7", "x+1", r"\frac{1}{2}", "(1,2)", "[0,1)", "1, 2", r"x = 3", r"5\text{ cm}", r"2\pi k", r"\{1,2\}")


RESPONSES = (
    r"It is \boxed{@}",
    "The answer is @.",
    "<think>@</think>\n# Answer\n\n@",
    r"\boxed{@} and $\boxed{@}$",
    "@",
    "#### @",
)
"""Response templates; @ is replaced by the input."""


def texts() -> list[str]:
    found = [
        text
        for path in CASES.glob("*.jsonl")
        for line in path.read_text().splitlines()
        for text in _of(json.loads(line))
    ]
    return [*found, *(text for text in HOSTILE if len(text) < 4000)]


def _of(case: dict[str, object]) -> list[str]:
    return [str(case[name]) for name in ("gold", "answer") if name in case]


def mutated(corpus: list[str], chance: random.Random) -> str:
    text = chance.choice(corpus)
    for _ in range(chance.randint(1, 5)):
        place, kind = chance.randint(0, len(text)), chance.randint(0, 4)
        if kind == 0:
            text = text[:place] + chance.choice(WORDS) + text[place:]
        elif kind == 1:
            text = text[:place] + text[place + chance.randint(1, 4) :]
        elif kind == 2:
            other = chance.choice(corpus)
            text = text[:place] + other[chance.randint(0, len(other)) :]
        elif kind == 3:
            text = text[:place] + text[place : place + 12] * chance.randint(2, 6) + text[place:]
        else:
            text = chance.choice(["{}", "({})", "-{}", "{}^2", r"\frac{{{}}}{{2}}", r"\sqrt{{{}}}", "{}, {}"]).replace(
                "{}", text
            )
    return text[:4000]


def fuzz(minutes: float, seed: int) -> int:
    """Return the number of faults; each is printed with its input."""
    corpus, chance = texts(), random.Random(seed)
    end, checks, faults, slowest = time.monotonic() + 60 * minutes, 0, 0, 0.0
    while time.monotonic() < end:
        text, gold = mutated(corpus, chance), chance.choice(GOLDS)
        response = chance.choice(RESPONSES).replace("@", text)
        for function, arguments in ((compare, (gold, text)), (compare, (text, gold)), (verify, (response, gold))):
            checks += 1
            start = time.thread_time()
            try:
                function(*arguments)
            except Exception as error:
                faults += 1
                print(f"{type(error).__name__}: {error}: {text!r} with {gold!r}", file=sys.stderr)
            took = time.thread_time() - start
            slowest = max(slowest, took)
            if took > SECONDS:
                faults += 1
                print(f"{took:.2f} s: {text!r} with {gold!r}", file=sys.stderr)
    print(f"{checks} checks in {minutes:g} minutes: {faults} faults, slowest {slowest:.3f} s (seed {seed})")
    return faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    sys.exit(1 if fuzz(args.minutes, args.seed) else 0)


if __name__ == "__main__":
    main()
