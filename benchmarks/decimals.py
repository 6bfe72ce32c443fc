"""Which rule for decimals accepts wrong answers, and which rejects right ones, by precision of the gold answer.

    python -m benchmarks.decimals [--cases FILE ...]

The corpus (benchmarks/decimal_corpus.py) is made here, with labels true by construction. --cases adds the pairs of
numbers of JSONL files with the fields gold, output and label, or gold, answer and same. The tables are Markdown: "a / r" is the number of wrong
answers that a rule accepts and the number of right ones that it rejects.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from benchmarks.decimal_corpus import Number, Pair, corpus, decimal, labelled, number_of

COLUMNS = ("1", "2", "3", "4", "5", "6+", "exact")
"""Significant digits of the gold answer; "exact" for a gold answer that is no decimal."""
EXAMPLES = [
    ("0.5", "6/11"), ("0.5", "0.46"), ("0.5", "0.4999"), ("0.1", "1/7"), ("0.33", "1/3"), ("0.67", "2/3"), ("3.1", r"\pi"),
    ("3.14", r"\pi"), ("3.14", "22/7"), ("3.14", "3.1416"), ("12.5", "12.46"), ("12.5", "162/13"), ("1.41", r"\sqrt{2}"),
    ("0.125", "0.1249"), ("0.667", "2/3"), ("6.67\\%", "1/15"), ("3.1416", r"\pi"), ("3.1416", "3.14159265"), ("3.1416", "3.1416001"),
    ("19.95", "19.949"), ("1.41421356", r"\sqrt{2}"), ("1/3", "0.33"), ("1/3", "0.3333"), ("1/3", "0.333333"), (r"\sqrt{2}", "1.414"),
    (r"\sqrt{2}", "1.41421"), (r"\sqrt{2}", "1.4142135623730951"), ("2/3", "0.666666"),
]  # fmt: skip


def rounding(gold: Number, answer: Number) -> bool:
    """The side with more digits rounds to the other one; an exact gold answer takes every decimal that rounds it."""
    if gold.places is not None and answer.places is None:
        return decimal(answer.value, gold.places).value == gold.value
    if (
        gold.places is not None and answer.places is not None
    ):  # a half is rounded either way: the answer is rounded, too
        return answer.places > gold.places and abs(answer.value - gold.value) <= Fraction(1, 2 * 10**gold.places)
    return answer.places is not None and decimal(gold.value, answer.places).value == answer.value


def two_more(gold: Number, answer: Number) -> bool:
    """The answer agrees with the gold answer in two digits more than the gold answer has (its further digits are 0)."""
    places = gold.places if gold.places is not None else answer.places or 0
    return abs(gold.value - answer.value) <= Fraction(1, 2 * 10 ** (places + 2))


def relative(bound: Fraction) -> Callable[[Number, Number], bool]:
    """The two differ by at most ``bound``, relative to the gold answer."""
    return lambda gold, answer: abs(gold.value - answer.value) <= bound * abs(gold.value)


def figures(gold: Number, answer: Number) -> bool:
    """Equal significant figures: an exact form rounds to the figures of the decimal; two decimals must be equal."""
    return (gold.places is None or answer.places is None) and rounding(gold, answer)


def from_digits(least: int, rule: Callable[[Number, Number], bool]) -> Callable[[Number, Number], bool]:
    """``rule`` where the decimal side has at least ``least`` significant digits, else equality only."""

    def accepts(gold: Number, answer: Number) -> bool:
        return (gold if gold.places is not None else answer).significant >= least and rule(gold, answer)

    return accepts


def by_direction(exact: int, longer: int, approximated: int) -> Callable[[Number, Number], bool]:
    """``rounding`` from so many digits of the gold answer on for an exact answer, for a longer decimal, and of the
    answer for an exact gold answer."""

    def accepts(gold: Number, answer: Number) -> bool:
        if gold.places is None:
            return answer.significant >= approximated and rounding(gold, answer)
        return gold.significant >= (exact if answer.places is None else longer) and rounding(gold, answer)

    return accepts


def long_or_rounding(gold: Number, answer: Number) -> bool:
    """For exact gold answers: six correct digits, rounded or cut off; from 13 digits on a relative difference below 1e-12,
    because computers print digits behind their precision."""
    if answer.significant >= 13 and relative(Fraction(1, 10**12))(gold, answer):
        return True
    if answer.places is None or answer.significant < 6:
        return False
    error = abs(answer.value) - abs(gold.value)
    unit = Fraction(1, 10**answer.places)
    return -unit < error <= unit / 2


def odd(gold: Number, answer: Number) -> bool:
    """``rounding`` from three digits on, only for gold answers with a denominator of at least 50, because 12.5 and 0.125 are
    exact more often than rounded; ``long_or_rounding`` for an exact gold answer."""
    if gold.places is not None:
        return gold.significant >= 3 and gold.value.denominator >= 50 and rounding(gold, answer)
    return long_or_rounding(gold, answer)


@dataclass(frozen=True)
class Rule:
    name: str
    accepts: Callable[[Number, Number], bool]


RULES = [
    Rule("exact only", lambda gold, answer: False),
    Rule("rounds to the gold's digits", rounding),
    Rule("two more digits than the gold", two_more),
    Rule("relative 1e-4", relative(Fraction(1, 10**4))),
    Rule("relative 1e-6", relative(Fraction(1, 10**6))),
    Rule("significant figures, equal count", figures),
    Rule("today: rounds; exact gold from 6", by_direction(1, 1, 6)),
    Rule("rounds, from 3 digits; exact gold from 6", by_direction(3, 3, 6)),
    Rule("rounds, from 4 digits; exact gold from 6", by_direction(4, 4, 6)),
    Rule("rounds, from 5 digits; exact gold from 6", by_direction(5, 5, 6)),
    Rule("rounds, exact answer from 3, longer decimal from 4; exact gold from 6", by_direction(3, 4, 6)),
    Rule("rounds, exact answer from 3, longer decimal from 5; exact gold from 6", by_direction(3, 5, 6)),
    Rule("rounds, from 3 digits if the denominator is at least 50; exact gold long", odd),
    Rule("relative 1e-6 from 3 digits", from_digits(3, relative(Fraction(1, 10**6)))),
]


def accepted(rule: Rule, pair: Pair) -> bool:
    return pair.gold.value == pair.answer.value or rule.accepts(pair.gold, pair.answer)


def column(pair: Pair) -> str:
    if pair.gold.places is None:
        return "exact"
    return str(pair.gold.significant) if pair.gold.significant < 6 else "6+"


def table(pairs: list[Pair], group: Callable[[Pair], str], heads: Iterable[str]) -> str:
    """A row per rule, a column per group: wrong answers accepted / right answers rejected."""
    heads = list(heads)
    totals = Counter((group(pair), pair.same) for pair in pairs)
    lines = ["| rule | " + " | ".join(heads) + " |", "| --- |" + " --- |" * len(heads)]
    lines.append(
        "| *wrong / right answers* | " + " | ".join(f"{totals[h, False]:,} / {totals[h, True]:,}" for h in heads) + " |"
    )
    for rule in RULES:
        faults = Counter((group(pair), pair.same) for pair in pairs if accepted(rule, pair) != pair.same)
        cells = [f"{faults[head, False]:,} / {faults[head, True]:,}" for head in heads]
        lines.append(f"| {rule.name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def examples() -> str:
    """The rules that accept each of ``EXAMPLES``, by their number in the tables."""
    lines = ["| gold | answer | accepted by rule |", "| --- | --- | --- |"]
    for texts in EXAMPLES:
        gold, answer = (number_of(text) for text in texts)
        if gold is None or answer is None:
            raise ValueError(f"not a number: {texts}")
        names = [str(place) for place, rule in enumerate(RULES, 1) if accepted(rule, Pair(gold, answer, True, ""))]
        lines.append(f"| `{texts[0]}` | `{texts[1]}` | {', '.join(names) or 'none'} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, nargs="*", default=[], help="JSONL files of labelled answers")
    args = parser.parse_args()
    pairs = list(corpus())
    print(f"{len(pairs):,} pairs\n\nBy significant digits of the gold answer:\n")
    print(table(pairs, column, COLUMNS))
    print("\nBy direction:\n")
    print(table(pairs, lambda pair: pair.direction, sorted({pair.direction for pair in pairs})))
    for direction in sorted({pair.direction for pair in pairs if pair.gold.places is not None}):
        print(f"\n{direction}, by significant digits of the gold answer:\n")
        print(table([pair for pair in pairs if pair.direction == direction], column, COLUMNS[:-1]))
    print("\nBy origin of the answer:\n")
    print(table(pairs, lambda pair: pair.origin, sorted({pair.origin for pair in pairs})))
    print(f"\nExamples (rules by their place in the tables, 1 to {len(RULES)}):\n\n{examples()}")
    if args.cases:
        given = [pair for path in args.cases for pair in labelled(path)]
        print(f"\n{len(args.cases)} files, {len(given)} pairs of numbers:\n")
        print(table(given, column, COLUMNS))


if __name__ == "__main__":
    main()
