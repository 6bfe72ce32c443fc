"""Units of measure: which words are units, and how two of them compare.

A known unit has a scale and a dimension. Two known units must have the same dimension, other units (apples)
must be the same words, and a unit on one side only is ignored.
"""

from __future__ import annotations

import re
from fractions import Fraction

from util.answers.syntax.vocabulary import REFUSED

Dimension = tuple[tuple[str, int], ...]

_BASE: dict[str, tuple[str, str]] = {
    # words: scale, dimension
    "m meter meters metre metres": ("1", "m"),
    "km kilometer kilometers kilometre kilometres": ("1000", "m"),
    "dm decimeter decimeters decimetre decimetres": ("1/10", "m"),
    "cm centimeter centimeters centimetre centimetres": ("1/100", "m"),
    "mm millimeter millimeters millimetre millimetres": ("1/1000", "m"),
    "in inch inches": ("127/5000", "m"),
    "ft foot feet": ("381/1250", "m"),
    "yd yard yards": ("1143/1250", "m"),
    "mi mile miles": ("201168/125", "m"),
    "s sec secs second seconds": ("1", "s"),
    "ms millisecond milliseconds": ("1/1000", "s"),
    "min mins minute minutes": ("60", "s"),
    "h hr hrs hour hours": ("3600", "s"),
    "day days": ("86400", "s"),
    "week weeks": ("604800", "s"),
    "month months": ("1", "month"),
    "yr yrs year years": ("12", "month"),
    "kg kilogram kilograms": ("1000", "g"),
    "g gram grams": ("1", "g"),
    "mg milligram milligrams": ("1/1000", "g"),
    "lb lbs pound pounds": ("45359237/100000", "g"),
    "oz ounce ounces": ("45359237/1600000", "g"),
    "L l liter liters litre litres": ("1", "L"),
    "mL ml milliliter milliliters millilitre millilitres": ("1/1000", "L"),
    "gallon gallons gal": ("1", "gal"),
    "N newton newtons": ("1", "N"),
    "J joule joules": ("1", "J"),
    "W watt watts": ("1", "W"),
    "V volt volts": ("1", "V"),
    "dollar dollars USD usd bucks": ("1", "dollar"),
    "cent cents": ("1/100", "dollar"),
    "euro euros": ("1", "euro"),
    "degree degrees deg": ("1", "degree"),
    "radian radians rad": ("1", "radian"),
    "percent": ("1", "percent"),
    "unit units": ("1", ""),
}
_DERIVED = {"mph": "miles/hour", "kph": "km/h", "kmh": "km/h", "kmph": "km/h", "mps": "m/s", "fps": "ft/s"}

KNOWN: dict[str, tuple[Fraction, str]] = {
    word: (Fraction(scale), dimension) for words, (scale, dimension) in _BASE.items() for word in words.split()
}
BARE = {word for word in KNOWN if len(word) > 1} | set(_DERIVED) | {"square", "cubic", "sq", "cu"}
"""Units that are recognised outside text commands. A single letter is a variable."""

_PART = re.compile(r"(?:(square|cubic|sq|cu)\.? +)?([A-Za-z]+)\.?(?: *\^? *\{?(-?\d)\}?)?(?: +(squared|cubed))?")
_POWERS = {"square": 2, "sq": 2, "squared": 2, "cubic": 3, "cu": 3, "cubed": 3}


def parse_unit(text: str) -> tuple[Fraction, Dimension] | None:
    """(scale, dimension) of a unit such as ``km/h`` or ``square centimeters``; None if unknown."""
    text = _DERIVED.get(text.strip(), text.strip())
    scale, powers = Fraction(1), dict[str, int]()
    for number, side in enumerate(re.split(r"/|\bper\b", text)):
        position, side = 0, side.strip()
        while position < len(side):
            match = _PART.match(side, position)
            if match is None or match[2] not in KNOWN:
                return None
            power = _POWERS.get(match[1] or match[4] or "", 1) * int(match[3] or 1) * (-1 if number else 1)
            value, dimension = KNOWN[match[2]]
            scale *= value**power
            if dimension:
                powers[dimension] = powers.get(dimension, 0) + power
            position = match.end()
            while position < len(side) and side[position] in " *-·":
                position += 1
    return scale, tuple(sorted((name, power) for name, power in powers.items() if power))


def conversion(gold: str, answer: str) -> Fraction | None:
    """The factor from the answer's unit to the gold answer's unit; None if the units are incompatible.

    Unknown units must be the same words.
    """
    if _words(gold) == _words(answer):
        return Fraction(1)
    wanted, given = parse_unit(gold), parse_unit(answer)
    if wanted is None or given is None:
        return None  # different words for what is counted
    if not wanted[1] or not given[1]:  # "units"
        return Fraction(1)
    return given[0] / wanted[0] if wanted[1] == given[1] else None


def droppable(text: str) -> bool:
    """Whether a text after a number only says what is counted."""
    words = re.findall(r"[A-Za-z']+", text)
    return (
        bool(words)
        and not any(word.lower() in REFUSED for word in words)
        and not re.search(r"\d", text.replace("^", ""))
    )


def _words(text: str) -> str:
    words = re.sub(r"\b(?:of|the|a|an|in|total|different|possible|distinct)\b", " ", text.lower())
    words = re.sub(r"(?:e?s)\b", "", words)
    return re.sub(r"[^a-z0-9/^°-]", "", words).replace("^", "")
