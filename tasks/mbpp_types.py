"""The types of MBPP+'s inputs that JSON cannot write: tuples, sets, complex numbers.

Facts from evalplus 0.3.1, evalplus/data/mbpp.py (``mbpp_deserialize_inputs``, Apache-2.0): numbers of problems, and
what their inputs are in Python.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Arguments = list[Any]


def converted(problem: int, inputs: list[Arguments]) -> list[Arguments]:
    """The inputs of MBPP's problem of this number, as its reference solution takes them.

    Raises:
        ValueError, TypeError, LookupError, AttributeError: an input does not have the form of the problem.
    """
    convert = _CONVERTER_OF.get(problem)
    return inputs if convert is None else [list(convert(arguments)) for arguments in inputs]


def _tuples(items: Any) -> list[Any]:
    return [tuple(item) for item in items]


def _each_a_tuple(arguments: Arguments) -> Arguments:
    return _tuples(arguments)


def _each_a_list_of_tuples(arguments: Arguments) -> Arguments:
    return [_tuples(argument) for argument in arguments]


def _each_a_tuple_of_tuples(arguments: Arguments) -> Arguments:
    return [tuple(_tuples(argument)) for argument in arguments]


def _first_a_list_of_tuples(arguments: Arguments) -> Arguments:
    return [_tuples(arguments[0]), arguments[1]]


def _first_a_tuple(arguments: Arguments) -> Arguments:
    return [tuple(arguments[0]), *arguments[1:]]


def _second_a_tuple(arguments: Arguments) -> Arguments:
    return [arguments[0], tuple(arguments[1])]


def _list_of_sets(arguments: Arguments) -> Arguments:
    return [[set(item) if isinstance(item, list) and item else {} for item in arguments[0]]]


def _float_and_complex(arguments: Arguments) -> Arguments:
    return [float(arguments[0]), complex(arguments[1])]


def _complex(arguments: Arguments) -> Arguments:
    return [complex(arguments[0])]


def _tuple_of_items_and_tuples(arguments: Arguments) -> Arguments:
    return [tuple(tuple(item) if isinstance(item, list) else item for item in arguments[0])]


def _dict_of_tuples(arguments: Arguments) -> Arguments:
    return [{name: tuple(value) for name, value in arguments[0].items()}, *arguments[1:]]


def _all_tuples(value: Any) -> Any:
    return tuple(_all_tuples(item) for item in value) if isinstance(value, list) else value


_PROBLEMS: dict[Callable[[Arguments], Any], str] = {
    _each_a_tuple: "2 116 132 143 222 261 273 394 399 421 424 429 470 560 579 596 616 630 726 740 744 809",
    _each_a_list_of_tuples: "63 64 70 94 120 237 272 299 400 409 417 438 473 614 780",
    _first_a_list_of_tuples: "75 413 444 753",
    _second_a_tuple: "106 750",
    _list_of_sets: "115",
    _float_and_complex: "124",
    _first_a_tuple: "250 307 405 446 617 720 763 808",
    _complex: "252",
    _each_a_tuple_of_tuples: "259 401 445",
    _tuple_of_items_and_tuples: "278",
    _all_tuples: "580 615 791",
    _dict_of_tuples: "722",
}

_CONVERTER_OF = {int(number): convert for convert, numbers in _PROBLEMS.items() for number in numbers.split()}
