"""Command-line options from dataclasses: each option is defined once, as a field.

>>> @dataclass(frozen=True)
... class Engine:
...     tensor_parallel: int = option("GPUs per replica", default=1, flag="tp", type=int)
>>> parser = argparse.ArgumentParser()
>>> add_options(parser, Engine, "engine")
>>> options_from(Engine, parser.parse_args(["--tp", "8"]))
Engine(tensor_parallel=8)
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator
from dataclasses import Field, dataclass, field, fields
from typing import Any, TypeVar

_T = TypeVar("_T")
_HELP = "help"


def option(help: str, *, default: Any = None, flag: str = "", **argument: Any) -> Any:
    """A dataclass field that is a command-line option.

    flag: its name without dashes; by default the field's name. argument: other arguments of ``add_argument``
    (type, choices, nargs, metavar, action, required). A field with the default False is a flag.
    """
    return field(default=default, metadata={_HELP: help, "flag": flag, "argument": argument})


def add_options(
    parser: argparse.ArgumentParser,
    options: type[Any],
    title: str = "",
    description: str = "",
    *,
    without: Collection[str] = (),
    **defaults: Any,
) -> None:
    """Add the options of a dataclass; with a title, in their own group.

    without: fields that this script does not offer. defaults: field -> the script's own default.
    """
    group: Any = parser.add_argument_group(title, description or None) if title else parser
    for item in _options(options):
        if item.name in without:
            continue
        argument = {"default": defaults.get(item.name, item.default), **item.metadata["argument"]}
        if argument["default"] is False and "action" not in argument:
            argument["action"] = "store_true"
        group.add_argument(f"--{_flag(item)}", help=item.metadata[_HELP], **argument)


def options_from(options: type[_T], args: argparse.Namespace, **values: Any) -> _T:
    """The dataclass filled from the parsed command line; ``values`` set other fields.

    Options that the script does not offer keep their defaults.
    """
    found = dict(values)
    for item in _options(options):
        name = _flag(item).replace("-", "_")
        if item.name not in found and hasattr(args, name):
            found[item.name] = getattr(args, name)
    return options(**found)


def values_of(options: type[Any], values: object) -> Iterator[tuple[str, Any, Any, str]]:
    """(flag, value, default, help) of each option of a dataclass. values: an instance of it, or of a class that joins several."""
    for item in _options(options):
        yield f"--{_flag(item)}", getattr(values, item.name), item.default, item.metadata[_HELP]


def _options(options: type[Any]) -> list[Field[Any]]:
    return [item for item in fields(options) if _HELP in item.metadata]


def _flag(item: Field[Any]) -> str:
    return item.metadata["flag"] or item.name.replace("_", "-")


__all__ = ["add_options", "dataclass", "option", "options_from", "values_of"]
