"""The parser of code blocks: what is a block, and where it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from util.text.fences import blocks

PIECES = ["```", "~~~", "````", "python", "Py", "text", "print(1)", "\n", "\r\n", "\r", " ", "   ", "> ", "1. ", "é"]


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("a\n```python\nx\n```\nb", "```python\nx\n```"),
        ("a\r\n```python\r\nx\r\n```\r\nb", "```python\r\nx\r\n```"),
        ("1. a\n   ```Python\n   x\n   ```\nb", "   ```Python\n   x\n   ```"),
        ("Code: ```py\nx\n```. More", "```py\nx\n```"),
        ("~~~pypy3 title=a\nx\n~~~", "~~~pypy3 title=a\nx\n~~~"),
        ("````\nx\n```\n````\n", "````\nx\n```\n````"),
        ("> ```python\n> x\n> ```\n", "```python\n> x\n> ```"),
        ("a\n```python\nx", "```python\nx"),
    ],
)
def test_a_block_knows_its_place(text: str, block: str) -> None:
    [found] = blocks(text)
    assert text[found.start : found.end] == block


def test_a_fence_with_a_language_ends_the_open_block() -> None:
    text = "```python\nx\n\nBetter:\n```py\ny\n```\n"
    first, second = blocks(text)
    assert (first.closed, first.code, second.closed, second.code) == (False, "x\n\nBetter:\n", True, "y\n")
    assert (first.end, second.start) == (text.index("```py\ny"), text.index("```py\ny"))


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_blocks_stand_in_order_and_apart(text: str) -> None:
    end = 0
    for block in blocks(text):
        assert end <= block.start < block.end <= len(text)
        assert text[block.start :].lstrip().startswith(("```", "~~~"))
        end = block.end
