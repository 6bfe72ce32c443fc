"""Results of calls with their Python types, for problems where ``(1, 2)`` is right and ``[1, 2]`` is wrong.

The judge's own encoding makes a list of a tuple, and a set equals nothing. An epilogue of the solution instead encodes
what the asked function returns as nested lists: numbers, texts and None as they are, everything else behind a letter:
"l" list, "t" tuple, "s" set, "d" dict (pairs), "c" complex (two floats), "q" fraction (two integers), "n" array,
"?" anything else (the name of its type). A solution can only spoil the encoding of its own result.
"""

from __future__ import annotations

import inspect
from fractions import Fraction
from typing import Any

CALLED = "_sky_t1_called"
"""The function of the epilogue."""


def typed(value: Any) -> Any:
    """Encode a value. The source of this function is part of programs, so it needs no other name.

    >>> typed((1, [2.5, True])), typed({"a": None})
    (['t', 1, ['l', 2.5, True]], ['d', ['a', None]])
    """
    import numbers

    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, complex):
        return ["c", value.real, value.imag]
    if isinstance(value, (list, tuple)):
        return ["l" if isinstance(value, list) else "t", *[typed(item) for item in value]]
    if isinstance(value, (set, frozenset)):
        return ["s", *sorted((typed(item) for item in value), key=repr)]
    if isinstance(value, dict):
        return ["d", *[[typed(key), typed(item)] for key, item in value.items()]]
    if kind.__module__.split(".")[0] == "numpy" and hasattr(value, "tolist"):
        plain = value.tolist()
        return ["n", typed(plain)] if isinstance(plain, list) else typed(plain)
    if isinstance(value, numbers.Rational) or kind.__name__ == "Decimal":
        try:
            return ["q", *[int(part) for part in value.as_integer_ratio()]]
        except (ValueError, OverflowError):
            return ["?", kind.__name__]
    return ["?", kind.__name__]


def epilogue(function: str) -> str:
    """Code behind a solution; its ``CALLED`` calls ``function`` and encodes the result.

    The encoder has a namespace of its own, since solutions use names such as ``list`` and ``str`` for variables.
    """
    source = f"from __future__ import annotations\n{inspect.getsource(typed)}"
    return (
        f"_sky_t1_names = {{}}\nexec({source!r}, _sky_t1_names)\n"
        f"def {CALLED}(*arguments):\n    return _sky_t1_names['typed']({function}(*arguments))\n"
    )


def key(value: Any) -> tuple[Any, ...]:
    """A key of an encoded value: values that are equal in Python have equal keys, and all keys can be sorted.

    NaN equals NaN here. Nothing is hashed, so a result cannot be chosen to make the comparison slow.

    Raises:
        ValueError: it is not an encoded value.
    """
    if value is None:
        return (4,)
    if isinstance(value, str):
        return (3, value)
    if not isinstance(value, list) or not value:
        return _number_key(number(value))
    tag, items = value[0], value[1:]
    if tag in ("c", "q"):
        return _number_key(number(value))
    if tag in ("l", "t", "n"):
        return ({"l": 5, "t": 6, "n": 7}[tag], *(key(item) for item in items))
    if tag == "s":
        return (8, *sorted(key(item) for item in items))
    if tag == "d" and all(isinstance(pair, list) and len(pair) == 2 for pair in items):
        return (9, *sorted((key(name), key(item)) for name, item in items))
    if tag == "?":
        return (10, float("nan"))  # equals nothing
    raise ValueError("a result is not encoded as expected")


def is_number(value: Any) -> bool:
    """Whether an encoded value is a number, True and False included."""
    return isinstance(value, bool | int | float) or (isinstance(value, list) and value[:1] in (["c"], ["q"]))


def number(value: Any) -> Any:
    """The number that an encoded value stands for.

    Raises:
        ValueError: it is not a number.
    """
    if isinstance(value, bool | int | float):
        return value
    if is_number(value) and len(value) == 3:
        tag, first, second = value
        if tag == "c" and isinstance(first, float) and isinstance(second, float):
            return complex(first, second)
        if tag == "q" and isinstance(first, int) and isinstance(second, int) and second > 0:
            return Fraction(first, second)
    raise ValueError("a result is not encoded as expected")


def _number_key(value: Any) -> tuple[Any, ...]:
    if isinstance(value, complex):
        if value.imag != 0:
            return (2, repr(value.real), repr(value.imag))
        value = value.real
    return (1,) if value != value else (0, value)
