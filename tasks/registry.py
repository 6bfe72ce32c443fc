"""The table of datasets: names at once, handlers when they are asked for."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from util.system.errors import UserError

if TYPE_CHECKING:
    from util.task import TaskHandler


class Registry(Mapping[str, "type[TaskHandler]"]):
    """Dataset name -> handler class. places: name -> "module:class"."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = dict(places)
        self._loaded: dict[str, type[TaskHandler]] = {}

    def __getitem__(self, name: str) -> type[TaskHandler]:
        if name not in self._loaded:
            module, _, attribute = self._places[name].partition(":")
            self._loaded[name] = getattr(importlib.import_module(module), attribute)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._places, *self._loaded]))

    def __len__(self) -> int:
        return len({*self._places, *self._loaded})

    def __contains__(self, name: object) -> bool:
        return name in self._places or name in self._loaded

    def named(self, text: str, groups: Collection[str] = ()) -> str:
        """The dataset that ``text`` names, in any case, with or without hyphens: "math-500" is MATH500.

        groups: names that the command also takes, for the message.

        Raises:
            UserError: there is none, or several; says which one may be meant.
        """
        if text in self:
            return text
        found = [name for name in self if _plain(name) == _plain(text)]
        if len(found) == 1:
            return found[0]
        if found:
            raise UserError(f"benchmark {text!r} could be {' or '.join(found)}: write the one that you mean.")
        plain = {_plain(name): name for name in (*self, *groups)}
        near = difflib.get_close_matches(_plain(text), plain, 1)
        hint = f"did you mean {plain[near[0]]}? " if near else ""
        more = f", and the groups {', '.join(groups)}" if groups else ""
        raise UserError(f"unknown benchmark {text!r}; {hint}there are {', '.join(self)}{more}.")

    def add(self, handler: type[TaskHandler]) -> None:
        """Add a handler; it replaces one of the same name."""
        self._loaded[handler.name] = handler


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
