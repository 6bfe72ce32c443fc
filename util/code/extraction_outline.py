"""What a piece of code defines, needs, reads and prints, from its text and syntax tree alone; nothing is run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from util.code.extraction_scope import (
    DEFINED,
    FUNCTIONS,
    NO_EFFECTS,
    Defined,
    Effects,
    assigned_names,
    bound_names,
    calls_any,
    effects,
    feeds_itself,
    names_at_top,
    needed_names,
    nodes_of,
    outside_functions,
)
from util.text.python_text import parsed

_DOING = (
    ast.Call, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Import, ast.ImportFrom, ast.FunctionDef,
    ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Assert, ast.Delete,
)  # fmt: skip
_VALUES = (ast.Name, ast.Attribute, ast.Call, ast.IfExp, ast.Subscript, ast.Lambda)
"""What may be a function when it is assigned."""
_SESSION = re.compile(r"(?:[ \t]*+(?:#[^\n]*+)?+\n)*+[ \t]*+(?:>>>|\$ |In \[\d*\]:)")
_DEFINES = re.compile(r"^[ \t]*+(?:async[ \t]+)?(?:def|class)[ \t]+(\w++)", re.MULTILINE)
_READS = re.compile(r"\b(?:raw_)?input\s*\(|\bstdin\b|\bopen\s*\(\s*0\b")
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class TopDefinition:
    """A statement at the top level that binds names and does nothing else.

    needs: see ``needed_names``. solid: a function or class, not an import or a value.
    """

    names: frozenset[str]
    needs: frozenset[str]
    text: str
    solid: bool
    effects: Effects


@dataclass(frozen=True)
class Outline:
    """One piece of code.

    valid: whether it is Python. session: begins as a session of an interpreter or a shell does. idle: nothing but
    values, names and comments. checks: asserts, and neither reads, prints nor defines functions. top: names bound at the top
    level. missing: names that it uses and does not bind. functions: name -> last function or class of that name at the
    top level; for invalid code, ``text_defines`` has their names. callables: what a caller finds, also methods of
    ``Solution``. weak: callables that are assigned in a piece without functions. stubs: those without a body or
    class.
    runs: whether the top level reads, prints or uses functions.
    """

    code: str
    valid: bool = False
    session: bool = False
    idle: bool = False
    checks: bool = False
    top: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    functions: dict[str, Defined] = field(default_factory=dict)
    callables: frozenset[str] = frozenset()
    weak: frozenset[str] = frozenset()
    stubs: frozenset[str] = frozenset()
    definitions: tuple[TopDefinition, ...] = ()
    effects: Effects = NO_EFFECTS
    runs: bool = False
    text_defines: frozenset[str] = frozenset()

    @cached_property
    def lines(self) -> str:
        """The code without indentation and blank lines, for comparison of excerpts."""
        return "\n".join(["", *(line.strip() for line in self.code.split("\n") if line.strip()), ""])


def outlined(code: str) -> Outline:
    """The outline of ``code``; of invalid code, only what its text shows."""
    tree = parsed(code)
    if tree is None:
        session = _SESSION.match(code) is not None
        found = Effects(_READS.search(code) is not None, True)
        return Outline(code, session=session, effects=found, text_defines=frozenset(_DEFINES.findall(code)))
    parts = [nodes_of(statement) for statement in tree.body]
    nodes = [node for part in parts for node in part]
    own = assigned_names(nodes)
    found = effects(nodes, own)
    if found.reads and feeds_itself(tree, own):
        found = Effects(False, found.prints)
    top = names_at_top(tree, nodes)
    needs = [needed_names(part) for part in parts]
    missing = frozenset[str]().union(*needs) - top
    functions = {part.name: part for part in outside_functions(tree) if isinstance(part, DEFINED)}
    statements = [s for s in tree.body if not isinstance(s, (*DEFINED, ast.Import, ast.ImportFrom))]
    strong, weak, stubs = _callables(tree, functions)
    return Outline(
        code,
        valid=True,
        idle=not _does_something(nodes),
        checks=found == NO_EFFECTS
        and not functions
        and any(isinstance(s, ast.Assert) for s in outside_functions(tree)),
        top=top,
        missing=missing,
        functions=functions,
        callables=strong | weak,
        weak=frozenset() if functions else weak - strong,
        stubs=stubs,
        definitions=_definitions(code, tree, needs, own, functions),
        effects=found,
        runs=_runs(statements, own, missing.union(functions)),
        text_defines=frozenset(functions),
    )


def is_session(code: str) -> bool:
    """Whether code is a session of an interpreter or a shell, and no program."""
    return _SESSION.match(code) is not None and parsed(code) is None


def does_something(code: str) -> bool:
    """Whether Python code calls, defines or assigns anything. Prose such as "B" or "Answer: 2" does not.

    >>> does_something("f = max"), does_something("Answer: 2")
    (True, False)
    """
    tree = parsed(code)
    return tree is not None and _does_something(ast.walk(tree))


def same_definition(one: Defined, other: Defined) -> bool:
    """Whether two definitions are equal except for their layout and comments."""
    try:
        return ast.dump(one) == ast.dump(other)
    except RecursionError:
        return False


def redefined(new: Defined, old: Defined) -> bool:
    """Whether ``new`` is another version of ``old``: not the same, not a stub, and no class with other members.

    A version of a function that reads input reads input: a function of one name that does not is an example.
    """
    if is_stub(new) or same_definition(new, old):
        return False
    if isinstance(new, ast.ClassDef) and isinstance(old, ast.ClassDef):
        members = {part.name: part for part in old.body if isinstance(part, DEFINED)}
        found = (part for part in new.body if isinstance(part, DEFINED) and part.name in members)
        return any(redefined(part, members[part.name]) for part in found)
    return _own_effects(nodes_of(new)).reads == _own_effects(nodes_of(old)).reads


def is_stub(node: Defined) -> bool:
    """Whether a function or class has no body: ``pass``, ``...``, a docstring or ``raise NotImplementedError``."""
    for part in node.body:
        if isinstance(part, DEFINED):
            if not is_stub(part):
                return False
        elif isinstance(part, ast.Raise):
            if "NotImplementedError" not in ast.dump(part):
                return False
        elif not (isinstance(part, ast.Pass) or (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))):
            return False
    return True


def _does_something(nodes: Iterable[ast.AST]) -> bool:
    return any(
        isinstance(part, _DOING) and not (isinstance(part, ast.AnnAssign) and part.value is None) for part in nodes
    )


def _callables(
    tree: ast.Module, functions: dict[str, Defined]
) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """(names of functions, names assigned from what may be a function, names of functions without a body)."""
    strong: dict[str, Defined | None] = dict(functions)
    weak = set[str]()
    for part in outside_functions(tree):
        if isinstance(part, ast.Assign | ast.AnnAssign) and isinstance(part.value, _VALUES):
            targets = part.targets if isinstance(part, ast.Assign) else [part.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            if isinstance(part.value, ast.Lambda):
                strong.update(dict.fromkeys(names))
            else:
                weak.update(names)
    solution = functions.get("Solution")
    if isinstance(solution, ast.ClassDef):
        for member in solution.body:
            if isinstance(member, FUNCTIONS):
                strong[member.name] = member
            elif isinstance(member, ast.Assign):
                strong.update((target.id, None) for target in member.targets if isinstance(target, ast.Name))
    stubs = frozenset(
        name
        for name, node in strong.items()
        if node is not None and (is_stub(node) or (name in functions and node is functions[name] and _takes_self(node)))
    )
    return frozenset(strong), frozenset(weak), stubs


def _own_effects(nodes: Sequence[ast.AST]) -> Effects:
    return effects(nodes, assigned_names(nodes))


def _takes_self(node: Defined) -> bool:
    """Whether this is a method that is quoted without its class."""
    return isinstance(node, FUNCTIONS) and bool(node.args.args) and node.args.args[0].arg == "self"


def _runs(statements: Iterable[ast.stmt], own: frozenset[str], names: frozenset[str]) -> bool:
    """Whether statements at the top level read, print, or call anything with one of ``names``.

    ``input = sys.stdin.readline`` does not.
    """
    for statement in statements:
        value = statement.value if isinstance(statement, ast.Assign) else statement
        calls = any(isinstance(part, ast.Call) for part in outside_functions(value))
        if (calls or value is statement) and effects(nodes_of(statement), own) != NO_EFFECTS:
            return True
        if calls and calls_any([statement], names):
            return True
    return False


def _definitions(
    code: str, tree: ast.Module, needs: Iterable[frozenset[str]], own: frozenset[str], functions: dict[str, Defined]
) -> tuple[TopDefinition, ...]:
    lines = _LINE_END.split(code)
    acting = _acting(functions)
    found = []
    for statement, needed in zip(tree.body, needs, strict=True):
        solid = isinstance(statement, DEFINED)
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            continue
        binds = solid or isinstance(statement, ast.Import | ast.ImportFrom)
        if not binds and (not isinstance(statement, ast.Assign | ast.AnnAssign) or _acts(statement, own, acting)):
            continue
        names = frozenset(name for part in outside_functions(statement) for name in bound_names(part))
        found.append(TopDefinition(names, needed, _text(lines, statement), solid, effects(nodes_of(statement), own)))
    return tuple(found)


def _acting(functions: dict[str, Defined]) -> frozenset[str]:
    """The functions that read or print, or use one that does."""
    users: dict[str, list[str]] = {}
    pending = []
    for name, node in functions.items():
        nodes = nodes_of(node)
        if _own_effects(nodes) != NO_EFFECTS:
            pending.append(name)
        for used in needed_names(nodes):
            users.setdefault(used, []).append(name)
    acting = set[str]()
    while pending:
        name = pending.pop()
        if name not in acting:
            acting.add(name)
            pending += users.get(name, [])
    return frozenset(acting)


def _acts(statement: ast.Assign | ast.AnnAssign, own: frozenset[str], acting: frozenset[str]) -> bool:
    """Whether an assignment reads or prints, or changes anything but names."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    if any(isinstance(part, ast.Attribute | ast.Subscript) for target in targets for part in ast.walk(target)):
        return True
    if statement.value is None:
        return True
    calls = any(isinstance(part, ast.Call) for part in outside_functions(statement.value))
    if not calls:
        return False
    names = {part.id for part in outside_functions(statement.value) if isinstance(part, ast.Name)}
    return effects(nodes_of(statement.value), own) != NO_EFFECTS or not names.isdisjoint(acting)


def _text(lines: list[str], statement: ast.stmt) -> str:
    """The source of a statement at the top level, decorators included. Columns count bytes of UTF-8."""
    decorators = statement.decorator_list if isinstance(statement, DEFINED) else []
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)]) - 1
    last, end = (statement.end_lineno or statement.lineno) - 1, statement.end_col_offset
    part = lines[first : last + 1]
    part[-1] = part[-1].encode("utf-8", "surrogatepass")[:end].decode("utf-8", "surrogatepass")
    if first == statement.lineno - 1 and statement.col_offset:
        part[0] = part[0].encode("utf-8", "surrogatepass")[statement.col_offset :].decode("utf-8", "surrogatepass")
    return "\n".join(part)
