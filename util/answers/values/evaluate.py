"""One evaluator for all fields, why it may give no value, and the limits of one comparison.

``evaluate`` knows what each kind of node means; a ``Field`` knows numbers, arithmetic and functions. The fields are exact
fractions (rationals.py), residues modulo a prime (residues.py), and real and complex numbers of any precision (complexes.py).
"""

from __future__ import annotations

import hashlib
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import reduce
from typing import Any

from util.answers.syntax import nodes
from util.answers.syntax.nodes import Node
from util.answers.syntax.tree import INFINITY

SECONDS, STEPS = 0.25, 40_000
"""CPU seconds of one comparison, over all its evaluations, and steps of one evaluation."""

_local = threading.local()


class NoResult(ArithmeticError):
    """The base of the reasons why an evaluation gives nothing."""


class TooHard(NoResult):
    """A value cannot be computed within the bounds."""


class NoValue(NoResult):
    """There is no value at this point: a pole, a limit that does not exist."""


class Indeterminate(NoValue):
    """0/0 and the like: the point may be a gap that a simplified form does not have."""


class NotInField(NoResult):
    """The field has no such value: an irrational one, or something that is no value at all."""


def start_clock() -> None:
    """Start the time limit of one comparison. It counts CPU time, so a busy machine cannot change a verdict."""
    _local.end = time.thread_time() + SECONDS


class Steps:
    """A budget of steps within the time limit; ``spend`` raises TooHard when one of them is used up."""

    def __init__(self, limit: int = STEPS) -> None:
        self._left = limit
        self._end: float = getattr(_local, "end", time.thread_time() + SECONDS)

    def spend(self) -> None:
        self._left -= 1
        if self._left < 0 or (self._left % 64 == 0 and time.thread_time() > self._end):
            raise TooHard("too many steps")


MAX_TERMS = 2_000
"""Terms of a sum or product that is added up one by one."""


def digest_of(name: str, point: int) -> bytes:
    """Bytes that depend on a symbol and a number alone, for values that nobody writes by chance."""
    return hashlib.sha256(f"{point} {name}".encode("utf-8", "surrogatepass")).digest()


class Field(ABC):
    """Numbers with their arithmetic. Values are of any type; each operation returns a new one or raises ``NoResult``."""

    @abstractmethod
    def number(self, value: Fraction) -> Any:
        """A rational number in this field."""

    def constant(self, name: str) -> Any:
        """pi, e or i."""
        raise NotInField(name)

    def symbol(self, name: str) -> Any:
        """A symbol that the caller gave no value."""
        raise NotInField(name)

    @abstractmethod
    def plus(self, left: Any, right: Any) -> Any: ...

    @abstractmethod
    def times(self, left: Any, right: Any) -> Any: ...

    @abstractmethod
    def over(self, left: Any, right: Any) -> Any: ...

    @abstractmethod
    def power(self, run: Evaluation, base: Node, exponent: Node) -> Any: ...

    @abstractmethod
    def call(self, run: Evaluation, name: str, arguments: tuple[Node, ...]) -> Any:
        """A known function of arguments that are not evaluated yet."""

    def applied(self, name: str, arguments: list[Any]) -> Any:
        """An unknown function."""
        raise NotInField(name)

    def calculus(self, run: Evaluation, node: Node) -> Any:
        """An integral, limit, derivative, or infinite sum."""
        raise NotInField(type(node).__name__)

    @abstractmethod
    def whole(self, value: Any) -> int:
        """A value of this field as a whole number. Raises: NotInField."""


class Evaluation:
    """One evaluation in a field. known: values of symbols. calculus: open integrals, limits and derivatives."""

    def __init__(self, field: Field, known: Mapping[str, Any], steps: Steps | None = None, calculus: int = 0) -> None:
        self.field, self.known, self.steps, self.calculus = field, known, steps or Steps(), calculus

    def value(self, node: Node) -> Any:
        """The value of a node. Raises: NoResult."""
        self.steps.spend()
        handler = _HANDLERS.get(type(node))
        if handler is None:
            raise NotInField(type(node).__name__)
        return handler(self, node)

    def having(self, name: str, value: Any) -> Evaluation:
        """The same evaluation with a value for one more symbol."""
        return Evaluation(self.field, {**self.known, name: value}, self.steps, self.calculus)


def evaluate(node: Node, field: Field, known: Mapping[str, Any], steps: Steps | None = None) -> Any:
    """The value of a tree in a field, its symbols as in ``known``. Raises: NoResult."""
    return Evaluation(field, known, steps).value(node)


def _sym(run: Evaluation, node: nodes.Sym) -> Any:
    found = run.known.get(node.name)
    return run.field.symbol(node.name) if found is None else found


def _range(run: Evaluation, node: nodes.Range) -> Any:
    if node.last == INFINITY:
        return _calculus(run, node)
    low, high = (run.field.whole(run.value(end)) for end in (node.first, node.last))
    if high - low > MAX_TERMS:
        raise TooHard("a range that is too long")
    number, (combine, empty) = run.field.number, (run.field.plus, 0) if node.kind == "sum" else (run.field.times, 1)
    terms = (run.having(node.variable, number(Fraction(n))).value(node.body) for n in range(low, high + 1))
    return reduce(combine, terms, number(Fraction(empty)))


def _calculus(run: Evaluation, node: Node) -> Any:
    return run.field.calculus(run, node)


def _over_180(run: Evaluation, node: nodes.Degrees) -> Any:
    field = run.field
    return field.times(run.value(node.inside), field.over(field.constant("pi"), field.number(Fraction(180))))


_HANDLERS: dict[type[Node], Callable[[Evaluation, Any], Any]] = {
    nodes.Num: lambda run, node: run.field.number(node.value),
    nodes.Sym: _sym,
    nodes.Const: lambda run, node: run.field.constant(node.name),
    nodes.Add: lambda run, node: reduce(run.field.plus, map(run.value, node.terms)),
    nodes.Mul: lambda run, node: reduce(run.field.times, map(run.value, node.factors)),
    nodes.Neg: lambda run, node: run.field.times(run.field.number(Fraction(-1)), run.value(node.inside)),
    nodes.Div: lambda run, node: run.field.over(run.value(node.above), run.value(node.below)),
    nodes.Pow: lambda run, node: run.field.power(run, node.base, node.exponent),
    nodes.Percent: lambda run, node: run.field.over(run.value(node.inside), run.field.number(Fraction(100))),
    nodes.Degrees: _over_180,
    nodes.Radians: lambda run, node: run.value(node.inside),
    nodes.Call: lambda run, node: run.field.call(run, node.name, node.arguments),
    nodes.Apply: lambda run, node: run.field.applied(node.name, [run.value(item) for item in node.arguments]),
    nodes.Range: _range,
    **dict.fromkeys([nodes.Integral, nodes.Limit, nodes.Derivative], _calculus),
}
