"""The command line of the proof."""

from __future__ import annotations

from util.training.prove import parse


def test_a_template_may_be_the_name_of_one_of_llamafactorys() -> None:
    words = ["train.json", "--model", "student", "--for", "llamafactory", "--template", "qwen3"]
    assert parse(words).template == "qwen3"  # a name, not a path
