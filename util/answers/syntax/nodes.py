"""The tree of a parsed answer: one frozen dataclass for each kind of node.

A node's fields hold nodes, tuples of nodes (also nested), or plain values; tree.py works on all of them by the fields
alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction


class Unreadable(ValueError):
    """The text cannot be parsed; the message names where the parser stopped."""


@dataclass(frozen=True, slots=True)
class Node:
    """The base of all nodes."""


# -- values ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Num(Node):
    """A number. places: decimal places as written, None if it has no decimal point."""

    value: Fraction
    places: int | None = None


@dataclass(frozen=True, slots=True)
class Sym(Node):
    """A symbol, its subscripts and primes included."""

    name: str


@dataclass(frozen=True, slots=True)
class Const(Node):
    """pi, e, i or inf."""

    name: str


@dataclass(frozen=True, slots=True)
class NumberSet(Node):
    """R, Z, N, Q or C."""

    name: str


@dataclass(frozen=True, slots=True)
class Add(Node):
    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mul(Node):
    """dotted: written with a multiplication sign, so that it is no name such as AB; it makes no other difference."""

    factors: tuple[Node, ...]
    dotted: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Neg(Node):
    inside: Node


@dataclass(frozen=True, slots=True)
class Div(Node):
    above: Node
    below: Node


@dataclass(frozen=True, slots=True)
class Pow(Node):
    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class PlusMinus(Node):
    """left ± right; left is None for a sign. above: whether plus comes first (± and not ∓)."""

    left: Node | None
    right: Node
    above: bool = True


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A known function, such as sin, abs, floor, factorial or binom."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Apply(Node):
    """An unknown function applied: f(x), f'(x) (name "f'")."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Percent(Node):
    inside: Node


@dataclass(frozen=True, slots=True)
class Degrees(Node):
    inside: Node


@dataclass(frozen=True, slots=True)
class Radians(Node):
    inside: Node


@dataclass(frozen=True, slots=True)
class Quantity(Node):
    """A value with a unit or with the word of what is counted."""

    value: Node
    unit: str


@dataclass(frozen=True, slots=True)
class Compound(Node):
    """5 ft 3 in: a quantity and a smaller one."""

    first: Quantity
    rest: Node


@dataclass(frozen=True, slots=True)
class Based(Node):
    """Digits in a base."""

    digits: str
    base: int


@dataclass(frozen=True, slots=True)
class Range(Node):
    """A sum or product ("sum", "prod") over a whole variable."""

    kind: str
    variable: str
    first: Node
    last: Node
    body: Node


@dataclass(frozen=True, slots=True)
class Integral(Node):
    variable: str
    low: Node | None
    high: Node | None
    body: Node


@dataclass(frozen=True, slots=True)
class Derivative(Node):
    variable: str
    order: int
    body: Node


@dataclass(frozen=True, slots=True)
class Limit(Node):
    """side: 1 from above, -1 from below, 0 from both."""

    variable: str
    target: Node
    side: int
    body: Node


@dataclass(frozen=True, slots=True)
class Differential(Node):
    """dx inside an integral."""

    variable: str


# -- structures ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group(Node):
    """Items in brackets: a tuple or an interval."""

    left: str
    right: str
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class SetOf(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class SetBuilder(Node):
    head: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class SetOperation(Node):
    """kind: "∪", "∩" or "∖"."""

    kind: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Matrix(Node):
    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Cases(Node):
    """Pieces of (value, condition); the condition of "otherwise" is None."""

    pieces: tuple[tuple[Node, Node | None], ...]


@dataclass(frozen=True, slots=True)
class Relation(Node):
    """Sides with an operator between each two."""

    sides: tuple[Node, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Congruence(Node):
    """left ≡ right (mod modulus); left may be None."""

    left: Node | None
    right: Node
    modulus: Node


@dataclass(frozen=True, slots=True)
class Listing(Node):
    """Items without brackets. word: "and", "or", or "" for commas."""

    word: str
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Ratio(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Where(Node):
    value: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Equal(Node):
    """Several forms of one value: of "x = 2/4 = 1/2", the sides behind the name."""

    forms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Words(Node):
    """text: in lower case, single spaces."""

    text: str


@dataclass(frozen=True, slots=True)
class Dots(Node):
    """An ellipsis."""
