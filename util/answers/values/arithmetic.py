"""What functions need of the field of real and complex numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Protocol


class Arithmetic(Protocol):
    """context: mpmath's, which computes. doubles: whether it computes in doubles."""

    context: Any
    doubles: bool

    def number(self, value: Fraction) -> Any:
        """A rational number."""

    def raised(self, base: Any, exponent: Any) -> Any:
        """A power. Raises: NoValue, TooHard."""

    def whole(self, value: Any) -> int:
        """The value as a whole number. Raises: NotInField."""

    def real(self, value: Any) -> Any:
        """The value itself if it is real. Raises: NoValue."""
