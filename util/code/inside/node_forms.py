"""The forms in which LeetCode writes linked lists, trees and graphs as lists: build nodes from them, and read them back.

Nothing here is recursive, and every reader ends after ``MOST_NODES``: a structure with
a cycle has no end, and one with shared parts may be exponentially large as a tree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MOST_NODES = 1_000_000

Make = Callable[[Any], Any]
"""Makes a node with this value and no links."""


@dataclass(frozen=True)
class NodeForm:
    """links: the fields that hold other nodes, None at first, or [] for "children" and "neighbors".

    build: the first node of a list. read: the list of a node; it gets the identities of the nodes that were built.
    """

    links: tuple[str, ...]
    build: Callable[[list[Any], Make], Any]
    read: Callable[[Any, set[int]], list[Any]]


def node_form(fields: set[str]) -> str | None:
    """The form of the class called Node that has these ``fields``; None if none of ``FORMS``."""
    if {"parent", "prev", "child", "isLeaf"} & fields:
        return None  # problems whose lists need more than the node
    if kind := next((name for name in ("neighbors", "children", "random") if name in fields), None):
        return kind
    if {"left", "right"} <= fields:
        return "linked" if "next" in fields else "TreeNode"
    return "ListNode" if "next" in fields else None


def _bounded(size: int) -> None:
    if size > MOST_NODES:
        raise ValueError(f"the result has a cycle, or more than {MOST_NODES} nodes")


def _build_list(items: list[Any], make: Make) -> Any:
    nodes = [make(item) for item in items]
    for node, after in zip(nodes, nodes[1:]):
        node.next = after
    return nodes[0] if nodes else None


def _chain(node: Any) -> list[Any]:
    nodes = []
    while node is not None:
        nodes.append(node)
        _bounded(len(nodes))
        node = node.next
    return nodes


def _read_list(node: Any, made: set[int]) -> list[Any]:
    return [node.val for node in _chain(node)]


def _build_tree(items: list[Any], make: Make) -> Any:
    if not items or items[0] is None:
        return None
    queue, rest = [make(items[0])], iter(items[1:])
    for node in queue:  # it grows
        for side in ("left", "right"):
            item = next(rest, None)
            if item is not None:
                setattr(node, side, make(item))
                queue.append(getattr(node, side))
    return queue[0]


def _read_tree(root: Any, made: set[int]) -> list[Any]:
    found, queue = [], [root]
    for node in queue:  # it grows
        found.append(None if node is None else node.val)
        if node is not None:
            queue += [node.left, node.right]
        _bounded(len(queue) // 2)
    while found and found[-1] is None:
        found.pop()
    return found


def _read_linked(root: Any, made: set[int]) -> list[Any]:
    """Level by level along ``next``, "#" after each.

    Raises:
        ValueError: the pointers of a level do not lead through exactly its nodes.
    """
    found, level, size = list[Any](), [root], 0
    while level:
        size += len(level)
        _bounded(size)
        for node, after in zip(level, [*level[1:], None]):
            if node.next is not after:
                raise ValueError("a next pointer does not lead to the next node of its level")
        found += [*(node.val for node in level), "#"]
        level = [child for node in level for child in (node.left, node.right) if child is not None]
    return found


def _build_children(items: list[Any], make: Make) -> Any:
    """Groups of children in the order of their parents, null before each group."""
    if not items or items[0] is None:
        return None
    queue, position = [make(items[0])], -1
    for item in items[1:]:
        if item is None:
            position += 1
            continue
        child = make(item)
        queue[position].children.append(child)
        queue.append(child)
    return queue[0]


def _read_children(root: Any, made: set[int]) -> list[Any]:
    found, queue = [root.val, None], [root]
    for node in queue:  # it grows
        children = list(node.children or ())
        queue += children
        _bounded(len(queue))
        found += [*(child.val for child in children), None]
    while found and found[-1] is None:
        found.pop()
    return found


def _build_random(items: list[Any], make: Make) -> Any:
    nodes = [make(value) for value, _ in items]
    for node, after in zip(nodes, nodes[1:]):
        node.next = after
    for node, (_, index) in zip(nodes, items):
        node.random = None if index is None else nodes[index]
    return nodes[0] if nodes else None


def _read_random(head: Any, made: set[int]) -> list[Any]:
    nodes = _chain(head)
    _copied(nodes, made)
    places = {id(node): place for place, node in enumerate(nodes)}
    return [[node.val, None if node.random is None else places.get(id(node.random), "outside")] for node in nodes]


def _build_graph(items: list[Any], make: Make) -> Any:
    nodes = [make(number) for number in range(1, len(items) + 1)]
    for node, neighbours in zip(nodes, items):
        node.neighbors = [nodes[number - 1] for number in neighbours]
    return nodes[0] if nodes else None


def _read_graph(start: Any, made: set[int]) -> list[Any]:
    """The neighbours of each node; the nodes must be numbered from 1 on, each number once."""
    nodes, known = [start], {id(start)}
    for node in nodes:  # it grows
        for other in node.neighbors:
            if id(other) not in known:
                known.add(id(other))
                nodes.append(other)
        _bounded(len(nodes))
    _copied(nodes, made)
    by_number = {node.val: node for node in nodes}
    if len(by_number) != len(nodes) or set(by_number) != set(range(1, len(nodes) + 1)):
        raise ValueError("the nodes of the graph are not numbered from 1 on")
    return [[other.val for other in by_number[number].neighbors] for number in range(1, len(nodes) + 1)]


def _copied(nodes: list[Any], made: set[int]) -> None:
    """The problems with these classes ask for a copy."""
    if any(id(node) in made for node in nodes):
        raise ValueError("the result is not a copy: it shares nodes with the argument")


FORMS = {
    "ListNode": NodeForm(("next",), _build_list, _read_list),
    "TreeNode": NodeForm(("left", "right"), _build_tree, _read_tree),
    "linked": NodeForm(("left", "right", "next"), _build_tree, _read_linked),
    "children": NodeForm(("children",), _build_children, _read_children),
    "random": NodeForm(("next", "random"), _build_random, _read_random),
    "neighbors": NodeForm(("neighbors",), _build_graph, _read_graph),
}
