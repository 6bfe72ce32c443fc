"""Correct programs and functions with tests of their own: large, deep, or of unusual values."""

from __future__ import annotations

from typing import Any

_MANY = "import sys\nn = int(input())\n"

SHAPES: dict[str, tuple[str, list[str], list[str]]] = {
    "a million lines": (
        _MANY + "for i in range(n): print(i % 10)",
        ["1000000"],
        ["0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n" * 100_000],
    ),
    "a joined million": (
        _MANY + "sys.stdout.write('\\n'.join(str(i % 10) for i in range(n)))",
        ["1000000", "10"],
        ["0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n" * 100_000, "0\n1\n2\n3\n4\n5\n6\n7\n8\n9"],
    ),
    "integers of 20,000 digits": (
        "a, b = int(input()), int(input())\nprint(a + b)",
        [f"{'9' * 20_000}\n1\n"] * 3,
        ["1" + "0" * 20_000] * 3,
    ),
    "bisect on a large array": (
        "import bisect, sys\na = list(range(0, 10 ** 6, 2))\nprint(*[bisect.bisect_left(a, int(x)) for x in sys.stdin])",
        ["0\n7\n999999\n"] * 4,
        ["0 4 500000\n"] * 4,
    ),
    "empty input": ("import sys\nprint(len(sys.stdin.read()))", ["", "", ""], ["0", "0", "0"]),
    "no output": ("input()", ["1", "2", "3"], ["", "", ""]),
    "interactive in appearance": (
        "import sys\nfor _ in range(int(input())):\n    x = int(input())\n    print(x * 2)\n    sys.stdout.flush()",
        ["3\n1\n2\n3\n"] * 9,
        ["2\n4\n6\n"] * 9,
    ),
    "floats": ("print(1 / 3 + float(input()))", ["0", "1", "2"], ["0.33333333", "1.3333333", "2.33333333"]),
    "text beyond ASCII": ("print(input()[::-1])", ["äöü", "漢字"], ["üöä", "字漢"]),
    "a line without end": ("print(input() + '!')", ["a", "b"], ["a!", "b!"]),
    "a last test that needs most": (
        "n = int(input())\ns = 0\nfor i in range(n): s += i\nprint(s)",
        [str(n) for n in (1, 10, 100, 10**6)],
        [str(n * (n - 1) // 2) for n in (1, 10, 100, 10**6)],
    ),
    "memory of 300 MB in each test": (
        "n = int(input())\nx = bytearray(n)\ny = [x]\ny.append(y)\nprint(len(x))",
        ["300000000"] * 6,
        ["300000000"] * 6,
    ),
}

CALL: dict[str, tuple[str, list[Any], list[Any]]] = {
    "deep recursion": (
        "def f(n): return 0 if n == 0 else 1 + f(n - 1)",
        [[5], [100_000], [50_000]],
        [5, 100_000, 50_000],
    ),
    "cached recursion": (
        "from functools import lru_cache\n@lru_cache(None)\ndef f(n): return n if n < 2 else (f(n - 1) + f(n - 2)) % 997",
        [[10], [20_000], [7]],
        [55, 81, 13],
    ),
    "a generator is made a list": ("def f(n): return list(x * x for x in range(n))", [[3], [0]], [[0, 1, 4], []]),
    "a tuple": ("def f(n): return n, n + 1", [[1], [2]], [[1, 2], [2, 3]]),
    "numpy array": ("import numpy as np\ndef f(n): return np.arange(n)", [[3], [1]], [[0, 1, 2], [0]]),
    "numpy scalars in a list": (
        "import numpy as np\ndef f(n): return [np.int64(n), np.float64(n)]",
        [[1], [2]],
        [[1, 1.0], [2, 2.0]],
    ),
    "numpy boolean": ("import numpy as np\ndef f(n): return np.bool_(n > 1)", [[1], [2]], [False, True]),
    "named tuple": (
        "from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef f(n): return [P(n, 0)]",
        [[1], [2]],
        [[[1, 0]], [[2, 0]]],
    ),
    "counter": (
        "from collections import Counter\ndef f(s): return Counter(s)",
        [["aab"], [""]],
        [{"a": 2, "b": 1}, {}],
    ),
    "ordered and default dict": (
        "def f(s):\n    d = defaultdict(list)\n    for c in s: d[c].append(1)\n    return d",
        [["aab"], ["z"]],
        [{"a": [1, 1], "b": [1]}, {"z": [1]}],
    ),
    "deque": ("from collections import deque\ndef f(n): return deque(range(n))", [[2], [0]], [[0, 1], []]),
    "an enum": ("import enum\nclass E(enum.IntEnum):\n    A = 1\ndef f(n): return E.A", [[1], [2]], [1, 1]),
    "str subclass": (
        "class T(str):\n    def __eq__(self, o): return False\n    __hash__ = str.__hash__\ndef f(n): return T('x')",
        [[1], [2]],
        ["x", "x"],
    ),
    "decimal": (
        "from decimal import *\ngetcontext().prec = 3\ndef f(n): return Decimal(n) / 4",
        [[1], [2]],
        [0.25, 0.5],
    ),
    "fraction": ("from fractions import Fraction\ndef f(n): return Fraction(n, 2)", [[1], [2]], [0.5, 1]),
    "Solution with a helper and state": (
        "class Solution:\n    memo = {}\n    def f(self, n):\n        if n < 2: return n\n        if n not in self.memo: self.memo[n] = self.f(n - 1) + self.f(n - 2)\n        return self.memo[n]",
        [[10], [90]],
        [55, 2880067194370816120],
    ),
    "Solution with __init__": (
        "class Solution:\n    def __init__(self): self.x = 1\n    def f(self, n): return n + self.x",
        [[1], [2]],
        [2, 3],
    ),
    "class method": ("class Solution:\n    @classmethod\n    def f(cls, n): return n", [[1], [2]], [1, 2]),
    "decorated": (
        "import functools\ndef twice(g):\n    @functools.wraps(g)\n    def h(*a): return 2 * g(*a)\n    return h\n@twice\ndef f(n): return n",
        [[1], [2]],
        [2, 4],
    ),
    "callable object": ("class F:\n    def __call__(self, n): return n\nf = F()", [[1], [2]], [1, 2]),
    "global counter": (
        "count = 0\ndef f(n):\n    global count\n    count += 1\n    return n + count",
        [[1], [1]],
        [2, 2],
    ),
    "prints and reads nothing": (
        "def f(n):\n    print('debug', n, flush=True)\n    return n",
        [[i] for i in range(40)],
        list(range(40)),
    ),
    "ends the interpreter's input": (
        "import sys\ndef f(n):\n    assert sys.stdin.read() == ''\n    return n",
        [[1], [2]],
        [1, 2],
    ),
    "None": ("def f(n): pass", [[1], [2]], [None, None]),
    "infinite float": ("def f(n): return float('inf') * n", [[1], [-1]], [float("inf"), float("-inf")]),
    "large integers": ("def f(n): return [10 ** n, -10 ** n]", [[3], [5000]], [[1000, -1000], [10**5000, -(10**5000)]]),
    "changes its argument": ("def f(x):\n    x.sort()\n    return x", [[[3, 1]], [[2, 1]]], [[1, 3], [1, 2]]),
    "linked list": (
        "class Solution:\n    def f(self, head: Optional[ListNode]) -> Optional[ListNode]:\n        last = None\n        while head: head.next, last, head = last, head, head.next\n        return last",
        [[[1, 2, 3]], [[]]],
        [[3, 2, 1], []],
    ),
    "tree": (
        "class Solution:\n    def f(self, root: Optional[TreeNode]) -> int:\n        return 0 if root is None else 1 + max(self.f(root.left), self.f(root.right))",
        [[[1, None, 2, 3]], [[]]],
        [3, 0],
    ),
    "tree of its own class": (
        "class TreeNode:\n    def __init__(self, val=0, left=None, right=None): self.val, self.left, self.right = val, left, right\nclass Solution:\n    def f(self, root: TreeNode) -> TreeNode:\n        if root: root.left, root.right = self.f(root.right), self.f(root.left)\n        return root",
        [[[1, 2, 3]], [[1]]],
        [[1, 3, 2], [1]],
    ),
    "thread": (
        "import threading\ndef f(n):\n    out = []\n    t = threading.Thread(target=lambda: out.append(n))\n    t.start(); t.join()\n    return out[0]",
        [[1], [2]],
        [1, 2],
    ),
    "asyncio": (
        "import asyncio\nasync def g(n):\n    await asyncio.sleep(0)\n    return n\ndef f(n): return asyncio.run(g(n))",
        [[1], [2]],
        [1, 2],
    ),
    "star arguments": ("def f(*args, **options): return sum(args)", [[1, 2], [3, 4]], [3, 7]),
}
"""Functions ``f`` (or methods of ``Solution``): code, arguments, results."""
