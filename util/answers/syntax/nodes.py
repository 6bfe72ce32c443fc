"""The tree of a parsed answer: one frozen dataclass for each kind of node.

A node's fields hold nodes, tuples of nodes (also nested), or plain values; tree.py works on all of them by the fields
alone.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields
from fractions import Fraction
from typing import Any, ClassVar, dataclass_transform

_PLAIN = frozenset(["str", "int", "bool", "Fraction", "int | None", "tuple[str, ...]"])
"""Annotations of fields that hold no nodes."""


class Unreadable(ValueError):
    """The text cannot be parsed; the message names where the parser stopped."""


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Node:
    """The base of all nodes: each class below is a frozen dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    inner: ClassVar[tuple[str, ...]] = ()
    """Names of the fields that may hold nodes."""

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True)(cls)
        cls.inner = tuple(item.name for item in fields(cls) if item.type not in _PLAIN)


class Structure(Node):
    """The base of nodes that are not values."""


class Numerical(Node):
    """The base of values that are computed to few digits."""


class Marked(Node):
    """The base of values with one sign."""

    inside: Node


# -- values ----------------------------------------------------------------------------------------------------------


class Num(Node):
    """A number. places: decimal places as written, None if it has no decimal point."""

    value: Fraction
    places: int | None = None


class Sym(Node):
    """A symbol, its subscripts and primes included."""

    name: str


class Const(Node):
    """pi, e, i or inf."""

    name: str


class NumberSet(Node):
    """R, Z, N, Q or C."""

    name: str


class Add(Node):
    terms: tuple[Node, ...]


class Mul(Node):
    """dotted: written with a multiplication sign, so that it is no name such as AB; it makes no other difference."""

    factors: tuple[Node, ...]
    dotted: bool = field(default=False, compare=False)


class Neg(Marked):
    """-inside."""


class Div(Node):
    above: Node
    below: Node


class Pow(Node):
    base: Node
    exponent: Node


class PlusMinus(Structure):
    """left ± right; left is None for a sign. above: whether plus comes first (± and not ∓)."""

    left: Node | None
    right: Node
    above: bool = True


class Call(Node):
    """A known function, such as sin, abs, floor, factorial or binom."""

    name: str
    arguments: tuple[Node, ...]


class Apply(Node):
    """An unknown function applied: f(x), f'(x) (name "f'")."""

    name: str
    arguments: tuple[Node, ...]


class Percent(Marked):
    """inside %."""


class Degrees(Marked):
    """inside °, in degrees."""


class Radians(Marked):
    """inside rad."""


class Quantity(Node):
    """A value with a unit or with the word of what is counted."""

    value: Node
    unit: str


class Compound(Structure):
    """5 ft 3 in: a quantity and a smaller one."""

    first: Quantity
    rest: Node


class Based(Structure):
    """Digits in a base."""

    digits: str
    base: int


class Range(Node):
    """A sum or product ("sum", "prod") over a whole variable."""

    kind: str
    variable: str
    first: Node
    last: Node
    body: Node


class Integral(Numerical):
    variable: str
    low: Node | None
    high: Node | None
    body: Node


class Derivative(Numerical):
    variable: str
    order: int
    body: Node


class Limit(Numerical):
    """side: 1 from above, -1 from below, 0 from both."""

    variable: str
    target: Node
    side: int
    body: Node


class Differential(Node):
    """dx inside an integral."""

    variable: str


# -- structures ------------------------------------------------------------------------------------------------------


class Group(Structure):
    """Items in brackets: a tuple or an interval."""

    left: str
    right: str
    items: tuple[Node, ...]


class SetOf(Structure):
    items: tuple[Node, ...]


class SetBuilder(Structure):
    head: Node
    condition: Node


class SetOperation(Structure):
    """kind: "∪", "∩" or "∖"."""

    kind: str
    left: Node
    right: Node


class Matrix(Structure):
    rows: tuple[tuple[Node, ...], ...]


class Cases(Structure):
    """Pieces of (value, condition); the condition of "otherwise" is None."""

    pieces: tuple[tuple[Node, Node | None], ...]


class Relation(Structure):
    """Sides with an operator between each two."""

    sides: tuple[Node, ...]
    operators: tuple[str, ...]


class Congruence(Structure):
    """left ≡ right (mod modulus); left may be None."""

    left: Node | None
    right: Node
    modulus: Node


class Listing(Structure):
    """Items without brackets. word: "and", "or", or "" for commas."""

    word: str
    items: tuple[Node, ...]


class Ratio(Structure):
    items: tuple[Node, ...]


class Where(Structure):
    value: Node
    condition: Node


class Equal(Structure):
    """Several forms of one value: of "x = 2/4 = 1/2", the sides behind the name."""

    forms: tuple[Node, ...]


class Words(Structure):
    """text: in lower case, single spaces."""

    text: str


class Dots(Structure):
    """An ellipsis."""
