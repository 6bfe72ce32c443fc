"""The arguments of an instruction as a row has them, and what a rule says when they cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


class Undecided(Exception):
    """Whether a text follows an instruction cannot be told; the message says why. row: whether the dataset's row is the cause."""

    def __init__(self, why: str, *, row: bool = True) -> None:
        super().__init__(why)
        self.row = row


@dataclass(frozen=True)
class Arguments:
    """The columns of ``kwargs`` for one instruction; null ones are missing.

    Every method raises ``Undecided`` where a value is missing or has another type: no rule guesses one.
    """

    values: Mapping[str, Any]

    def text(self, name: str) -> str:
        """A text with something in it, without spaces around it."""
        value = self.values.get(name)
        if not isinstance(value, str) or not value.strip():
            raise Undecided(f"the row gives no {name}" if value is None else f"{name} is {value!r}, not a text")
        return value.strip()

    def texts(self, name: str) -> list[str]:
        value = self.values.get(name)
        found = [item.strip() for item in value if isinstance(item, str)] if isinstance(value, list | tuple) else []
        if not found or not all(found):
            raise Undecided(
                f"the row gives no {name}" if value is None else f"{name} is {value!r}, not a list of texts"
            )
        return found

    def count(self, name: str) -> int:
        """A whole number from 0; tables with gaps hold 3 as 3.0."""
        value = self.values.get(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise Undecided(f"the row gives no {name}" if value is None else f"{name} is {value!r}, not a number")
        return value

    def holds(self, found: int, count: str, relation: str) -> bool:
        """Whether ``found`` stands in the row's relation to its number. count, relation: names of the columns."""
        wanted, how = self.count(count), self.text(relation).lower()
        if how not in RELATIONS:
            raise Undecided(f"{relation} is {how!r}, none of {', '.join(RELATIONS)}")
        return RELATIONS[how](found, wanted)


RELATIONS: dict[str, Callable[[int, int], bool]] = {
    "less than": lambda found, wanted: found < wanted,
    "at least": lambda found, wanted: found >= wanted,
    "at most": lambda found, wanted: found <= wanted,
}

Rule = Callable[[Arguments, str], bool]
"""Whether a text follows an instruction; raises ``Undecided``."""
