"""Labelled responses for the extraction of programs: 15 programs in every shape, and single ones.

A case is (label, response, function or None, expected program or None). Programs are compared by syntax tree.
"""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    label: str
    response: str
    function: str | None
    code: str | None


F = "`" * 3
STDIN = {
    "script": "n = int(input())\nprint(n * 2)",
    "loop": "for _ in range(int(input())):\n    a, b = map(int, input().split())\n    print(a + b)",
    "solve": "import sys\n\ndef solve():\n    data = sys.stdin.read().split()\n    print(sum(map(int, data)))\n\nsolve()",
    "guard": 'def main():\n    n = int(input())\n    print(n + 1)\n\nif __name__ == "__main__":\n    main()',
    "helper": "def gcd(a, b):\n    while b:\n        a, b = b, a % b\n    return a\n\nx, y = map(int, input().split())\nprint(gcd(x, y))",
    "buffer": "import sys\ninput = sys.stdin.buffer.readline\nn = int(input())\nsys.stdout.write(str(n) + '\\n')",
    "open": "data = open(0).read().split()\nprint(len(data))",
    "class": "class Graph:\n    def __init__(self, n):\n        self.n = n\n\n    def size(self):\n        return self.n\n\nprint(Graph(int(input())).size())",
    "thread": "import sys, threading\n\ndef main():\n    print(len(sys.stdin.readline().strip()))\n\nthreading.Thread(target=main).start()",
    "string": "s = input()\nif s:\n    print('```', \"it's\", s)  # ticks in a string",
}
CALL = {
    "plain": "def f(x):\n    return x + 1",
    "method": "from typing import List\n\nclass Solution:\n    def f(self, xs: List[int]) -> int:\n        return sum(xs)",
    "lambda": "f = lambda x: x * 2",
    "inner": "def f(n):\n    def g(k):\n        return k * k\n    return g(n)",
    "cached": "from functools import lru_cache\n\n@lru_cache(None)\ndef f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)",
}


def fenced(code: str, head: str = "python", fence: str = F) -> str:
    return f"{fence}{head}\n{code}\n{fence}"


def indented(code: str, space: str) -> str:
    return "\n".join(space + line if line else line for line in code.split("\n"))


def plain_shapes(code: str) -> dict[str, str]:
    """One program, alone."""
    return {
        "fence": f"We loop.\n\n{fenced(code)}\n\nThis is O(n).",
        "python3": fenced(code, "python3"),
        "no language": f"Code:\n{fenced(code, '')}",
        "after thought": f"<think>try\n{fenced('print(0)')}</think>\n{fenced(code)}",
    }


def damaged_shapes(code: str) -> dict[str, str]:
    """One program, written badly."""
    lines = code.split("\n")
    return {
        "glued fence": f"{F}python\n{code}{F}",
        "glued fence, text behind": f"{F}python\n{code}{F} It's O(n).\nOutput:\n{fenced('3', '')}",
        "in markdown": f"{F}`markdown\n# Title\n{fenced(code)}\nmore\n{F}`",
        "in bare": f"{F}``\nSolution:\n{fenced(code)}\n{F}``",
        "quoted": "> Here:\n" + "\n".join(f"> {line}".rstrip() for line in fenced(code).split("\n")),
        "quoted twice": "\n".join(f">> {line}" for line in fenced(code).split("\n")),
        "nested list": "1. a\n   - b\n" + indented(fenced(code), "     "),
        "list marker": "1. " + indented(fenced(code), "   ").lstrip(),
        "unclosed": f"So:\n{F}python\n{code}",
        "unclosed, token behind": f"So:\n{F}python\n{code}\n<|im_end|>",
        "code tag": f"So:\n<code>\n{code}\n</code>",
        "python tag": f"<python>\n{code}\n</python>\nDone.",
        "bracket tag": f"[PYTHON]\n{code}\n[/PYTHON]",
        "answer tag": f"Reasoning here.\n<answer>\n{code}\n</answer>",
        "answer around fence": f"<answer>\n{fenced(code)}\n</answer>",
        "answer on the fence": f"<answer>{fenced(code)}</answer>",
        "tag in bare fence": f"<code>{fenced(code, '')}</code>",
        "unclosed tag": f"So:\n[PYTHON]\n{code}",
        "answer, fence unclosed": f"<answer>\n{F}python\n{code}\n</answer>",
        "byte order mark": fenced("\ufeff" + code),
        "zero width": fenced("\u200b" + code + "\u200b"),
        "no-break indentation": fenced("\n".join(_no_break(line) for line in lines)),
        "no-break list": indented(fenced(code), "   ").replace("\n   ", "\n\u00a0\u00a0\u00a0"),
        "Windows": fenced(code).replace("\n", "\r\n") + "\r\n",
        "tildes": fenced(code, "python", "~~~"),
        "Python": fenced(code, "Python"),
        "title": fenced(code, 'python title="x"'),
        "braces": fenced(code, "{.python .numberLines}"),
        "version": fenced(code, "python3.11"),
        "output behind": f"{fenced(code)}\nOutput:\n{fenced('3')}\n{fenced('6 7', '')}",
        "session behind": f"{fenced(code)}\nTry:\n{fenced('>>> f(3)' + chr(10) + '4')}",
        "stray fence": f"{fenced(code)}\n{F}\nIt reads the stdin and input (once).",
    }


def _no_break(line: str) -> str:
    code = line.lstrip(" ")
    return "\u00a0" * (len(line) - len(code)) + code


def examples_behind(code: str) -> dict[str, str]:
    """A program and, behind it, what does not replace it, whatever is asked for."""
    return {
        "asserts": f"{fenced(code)}\nTest:\n{fenced('assert 1 + 1 == 2')}",
        "prints": f"{fenced(code)}\nUsage:\n{fenced('print(1)')}",
        "test function": f"{fenced(code)}\n{fenced('def test_it():' + chr(10) + '    assert 1 == 1' + chr(10) * 2 + 'test_it()')}",
        "cut example": f"{fenced(code)}\nUsage:\n{F}python\nprint(1, 2",
        "first line again": f"{fenced(code)}\nNote:\n{fenced(code.split(chr(10))[0])}",
        "other language": f"{fenced(code)}\n{fenced('int main() {}', 'cpp')}",
    }


def replaced(code: str, later: str) -> dict[str, str]:
    """A program and, behind it, another whole one."""
    return {
        "draft": f"{fenced(code)}\nFixed:\n{fenced(later)}",
        "draft, then unclosed": f"{fenced(code)}\nFixed:\n{F}python\n{later}",
        "draft unclosed": f"{F}python\n{code}\n\nBetter:\n{fenced(later)}",
        "draft, answer tag": f"{fenced(code)}\nFixed:\n<answer>\n{later}\n</answer>",
    }


def cases() -> list[Case]:
    found = []
    for function, programs in ((None, STDIN), ("f", CALL)):
        later = "v = input()\nprint(v)" if function is None else "def f(z):\n    return -z"
        broken = later + "\nprint((v)"
        for name, code in programs.items():
            bare = {"lambda": {"no language", "code tag", "answer tag", "tag in bare fence"}}.get(name, set())
            shapes = {**plain_shapes(code), **damaged_shapes(code), **examples_behind(code)}
            found += [Case(f"{name}: {s}", text, function, code) for s, text in shapes.items() if s not in bare]
            found += [Case(f"{name}: {s}", text, function, later) for s, text in replaced(code, later).items()]
            found += [
                Case(f"{name}: cut revision", f"{fenced(code)}\nFixed:\n{F}python\n{broken}", function, None),
                Case(f"{name}: cut", f"{F}python\n{code}\nprint((", function, None),
                Case(f"{name}: in thought", f"<think>\n{fenced(code)}", function, None),
            ]
    return found
