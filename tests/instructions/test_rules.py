"""The 25 instructions of IFEval: what follows each and what does not, where no rule may guess, and loose variants."""

from __future__ import annotations

from typing import Any

import pytest

from util.instructions.following import every, follow, loose_variants
from util.instructions.rules import INSTRUCTIONS
from util.instructions.sentences import count_sentences

pytest.importorskip("py3langid")

LEAST, LESS = {"relation": "at least"}, {"relation": "less than"}
CASES: list[tuple[str, dict[str, Any], list[str], list[str]]] = [
    ("keywords:existence", {"keywords": ["Story", "C++ (17)"]}, ["storyteller in c++ (17)"], ["story in C", "C++ (17)"]),
    ("keywords:frequency", {"keyword": "the sea", "frequency": 2, **LEAST}, ["The sea, the\nsea"], ["the seaside, the sea"]),
    ("keywords:frequency", {"keyword": "C++", "frequency": 1, **LESS}, ["C"], ["c++"]),
    ("keywords:forbidden_words", {"forbidden_words": ["C++", "law"]}, ["outlaws of C"], ["the Law.", "in c++!"]),
    ("keywords:letter_frequency", {"letter": "#", "let_frequency": 2, "let_relation": "at least"}, ["# a #"], ["#", "ab"]),
    ("keywords:letter_frequency", {"letter": "E", "let_frequency": 2, "let_relation": "less than"}, ["e"], ["eE"]),
    ("language:response_language", {"language": "de"}, ["Die Kinder gingen früh zum Markt."], ["The children went to it.", "42"]),
    ("language:response_language", {"language": "mr"}, ["मुले सकाळी लवकर बाजारात गेली."], ["बच्चे सुबह जल्दी बाज़ार गए और सेब खरीदे।"]),
    ("length_constraints:number_sentences", {"num_sentences": 3, **LEAST}, ["One. two! Three?"], ["Dr. A. Lee left.", "1. Go. 2. Do."]),
    ("length_constraints:number_sentences", {"num_sentences": 2.0, "relation": "at most"}, ["A title\n\nIt is. So."], ["a。b。c。"]),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, ["a\n***\nb\n***", "a\n* * *\nb"], ["a\n\nb", "***a***\n******b"]),
    ("length_constraints:number_words", {"num_words": 3, **LESS}, ["don't"], ["one two three"]),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "We"},
        ["a\n\nwe go", 'a\n\n\n\n"We," said he', "a\n \nWe’re"],
        ["a\n\nwell", "we\n\na", "a\n\nwe\n\nb", "a\nwe"],
    ),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, ["[a] [b c]"], ["[a]", "[a\nb] [c]"]),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, ["a\np. s. b", "P.S. b"], ["a", "PS b"]),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, ["a P.P.S b"], ["a P.S. b"]),
    (
        "detectable_format:number_bullet_lists",
        {"num_bullets": 2},
        ["* a\n  - b", "intro\n* a\n\n* **b** c\n---\n* * *"],
        ["* a\n* b\n* c", "*a* b\n* c", "-5\n- b", "**a**\n* b"],
    ),
    ("detectable_format:constrained_response", {}, ["My answer is no."], ["My answer is yes. My answer is no.", "No."]),
    (
        "detectable_format:number_highlighted_sections",
        {"num_highlights": 2},
        ["*a* and **b**", "*a **b** c*", "* one *x*\n* two *y*"],
        ["***both***", "*a\nb*", "** **, * *", "**a**"],
    ),
    ("detectable_format:multiple_sections", {"section_spliter": "Day", "num_sections": 2}, ["**Day 1**\nDay 2"], ["Day 1", "day 1 day 2", "Monday 1 Day 2"]),
    ("detectable_format:json_format", {}, ['```json\n{"a": [1]}\n```', "[]", "```\n1e3\n```"], ["{'a': 1}", 'Here: {"a": 1}', "NaN", "[" + "1" * 5000]),
    ("detectable_format:title", {}, ["a <<b>> c"], ["<< >>", "<b>", "<<a\nb>>"]),
    ("combination:two_responses", {}, ["a\n******\nb", "******a******b******"], ["a******a", "a***b", "a****** ******b", "a******b******c"]),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Say it. "}, ["say IT. It."], ["It. Say it."]),
    ("startend:end_checker", {"end_phrase": "Any more?"}, ['a any more?"', "Any more?\n"], ["Any more? a"]),
    ("startend:quotation", {}, ['"a"', "“a”\n"], ['"a', '"', "'a'"]),
    ("change_case:capital_word_frequency", {"capital_frequency": 2, "capital_relation": "at least"}, ["COVID-19 and U.S."], ["DON'T", "I'm"]),
    ("change_case:english_capital", {}, ["THE CHILDREN WENT HOME."], ["The", "DIE KINDER GINGEN FRÜH NACH HAUSE.", "42"]),
    ("change_case:english_lowercase", {}, ["the children went home."], ["The", "die kinder gingen früh nach hause."]),
    ("punctuation:no_comma", {}, ["a; b"], ["a, b", "\u4f60\uff0c", "\u0645\u060c"]),
]  # fmt: skip


def strict(name: str, kwargs: dict[str, Any] | None, text: str) -> bool | None:
    [found] = follow([name], [kwargs], text)
    return found.strict


@pytest.mark.parametrize(("name", "kwargs", "right", "wrong"), CASES)
def test_an_instruction(name: str, kwargs: dict[str, Any], right: list[str], wrong: list[str]) -> None:
    nulls = dict.fromkeys(("num_words", "relation", "keywords", "language", "letter"))  # as the Hub's rows have them
    assert {text: strict(name, nulls | kwargs, text) for text in right} == dict.fromkeys(right, True)
    assert {text: strict(name, nulls | kwargs, text) for text in wrong} == dict.fromkeys(wrong, False)
    assert strict(name, kwargs, "  \n") is False


def test_every_instruction_has_a_case() -> None:
    assert {name for name, *_ in CASES} == set(INSTRUCTIONS)
    assert len(INSTRUCTIONS) == 25


@pytest.mark.parametrize(("name", "kwargs"), [(name, kwargs) for name, kwargs, *_ in CASES if kwargs])
def test_a_missing_or_strange_argument_is_no_guess(name: str, kwargs: dict[str, Any]) -> None:
    for gone in kwargs:
        for value in (None, [], {"a": 1}, True, " ", -3):
            [found] = follow([name], [kwargs | {gone: value}], "The children went home early.")
            if found.strict is None:
                assert (found.loose, found.row) == (None, True)
                assert gone in found.why
            else:  # what was wrong is found out before the argument is looked at
                assert found.strict is False
    assert strict(name, None, "a b") is None


def test_unknown_ids_relations_and_languages_are_null() -> None:
    ids = ["keywords:existance", "made:up", "length_constraints:number_words", "language:response_language"]
    kwargs = [{}, {}, {"num_words": 3, "relation": "around"}, {"language": "tlh"}]
    found = follow(ids, kwargs, "The children went home.")
    assert [each.strict for each in found] == [None] * 4
    assert [each.row for each in found] == [True] * 4
    for each, words in zip(
        found, ("did the row mean keywords:existence?", "unknown", "'around'", "'tlh'"), strict=True
    ):
        assert words in each.why
    assert [each.strict for each in follow(["punctuation:no_comma", "made:up"], [{}], "a")] == [True, None]


def test_a_text_too_short_for_its_language_is_in_doubt() -> None:
    assert strict("change_case:english_lowercase", {}, "ok") is None
    assert strict("language:response_language", {"language": "fi"}, "ok") is None


def test_without_the_identifier_there_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("util.instructions.language_rules.importlib.util.find_spec", lambda name: None)
    [found] = follow(["language:response_language"], [{"language": "en"}], "The children went home.")
    assert (found.strict, found.loose, found.row) == (None, None, False)
    assert "pip install py3langid" in found.why
    assert strict("change_case:english_lowercase", {}, "The") is False  # whatever its language is


def test_loose_takes_away_first_and_last_line_and_asterisks() -> None:
    assert loose_variants("a\n*b*\nc") == ["a\n*b*\nc", "*b*\nc", "a\n*b*", "*b*", "a\nb\nc", "b\nc", "a\nb", "b"]
    [found] = follow(["startend:end_checker"], [{"end_phrase": "done"}], "**done**\nHope that helps!")
    assert (found.strict, found.loose) == (False, True)
    [found] = follow(["punctuation:no_comma"], [{}], "Sure, here it is:\nred and blue")
    assert (found.strict, found.loose) == (False, True)
    assert every([True, None, False]) is False


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('He said "Stop." Then he left (at last).', 2),
        ("It costs 3.5 vs. 4.5, e.g. in the U.S. market, i.e. here.", 1),
        ("I live in the U.S. You do not.", 2),
        ("Wait... what? Yes... It is.", 3),
        ("It works?! Yes!!! **Really.** _So._", 4),
        ("See example.com or v1.2.3 for it", 1),
        ("P.S. I forgot. p. s. it", 2),
        ("# Title\n- a point\n- another", 1),
        ("यह एक है। यह दो है।", 2),
        ("これは一つ。二つ！三つ？", 3),
        ("So am I. And you", 2),
        ("My answer is no. See No. 5, fig. 3. He sat. Wait a sec. On Jan. 5.", 5),
        ("", 0),
        ("... !", 0),
    ],
)
def test_sentences(text: str, count: int) -> None:
    assert count_sentences(text) == count
