"""LeetCode's ListNode, TreeNode and Node: defined where a solution needs them, lists converted to and from them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.code import UnusableTests, with_types
from util.code.inside import leetcode
from util.code.inside.leetcode import kind_of
from util.code.inside.node_forms import FORMS, node_form
from util.code.judge import judge
from util.code.problem import Tests
from util.code.signatures import list_depth, misfit, signature_of
from util.records import Verdict

LIST, TREE = ("ListNode", "ListNode"), ("TreeNode", "TreeNode")
METHOD = "class Solution:\n    def f(self, {}:\n        "
NODE = "# class Node:\n#     def __init__(self, {}):\n#         {}\n"
RANDOM = NODE.format("x, next=None, random=None", "self.val = x; self.next = next; self.random = random")
GRAPH = NODE.format("val=0, neighbors=None", "self.val = val; self.neighbors = neighbors or []")
MANY = NODE.format("val=None, children=None", "self.val = val; self.children = children")
LINKED = NODE.format("val=0, left=None", "self.val = val; self.left = left; self.right = right; self.next = next")

REVERSE = METHOD.format("head{0}){1}") + "\n".join(
    [
        "last = None",
        "        while head:",
        "            head.next, last, head = last, head, head.next",
        "        return last",
    ]
)
INVERT = METHOD.format("root{0}){1}") + "\n".join(
    ["if root:", "            root.left, root.right = self.f(root.right), self.f(root.left)", "        return root"]
)
OWN_LIST = "class ListNode:\n    def __init__(self, val, next):\n        self.val, self.next = val, next\n"
OWN_TREE = (
    "class TreeNode(object):\n    def __init__(self, x):\n        self.val, self.left, self.right = x, None, None\n"
)


def judged(code: str, starter: str, *cases: tuple[list[Any], Any]) -> Verdict:
    inputs, outputs = [case[0] for case in cases], [case[1] for case in cases]
    return judge(code, with_types(Tests(inputs, outputs, "f"), starter))


@pytest.mark.parametrize("definition", ["", OWN_LIST], ids=["defined here", "own class"])
@pytest.mark.parametrize("annotated", [False, True])
def test_linked_lists(definition: str, annotated: bool) -> None:
    starter = METHOD.format("head: Optional[ListNode]) -> Optional[ListNode]")
    notes = (": Optional[ListNode]", " -> Optional[ListNode]") if annotated else ("", "")
    code = definition + REVERSE.format(*notes)
    cases = [([[1, 2, 3]], [3, 2, 1]), ([[]], []), ([None], None), ([[5]], [5]), ([[]], None)]
    assert judged(code, starter, *cases).correct is True
    assert judged(code, starter, ([[1, 2, 3]], [1, 2, 3])).correct is False
    assert judged(code, starter, ([[1]], [])).correct is False
    # Without starter code, the annotations of the solution count.
    assert judged(code, "", *cases[:2]).correct is annotated
    assert judged(code, "def f(self, head: List[int]) -> List[int]:", *cases[:2]).correct is False


@pytest.mark.parametrize("definition", ["", OWN_TREE], ids=["defined here", "own class"])
def test_trees(definition: str) -> None:
    starter = METHOD.format("root: Optional[TreeNode]) -> Optional[TreeNode]")
    code = definition + INVERT.format("", "")
    tree = [1, None, 2, 3, None, None, 4]
    assert (
        judged(code, starter, ([tree], [1, 2, None, None, 3, 4]), ([[]], []), ([[4, 2, 7]], [4, 7, 2])).correct is True
    )
    assert judged(code, starter, ([[4, 2, 7]], [4, 2, 7])).correct is False
    depth = "class Solution:\n    def f(self, root: 'TreeNode | None') -> int:\n        return 1 + max(self.f(root.left), self.f(root.right)) if root else 0"
    assert judged(depth, "", ([tree], 4), ([[]], 0), ([[1]], 1)).correct is True
    assert judged(depth, "", ([tree], 3)).correct is False


def test_lists_of_linked_lists() -> None:
    starter = METHOD.format("lists: List[Optional[ListNode]]) -> List[Optional[ListNode]]")
    code = "class Solution:\n    def f(self, lists): return lists[::-1]"
    assert judged(code, starter, ([[[1, 4], [], [2]]], [[2], [], [1, 4]]), ([[]], [])).correct is True
    assert judged(code, starter, ([[[1, 4], [], [2]]], [[1, 4], [], [2]])).correct is False
    heap = (
        "class Solution:\n    def f(self, lists: List[Optional[ListNode]]) -> Optional[ListNode]:\n"
        "        values = []\n        for node in lists:\n            while node:\n                heappush(values, node.val)\n"
        "                node = node.next\n        root = last = ListNode()\n        while values:\n"
        "            last.next = ListNode(heappop(values))\n            last = last.next\n        return root.next"
    )
    assert judged(heap, "", ([[[1, 4, 5], [1, 3], []]], [1, 1, 3, 4, 5]), ([[]], [])).correct is True


COPY_RANDOM = (
    "class Solution:\n    def f(self, head: 'Optional[Node]') -> 'Optional[Node]':\n        copies = {None: None}\n"
    "        node = head\n        while node:\n            copies[node] = Node(node.val)\n            node = node.next\n"
    "        for old, new in copies.items():\n            if old: new.next, new.random = copies[old.next], copies[old.random]\n"
    "        return copies[head]"
)
COPY_GRAPH = (
    "class Solution:\n    def f(self, node: Optional['Node']) -> Optional['Node']:\n        copies = {}\n"
    "        def copy(old):\n            if old not in copies:\n                copies[old] = Node(old.val)\n"
    "                copies[old].neighbors = [copy(other) for other in old.neighbors]\n            return copies[old]\n"
    "        return copy(node) if node else None"
)
CONNECT = (
    "class Solution:\n    def f(self, root: 'Optional[Node]') -> 'Optional[Node]':\n        level = [root] if root else []\n"
    "        while level:\n            for a, b in zip(level, level[1:]): a.next = b\n"
    "            level = [c for n in level for c in (n.left, n.right) if c]\n        return root"
)
LEVELS = (
    "class Solution:\n    def f(self, root: 'Node') -> List[List[int]]:\n        level, found = [root] if root else [], []\n"
    "        while level:\n            found.append([n.val for n in level])\n"
    "            level = [c for n in level for c in n.children]\n        return found"
)
SAME = "class Solution:\n    def f(self, root: 'Optional[Node]') -> 'Optional[Node]': return root"


@pytest.mark.parametrize("with_starter", [True, False], ids=["starter code", "own annotations"])
@pytest.mark.parametrize(
    ("code", "starter", "cases"),
    [
        (COPY_RANDOM, RANDOM, [([[[7, None], [13, 0], [11, 1]]], [[7, None], [13, 0], [11, 1]]), ([[]], [])]),
        (COPY_GRAPH, GRAPH, [([[[2, 4], [1, 3], [2, 4], [1, 3]]], [[2, 4], [1, 3], [2, 4], [1, 3]]), ([[[]]], [[]]), ([[]], [])]),
        (CONNECT, LINKED, [([[1, 2, 3, 4, 5, None, 7]], [1, "#", 2, 3, "#", 4, 5, 7, "#"]), ([[]], [])]),
    ],
    ids=["random pointers", "graph", "levels"],
)  # fmt: skip
def test_classes_called_node(code: str, starter: str, cases: list[Any], with_starter: bool) -> None:
    declared = starter + METHOD.format("x: 'Optional[Node]') -> 'Optional[Node]'") if with_starter else ""
    verdict = judged(code, declared, *cases)
    assert verdict.correct is True, verdict
    arguments, expected = cases[0]
    wrong = [*expected[:-1], [99]]
    assert judged(code, declared, (arguments, wrong)).correct is False
    if with_starter:  # not a copy, or not linked
        assert judged(SAME, declared, (arguments, expected)).correct is False


def test_trees_with_any_number_of_children() -> None:
    starter = MANY + METHOD.format("root: 'Node') -> List[List[int]]")
    tree = [1, None, 3, 2, 4, None, 5, 6]
    for declared in (starter, ""):
        assert judged(LEVELS, declared, ([tree], [[1], [3, 2, 4], [5, 6]]), ([[]], [])).correct is True
        assert judged(LEVELS, declared, ([tree], [[1], [3, 2], [4, 5, 6]])).correct is False
    same = MANY + METHOD.format("root: 'Node') -> 'Node'")
    assert judged(SAME, same, ([tree], tree), ([[1]], [1])).correct is True
    assert judged(SAME, same, ([tree], [1, None, 3, 2, 4, None, None, 5, 6])).correct is False


HOSTILE = {
    "a cycle": ("a = ListNode(1)\n        a.next = a\n        return a", "ListNode", [1]),
    "no end": (
        "class N:\n            val = 1\n            next = property(lambda self: N())\n        return N()", "ListNode", [1],
    ),
    "a tree in itself": ("a = TreeNode(1)\n        a.left = a.right = a\n        return a", "TreeNode", [1]),
    "a tree of shared parts": (
        "a = None\n        for _ in range(60): a = TreeNode(1, a, a)\n        return a", "TreeNode", [1],
    ),
    "a list, not nodes": ("return [1]", "ListNode", [1]),
    "a value": ("return 1", "TreeNode", [1]),
    "hostile values": (
        "class V:\n            def __eq__(self, o): return True\n        return ListNode(V())", "ListNode", [1],
    ),
    "nodes as values": ("return ListNode(ListNode(1))", "ListNode", [1]),
    "raises": ("class N:\n            val = property(lambda self: exit(0))\n            next = None\n        return N()", "ListNode", [1]),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_structures_are_wrong_answers(name: str) -> None:
    body, kind, expected = HOSTILE[name]
    starter = METHOD.format(f"x: int) -> Optional[{kind}]")
    verdict = judged(starter + body, starter, ([1], expected))
    assert verdict.correct is False
    assert verdict.reason == "wrong answer on test 1 of 1", verdict
    assert verdict.evidence["cpu_seconds"] < 6


def test_shared_parts_of_a_tree_are_repeated() -> None:
    starter = METHOD.format("n: int) -> Optional[TreeNode]")
    code = starter + "a = TreeNode(0)\n        return TreeNode(1, a, a)"
    assert judged(code, starter, ([1], [1, 0, 0])).correct is True


def test_results_without_a_declared_type_are_converted_by_class() -> None:
    starter = "class Solution:\n    def f(self, head: ListNode):\n        "
    code = "class Solution:\n    def f(self, head): return head.next"
    assert judged(code, starter, ([[1, 2]], [2])).correct is True
    assert judged(code, starter, ([[1, 2]], [1])).correct is False
    assert judged(code, starter, ([[1]], [])).correct is False  # None, and nothing says that it is a list


def test_the_names_are_free_for_the_solution() -> None:
    code = "Node = 5\nListNode = TreeNode = 6\ndef f(x): return Node + ListNode + x"
    assert judge(code, Tests([[1]], [12], "f")).correct is True


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        ("ListNode", LIST),
        ("'ListNode'", LIST),
        ("Optional[ListNode]", LIST),
        ("typing.Optional[solution.ListNode]", LIST),
        ("typing.Optional[ForwardRef('TreeNode')]", TREE),
        ("TreeNode | None", TREE),
        ("None | TreeNode", TREE),
        ("Union[TreeNode, None]", TREE),
        ("List[Optional[ListNode]]", ("list", LIST)),
        ("list[list[TreeNode]]", ("list", ("list", TREE))),
        ("Node", ("Node", "random")),
        ("Optional['Node']", ("Node", "random")),
        ("int", None),
        ("List[int]", None),
        ("Dict[str, ListNode]", None),
        ("MyListNode", None),
        ("Optional[" * 100 + "ListNode" + "]" * 100, None),
        ("", None),
    ],
)
def test_annotations(annotation: str, kind: Any) -> None:
    assert kind_of(annotation, {"val", "next", "random"}) == kind


def test_rows_with_an_unknown_class_node_are_not_judged() -> None:
    for starter in (
        METHOD.format("x: Node) -> int"),
        METHOD.format("x: List['Node']) -> int"),
        GRAPH.replace("neighbors", "parent") + METHOD.format("x: int) -> 'Node'"),
    ):
        with pytest.raises(UnusableTests, match="class Node"):
            with_types(Tests([[[1]]], [[1]], "f"), starter)
    code = "class Node: pass\ndef f(x: Node): return x"
    assert judge(code, Tests([[[1]]], [[1]], "f")).correct is True  # the row says nothing: a list is passed


def test_fields_tell_the_classes_called_node_apart() -> None:
    fields = {"neighbors": "neighbors", "children": "children", "random": "random next", "linked": "left right next",
              "TreeNode": "left right", "ListNode": "next", None: "parent left right"}  # fmt: skip
    for form, names in fields.items():
        assert node_form({"val", *names.split()}) == form


def test_signatures_of_starter_code() -> None:
    starter = METHOD.format(
        "head: Optional[ListNode], k: int = len('a:b'), d: Dict[str, int]={'a': 1}) -> Optional[ListNode]"
    )
    found = signature_of(starter, "f")
    assert found is not None
    assert (found.parameters, found.result) == ((LIST, None, None), LIST)
    assert signature_of(starter, "g") is None
    assert signature_of("def f(", "f") is None
    assert signature_of("def f(x", "f") is None
    assert signature_of("def f(x) -> ", "f") is None
    assert list_depth(starter, "f") == 0
    assert list_depth("def f(x)->typing.List[List[int]]:", "f") == 2
    assert list_depth("def f(x):", "f") is None
    assert list_depth("def g(x) -> int:", "f") is None


@pytest.mark.parametrize(
    ("inputs", "output", "reason"),
    [
        ([[1, 2], 3], [1], None),
        ([[1, 2]], [1], "1 arguments for 2 parameters"),
        ([5, 3], [1], "an argument"),
        ([[1], 3], 1, "a result"),
        ([None, 3], None, None),
    ],
)
def test_rows_that_do_not_fit_their_types_are_not_judged(inputs: list[Any], output: Any, reason: str | None) -> None:
    starter = METHOD.format("head: ListNode, k: int) -> ListNode")
    tests, signature = Tests([inputs], [output], "f"), signature_of(starter, "f")
    assert signature is not None
    found = misfit(signature, tests)
    assert (found or "").startswith(reason or "")
    assert (found is None) is (reason is None)
    if reason is not None:
        with pytest.raises(UnusableTests, match=reason):
            with_types(tests, starter)


def complete(shape: list[int | None]) -> list[int | None]:
    """A level-order list without the entries that have no parent, and without nulls at the end."""
    kept, open_places = list[int | None](), 1
    for item in shape:
        if not open_places:
            break
        kept.append(item)
        open_places += -1 if item is None else 1
    while kept and kept[-1] is None:
        kept.pop()
    return kept


@given(st.lists(st.integers(-5, 5)), st.lists(st.none() | st.integers(-5, 5), max_size=40))
def test_lists_and_trees_come_back_as_they_were(items: list[int], shape: list[int | None]) -> None:
    tree = complete(shape)
    for kind, value in ((LIST, items), (TREE, tree)):
        names = leetcode.classes(compile("", "", "exec"), [])
        arguments, _ = leetcode.prepared(([value], [kind], kind), None, names)
        if value:
            assert FORMS[kind[1]].read(arguments[0], set()) == value
        else:
            assert arguments == [None]
