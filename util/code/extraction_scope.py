"""Names, input and output of Python syntax trees. Nothing is run; every function takes linear time."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_PLAIN = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINED = (*FUNCTIONS, ast.ClassDef)
_BODIES = (*DEFINED, ast.Lambda)
Defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

_KNOWN = frozenset([*dir(builtins), "__file__", "__builtins__", "raw_input"])
_READERS = frozenset(["open", "fdopen", "FileIO", "read", "mmap"])
"""Functions that read standard input if their first argument is 0."""
_INPUTS = frozenset(["input", "raw_input", "stdin", "fileinput"])
_OUTPUTS = frozenset(["print", "pprint", "stdout", "__stdout__", "write", "writelines", "exec"])
_MEMORY_FILES = frozenset(["StringIO", "BytesIO"])


@dataclass(frozen=True)
class Effects:
    """Whether code mentions standard input, and whether it mentions a way to write output; functions included."""

    reads: bool = False
    prints: bool = False

    def __or__(self, other: Effects) -> Effects:
        return Effects(self.reads or other.reads, self.prints or other.prints)


NO_EFFECTS = Effects()


def nodes_of(node: ast.AST) -> list[ast.AST]:
    """The nodes of a tree, without operators and contexts."""
    found: list[ast.AST] = [node]
    for part in found:  # grows
        for name in part._fields:
            value = getattr(part, name, None)
            if isinstance(value, list):
                found += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST) and not isinstance(value, _PLAIN):
                found.append(value)
    return found


def needed_names(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """Names that are used in a tree and bound nowhere in it, without those of Python itself."""
    used, bound = set[str](), set[str]()
    for part in nodes:
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            used.add(part.id)
        else:
            bound.update(bound_names(part))
    return frozenset(used - bound - _KNOWN)


def names_at_top(tree: ast.Module, nodes: Iterable[ast.AST]) -> frozenset[str]:
    """Names that a module binds, also in loops and branches, and through ``global``. nodes: all of the tree."""
    names = {name for part in outside_functions(tree) for name in bound_names(part)}
    return frozenset(names.union(*(part.names for part in nodes if isinstance(part, ast.Global))))


def outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a tree that are executed when it is: without the bodies of functions, classes and lambdas."""
    pending: list[ast.AST] = [node]
    while pending:
        part = pending.pop()
        yield part
        if not isinstance(part, _BODIES):
            pending.extend(child for child in ast.iter_child_nodes(part) if not isinstance(child, _PLAIN))


def assigned_names(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """Names that are bound anywhere other than by an import."""
    kinds = (ast.Import, ast.ImportFrom)
    return frozenset(name for part in nodes if not isinstance(part, kinds) for name in bound_names(part))


def effects(nodes: Iterable[ast.AST], own: frozenset[str]) -> Effects:
    """own: names that the program assigns, so that ``input`` may be an argument and not the function."""
    reads = prints = False
    for part in nodes:
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            reads |= part.id == "exec" or (part.id in _INPUTS and part.id not in own)
            prints |= part.id in _OUTPUTS
        elif isinstance(part, ast.Attribute):
            reads |= part.attr in ("stdin", "__stdin__") and isinstance(part.ctx, ast.Load)
            prints |= part.attr in _OUTPUTS
        elif isinstance(part, ast.Constant):
            reads |= part.value in ("/dev/stdin", "/dev/fd/0", "stdin")
            prints |= part.value in ("/dev/stdout", "/dev/fd/1", "stdout")
        elif isinstance(part, ast.Call):
            reads |= _last_name(part.func) in _READERS and bool(part.args) and _is_zero(part.args[0])
    return Effects(reads, prints)


def feeds_itself(tree: ast.Module, own: frozenset[str]) -> bool:
    """Whether a program replaces its standard input by a text: it tries an example.

    Only where it always does so: not in a branch, other than one for the main module.
    """
    pending: list[ast.AST] = [tree]
    while pending:
        part = pending.pop()
        if isinstance(part, ast.If) and "__name__" not in ast.dump(part.test):
            continue
        if isinstance(part, ast.Assign) and any(_last_name(target) == "stdin" for target in part.targets):
            value = part.value
            made = isinstance(value, ast.Call) and _last_name(value.func) in _MEMORY_FILES
            if made and not any(effects(nodes_of(argument), own).reads for argument in value.args):  # type: ignore[attr-defined]
                return True
        pending.extend(ast.iter_child_nodes(part))
    return False


def calls_any(nodes: Iterable[ast.AST], names: frozenset[str]) -> bool:
    """Whether a call that is executed with one of ``nodes`` mentions one of ``names``."""
    for node in nodes:
        for call in outside_functions(node):
            if isinstance(call, ast.Call) and _mentions(call, names):
                return True
    return False


def _mentions(call: ast.Call, names: frozenset[str]) -> bool:
    """Looks at the call itself: calls within it are looked at on their own."""
    for part in (call.func, *call.args, *(keyword.value for keyword in call.keywords)):
        while isinstance(part, ast.Attribute | ast.Starred):
            part = part.value
        if isinstance(part, ast.Name) and part.id in names:
            return True
    return False


def bound_names(part: ast.AST) -> Iterable[str]:
    """The names that a single node binds."""
    if isinstance(part, ast.Name):
        return () if isinstance(part.ctx, ast.Load) else (part.id,)
    if isinstance(part, ast.arg):
        return (part.arg,)
    if isinstance(part, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.partition(".")[0] for alias in part.names]
    if isinstance(part, ast.MatchMapping):
        return (part.rest,) if part.rest else ()
    # Functions, classes, exceptions, patterns and, since Python 3.12, type parameters.
    name = getattr(part, "name", None)
    return (name,) if isinstance(name, str) and not isinstance(part, ast.alias) else ()


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_zero(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value == 0
