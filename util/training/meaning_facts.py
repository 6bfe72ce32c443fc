"""What identifies a problem besides its wording: numbers, operators, formulas, units, opposites, what is asked for, names.

Two texts whose facts contradict each other are different problems, however similar they are:

>>> other_problem(facts("Ben has 3 pens and buys 4 more."), facts("Ben has 3 pens and buys 5 more."))
'other numbers: 4, not 5'
>>> other_problem(facts("What is 9 - 2?"), facts("Find the sum of 9 and 2."))
'"difference", not "sum"'
>>> other_problem(facts("What is 9 - 2?"), facts("Take two from nine. What is the difference?"))
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from util.training.contamination_words import SMALL, in_words, plain_formulas, signs
from util.training.meaning_contrasts import UNITS, contrast, contrasts

_IMPLIED: dict[str, tuple[Fraction | int, ...]] = {
    **dict.fromkeys(("one", "once", "single", "first"), (1,)),
    **dict.fromkeys(
        ("two", "twice", "double", "doubled", "both", "pair", "couple", "second", "squared", "squares", "sqrt", "even", "odd"), (2,)
    ),
    **dict.fromkeys(("thrice", "triple", "third", "cubed", "cube", "cubes"), (3,)),
    **dict.fromkeys(("half", "halves", "halved"), (1, 2, Fraction(1, 2))),
    **dict.fromkeys(("quarter", "quarters", "fourth"), (1, 4, Fraction(1, 4))),
    "root": (2, 0), "roots": (2, 0), "zero": (0,), "zeros": (0,), "solutions": (0,), "dozen": (12,), "hundred": (100,), "thousand": (1000,), "percent": (100,), "digits": (10,),
}  # fmt: skip
"""Word -> numbers that it may stand for. They can match a number of the other text, and need not be matched."""
_NEEDED: dict[str, tuple[Fraction | int, ...]] = {
    "half": (2, Fraction(1, 2), 50), "halved": (2, Fraction(1, 2), 50), "quarter": (4, Fraction(1, 4), 25),
    **dict.fromkeys(("twice", "double", "doubled"), (2,)), **dict.fromkeys(("triple", "thrice", "tripled"), (3,)),
    "dozen": (12,),
}  # fmt: skip
"""Word -> numbers of which the other text must have one."""
_MEANING_OF_SIGN = {"+": "sum", "-": "difference", "*": "product", "/": "quotient", "^": "power"}
_CLOCK = re.compile(r"(\d):00")
_THOUSANDS = re.compile(r"(?<=\d)(?:\{,\}|,)(?=\d{3}(?!\d))")
_NUMBER = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+|/")
_BREAK = re.compile(
    r"[a-z]{3,}|\b(?:is|of|to|in|at|an|by|as|if|it|or|be|on|we|he|do|so|up|my|no|am|pm)\b|[;?!]|[,.](?!\d)|\n"
)
_LAYOUT = re.compile(r"[\s{}$\\:]+")
_ASKED = re.compile(r"\b(?:how many|number of) ([a-z]{3,})(?<!the)(?<!its)")
_LIST = re.compile(r"\b1, ?2(?:, ?3)?,?\s*(?=and so on|\\[lc]?dots|\.\.\.|…)")
"""The beginning of a list that stands for all numbers from 1 on."""
_SPOKEN = re.compile(r"\b(\d+|[a-z])\s+(plus|minus|times|dividedby|to the power of)\s+(?=(?:\d+|[a-z])\b)")
_SIGN = {"plus": "+", "minus": "-", "times": "*", "dividedby": "/", "to the power of": "^"}
_NAME = re.compile(r"(?<=[a-z,;:'’)] )[A-Z][a-z]+")
_INITIAL = re.compile(r"(?:^|(?<=[.?!] ))[A-Z][a-z]+")
_NO_NOUNS = frozenset(
    (
        "and", "are", "was", "has", "have", "had", "will", "can", "the", "than", "for", "from", "more", "less",
        "fewer", "other", "others", "with", "away", "additional", "times", "time", "percent", "degrees", "mod",
    )
)  # fmt: skip
_MOST_FORMULAS = 400
"""Pairs of formulas that are compared."""
SHORT = 25
"""Words up to which a question without numbers is about what its names say."""


@dataclass(frozen=True, slots=True)
class Facts:
    """numbers: those that are written, "one" and "two" only in digits. implied: those that words stand for. formulas:
    without spaces and braces. needed: words such as "half". units: number -> its units of measure. counted: noun -> numbers
    before it. asked: nouns after "how many". meanings: see
    ``contrasts``. names: words with capitals; initials: those that begin a sentence. words: with operators."""

    numbers: frozenset[Fraction]
    implied: frozenset[Fraction]
    formulas: frozenset[str]
    needed: frozenset[str]
    units: dict[Fraction, frozenset[str]]
    counted: dict[str, frozenset[str]]
    asked: frozenset[str]
    meanings: dict[int, frozenset[str]]
    names: frozenset[str]
    initials: frozenset[str]
    words: tuple[str, ...]


def facts(text: str) -> Facts:
    plain = _THOUSANDS.sub("", _CLOCK.sub(r"\1", plain_formulas(_LIST.sub("1 ", text))))
    plain = _SPOKEN.sub(lambda match: match[1] + _SIGN[match[2]], plain)
    tokens = _NUMBER.findall(plain)
    words = tuple(signs(text))
    formulas = frozenset(_formulas(plain))
    spoken = [_MEANING_OF_SIGN[sign] for sign in words if sign in _MEANING_OF_SIGN]
    numbers, implied = _numbers(tokens)
    return Facts(
        numbers,
        implied,
        formulas,
        frozenset(_NEEDED.keys() & set(tokens)),
        _units(tokens),
        _counted(words),
        frozenset(_ASKED.findall(plain)),
        contrasts([*words, *spoken]),
        frozenset(map(str.lower, _NAME.findall(text))),
        frozenset(map(str.lower, _INITIAL.findall(text))),
        words,
    )


def other_problem(first: Facts, second: Facts) -> str | None:
    """Why the two are different problems; None if their facts do not tell."""
    for one, two in ((first, second), (second, first)):
        if unmatched := one.numbers - two.numbers - two.implied:
            others = two.numbers - one.numbers - one.implied
            found = [", ".join(str(number) for number in sorted(each)) for each in (unmatched, others) if each]
            return f"other numbers: {', not '.join(found if one is first else found[::-1])}"
        for word in one.needed:
            if two.numbers.isdisjoint(_NEEDED[word]) and two.implied.isdisjoint(_NEEDED[word]):
                return f'only one of them says "{word}"'
    if (found_words := contrast(first.meanings, second.meanings)) is not None:
        return '"{}", not "{}"'.format(*found_words)
    if (formula := _other_formula(first.formulas, second.formulas)) is not None:
        return "another formula: {}, not {}".format(*formula)
    for number in first.units.keys() & second.units.keys():
        if (unit := _other_unit(first.units[number], second.units[number])) is not None:
            return f"other units: {number} {unit[0]}, not {unit[1]}"
    for noun in first.counted.keys() & second.counted.keys():
        if first.counted[noun].isdisjoint(second.counted[noun]):
            return f"{min(first.counted[noun])} {noun}, not {min(second.counted[noun])}"
    if (asked := _other_question(first, second)) is not None:
        return "another quantity is asked for: {}, not {}".format(*asked)
    if not (first.numbers or second.numbers) and max(len(first.words), len(second.words)) <= SHORT:
        return _other_names(first, second)
    return None


def _numbers(tokens: list[str]) -> tuple[frozenset[Fraction], frozenset[Fraction]]:
    """The numbers in digits, with those in words from three on; and those that words stand for, quotients included."""
    written = {Fraction(token) for token in tokens if token[0].isdigit()}
    implied = {Fraction(number) for token in tokens for number in _IMPLIED.get(token, ())}
    implied |= {Fraction(2) for pair in pairwise(tokens) if pair in (("square", "of"), ("square", "root"))}
    spelled = set(_spelled(tokens))
    for one, sign, two in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if sign == "/" and one[0].isdigit() and two[0].isdigit() and Fraction(two):
            implied.add(Fraction(one) / Fraction(two))
    for number in [*written]:  # 0.5 and 1/2
        if number.denominator > 1:
            implied |= {Fraction(number.numerator), Fraction(number.denominator)}
    return frozenset(written | {each for each in spelled if each > 2}), frozenset(implied | spelled)


def _spelled(tokens: list[str]) -> Iterator[Fraction]:
    """Numbers in words."""
    place = 0
    while place < len(tokens):
        if tokens[place] in SMALL:
            value, place = in_words(tokens, place)
            yield Fraction(value)
        else:
            place += 1


def _formulas(plain: str) -> Iterator[str]:
    """The formulas of a text that have an operator or a bracket."""
    for part in _BREAK.split(plain):
        formula = _LAYOUT.sub("", part).strip(".,'\"-*")
        if len(formula) > 2 and re.search(r"[\w)][-+*/^=<>(]+\w", formula):
            yield formula


def _other_formula(first: frozenset[str], second: frozenset[str]) -> tuple[str, str] | None:
    """Two formulas with the same operands and other operators, with another order, or of numbers alone and not equal."""
    one, two = first - second, second - first
    if len(one) * len(two) > _MOST_FORMULAS:
        return None
    for left in one:
        for right in two:
            if _operands(left) == _operands(right) and _signs(left) != _signs(right):
                return left, right
            if sorted(left) == sorted(right) and not _commutes(left, right):
                return left, right
    numeric = [{formula for formula in each if not re.search(r"[a-z]", formula)} for each in (first, second)]
    if all(numeric) and {*map(_sorted, numeric[0])}.isdisjoint(map(_sorted, numeric[1])):
        return min(numeric[0]), min(numeric[1])
    return None


def _operands(formula: str) -> str:
    return "".join(sorted(re.sub(r"[^\w.]", "", formula)))


def _signs(formula: str) -> str:
    return "".join(sorted(re.sub(r"[\w.()\[\]]", "", formula)))


def _commutes(left: str, right: str) -> bool:
    """Whether two formulas of the same signs are equal up to the order of sums, products and sides."""
    if re.search(r"[-/^<>]|\w\(", left):
        return False
    sides = [sorted("".join(sorted(side)) for side in formula.split("=")) for formula in (left, right)]
    return sides[0] == sides[1]


def _sorted(formula: str) -> str:
    formula = re.sub(r"[()]", "", formula.rstrip("="))
    return "".join(sorted(re.split(r"([+*])", formula))) if set(_signs(formula)) <= {"+", "*"} else formula


def _counted(words: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """Noun -> numbers before it: 2 bags, 5 apples."""
    found: dict[str, set[str]] = {}
    for number, noun in pairwise(words):
        if number.isdigit() and len(noun) > 2 and noun.isalpha() and noun not in _NO_NOUNS:
            found.setdefault(noun.removesuffix("s"), set()).add(number)
    return {noun: frozenset(numbers) for noun, numbers in found.items()}


def _units(tokens: list[str]) -> dict[Fraction, frozenset[str]]:
    found: dict[Fraction, set[str]] = {}
    for token, following in pairwise(tokens):
        if token[0].isdigit() and following in UNITS:
            found.setdefault(Fraction(token), set()).add(following)
    return {number: frozenset(units) for number, units in found.items()}


def _other_unit(first: frozenset[str], second: frozenset[str]) -> tuple[str, str] | None:
    for one in first:
        for two in second:
            if UNITS[one][0] == UNITS[two][0] and UNITS[one] not in [UNITS[unit] for unit in second]:
                return one, two
    return None


def _other_question(first: Facts, second: Facts) -> tuple[str, str] | None:
    """The nouns after "how many", where both texts have both, or both are units of one dimension."""
    for one in first.asked - second.asked:
        for two in second.asked - first.asked:
            if one in UNITS and two in UNITS and UNITS[one] != UNITS[two] and UNITS[one][0] == UNITS[two][0]:
                return one, two
            if _plural(one) in map(_plural, second.words) and _plural(two) in map(_plural, first.words):
                return one, two
    return None


def _plural(word: str) -> str:
    return word if word.endswith("s") else word + ("es" if word.endswith(("x", "ch", "sh")) else "s")


def _other_names(first: Facts, second: Facts) -> str | None:
    """Names of each text that the other lacks: where there are no numbers, they are what a short question is about."""
    for one, two in ((first, second), (second, first)):
        lacking = {name for name in one.names if name not in two.words}
        others = {name for name in two.names | two.initials if name not in one.words}
        if lacking and others & two.names:
            return f"other names: {min(lacking)}, not {min(others & two.names)}"
    return None
