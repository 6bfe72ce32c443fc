"""The table of datasets: names at once, handlers when they are asked for."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

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

    def add(self, handler: type[TaskHandler]) -> None:
        """Add a handler; it replaces one of the same name."""
        self._loaded[handler.name] = handler
