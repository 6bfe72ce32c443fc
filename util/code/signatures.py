"""The types that a row's starter code declares for its function, and whether the row's tests fit them."""

from __future__ import annotations

import ast
import re
from typing import Any

from util.code.inside.leetcode import Kind, innermost, kind_of
from util.code.problem import Signature, Tests


def signature_of(starter: str, function: str) -> Signature | None:
    """The signature of ``function`` in ``starter``, which may lack the function's body; None if it is not there.

    ``class Node`` in it, usually a comment, tells which of LeetCode's classes of that name is meant.
    """
    start = re.search(rf"\bdef\s+{re.escape(function)}\s*\(", starter)
    if start is None:
        return None
    heading = _heading(starter[start.end() - 1 :])
    try:
        (definition,) = ast.parse(f"def f{heading}: pass").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not isinstance(definition, ast.FunctionDef):
        return None
    fields = set(re.findall(r"\bself\.(\w+)", starter))
    notes = [item.annotation for item in [*definition.args.posonlyargs, *definition.args.args] if item.arg != "self"]
    kinds = [kind_of(ast.unparse(note), fields) if note is not None else None for note in [*notes, definition.returns]]
    return Signature(tuple(kinds[:-1]), kinds[-1])


def list_depth(starter: str, function: str) -> int | None:
    """How deeply lists are nested in the declared result: 0 for ``int``, 2 for ``List[List[int]]``; None if undeclared."""
    start = re.search(rf"\bdef\s+{re.escape(function)}\s*\(", starter)
    parameters, arrow, result = _heading(starter[start.end() - 1 :]).rpartition("->") if start else ("", "", "")
    if not arrow or not parameters.rstrip().endswith(")"):
        return None
    opened = re.match(r"[\"']?(?:(?:typing\.)?(?:Optional|List|list|Sequence|Tuple|tuple)\b\[?)*", result.strip())
    return len(re.findall(r"[Ll]ist|Sequence|[Tt]uple", opened[0])) if opened else 0


def misfit(signature: Signature, tests: Tests) -> str | None:
    """Why the tests cannot be run with this signature; None if they can, or if no linked list or tree is declared."""
    if not any(signature.parameters) and signature.result is None:
        return None
    if any(innermost(kind) == ("Node", None) for kind in (*signature.parameters, signature.result)):
        return "the class Node of this problem is not known"
    for arguments in tests.inputs:
        if len(arguments) != len(signature.parameters):
            return f"{len(arguments)} arguments for {len(signature.parameters)} parameters"
        if not all(map(_fits, signature.parameters, arguments)):
            return "an argument that is declared as a linked list or tree is not a list"
    if not all(_fits(signature.result, output) for output in tests.outputs):
        return "a result that is declared as a linked list or tree is not a list"
    return None


def typed_inputs(tests: Tests) -> list[Any]:
    """The inputs as ``inside.leetcode.prepared`` takes them."""
    if tests.signature is None:
        return tests.inputs
    return [(list(item), list(tests.signature.parameters), tests.signature.result) for item in tests.inputs]


def _heading(text: str) -> str:
    """Parameters and return annotation of a definition: from its opening bracket up to its colon."""
    depth = 0
    for position, character in enumerate(text):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == ":" and depth == 0:
            return text[:position]
    return text


def _fits(kind: Kind | None, value: Any) -> bool:
    if kind is None or value is None:
        return True
    return isinstance(value, list) and (kind[0] != "list" or all(_fits(kind[1], item) for item in value))
