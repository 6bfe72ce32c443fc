"""One evaluator for all fields, why it may give no value, and the limits of one comparison.

``evaluate`` knows what each kind of node means; a ``Field`` knows numbers, arithmetic and functions. The fields are exact
fractions (rationals.py), residues modulo a prime (residues.py), and real and complex numbers of any precision (complexes.py)."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from util.answers.syntax.nodes import (
    Add,
    Apply,
    Call,
    Const,
    Degrees,
    Derivative,
    Div,
    Integral,
    Limit,
    Mul,
    Neg,
    Node,
    Num,
    Percent,
    Pow,
    Radians,
    Range,
    Sym,
)
from util.answers.syntax.tree import INFINITY

SECONDS, STEPS = 0.25, 40_000
"""CPU seconds of one comparison, over all its evaluations, and steps of one evaluation."""

_local = threading.local()


class TooHard(ArithmeticError):
    """A value cannot be computed within the bounds."""


class NoValue(ArithmeticError):
    """There is no value at this point: a pole, a limit that does not exist."""


class Indeterminate(NoValue):
    """0/0 and the like: the point may be a gap that a simplified form does not have."""


class NotInField(ValueError):
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


class Field(ABC):
    """Numbers with their arithmetic. Values are of any type; each operation returns a new one.

    Operations raise NoValue where there is none, TooHard where it is too large, NotInField where this field has none.
    """

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

    def whole(self, value: Any) -> int:
        """A value of this field as a whole number. Raises NotInField if it is none."""
        raise NotInField("whole numbers")


class Evaluation:
    """One evaluation in a field. known: values of symbols."""

    def __init__(self, field: Field, known: Mapping[str, Any], steps: Steps | None = None) -> None:
        self.field, self.known, self.steps = field, known, steps or Steps()
        self.calculus = 0
        """Open integrals, limits and derivatives."""

    def value(self, node: Node) -> Any:
        """The value of a node.

        Raises:
            NoValue, TooHard, NotInField.
        """
        self.steps.spend()
        handler = _HANDLERS.get(type(node))
        if handler is None:
            raise NotInField(type(node).__name__)
        return handler(self, node)

    def having(self, name: str, value: Any) -> Evaluation:
        """The same evaluation with a value for one more symbol."""
        other = Evaluation(self.field, {**self.known, name: value}, self.steps)
        other.calculus = self.calculus
        return other


def evaluate(node: Node, field: Field, known: Mapping[str, Any], steps: Steps | None = None) -> Any:
    """The value of a tree in a field, its symbols as in ``known``.

    Raises:
        NoValue: there is none. TooHard: not within the bounds. NotInField: the field has no such value.
    """
    return Evaluation(field, known, steps).value(node)


def _sym(run: Evaluation, node: Sym) -> Any:
    found = run.known.get(node.name)
    return run.field.symbol(node.name) if found is None else found


def _add(run: Evaluation, node: Add) -> Any:
    found = run.value(node.terms[0])
    for item in node.terms[1:]:
        found = run.field.plus(found, run.value(item))
    return found


def _mul(run: Evaluation, node: Mul) -> Any:
    found = run.value(node.factors[0])
    for item in node.factors[1:]:
        found = run.field.times(found, run.value(item))
    return found


def _degrees(run: Evaluation, node: Degrees) -> Any:
    field = run.field
    return field.times(run.value(node.inside), field.over(field.constant("pi"), field.number(Fraction(180))))


def _range(run: Evaluation, node: Range) -> Any:
    if node.last == INFINITY:
        return run.field.calculus(run, node)
    low, high = (run.field.whole(run.value(end)) for end in (node.first, node.last))
    if high - low > MAX_TERMS:
        raise TooHard("a range that is too long")
    combine = run.field.plus if node.kind == "sum" else run.field.times
    found = run.field.number(Fraction(0 if node.kind == "sum" else 1))
    for index in range(low, high + 1):
        found = combine(found, run.having(node.variable, run.field.number(Fraction(index))).value(node.body))
    return found


_HANDLERS: dict[type[Node], Callable[[Evaluation, Any], Any]] = {
    Num: lambda run, node: run.field.number(node.value),
    Sym: _sym,
    Const: lambda run, node: run.field.constant(node.name),
    Add: _add,
    Mul: _mul,
    Neg: lambda run, node: run.field.times(run.field.number(Fraction(-1)), run.value(node.inside)),
    Div: lambda run, node: run.field.over(run.value(node.above), run.value(node.below)),
    Pow: lambda run, node: run.field.power(run, node.base, node.exponent),
    Percent: lambda run, node: run.field.over(run.value(node.inside), run.field.number(Fraction(100))),
    Degrees: _degrees,
    Radians: lambda run, node: run.value(node.inside),
    Call: lambda run, node: run.field.call(run, node.name, node.arguments),
    Apply: lambda run, node: run.field.applied(node.name, [run.value(item) for item in node.arguments]),
    Range: _range,
    Integral: lambda run, node: run.field.calculus(run, node),
    Limit: lambda run, node: run.field.calculus(run, node),
    Derivative: lambda run, node: run.field.calculus(run, node),
}
