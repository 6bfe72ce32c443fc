"""LeetCode's classes ListNode, TreeNode and Node: their definitions, and lists converted to and from them.

The forms are those of LeetCode's statements. All of this runs in the child: the judge
sees lists only. A structure that a solution made up is converted as well, but into a
plain value that it could have returned itself.

==========  ======================================================  ===================================
kind        fields of the class                                     list, by example
==========  ======================================================  ===================================
ListNode    val, next                                               [1, 2, 3]
TreeNode    val, left, right                                        [1, null, 2, 3], level by level
linked      Node: val, left, right, next (problems 116, 117)        result [1, "#", 2, 3, "#"]
children    Node: val, children (429, 559, 589, 590)                [1, null, 3, 2, null, 5]
random      Node: val, next, random (138)                           [[7, null], [13, 0]]
neighbors   Node: val, neighbors (133)                              [[2], [1]]
==========  ======================================================  ===================================
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from typing import Any

from .node_forms import FORMS, node_form
from .values import EmptyNode

Kind = tuple[Any, ...]
"""(class name, form of its lists) or ("list", kind). The form is None for a class Node whose fields are not known."""

MOST_CHARACTERS = 300
"""Longer annotations are not read."""

_NOISE = re.compile(r"ForwardRef\(|(?:\w+\.)+|[\s'\")]")
_GENERIC = re.compile(r"(Optional|Union|List|list|Sequence)\[(.*)\]")


class ListNode:
    def __init__(self, val: Any = 0, next: Any = None) -> None:
        self.val, self.next = val, next


class TreeNode:
    def __init__(self, val: Any = 0, left: Any = None, right: Any = None) -> None:
        self.val, self.left, self.right = val, left, right


def _graph(self: Any, val: Any = 0, neighbors: Any = None) -> None:
    self.val, self.neighbors = val, [] if neighbors is None else neighbors


def _many(self: Any, val: Any = None, children: Any = None) -> None:
    self.val, self.children = val, children


def _random(self: Any, x: Any = 0, next: Any = None, random: Any = None) -> None:
    self.val, self.next, self.random = x, next, random


def _linked(self: Any, val: Any = 0, left: Any = None, right: Any = None, next: Any = None) -> None:
    self.val, self.left, self.right, self.next = val, left, right, next


_NODES = {
    "neighbors": _graph,
    "children": _many,
    "random": _random,
    "linked": _linked,
    "TreeNode": TreeNode.__init__,
    "ListNode": ListNode.__init__,
}


def classes(code: types.CodeType, tests: list[Any]) -> dict[str, Any]:
    """The classes that the solution finds defined. Those it defines itself replace them.

    Which ``Node`` depends on the kinds that the row declares, else on the fields that the solution uses.
    """
    declared = [*tests[0][1], tests[0][2]] if tests and isinstance(tests[0], tuple) else []
    forms = [found for kind in declared if (found := _form_of_node(kind))]
    form = forms[0] if forms else node_form(names_in(code)) or "TreeNode"
    return {"ListNode": ListNode, "TreeNode": TreeNode, "Node": type("Node", (), {"__init__": _NODES[form]})}


def _form_of_node(kind: Kind | None) -> str | None:
    name, form = innermost(kind) or ("", None)
    return form if name == "Node" else None


def innermost(kind: Kind | None) -> Kind | None:
    """The kind of the nodes that a kind stands for, without the lists around it."""
    while kind is not None and kind[0] == "list":
        kind = kind[1]
    return kind


def names_in(code: types.CodeType) -> set[str]:
    """All names and attributes in a code object and the functions in it."""
    names, pending = set[str](), [code]
    while pending:
        part = pending.pop()
        names.update(part.co_names)
        pending += [constant for constant in part.co_consts if isinstance(constant, types.CodeType)]
    return names


def prepared(test: Any, target: Any, namespace: dict[str, Any]) -> tuple[list[Any], Callable[[Any], Any]]:
    """The arguments of a call, and the function that turns its result into a plain value.

    test: a list of arguments, or a tuple of them and the declared kinds of the parameters and
    the result. Without declared kinds, the annotations of ``target`` count.

    The returned function raises:
        ValueError, AttributeError: the result is not a structure of the declared kind.
    """
    if isinstance(test, tuple):
        arguments, parameters, result = test
    else:
        arguments = test
        parameters, result = _annotated(target, namespace)
    if not any(parameters) and result is None:
        return arguments, lambda value: _by_class(value, namespace)
    made: list[Any] = []
    padded = [*parameters, *[None] * len(arguments)]
    converted = [_built(kind, item, namespace, made) for kind, item in zip(padded, arguments)]
    return converted, lambda value: _plain(value, result, namespace, made)


def kind_of(annotation: str, fields: set[str]) -> Kind | None:
    """The kind that an annotation names, None for plain values.

    fields: names by which the classes called ``Node`` are told apart.
    """
    return _kind(_NOISE.sub("", annotation), fields) if len(annotation) <= MOST_CHARACTERS else None


def _kind(text: str, fields: set[str]) -> Kind | None:
    text = text.removesuffix("|None").removeprefix("None|")
    if found := _GENERIC.fullmatch(text):
        kind = _kind(found[2].removesuffix(",None").removeprefix("None,"), fields)
        return kind if kind is None or found[1] in ("Optional", "Union") else ("list", kind)
    if text == "Node":
        return text, node_form(fields)
    return (text, text) if text in ("ListNode", "TreeNode") else None


def _annotated(target: Any, namespace: dict[str, Any]) -> tuple[list[Kind | None], Kind | None]:
    """Kinds from the annotations of the solution's own function."""
    function = getattr(target, "__wrapped__", getattr(target, "__func__", target))
    annotations, code = getattr(function, "__annotations__", None), getattr(function, "__code__", None)
    if not annotations or code is None:
        return [], None
    texts = {name: note if isinstance(note, str) else _text(note) for name, note in annotations.items()}
    if not any("Node" in text for text in texts.values()):
        return [], None
    own = getattr(getattr(namespace.get("Node"), "__init__", None), "__code__", None)
    fields = names_in(own) if own is not None else names_in(code)
    found = {name: kind_of(text, fields) for name, text in texts.items()}
    kinds = {name: kind for name, kind in found.items() if innermost(kind) != ("Node", None)}
    names = code.co_varnames[: code.co_argcount]
    if names[:1] == ("self",):
        names = names[1:]
    return [kinds.get(name) for name in names], kinds.get("return")


def _text(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) and type(annotation) is type else repr(annotation)


def _built(kind: Kind | None, value: Any, namespace: dict[str, Any], made: list[Any]) -> Any:
    """``value`` as nodes. made: gets every node that is made."""
    if kind is None or not isinstance(value, list):
        return value
    if kind[0] == "list":
        return [_built(kind[1], item, namespace, made) for item in value]
    owner, form = namespace[kind[0]], FORMS[kind[1]]

    def make(item: Any) -> Any:
        try:
            node = owner(item)
        except TypeError:  # the solution's own class may have no defaults
            node = owner(item, *[None] * len(form.links))
        for link in form.links:
            setattr(node, link, [] if link in ("children", "neighbors") else None)
        made.append(node)
        return node

    return form.build(value, make)


def _plain(value: Any, kind: Kind | None, namespace: dict[str, Any], made: list[Any]) -> Any:
    if kind is None:
        return _by_class(value, namespace)
    if kind[0] == "list":
        return [_plain(item, kind[1], namespace, made) for item in value]
    return EmptyNode() if value is None else FORMS[kind[1]].read(value, {id(node) for node in made})


def _by_class(value: Any, namespace: dict[str, Any]) -> Any:
    """A linked list or tree that is returned where no type is declared."""
    for name in ("ListNode", "TreeNode"):
        if type(value) is namespace.get(name):
            return FORMS[name].read(value, set())
    return value
