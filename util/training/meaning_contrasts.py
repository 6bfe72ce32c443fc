"""Words that tell problems apart: opposites, other quantities asked for, units of one dimension."""

from __future__ import annotations

from itertools import pairwise

_GROUPS: tuple[tuple[str, ...], ...] = (
    # Each string holds the words and phrases of one meaning; a group's meanings exclude each other.
    ("largest greatest biggest maximum maximal max highest longest", "smallest least minimum minimal min lowest shortest fewest"),
    ("area", "perimeter circumference", "volume"),
    ("inscribed incircle inradius", "circumscribed circumcircle circumradius"),
    ("radius", "diameter"),
    ("even", "odd"),
    ("increasing ascending", "decreasing descending"),
    ("with_replacement putting_back", "without_replacement without_putting"),
    ("same_direction", "opposite_direction opposite_directions"),
    ("exactly", "at_least", "at_most"),
    ("series", "parallel"),
    ("arithmetic", "geometric"),
    ("mean average", "median", "mode"),
    ("sine sin", "cosine cos", "tangent tan"),
    ("horizontal horizontally", "vertical vertically"),
    ("common_divisor common_factor gcd", "common_multiple lcm"),
    ("prime primes", "composite"),
    ("union", "intersection"),
    ("vector", "scalar"),
    ("closest nearest", "farthest furthest"),
    ("hot", "cold"),
    ("upper uppercase", "lower lowercase"),
    ("constant_temperature isothermal isothermally", "constant_volume", "constant_pressure"),
    ("clockwise", "counterclockwise anticlockwise"),
    ("numerator", "denominator"),
    ("row rows", "column columns"),
    ("loses lost ate eats eaten gives gave", "buys bought gets join joins receives"),
    ("filled fills fill", "emptied empties drained"),
    ("win wins", "lose"),
    ("convex", "concave"),
    ("positive", "negative"),
    ("rational", "irrational"),
    ("sum add added adding plus together total", "difference subtract subtracted minus take exceed remains", "product multiply multiplied times", "quotient divide divided dividedby ratio split half halved",
     "power exponent raise raised squared cubed",
     "remainder modulo mod", "mean average", "percent percentage", "square_root sqrt"),
)  # fmt: skip
UNITS: dict[str, tuple[str, str]] = {
    word: (dimension, names.split()[0])
    for dimension, units in {
        "length": (
            "km kilometer kilometers kilometre kilometres", "meter meters metre metres",
            "cm centimeter centimeters centimetre centimetres", "mm millimeter millimeters millimetre millimetres",
            "mile miles", "foot feet ft", "inch inches", "yard yards",
        ),
        "time": (
            "second seconds", "minute minutes", "hour hours", "day days", "week weeks", "month months", "year years",
        ),
        "mass": ("kg kilogram kilograms", "gram grams", "mg milligram milligrams", "pound pounds lb lbs", "ounce ounces"),
        "money": ("dollar dollars", "cent cents"),
        "temperature": ("celsius", "fahrenheit", "kelvin"),
        "capacity": ("liter liters litre litres", "ml milliliter milliliters millilitre millilitres", "gallon gallons"),
    }.items()
    for names in units
    for word in names.split()
}  # fmt: skip
"""Unit -> (dimension, its first name)."""

ARITHMETIC = len(_GROUPS) - 1
"""The group of the operations."""
POWER = "power exponent raise raised squared cubed"
_REMAINDER = "remainder modulo mod"
_MEANINGS: dict[str, list[tuple[int, str]]] = {}
for _number, _group in enumerate(_GROUPS):
    for _meaning in _group:
        for _word in _meaning.split():
            _MEANINGS.setdefault(_word, []).append((_number, _meaning))


CALCULATION = frozenset((
    "what", "is", "are", "the", "a", "an", "of", "and", "to", "by", "with", "from", "in", "find", "compute",
    "evaluate", "calculate", "determine", "work", "out", "give", "value", "result", "number", "numbers", "how",
    "much", "many", "you", "get", "do", "does", "if", "put", "make", "makes", "together", "total", "sum", "add",
    "added", "plus", "difference", "subtract", "minus", "between", "away", "take", "remains", "product", "multiply",
    "multiplied", "times", "itself", "quotient", "divide", "divided", "dividedby", "split", "into", "power",
    "powers", "exponent", "raise", "raised", "its", "that", "other", "words", "when", "remainder", "modulo", "left",
    "which", "exceed", "hundred", "thousand", "million", "average", "mean", "half", "percent", "squared", "cubed",
    "sqrt", "square", "root", "mod", "equals",
))  # fmt: skip
"""What a question about one calculation says, besides its numbers."""


def contrasts(tokens: list[str]) -> dict[int, frozenset[str]]:
    """Group -> the meanings of it that ``tokens`` (in lower case) name."""
    joined = ["_".join(pair) for pair in pairwise(tokens)]
    found: dict[int, set[str]] = {}
    for word in (*tokens, *(pair for pair in joined if pair in _MEANINGS)):
        for number, meaning in _MEANINGS.get(word, ()):
            found.setdefault(number, set()).add(meaning)
    for meanings in found.values():
        if _REMAINDER in meanings:  # when 7 is divided by 2
            meanings.intersection_update({_REMAINDER})
    return {number: frozenset(meanings) for number, meanings in found.items()}


def contrast(first: dict[int, frozenset[str]], second: dict[int, frozenset[str]]) -> tuple[str, str] | None:
    """Words of two meanings that exclude each other, one of each text; None if there are none."""
    for number in first.keys() & second.keys():
        if not first[number] & second[number]:
            return tuple(min(found[number]).split()[0].replace("_", " ") for found in (first, second))  # type: ignore[return-value]
    return None


def same_meaning(left: str, right: str) -> bool:
    """Whether two words are of one meaning in the groups."""
    return any(meaning in _MEANINGS.get(right, ()) for meaning in _MEANINGS.get(left, ()))
