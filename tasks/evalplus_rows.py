"""Read the rows of EvalPlus' data: its releases, and the sets on the Hub, whose tests are a program.

A release has ``base_input`` and ``plus_input``, lists of argument lists; expected outputs come from its reference
solution. A row on the Hub has a text ``test`` with ``inputs = [...]`` and ``results = [...]``, or a copy of the
reference solution in place of the results. The text is parsed and never run.
"""

from __future__ import annotations

import ast
import json
import sys
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tasks.code import UnusableTests
from util.records import Row

MAX_TEXT = 8 * 2**20
"""Maximum characters of a test text, since 5 million take 1 GiB to parse. All of HumanEval+ have 11 million on the Hub."""

_NAMES = {"inf": float("inf"), "nan": float("nan")}


@dataclass(frozen=True)
class EvalPlusTests:
    """Tests of one problem. inputs: argument lists. results: None where only the reference knows them.

    function: the function that is called, None if the text does not name it. atol: allowed absolute difference.
    """

    inputs: list[Any]
    results: list[Any] | None
    function: str | None
    atol: float


def of_release(row: Row) -> EvalPlusTests:
    """Tests of a release's row, with ``base_input``, ``plus_input`` (lists or JSON texts) and ``atol``.

    Raises:
        UnusableTests: they are malformed, or there are none.
    """
    inputs = [*_inputs(row, "base_input"), *_inputs(row, "plus_input")]
    return EvalPlusTests(inputs, None, row.get("entry_point"), tolerance(row.get("atol") or 0))


def _inputs(row: Row, name: str) -> list[Any]:
    sys.set_int_max_str_digits(0)  # inputs such as 10**5000
    found = row.get(name)
    try:
        found = json.loads(found) if isinstance(found, str) else found
    except (ValueError, RecursionError) as error:
        raise UnusableTests(f"{name} is not JSON ({error})") from error
    if found is None or found == {}:  # in MBPP+ some problems have no further inputs
        return []
    if not isinstance(found, list) or not all(isinstance(arguments, list) for arguments in found):
        raise UnusableTests(f"{name} is not a list of argument lists")
    return found


def tolerance(value: Any) -> float:
    """The field ``atol``.

    Raises:
        UnusableTests: it is not a number from 0 to 1.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise UnusableTests(f"atol is {value!r}, not a number from 0 to 1")
    return float(value)


@lru_cache(maxsize=4)
def of_text(text: str) -> EvalPlusTests:
    """Tests of a row on the Hub, from its ``test``.

    Raises:
        UnusableTests: it cannot be parsed, or it has no inputs.
    """
    sys.set_int_max_str_digits(0)
    if len(text) > MAX_TEXT:
        raise UnusableTests("the test text is too long")
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnusableTests(f"the test text cannot be parsed ({type(error).__name__})") from error
    values: dict[str, Any] = {}
    function, atol = None, 0.0
    for statement in _statements(tree):
        match statement:
            case ast.Assign(targets=[ast.Name(id="inputs" | "results" as name)], value=value):
                values[name] = value
            case ast.For():
                function, atol = _compared(statement)
    if "inputs" not in values:
        raise UnusableTests("the test text has no inputs")
    try:
        inputs = _literal(values["inputs"])
    except (ValueError, TypeError, RecursionError) as error:
        raise UnusableTests(f"the inputs in the test text cannot be read ({error})") from error
    if not isinstance(inputs, list) or not all(isinstance(arguments, list | tuple) for arguments in inputs):
        raise UnusableTests("the inputs in the test text are not argument lists")
    return EvalPlusTests([list(arguments) for arguments in inputs], _results(values, len(inputs)), function, atol)


def _statements(tree: ast.Module) -> list[ast.stmt]:
    """The statements of the text, and those in its function ``check``."""
    inner = [node.body for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "check"]
    return [*tree.body, *(statement for body in inner for statement in body)]


def _results(values: dict[str, Any], count: int) -> list[Any] | None:
    """The results; None where there are none, or where one is written as no literal (such as a Counter)."""
    try:
        results = _literal(values["results"])
    except (LookupError, ValueError, TypeError, RecursionError):
        return None
    return results if isinstance(results, list) and len(results) == count else None


def _compared(loop: ast.For) -> tuple[str | None, float]:
    """The function that the loop over the inputs calls, and its tolerance: of ``assertion(f(*inp), exp, 1e-06)``."""
    for node in ast.walk(loop):
        match node:
            case ast.Call(func=ast.Name(id="assertion"), args=[ast.Call(func=ast.Name(id=name)), *_, last]):
                return name, tolerance(_number(last))
            case ast.Compare(ops=[ast.LtE()], comparators=[limit]):  # find_zero: assert _poly(...) <= 0.0001
                return None, tolerance(_number(limit))
    return None, 0.0


def _number(node: ast.expr) -> Any:
    try:
        return _literal(node)
    except (ValueError, TypeError, RecursionError):
        return None


def _literal(node: ast.expr) -> Any:
    """The value of a literal, with inf, nan, and the empty set.

    Raises:
        ValueError: it is something else. TypeError: an element cannot be in a set or a key.
    """
    match node:
        case ast.Constant(value=value) if value is not Ellipsis:
            return value
        case ast.List(elts=items):
            return [_literal(item) for item in items]
        case ast.Tuple(elts=items):
            return tuple(_literal(item) for item in items)
        case ast.Set(elts=items):
            return {_literal(item) for item in items}
        case ast.Dict(keys=keys, values=items) if None not in keys:
            return {_literal(key): _literal(item) for key, item in zip(keys, items, strict=True) if key is not None}
        case ast.Name(id=name) if name in _NAMES:
            return _NAMES[name]
        case ast.Call(func=ast.Name(id="set"), args=[], keywords=[]):
            return set()
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
            value = _of_number(operand)
            return -value if isinstance(sign, ast.USub) else value
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as sign, right=ast.Constant(value=complex() as part)):
            return _of_number(left) + part if isinstance(sign, ast.Add) else _of_number(left) - part
    raise ValueError(f"line {node.lineno}: {type(node).__name__} is not a literal")


def _of_number(node: ast.expr) -> Any:
    value = _literal(node)
    if isinstance(value, bool) or not isinstance(value, int | float | complex):
        raise ValueError(f"line {node.lineno}: a sign before something that is not a number")
    return value
