"""Which program of a response the judge runs."""

from __future__ import annotations

import pytest

from util.code.extract_code import candidates, extract_code, same_program


@pytest.mark.parametrize(
    ("response", "code"),
    [
        ("```python\nprint(6)\n```\nExample output:\n```\n6\n```", "print(6)"),
        ("```python\nprint(6)\n```\nRun it:\n```\npython sol.py\n```", "print(6)"),
        ("text\r\n```python\r\nprint(6)\r\n```\r\n", "print(6)"),
        ("```python\nprint(6)\n```<|end_of_solution|>", "print(6)"),
        ("```python\nprint(6)\n```.", "print(6)"),
        ("Here is the code: ```python\nprint(6)\n```", "print(6)"),
        ("<|begin_of_solution|>```python\nprint(6)\n```\nOutput for 3:\n```\n6\n```", "print(6)"),
        ("```python\nprint(5)\n\nBetter:\n```python\nprint(6)\n```", "print(6)"),
        ("1. Code:\n   ```python\n   if 1:\n       print(6)\n   ```", "if 1:\n    print(6)"),
        ("````python\nprint(6)\n````", "print(6)"),
        ("~~~python\nprint(6)\n~~~", "print(6)"),
        ("<|begin_of_solution|>\nprint(6)\n<|end_of_solution|>", "print(6)"),
        ("```python\n# <think> no\nprint(6)\n```", "# <think> no\nprint(6)"),
        ("```python\nprint(6)\n```\nUsage:\n```python\n>>> run()\n6\n```", "print(6)"),
        ("```python\nprint(6)", "print(6)"),
        ("```python\nprint(6", None),
        ("<think>```python\nprint(6)\n```", None),
        ("It prints 6.", None),
        ("```cpp\nint main() {}\n```", None),
    ],
)
def test_code_is_found(response: str, code: str | None) -> None:
    found = extract_code(response)
    assert (found.strip() if found else None) == code


@pytest.mark.parametrize("fence", ["```", "~~~"])
def test_a_think_tag_in_the_final_code_opens_no_reasoning(fence: str) -> None:
    assert extract_code(f"So:\n{fence}python\n# <think> no\nprint(6)\n{fence}") == "# <think> no\nprint(6)\n"
    assert extract_code(f"<think>\n{fence}python\nprint(6)\n{fence}") is None


def test_the_asked_function_decides_between_blocks() -> None:
    blocks = ["def f(x):\n    return x", "async def g():\n    f = 1", "h = len\nff = abs(2)", "print(f(1))"]
    response = "\n".join(f"```python\n{block}\n```" for block in blocks)
    found = candidates(response)
    expected = {"f": (0,), "g": (1,), "h": (2,), "ff": (2,), "unknown": (0, 3), None: (0, 3)}
    assert {name: found.pieces(name) for name in expected} == expected
    assert {name: found.index(name) for name in expected} == {name: pieces[-1] for name, pieces in expected.items()}
    for name, pieces in expected.items():
        code = "\n\n\n".join(blocks[i] for i in pieces)
        assert found.code(name) == extract_code(response, name) == f"{code}\n"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("print(1)", "print(1)\n", True),
        ("if x:\n    y()", "if x:\n\n  y()  \n", True),
        ("print('a b')", "print('ab')", False),
        ("if x:\n    y()\n    z()", "if x:\n    y()\nz()", False),
        ("x = 1 # one", "x = 1 # two", False),
        ("print 1,  2", "print 1, 2", False),  # not Python 3: nothing says that white space does not matter
        ("print 1", "print 1", True),
        ("x = " + "(" * 5_000, "x = " + "( " * 5_000, False),
    ],
)
def test_programs_are_the_same_up_to_layout(one: str, other: str, same: bool) -> None:
    assert same_program(one, other) is same
