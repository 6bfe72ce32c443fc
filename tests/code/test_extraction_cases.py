"""Every labelled response gives its program: 15 programs in every shape (see ``extraction_cases``), and single cases."""

from __future__ import annotations

import ast
import time

import pytest
from extraction_cases import CALL, STDIN, Case, cases, fenced, plain_shapes

from util.code.extract_code import extract_code

CASES = cases()
READS = "n = int(input())\nprint(n)"
SOLVE = "def solve():\n    n = int(input())\n    print(n)"
MAIN = "print(double(int(input())))"
DOUBLE = "def double(x):\n    return 2 * x"


def text(*codes: str) -> str:
    return "\nThen:\n".join(map(fenced, codes))


def shown(code: str | None) -> str | None:
    """The syntax tree, so that layout does not matter; the text of invalid code."""
    if code is None:
        return None
    try:
        return ast.dump(ast.parse(code))
    except SyntaxError:
        return code.strip()


def test_there_are_cases_of_every_kind() -> None:
    assert len(CASES) >= 500
    assert len([case for case in CASES if case.code is None]) >= 30
    assert len({case.response for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_a_shape_gives_the_program(case: Case) -> None:
    assert shown(extract_code(case.response, case.function)) == shown(case.code)


@pytest.mark.parametrize(("function", "code"), [(None, c) for c in STDIN.values()] + [("f", c) for c in CALL.values()])
def test_a_plain_response_keeps_its_program_to_the_letter(function: str | None, code: str) -> None:
    for name, response in plain_shapes(code).items():
        if not (name == "no language" and "lambda" in code):
            assert extract_code(response, function) == f"{code}\n"
    assert extract_code(code, function) == code


@pytest.mark.parametrize(
    ("response", "function", "code"),
    [
        # Helpers of other blocks.
        (text(DOUBLE, MAIN), None, f"{DOUBLE}\n{MAIN}"),
        (text(f"import math\nK = 2\n{DOUBLE}\nprint(double(4))", MAIN), None, f"{DOUBLE}\n{MAIN}"),
        (text("K = 2\ndef double(x):\n    return K * x\nprint(double(4))", MAIN), None,
         f"K = 2\ndef double(x):\n    return K * x\n{MAIN}"),
        (text("import sys\ninput = sys.stdin.readline", "print(sys.maxsize, int(input()))"), None,
         "import sys\nprint(sys.maxsize, int(input()))"),
        (text("def double(x):\n    return x", DOUBLE, MAIN), None, f"{DOUBLE}\n{MAIN}"),
        (text(MAIN, DOUBLE), None, f"{DOUBLE}\n{MAIN}"),
        (text("class Box:\n    def __init__(self, v):\n        self.v = v", "b = Box(input())\nprint(b.v)"), None,
         "class Box:\n    def __init__(self, v):\n        self.v = v\nb = Box(input())\nprint(b.v)"),
        (text(DOUBLE, "from __future__ import annotations\n" + MAIN), None,
         f"from __future__ import annotations\n{DOUBLE}\n{MAIN}"),
        (text(DOUBLE, "def f(x):\n    return double(x)"), "f", f"{DOUBLE}\ndef f(x):\n    return double(x)"),
        (text("from a import g\ndef h(x):\n    return g(x)", "class Solution:\n    def f(self, x):\n        return h(x)"), "f",
         "from a import g\ndef h(x):\n    return g(x)\nclass Solution:\n    def f(self, x):\n        return h(x)"),
        (text("def h(x):\n    return 1", "def f(x):\n    return h(x)", "print(f(2))"), "f",
         "def h(x):\n    return 1\ndef f(x):\n    return h(x)"),
        (text(SOLVE, "solve()"), None, f"{SOLVE}\nsolve()"),
        (text(SOLVE, "if __name__ == '__main__':\n    solve()"), None, f"{SOLVE}\nif __name__ == '__main__':\n    solve()"),
        (text("from math import *\ndef g(x):\n    return sqrt(x)", "print(g(int(input())))"), None,
         "from math import *\ndef g(x):\n    return sqrt(x)\nprint(g(int(input())))"),
        # Not joined: a forgotten import of an earlier version, what an earlier block did.
        (text("import math\nprint(math.sqrt(int(input())))", "print(math.isqrt(int(input())))"), None,
         "print(math.isqrt(int(input())))"),
        (text("import math\ndef f(x):\n    return math.sqrt(x)", "def f(x):\n    return math.isqrt(x)"), "f",
         "def f(x):\n    return math.isqrt(x)"),
        (text("n = int(input())", "print(n * 2)"), None, "print(n * 2)"),
        (text("t = [0]\nfor i in range(3):\n    t.append(i)\ndef h():\n    return t", "print(h(), input())"), None,
         "t = [0]\ndef h():\n    return t\nprint(h(), input())"),
        # Examples behind a program.
        (text(READS, "def add(a, b):\n    return a + b\n\nprint(add(1, 2))"), None, READS),
        (text(f"{SOLVE}\nsolve()", "solve()"), None, f"{SOLVE}\nsolve()"),
        (text(f"{SOLVE}\nsolve()", "import io, sys\nsys.stdin = io.StringIO('3')\nsolve()"), None, f"{SOLVE}\nsolve()"),
        (text(f"{SOLVE}\nsolve()", "n = int(input())"), None, f"{SOLVE}\nsolve()"),
        (text(f"{DOUBLE}\n{MAIN}", "assert double(2) == 4\nprint('ok')"), None, f"{DOUBLE}\n{MAIN}"),
        (text(f"{DOUBLE}\n{MAIN}", f"{DOUBLE}\nprint(double(3))"), None, f"{DOUBLE}\n{MAIN}"),
        (text(f"{SOLVE}\nsolve()", SOLVE), None, f"{SOLVE}\nsolve()"),
        (text(f"a = [int(input())]\n{DOUBLE}\nfor _ in range(2):\n    print(a[0], input())",
              "for _ in range(2):\n    print(a[0], input())"), None,
         f"a = [int(input())]\n{DOUBLE}\nfor _ in range(2):\n    print(a[0], input())"),
        (text(READS, "for each line in stdin:"), None, "for each line in stdin:"),
        (text(READS, "repeat n times:\n    show n"), None, READS),
        (text("print(6)", "assert 3 + 3 == 6"), None, "print(6)"),
        (text("def f(x):\n    return 1", "class Solution:\n    def g(self):\n        pass"), "f", "def f(x):\n    return 1"),
        (text("def f(x):\n    return 1", "def f(x):\n    ..."), "f", "def f(x):\n    return 1"),
        (text("class Solution:\n    def f(self, x):\n        return 1", "class Solution:\n    def f(self, x):\n        pass"), "f",
         "class Solution:\n    def f(self, x):\n        return 1"),
        (text("class Solution:\n    def f(self, x):\n        y = x\n        return y", "def f(self, x):\n    y = x\n    return y"), "f",
         "class Solution:\n    def f(self, x):\n        y = x\n        return y"),
        (text("class Solution:\n    def f(self, x):\n        return 1", "f = Solution().f\nprint(f(2))"), "f",
         "class Solution:\n    def f(self, x):\n        return 1"),
        (text("def f(x):\n    return 1", "f = f(3)\nprint(f)"), "f", "def f(x):\n    return 1"),
        (text("def f(x):\n    return 1", READS), "f", "def f(x):\n    return 1"),
        # A later change of the program counts, whole or not: nothing is patched together.
        (text(f"{DOUBLE}\n{MAIN}", "def double(x):\n    return x + x"), None, "def double(x):\n    return x + x"),
        (text(f"{SOLVE}\nsolve()", "def solve():\n    print(int(input()) + 1)"), None, "def solve():\n    print(int(input()) + 1)"),
        (text(f"{SOLVE}\nsolve()", "def solve():\n    print(int(input()) + 1)", "solve()"), None,
         "def solve():\n    print(int(input()) + 1)\nsolve()"),
        (text(READS, "def main():\n    print(input())"), None, "def main():\n    print(input())"),
        (text(READS, "n = int(input()\nprint(n)"), None, "n = int(input()\nprint(n)"),
        (text("def f(x):\n    return 1", "def f(x) return 2"), "f", "def f(x) return 2"),
        (text("def h(x):\n    return 1\ndef f(x):\n    return h(x)", "def h(x):\n    return 2"), "f", "def h(x):\n    return 2"),
        (text("x = input()\nprint(x)\nprint('debug')", "x = input()\nprint(x)"), None, "x = input()\nprint(x)"),
        (f"{fenced(READS)}\nFinal:\n{fenced('n = int(input()' + chr(10) + 'print(n)', '')}", None, "n = int(input()\nprint(n)"),
        # No program.
        (f"{fenced(READS)}\nWait:\n```python\nn = int(inp", None, READS),
        (f"{fenced(READS)}\nWait:\n```python\nn = int(input(", None, None),
        (f"{fenced('def f(x):' + chr(10) + '    return 1')}\n```python\ndef g(x):\n    return (", "f", None),
        (f"{fenced('def f(x):' + chr(10) + '    return 1')}\n```python\ndef test_f():\n    assert f(", "f",
         "def f(x):\n    return 1"),
        (f"{fenced(READS)}\nWait:\n```python\nn = int(input())\nm = n", None, None),
        (f"{fenced(READS)}\nWait:\n```python\nimport sys", None, None),
        (f"{fenced(READS)}\nWait:\n```python\nn = int(input())\nprint(-n)", None, "n = int(input())\nprint(-n)"),
        (f"{fenced(READS)}\nSo:\n```python\nprint(n)", None, READS),
        (f"{fenced(READS)}\nSo:\n```python\nprint(5 + 5)", None, READS),
        (f"{fenced(DOUBLE)}\nWait:\n```python\ndef half(x):\n    return x / 2", "double", None),
        (f"{fenced(MAIN)}\nWith:\n```python\n{DOUBLE}", None, f"{DOUBLE}\n{MAIN}"),
        (f"{fenced(DOUBLE)}\nTest:\n```python\ndef test_double():\n    assert double(1) == 2", "double", DOUBLE),
        ("```python\n>>> f(1)\n2\n```", None, None),
        ("```python\n# Try it\n>>> print(int(input()))\n2\n```", None, None),
        ("<answer>42</answer>", None, None),
        ("Write <code>print(x)</code> to print.", None, None),
        (f"{fenced(READS)}\nThe call <code>print(n)</code> prints n.", None, READS),
        ("[PYTHON]\nThe code is missing.", None, None),
        ('<pre><code class="language-python">\nprint(input())\n</code></pre>', None, "print(input())"),
        # Strings and comments with fences.
        ("```python\ns = '''\n```\n'''\nprint(s, input())\n```\nDone.", None, "s = '''\n```\n'''\nprint(s, input())"),
        ("```python\nx = input()  # a ``` here\nprint(x)\n```", None, "x = input()\nprint(x)"),
        ("```python\nprint(input())  # the end```\nIt's done.\n```\n3\n```", None, "print(input())"),
        ("```python\ndef f(x):\n    '''Use ```f(1)```.'''\n    return x```", "f", "def f(x):\n    '''Use ```f(1)```.'''\n    return x"),
        ("print('''\n```\n''', input())", None, "print('''\n```\n''', input())"),
        ("```python\nprint('a\u00a0b\u200b', input())\n```", None, "print('a\u00a0b\u200b', input())"),
        ("```python\nif 1:\n\u3000\u3000print(~~~int(input()))\n```", None, "if 1:\n  print(~~~int(input()))"),
    ],
)  # fmt: skip
def test_the_final_program_is_found(response: str, function: str | None, code: str | None) -> None:
    assert shown(extract_code(response, function)) == shown(code)


TRIPLE = '"""'
HOSTILE = {
    "ticks": "`" * 10**6,
    "lines of ticks": ("`" * 1990 + "x`\n") * 500,
    "spaced ticks": ("``` " * 490 + "\n") * 500,
    "50,000 blocks": "```python\nx = f(1)\nprint(x)\n```\n" * 50_000,
    "bare fences": "```\n" * 200_000,
    "nested fences": "".join("`" * k + "md\n" for k in range(1300, 3, -1)),
    "nested quotes": "> " * 1000 + "```python\n" + ("> " * 900 + "x\n") * 500 + "```",
    "open strings": f"```python\n\\{TRIPLE}\n```\n" * 50_000,
    "comments": "```python\n" + "x # ```\n" * 100_000,
    "tags": "<code>x</code>" * 70_000,
    "tags in code": "```python\n" + "<code>\n" * 150_000,
    "odd spaces": "```python\n" + "\u00a0" * 10**6 + "\n```",
    "definitions": ("```python\n" + "".join(f"def f{i}(x): return f{i + 1}(x)\n" for i in range(600)) + "```\n") * 30,
    "values": ("```python\n" + "".join(f"a{i}=a{i + 1}\n" for i in range(3000)) + "```\n") * 60,
    "deep sum": "```python\nx=" + "x+" * 40_000 + "1\nprint(x)\n```\n" + fenced("print(y)"),
    "long code": ("```python\n" + "x = 1\n" * 16_000 + "```\n") * 10,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_response_takes_little_time(name: str) -> None:
    """Linear time: a machine that is ten times slower passes, a quadratic rule does not."""
    start = time.process_time()
    extract_code(HOSTILE[name])
    extract_code(HOSTILE[name], "f")
    assert time.process_time() - start < 20
