"""Think tags and section markers: where the reasoning ends and the answer begins."""

from __future__ import annotations

import pytest

from util.text.thought import (
    MARKERS,
    after_reasoning,
    assemble,
    begins_with_thought,
    sections,
    sections_after_thought,
    split_at_think_tag,
    with_thought,
)


@pytest.mark.parametrize(
    ("response", "rest"),
    [
        ("no reasoning", "no reasoning"),
        ("<think>a</think>b", "b"),
        ("a</thinking>b", "b"),
        ("<think>a</think>b</think>c", "c"),
        ("a<|end_of_thought|>b<|end_of_solution|>", "b\n"),
        ("<think>a", None),
        ("<think>a</think>b<thinking>", None),
        ("<|begin_of_thought|>a", None),
    ],
)
def test_only_what_follows_the_reasoning_is_searched(response: str, rest: str | None) -> None:
    assert after_reasoning(response) == rest


@pytest.mark.parametrize(
    ("response", "parts"),
    [
        ("<think>a</think>b", ("a", "b")),
        ("\n<thinking>a</thinking>b", ("a", "b")),
        ("a</think>b</think>c", ("a</think>b", "c")),
        ("a <think> b</think>c", ("a <think> b", "c")),
        ("<think>a", None),
        ("a", None),
    ],
)
def test_a_response_is_split_at_its_last_think_tag(response: str, parts: tuple[str, str] | None) -> None:
    assert split_at_think_tag(response) == parts


def test_a_thought_returned_apart_is_put_back() -> None:
    text = with_thought("why", "the answer")
    assert text == "<think>\nwhy\n</think>\n\nthe answer"
    assert begins_with_thought(text)
    assert not begins_with_thought("the <think> tag")
    assert after_reasoning(text) == "\n\nthe answer"


@pytest.mark.parametrize(
    "text", ["a", assemble("a", ""), assemble("a", "b") * 2, assemble("<|end_of_thought|>", "b"), assemble("", "b")]
)
def test_a_text_without_both_sections_has_none(text: str) -> None:
    assert sections(text) is None


def test_sections_are_read_as_they_were_assembled() -> None:
    assert sections(assemble(" a\n", "b")) == ("a", "b")


MENTIONED = "We need " + " and ".join(MARKERS)
WRITTEN = assemble("a", "b")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (WRITTEN, ("a", "b")),
        (f"Sure! Here it is:\n{WRITTEN}\nLet me know.", ("a", "b")),
        (f"<think>short</think>{WRITTEN}", ("a", "b")),
        (f"<think>{MENTIONED}</think>\n{WRITTEN}", ("a", "b")),
        (f"{MENTIONED}</think>\n{WRITTEN}", ("a", "b")),
        (f"<think>{MARKERS[0]} </think> {MARKERS[3]}</think>{WRITTEN}", ("a", "b")),
        (f"<think>x</think>{assemble('<think>a</think>', 'b')}", ("<think>a</think>", "b")),
        (assemble("a </think> c", "b"), ("a </think> c", "b")),
        (f"<think>{MENTIONED}</think> Sorry.", None),
        (f"{MENTIONED}</think> Sorry.", None),
        (f"<think>{WRITTEN}", None),
        (f"{WRITTEN}{WRITTEN}", None),
        ("<think>a</think>b", None),
        ("", None),
    ],
)
def test_only_sections_after_the_writers_own_thought_count(text: str, found: tuple[str, str] | None) -> None:
    assert sections_after_thought(text) == found
