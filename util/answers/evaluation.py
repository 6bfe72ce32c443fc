"""One bounded evaluation of a tree in one of mpmath's contexts.

How each kind of node is evaluated is a table that the caller passes (numeric.py), so that the
modules for functions and calculus depend on this one alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from util.answers.nodes import Node, TooHard

MAX_EXPONENT = 20_000
"""Binary exponent of the largest value."""

SECONDS, STEPS = 0.25, 40_000
"""CPU seconds of one comparison, over all its evaluations, and steps of one evaluation."""

_local = threading.local()


class NoNumber(ValueError):
    """The tree contains something that has no value."""


def start_clock() -> None:
    """Start the time limit of one comparison. It counts CPU time, so a busy machine cannot change a verdict."""
    _local.end = time.thread_time() + SECONDS


class Evaluation:
    """One evaluation in one of mpmath's contexts (``mpmath.fp`` or ``mpmath.mp``), under a budget.

    handlers: for each ``Node.op``, the function that evaluates such a node.
    """

    def __init__(self, context: Any, handlers: Mapping[str, Handler]) -> None:
        self.context = context
        self.handlers = handlers
        self.steps = STEPS
        self.calculus = 0
        """Open integrals, limits, sums and derivatives."""
        self.end: float = getattr(_local, "end", time.thread_time() + SECONDS)

    def value(self, node: Node, known: Mapping[str, Any]) -> Any:
        """The value of ``node``, its symbols as in ``known``.

        Raises:
            TooHard: the budget is spent or the value is too large. NoNumber: the node has no value.
        """
        self.steps -= 1
        if self.steps < 0 or (self.steps % 64 == 0 and time.thread_time() > self.end):
            raise TooHard("too many steps")
        handler = self.handlers.get(node.op)
        if handler is None:
            raise NoNumber(node.op)
        value = handler(self, node, known)
        return self.checked(value)

    def checked(self, value: Any) -> Any:
        """``value`` itself. Raises TooHard if it is too large or not a number."""
        size = abs(value)
        if size != size or (size > 1e300 and (self.context.isinf(size) or self.magnitude(size) > MAX_EXPONENT)):
            raise TooHard("too large a value")
        return value

    def magnitude(self, size: Any) -> float:
        """Binary exponent of a value."""
        return float(self.context.mag(size)) if size else 0.0

    def power(self, base: Any, exponent: Any) -> Any:
        """``base`` to the power of ``exponent``. Raises TooHard if it is too large or has no value."""
        context = self.context
        if base == 0:
            if context.re(exponent) <= 0:
                raise TooHard("no value: a power of zero")
            return base
        if abs(exponent) * (abs(self.magnitude(abs(base))) + 1) > 2 * MAX_EXPONENT:
            raise TooHard("too large a power")
        return base**exponent


Handler = Callable[[Evaluation, Node, Mapping[str, Any]], Any]
