"""Problems for the benchmark of the judge; their solutions produce the tests."""

from __future__ import annotations

import contextlib
import io
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest import mock

from util.code.problem import Tests

COUNTS = (1, 5, 20, 50, 100)


@dataclass(frozen=True)
class Problem:
    """A problem with a right solution."""

    name: str
    code: str
    tests: Tests


def _numbers(chance: random.Random, low: int = 2, high: int = 40) -> list[int]:
    return [chance.randint(-99, 99) for _ in range(chance.randint(low, high))]


def _list_input(chance: random.Random) -> str:
    numbers = _numbers(chance)
    return f"{len(numbers)}\n{' '.join(map(str, numbers))}\n"


def _edges(chance: random.Random) -> str:
    nodes = chance.randint(3, 30)
    edges = [(chance.randint(1, nodes), chance.randint(1, nodes)) for _ in range(nodes)]
    return f"{nodes} {len(edges)}\n" + "".join(f"{a} {b}\n" for a, b in edges)


def _words(chance: random.Random) -> str:
    return " ".join("".join(chance.choices("abcde", k=chance.randint(1, 6))) for _ in range(15)) + "\n"


STDIN: dict[str, tuple[str, Callable[[random.Random], str]]] = {
    "components": (
        """
import sys
def find(parent, x):
    while parent[x] != x:
        parent[x] = parent[parent[x]]
        x = parent[x]
    return x
def main():
    data = sys.stdin.read().split()
    n, m = int(data[0]), int(data[1])
    parent = list(range(n + 1))
    for i in range(m):
        a, b = find(parent, int(data[2 + 2 * i])), find(parent, int(data[3 + 2 * i]))
        parent[a] = b
    print(len({find(parent, x) for x in range(1, n + 1)}))
main()
""",
        _edges,
    ),
    "largest sum of a run": (
        "n = int(input())\nbest = now = None\nfor x in map(int, input().split()):\n"
        "    now = x if now is None or now < 0 else now + x\n    best = now if best is None else max(best, now)\nprint(best)",
        _list_input,
    ),
    "sorted without repeats": ("input()\nprint(*sorted(set(map(int, input().split()))))", _list_input),
    "inversions": (
        "n = int(input())\na = list(map(int, input().split()))\n"
        "print(sum(a[i] > a[j] for i in range(n) for j in range(i + 1, n)))",
        _list_input,
    ),
    "word counts": (
        "from collections import Counter\nfor word, count in sorted(Counter(input().split()).items()):\n    print(word, count)",
        _words,
    ),
    "longest palindrome": (
        "s = input().replace(' ', '')\nbest = 0\nfor i in range(len(s)):\n    for j in (i, i + 1):\n        a, b = i, j\n"
        "        while a >= 0 and b < len(s) and s[a] == s[b]:\n            a -= 1\n            b += 1\n"
        "        best = max(best, b - a - 1)\nprint(best)",
        _words,
    ),
    "shortest path": (
        """
from collections import deque
n, m = map(int, input().split())
near = [[] for _ in range(n + 1)]
for _ in range(m):
    a, b = map(int, input().split())
    near[a].append(b)
    near[b].append(a)
far = {1: 0}
line = deque([1])
while line:
    x = line.popleft()
    for y in near[x]:
        if y not in far:
            far[y] = far[x] + 1
            line.append(y)
print(far.get(n, -1))
""",
        _edges,
    ),
}

CALL: dict[str, tuple[str, Callable[[random.Random], list[Any]]]] = {
    "rising": (
        "from bisect import bisect_left\ndef solve(a):\n    tails = []\n    for x in a:\n        i = bisect_left(tails, x)\n"
        "        tails[i:i + 1] = [x]\n    return len(tails)",
        lambda chance: [_numbers(chance)],
    ),
    "pairs": (
        "def solve(a, target):\n    seen, count = {}, 0\n    for x in a:\n        count += seen.get(target - x, 0)\n"
        "        seen[x] = seen.get(x, 0) + 1\n    return count",
        lambda chance: [_numbers(chance), chance.randint(-50, 50)],
    ),
    "turned": (
        "class Solution:\n    def solve(self, grid):\n        return [list(row) for row in zip(*grid[::-1])]",
        lambda chance: [[[chance.randint(0, 9) for _ in range(6)] for _ in range(4)]],
    ),
    "power": (
        "def solve(base, exponent):\n    result = 1\n    for _ in range(exponent):\n        result *= base\n    return result",
        lambda chance: [chance.randint(2, 99), chance.randint(1, 60)],
    ),
    "mean": ("def solve(a):\n    return sum(a) / len(a)", lambda chance: [_numbers(chance)]),
    "groups": (
        "def solve(words):\n    groups = {}\n    for word in words:\n        groups.setdefault(''.join(sorted(word)), []).append(word)\n"
        "    return sorted(map(sorted, groups.values()))",
        lambda chance: [_words(chance).split()],
    ),
}


def problems(seed: int = 0) -> list[Problem]:
    """Every problem with every number of tests."""
    found = []
    for count in COUNTS:
        for name, (code, make) in STDIN.items():
            chance = random.Random(f"{seed} {name} {count}")
            inputs = [make(chance) for _ in range(count)]
            found.append(Problem(name, code, Tests(inputs, [printed(code, text) for text in inputs])))
        for name, (code, arguments) in CALL.items():
            chance = random.Random(f"{seed} {name} {count}")
            calls = [arguments(chance) for _ in range(count)]
            namespace: dict[str, Any] = {}
            exec(code, namespace)
            solve = namespace["Solution"]().solve if "Solution" in namespace else namespace["solve"]
            found.append(Problem(name, code, Tests(calls, [solve(*call) for call in calls], "solve")))
    return found


def printed(code: Any, text: str) -> str:
    """The output of one of these programs, run in this process."""
    output = io.StringIO()
    with mock.patch.object(sys, "stdin", io.StringIO(text)), contextlib.redirect_stdout(output):
        exec(code, {"__name__": "__main__"})
    return output.getvalue()
