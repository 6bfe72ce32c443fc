"""The points at which two expressions are compared, and what is known of their symbols.

Polynomials and sums of roots are compared exactly (residues.py). For everything else agreement at points decides: generic
ones, whole numbers small and large, negative ones, and points around every constant of the two expressions. Symbols that
can only be whole get whole values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from util.answers.syntax.nodes import Call, Neg, Node, Num, Pow, Range
from util.answers.syntax.tree import symbols, walk
from util.answers.values.complexes import in_doubles
from util.answers.values.evaluate import NoResult, digest_of

_BOXES = tuple(
    (Fraction(low), Fraction(width))
    for low, width in map(str.split, ("0.3 2", "1.1 1.7", "-1.9 1.4", "2.2 3", "0.05 0.4", "0.5 0.45", "-0.95 0.9"))
)
"""(low, width) of the generic points: positive, negative, above 1, and between 0 and 1, where arcsines are real."""
_SMALL = (0, 1, 2, 3, 4, 5, 7, 10, 12)
_LARGE = (97, 200, 1_000, 1_000_003)
_NEGATIVE = (-1, -2, -5)
_STEPS = (Fraction(0), Fraction(-1), Fraction(1), Fraction(1, 2), Fraction(1, 3), Fraction(-1, 3))
MAX_CONSTANTS = 8
LARGEST_CONSTANT = 10**9

_WHOLE_ARGUMENTS = frozenset(["mod", "gcd", "lcm", "binom", "factorial", "factorial2"])
_NATURAL_ARGUMENTS = frozenset(["binom", "factorial", "factorial2"])
_COUNTERS = frozenset("nkmij")
"""Letters that are whole where they stand inside a floor or ceiling."""


def whole_symbols(nodes: Iterable[Node]) -> tuple[set[str], set[str]]:
    """(whole, natural): symbols that are whole numbers, and those of them that are positive.

    Whole are the arguments of mod, gcd and lcm, exponents of negative numbers, and n, k, m, i, j under a floor or ceiling;
    positive are the ends of sums and the arguments of factorials and binomial coefficients.
    """
    whole, natural = set[str](), set[str]()
    for node in nodes:
        for item in walk(node):
            if isinstance(item, Call) and item.name in _WHOLE_ARGUMENTS | {"floor", "ceil"}:
                found = {name for argument in item.arguments for name in symbols(argument)}
                whole |= found if item.name in _WHOLE_ARGUMENTS else found & _COUNTERS
                natural |= found if item.name in _NATURAL_ARGUMENTS else set()
            elif isinstance(item, Range):
                natural |= symbols(item.first) | symbols(item.last)
            elif isinstance(item, Pow) and _negative(item.base):
                whole |= symbols(item.exponent)
    return whole | natural, natural


def _negative(node: Node) -> bool:
    signs = any(isinstance(item, Neg) or (isinstance(item, Num) and item.value < 0) for item in walk(node))
    if symbols(node) or not signs:
        return False
    try:
        value = in_doubles([node], {})[0]
    except NoResult:
        return False
    return bool(value.imag == 0 and value.real < 0)


def constants(nodes: Iterable[Node]) -> list[Fraction]:
    """Numbers in the expressions around which a floor, a maximum or an absolute value may change, few and distinct."""
    found: dict[Fraction, None] = {}
    for node in nodes:
        for item in walk(node):
            if isinstance(item, Num) and 0 < abs(item.value) <= LARGEST_CONSTANT:
                found[abs(item.value)] = None
    return list(found)[:MAX_CONSTANTS]


def generic_points(names: Iterable[str], whole: set[str], natural: set[str]) -> Iterator[dict[str, Fraction]]:
    """Fixed points that nobody writes by chance; whole symbols are small whole numbers there."""
    ordered = sorted(names)
    for point, (low, width) in enumerate(_BOXES):
        found = {}
        for name in ordered:
            digest = int.from_bytes(digest_of(name, point)[:6], "big")
            size = 1 + digest % (7 + 3 * point)
            sized = Fraction(-size if low < 0 and name not in natural else size)
            found[name] = sized if name in whole else low + width * Fraction(digest, 2**48)
        yield found


def special_points(
    nodes: Iterable[Node], names: Iterable[str], whole: set[str], natural: set[str]
) -> Iterator[dict[str, Fraction]]:
    """Whole numbers and the neighbours of constants; each symbol in turn is there, the others are near it or small."""
    sides, ordered = list(nodes), sorted(names)
    values = [Fraction(n) for n in (*_SMALL, *_NEGATIVE, *_LARGE)]
    for constant in constants(sides):
        values += [constant + step for step in _STEPS]
        values += [-constant, -constant - 1, -constant + 1, 2 * constant, 2 * constant - 1]
    for place, value in enumerate(dict.fromkeys(values)):
        found = {}
        for turn, name in enumerate(ordered):
            mine = place % len(ordered) == turn
            own = value if mine else Fraction(_SMALL[(place + 2 * turn) % len(_SMALL)])
            found[name] = _settled(own, name in whole, name in natural)
        yield found
        if len(ordered) > 1:
            yield {name: _settled(value, bool(whole), name in natural) for name in ordered}


def _settled(value: Fraction, whole: bool, natural: bool) -> Fraction:
    value = Fraction(round(value)) if whole else value
    return max(value, Fraction(1)) if natural else value
