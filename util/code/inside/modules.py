"""Modules of a program: those that every child has already, and what has to change in others to work in the sandbox."""

from __future__ import annotations

import builtins
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

PRELOADED = [
    "array",
    "bisect",
    "cmath",
    "collections",
    "copy",
    "datetime",
    "decimal",
    "fractions",
    "functools",
    "heapq",
    "io",
    "itertools",
    "json",
    "math",
    "operator",
    "queue",
    "random",
    "re",
    "statistics",
    "string",
    "textwrap",
    "threading",
    "time",
    "types",
    "typing",
    "numpy",
]


def _compile_without_cache(dispatcher: ModuleType) -> None:
    """``numba.jit(cache=True)``: no program may leave files for the next, so each compiles."""
    dispatcher.Dispatcher.enable_caching = lambda self: None


_CHANGES = {"numba.core.dispatcher": _compile_without_cache}
"""Module -> what to change in it once it is imported."""


class _Changed:
    """The loader of a module in ``_CHANGES``."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self._loader.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        _CHANGES[module.__name__](module)


class _Finder:
    """Finds the modules in ``_CHANGES`` where the other finders do."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in _CHANGES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Changed(spec.loader)  # type: ignore[assignment]
        return spec


def adapt_imports() -> None:
    """Have later imports make the changes."""
    sys.meta_path.insert(0, _Finder)  # type: ignore[arg-type]


CALL_NAMES: dict[str, Any] = {}
"""Names that a function may use without importing them, as on LeetCode: typing, collections, math, ..."""

_STARRED = ("typing", "collections", "itertools", "functools", "heapq", "bisect", "math", "string")
_NAMED = (
    *_STARRED,
    "operator",
    "re",
    "copy",
    "random",
    "sys",
    "os",
    "datetime",
    "time",
    "json",
    "decimal",
    "fractions",
    "statistics",
    "queue",
)


def collect_call_names() -> None:
    """Fill ``CALL_NAMES`` from the imported modules."""
    for name in _STARRED:
        module = sys.modules.get(name)
        names = getattr(module, "__all__", None) or [n for n in dir(module) if not n.startswith("_")]
        CALL_NAMES.update((n, getattr(module, n)) for n in names if not hasattr(builtins, n))
    CALL_NAMES.update((name, sys.modules[name]) for name in _NAMED if name in sys.modules)
    if "numpy" in sys.modules:
        CALL_NAMES["np"] = sys.modules["numpy"]
