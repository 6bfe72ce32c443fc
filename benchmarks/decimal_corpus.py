"""Pairs of numbers, one of them a decimal, with labels that are true by construction.

Every pair comes from a problem with a known exact value. A decimal gold answer is either that value itself (prices,
averages, percentages: "exact decimal") or its correct rounding ("rounded"). The answer is right if it is the exact value,
or its correct rounding to more digits; other numbers that people could answer instead are wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

WORK_DIGITS = 60
"""Digits of the values that stand for irrational numbers."""


@dataclass(frozen=True)
class Number:
    """A number as written. places: digits behind the decimal point, None for an exact form (fraction, root, ...)."""

    text: str
    value: Fraction
    places: int | None = None

    @property
    def rational(self) -> bool:
        return self.value.denominator < 10**12

    @property
    def significant(self) -> int:
        """Significant digits of a decimal, zeros at its end included; 0 for an exact form."""
        if self.places is None:
            return 0
        return len(str(abs(self.value.numerator * 10**self.places // self.value.denominator)))


@dataclass(frozen=True)
class Pair:
    """A gold answer and an answer. origin: how the answer was made."""

    gold: Number
    answer: Number
    same: bool
    origin: str

    @property
    def direction(self) -> str:
        if self.gold.places is None:
            return "gold exact, answer decimal"
        return "gold decimal, answer exact" if self.answer.places is None else "gold decimal, answer decimal"


def decimal(value: Fraction, places: int) -> Number:
    """``value`` rounded half away from zero to ``places`` digits."""
    whole = (2 * abs(value.numerator) * 10**places + value.denominator) // (2 * value.denominator)
    return _written(whole if value >= 0 else -whole, places)


def _written(scaled: int, places: int) -> Number:
    digits = str(abs(scaled)).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return Number(("-" if scaled < 0 else "") + text, Fraction(scaled, 10**places), places)


def exact_values() -> list[Number]:
    """Values that people give in exact form: fractions, roots, multiples of pi, logarithms, powers of e."""
    import mpmath

    found = [
        Number(rf"\frac{{{above}}}{{{below}}}", Fraction(above, below))
        for below in range(2, 31)
        for above in range(1, 5 * below)
        if Fraction(above, below).denominator == below
    ]
    with mpmath.workdps(WORK_DIGITS):
        for above in range(1, 10):
            for below in range(1, 7):
                if Fraction(above, below).denominator == below:
                    for name, base in _irrational().items():
                        text = f"{above}{name}" if below == 1 else rf"\frac{{{above}{name}}}{{{below}}}"
                        found.append(Number(text, as_fraction(base * above / below)))
    return found


def _irrational() -> dict[str, Any]:
    import mpmath

    roots = {rf"\sqrt{{{n}}}": mpmath.sqrt(n) for n in (2, 3, 5, 6, 7, 10, 11, 13, 15)}
    logs = {rf"\ln {n}": mpmath.log(n) for n in (2, 3, 5, 7, 10)}
    return {r"\pi": +mpmath.pi, "e": +mpmath.e, r"\pi^2": mpmath.pi**2, **roots, **logs}


def as_fraction(value: Any) -> Fraction:
    """An mpmath number as the fraction of ``WORK_DIGITS`` digits."""
    import mpmath

    return Fraction(mpmath.nstr(value, WORK_DIGITS))


def exact_decimals() -> list[Number]:
    """Terminating values: answers of word problems, prices, averages, percentages, probabilities; 1 to 7 digits."""
    texts = (
        [f"0.{n}" for n in range(1, 10)] + [f"{n}.5" for n in range(1, 40)] + [f"0.{n:02}" for n in range(1, 100, 2)]
    )
    texts += [f"{n}.{tenths}" for n in (1, 2, 3, 4, 6, 12, 18, 36, 72) for tenths in (2, 4, 6, 8)]
    texts += [f"{n}.{part}" for n in (0, 1, 2, 3, 7, 24) for part in ("25", "75", "125", "375", "625", "875")]
    texts += [
        "19.95",
        "4.99",
        "45.50",
        "129.60",
        "1.0625",
        "0.03125",
        "2.4375",
        "0.0625",
        "123.45",
        "1250.75",
        "0.001",
        "0.008",
    ]
    texts += [
        "33.3",
        "66.7",
        "0.33",
        "0.67",
        "99.9",
        "37.2",
        "98.6",
        "1.414",
        "3.142",
        "0.707",
        "12.566",
        "0.333",
        "1.732",
        "7.0711",
    ]
    numbers = {text: Number(text, Fraction(text), len(text.partition(".")[2])) for text in texts}
    return [number for number in numbers.values() if number.value]


def corpus() -> Iterator[Pair]:
    """All pairs, in a fixed order."""
    pool = exact_values()
    for gold in exact_decimals():
        yield from _of_exact_decimal(gold, pool)
    for value in pool[::7]:
        if not _terminates(value.value):
            yield from _of_rounding(value, pool)
            yield from _of_exact_gold(value, pool)


def _terminates(value: Fraction) -> bool:
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1 and value.denominator < 10**12


def _of_exact_decimal(gold: Number, pool: list[Number]) -> Iterator[Pair]:
    """The gold answer is the exact value."""
    assert gold.places is not None
    yield Pair(
        gold, Number(f"{gold.value.numerator}/{gold.value.denominator}", gold.value), True, "the value as a fraction"
    )
    yield Pair(gold, decimal(gold.value, gold.places + 2), True, "the value with zeros behind it")
    for other in _near(gold, pool):
        yield Pair(gold, other, False, "another exact value")
    yield from _other_decimals(gold, gold.value)


def _of_rounding(value: Number, pool: list[Number]) -> Iterator[Pair]:
    """The gold answer is the rounding of a value that no decimal has."""
    for digits in (1, 2, 3, 4, 5, 6, 8, 10, 12):
        places = _places(value.value, digits)
        if places < 1:
            continue
        gold = decimal(value.value, places)
        yield Pair(gold, value, True, "the exact value")
        for more in (1, 2, 4, 10):
            yield Pair(gold, decimal(value.value, places + more), True, "more digits of the value")
        for other in _near(gold, pool):
            if abs(other.value - value.value) > Fraction(1, 10**40):
                yield Pair(gold, other, False, "another exact value")
        yield from _other_decimals(gold, value.value)


def _of_exact_gold(value: Number, pool: list[Number]) -> Iterator[Pair]:
    """The gold answer is exact, the answer a decimal. Fewer than six right digits give the value away: not right."""
    for digits in (1, 2, 3, 6, 7, 8, 10, 12):
        places = _places(value.value, digits)
        if places < 1:
            continue
        near = decimal(value.value, places)
        yield Pair(value, near, digits >= 6, f"{'long' if digits >= 6 else 'short'} rounding of the gold answer")
        for step in (-1, 1):
            other = _stepped(near, step)
            if abs(other.value - value.value) > Fraction(1, 10**places):  # else it is the value cut off
                yield Pair(value, other, False, "neighbour in the last digit")


def _near(gold: Number, pool: list[Number]) -> Iterator[Number]:
    """Exact values that round to the gold answer, or that almost do."""
    assert gold.places is not None
    for other in pool:
        if 0 < abs(other.value - gold.value) < Fraction(1, 10**gold.places):
            yield other


def _other_decimals(gold: Number, value: Fraction) -> Iterator[Pair]:
    """Decimals of other values: neighbours in the last digit, and longer ones that round to the gold answer."""
    assert gold.places is not None
    for step in (-1, 1):
        yield Pair(gold, _stepped(gold, step), False, "neighbour in the last digit")
    for more in (1, 2, 3):
        places = gold.places + more
        for step in (-(4 * 10 ** (more - 1)), -1, 1, 3 * 10 ** (more - 1)):
            other = _stepped(decimal(gold.value, places), step)
            if other.value not in (decimal(value, places).value, value):
                yield Pair(gold, other, False, "a longer decimal of another value")


def _stepped(number: Number, step: int) -> Number:
    assert number.places is not None
    return _written(round(number.value * 10**number.places) + step, number.places)


def _places(value: Fraction, digits: int) -> int:
    """Decimal places that give ``digits`` significant digits."""
    size, place = abs(value), 0
    while size >= 10:
        size, place = size / 10, place - 1
    while size < 1:
        size, place = size * 10, place + 1
    return place + digits - 1


def labelled(path: Path) -> Iterator[Pair]:
    """The pairs of plain numbers in a JSONL file with the fields gold, output and label, or gold, answer and same.

    Raises:
        OSError, ValueError: the file cannot be read.
    """
    for line in path.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        if "gold" not in item or not ("output" in item or "answer" in item):
            continue
        box = re.search(r"\\boxed\{(.*)\}", item.get("output", ""))
        gold, answer = number_of(item["gold"]), number_of(item.get("answer") or (box[1] if box else ""))
        if gold and answer and (gold.places or answer.places):
            yield Pair(gold, answer, bool(item["label"] if "label" in item else item["same"]), item.get("kind", ""))


def number_of(text: str) -> Number | None:
    """A decimal, a whole number, a fraction, a root, or a multiple of pi, also as a percentage; else None."""
    import mpmath

    text = text.strip()
    if text.endswith("\\%"):
        inner = number_of(text[:-2])
        return inner and Number(text, inner.value / 100, None if inner.places is None else inner.places + 2)
    if re.fullmatch(r"-?\d+\.\d+(\\ldots|\\dots)?", text):
        text = text.split("\\")[0]
        return Number(text, Fraction(text), len(text.partition(".")[2]))
    if re.fullmatch(r"-?\d+(/\d+)?", text):
        return Number(text, Fraction(text))
    if match := re.fullmatch(r"\\d?frac\{?(\d+)\}?\{?(\d+)\}?", text):
        above, below = (match[1], match[2]) if "{" in text else (text[-2], text[-1])
        return Number(text, Fraction(int(above), int(below)))
    if match := re.fullmatch(r"(\d*)(?:\\pi|\\sqrt\{?(\d+)\}?)(?:/(\d+))?", text):
        with mpmath.workdps(WORK_DIGITS):
            base = mpmath.sqrt(int(match[2])) if match[2] else +mpmath.pi
            return Number(text, as_fraction(base * int(match[1] or 1) / int(match[3] or 1)))
    return None
