"""Near duplicates: what makes two long questions of nearly the same words two problems."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from support.scripts import script

THOUGHT = "<|begin_of_thought|>\n\n{}\n\n<|end_of_thought|>\n\n<|begin_of_solution|>\n\nso \\boxed{{1}}\n\n<|end_of_solution|>"
WORDS = ["".join(letters) for letters in itertools.islice(itertools.permutations("aeiklmnorstu", 5), 0, 40_000, 160)]
"""250 different words without digits."""

QUESTION = " ".join([*WORDS[:125], "{first} and {number} {sign} x", *WORDS[125:]])


def filled(first: str = "Rainy", number: int = 20, sign: str = "+") -> str:
    return QUESTION.format(first=first, number=number, sign=sign)


def similarity(first: str, second: str) -> float:
    """Jaccard similarity of the word trigrams, exactly."""
    sets = [set(zip(words, words[1:], words[2:], strict=False)) for words in (first.split(), second.split())]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def kept(folder: Path, *questions: str) -> list[str]:
    """The questions that convert_to_data.py keeps, each with a response of its own."""
    (folder / "in").mkdir()
    entries = {
        question: {
            "prompt": question,
            "responses": {
                "0.7": [
                    {
                        "content": "c", "processed_content": THOUGHT.format(number), "correctness": True,
                        "reason": "r", "finish_reason": "stop",
                    }
                ]
            },
        }
        for number, question in enumerate(questions)
    }  # fmt: skip
    (folder / "in" / "converted_m_NUMINA_train_all_0_-1.json").write_text(json.dumps(entries))
    done = script("convert_to_data.py", "--input_dir", folder / "in", "--output", folder / "out.json")
    assert done.returncode == 0, done.stderr
    return [row["conversations"][0]["value"] for row in json.loads((folder / "out.json").read_text())]


@pytest.mark.parametrize("other", [filled(number=21), filled(sign="-")], ids=["another number", "another operator"])
def test_alike_questions_with_other_values_stay(tmp_path: Path, other: str) -> None:
    assert similarity(filled(), other) > 0.95
    assert kept(tmp_path, filled(), other) == [filled(), other]


def test_alike_questions_with_the_same_values_are_one_problem(tmp_path: Path) -> None:
    other = filled("Sunny")
    assert similarity(filled(), other) > 0.95
    assert kept(tmp_path, filled(), other) == [filled()]
