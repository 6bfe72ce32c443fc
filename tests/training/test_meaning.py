"""Decontamination by meaning: facts, scores, the stage with and without a judge, models and their files."""

from __future__ import annotations

import doctest
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy
import pytest
from support.scripts import ROOT, script

from util.system.errors import UserError
from util.training import meaning_facts, meaning_model
from util.training.build import build
from util.training.contamination_options import THRESHOLD
from util.training.data_report import DataReport
from util.training.meaning import MeaningIndex
from util.training.meaning_decision import required
from util.training.meaning_facts import facts, other_problem
from util.training.meaning_model import Embedder, load_embedder
from util.training.options import DataOptions

TRAIN = (
    "A train leaves the station at 9:00 a.m. traveling at 60 miles per hour. A second train leaves the same station at 11:00 "
    "a.m. traveling in the same direction at 90 miles per hour. When does the second train catch up with the first?"
)
REWRITTEN = (
    "Two trains use one track from the same station, the first from 9 am on with a speed of 60 miles per hour, the second "
    "train from 11 am on at 90 miles per hour. When does the second one catch up?"
)
RENAMED = "Zoe has 2 baskets with 5 pears each and buys 3 more. How many pears does she have?"
APPLES = "Eva has 2 bags with 5 apples each and buys 3 more. How many apples does she have?"


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder("wordllama")


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (TRAIN, TRAIN.replace("90", "95"), "other numbers: 90, not 95"),
        ("A dozen eggs cost 3 dollars.", "12 eggs cost 3 dollars.", None),
        ("Half of 10", "0.5 of 10", None),
        (r"Add \frac{1}{2} and 3", "Add 1/2 and three", None),
        ("1,000 rows", "1000 rows", None),
        ("What is 50% of 20?", "What is fifty percent of 20?", None),
        ("He runs 5 km in 2 hours", "He runs 5 miles in 2 hours", "other units: 5"),
        ("He is twice as old in 6 years", "He is as old in 6 years", 'only one of them says "twice"'),
        ("Find the area of a square of side 3.", "Find the perimeter of a square of side 3.", '"area", not "perimeter"'),
        ("x + 2 = 5", "x - 2 = 5", '"sum", not "difference"'),
        ("Find $f(g(2))$ for f and g.", "Find $g(f(2))$ for f and g.", "another formula: f(g(2)), not g(f(2))"),
        ("Solve 2x = 8", "Solve 8x = 2", "another formula"),
        ("What is 4 + 3?", "What is 3 + 4?", None),
        ("What is $3 - 4$?", "What is $4 - 3$?", "another formula: 3-4, not 4-3"),
        ("A car has 4 wheels. How many wheels do 3 cars have?", "A car has 3 wheels. How many wheels do 4 cars have?", ", not "),
        ("How many eggs are in 2 boxes?", "How many boxes hold 2 eggs?", "eggs, not boxes"),
        ("How many minutes are in a day?", "How many seconds are in a day?", "minutes, not seconds"),
        ("Ann drew with replacement.", "Ann drew without replacement.", '"with replacement", not "without replacement"'),
        ("What is the capital of France?", "What is the capital of Spain?", "other names: france, not spain"),
        ("What is the remainder when 7 is divided by 2?", "What is 7 divided by 2?", '"remainder", not "quotient"'),
        (APPLES, RENAMED, None),
        (TRAIN, REWRITTEN, None),
    ],
)  # fmt: skip
def test_facts_tell_problems_apart(first: str, second: str, why: str | None) -> None:
    found, turned = other_problem(facts(first), facts(second)), other_problem(facts(second), facts(first))
    assert (found is None) == (turned is None) == (why is None)
    assert why is None or why in str(found)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (REWRITTEN, True),
        (REWRITTEN.replace("90", "80"), False),
        (RENAMED, True),
        ("Zoe has 5 baskets with 2 pears each and buys 3 more. How many pears does she have?", False),
        ("Eva has 5 bags with 2 apples each and buys 3 more. How many apples does she have?", False),
        ("Find the sum of 4 and 3.", True),
        ("Add three to four.", True),
        ("Multiply 4 by 3.", False),
        ("Which city is the capital of France?", True),
        ("Which city is the capital of Italy?", False),
        ("Which gas must people breathe?", True),
        ("Which gas do plants release?", False),
        ("What does a clock measure?", False),
        ("Which quantity is measured by a thermometer?", True),
        ("Describe the history of bread in the Middle Ages.", False),
        ("", False),
        ("\\[ \\left( \\right) \\]", False),
    ],
)  # fmt: skip
def test_the_nearest_questions_are_decided(embedder: Embedder, text: str, same: bool) -> None:
    questions = [
        TRAIN,
        APPLES,
        "What is 4 + 3?",
        "What is the capital of France?",
        "Which gas do people need to breathe?",
    ]
    questions += ["What does a thermometer measure?", "How many sides does a triangle have?"]
    index = MeaningIndex((("AIME", question) for question in questions), embedder, THRESHOLD)
    [found] = index.found([text])
    assert bool(found and found[0].same) is same, found


def test_a_question_is_found_by_its_numbers_among_many(embedder: Embedder) -> None:
    """Other names and objects leave little similarity: a thousand questions are nearer."""
    crowd = [
        ("B", f"Zoe has {n} pears and {n + 1} baskets. How many pears and baskets does she have?")
        for n in range(7, 1007)
    ]
    index = MeaningIndex([*crowd, ("A", APPLES)], embedder, THRESHOLD)
    [found] = index.found([RENAMED])
    assert (found[0].benchmark, found[0].same) == ("A", True)


def test_a_choice_is_compared_with_and_without_its_options(embedder: Embedder) -> None:
    index = MeaningIndex([("MMLU", "What is two plus two?", "3 5 4 6")], embedder, THRESHOLD)
    plain, with_options, others = index.found(
        ["Add 2 to 2.", "Two plus two is what? 3 5 4 6", "Two plus two is what? 7 8 9 1"]
    )
    assert plain[0].same
    assert with_options[0].same
    assert not any(pair.same for pair in others)


def test_an_index_without_questions_finds_nothing(embedder: Embedder) -> None:
    assert list(MeaningIndex([], embedder, 0.5).found(["a", "b"])) == [[], []]


def test_longer_texts_need_more() -> None:
    assert required(0.6, 5) == required(0.6, 30) == 0.6
    assert 0.6 < required(0.6, 60) < required(0.6, 120) < required(0.6, 100_000) <= 0.85


def write(folder: Path, questions: list[str]) -> DataOptions:
    """Options for a file with one right response per question."""
    text = "<|begin_of_thought|>\n\nt\n\n<|end_of_thought|>\n\n<|begin_of_solution|>\n\ns\n\n<|end_of_solution|>"
    response = {"content": "c", "processed_content": text, "correctness": True, "reason": "r", "finish_reason": "stop"}
    rows = {
        question: {"problem": question, "prompt": question, "responses": {"0": [response]}, "token_usages": {}}
        for question in questions
    }
    path = folder / "converted_m_NUMINA_train_all_0_-1.json"
    path.write_text(json.dumps(rows))
    return DataOptions([path], folder / "out.json", near_duplicates=None)


def built(
    folder: Path, questions: list[str], benchmark: list[str], **options: Any
) -> tuple[DataReport, list[str], list[Any]]:
    """The report, the questions that are kept, and the pairs."""
    pairs = folder / "pairs.jsonl"
    chosen = {"decontaminate_by": "meaning", "decontaminate_pairs": pairs, **options}
    report = build(
        DataOptions(
            **{**vars(write(folder, questions)), **chosen, "questions": lambda: [("AIME", each) for each in benchmark]}
        )
    )
    kept = json.loads((folder / "out.json").read_text()) if (folder / "out.json").exists() else []
    return (
        report,
        [row["conversations"][0]["value"] for row in kept],
        [json.loads(line) for line in pairs.read_text().splitlines()],
    )


def test_every_pair_is_written_with_its_decision(tmp_path: Path) -> None:
    other = REWRITTEN.replace("90", "80")
    report, kept, pairs = built(
        tmp_path, [REWRITTEN, other, "Bake some bread.", TRAIN + " Now."], [TRAIN], decontaminate_by="both"
    )
    assert kept == [other, "Bake some bread."]
    assert report.contaminated == {"AIME": 2}
    record = report.contamination
    assert record is not None
    assert (record.words, record.meaning, record.other, record.examined) == ({"AIME": 1}, {"AIME": 1}, 1, 4)
    assert f"wordllama 0.4.0.post1, threshold {THRESHOLD:g}" in "\n".join(record.lines())
    found = {pair["row"]: (pair["by"], pair["decision"]) for pair in pairs}
    assert found == {
        TRAIN + " Now.": ("words", "dropped"),
        REWRITTEN: ("threshold", "dropped"),
        other: ("facts", "kept"),
    }
    assert {pair["question"] for pair in pairs} == {TRAIN}
    assert next(pair["why"] for pair in pairs if pair["row"] == other) == "other numbers: 80, not 90"


def judged(verdicts: dict[str, bool | None], asked: list[str]) -> Callable[..., Iterator[tuple[bool | None, str]]]:
    def judge(pairs: Callable[[], Iterator[tuple[str, str]]]) -> Iterator[tuple[bool | None, str]]:
        assert list(pairs()) == list(pairs())
        asked.extend(row for row, _ in pairs())
        return ((verdicts[row], "it says so") for row, _ in pairs())

    return judge


@pytest.mark.parametrize(("verdict", "kept", "unreadable"), [(True, [], 0), (False, [REWRITTEN], 0), (None, [], 1)])
def test_a_judge_decides_what_facts_leave_open(
    tmp_path: Path, verdict: bool | None, kept: list[str], unreadable: int
) -> None:
    asked: list[str] = []
    other, sums = REWRITTEN.replace("90", "80"), "Find the sum of 4 and 3."
    judge = judged({REWRITTEN: verdict}, asked)
    report, found, pairs = built(
        tmp_path,
        [REWRITTEN, other, sums],
        [TRAIN, "What is 4 + 3?"],
        same_problem=judge,
        decontaminate_judge="openai/m",
    )
    assert asked == [REWRITTEN]  # other numbers and the same calculation are decided without it
    assert found == [*kept, other]
    assert report.contamination is not None
    assert (report.contamination.asked, report.contamination.unreadable) == (1, unreadable)
    [pair] = [pair for pair in pairs if pair["row"] == REWRITTEN]
    assert (pair["by"], pair["decision"]) == (
        "threshold" if verdict is None else "judge",
        "kept" if kept else "dropped",
    )
    assert "it says so" in pair["why"]


def test_words_alone_load_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning_model, "load_embedder", lambda model: pytest.fail("loaded"))
    report, kept, _ = built(tmp_path, [REWRITTEN, TRAIN], [TRAIN], decontaminate_by="words")
    assert kept == [REWRITTEN]
    assert list(report.contamination.lines()) == ["1 problems dropped because they overlap with AIME"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--decontaminate-by", "meaning"], "no benchmark is named"),
        (["--decontaminate", "MATH500", "--meaning-threshold", "0.5"], "has no effect on words"),
        (["--decontaminate", "MATH500", "--decontaminate-judge", "openai/m"], "has no effect on words"),
        (["--decontaminate", "MATH500", "--decontaminate-pairs", "IN/converted_m_NUMINA_train_all_0_-1.json"], "would replace"),
        (
            ["--decontaminate", "MATH500=SAMPLE", "--decontaminate-by", "both", "--embedding-model", "./none"],
            "there is no such folder",
        ),
    ],
)  # fmt: skip
def test_options_that_do_not_belong_together_are_refused(tmp_path: Path, arguments: list[str], message: str) -> None:
    write(tmp_path, ["q"])
    sample = str(ROOT / "samples" / "math500.jsonl")
    arguments = [each.replace("IN/", f"{tmp_path}/").replace("SAMPLE", sample) for each in arguments]
    done = script("convert_to_data.py", "--input-dir", tmp_path, "--output", tmp_path / "o.json", *arguments)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "o.json").exists()


def test_files_of_the_default_model_are_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning_model, "_FILES", dict.fromkeys(meaning_model._FILES, "0" * 64))
    with pytest.raises(UserError, match="another SHA-256"):
        load_embedder("wordllama")
    monkeypatch.setattr(meaning_model, "VERSION", "0.3.0")
    with pytest.raises(UserError, match=r"pip install --no-deps wordllama==0\.3\.0"):
        load_embedder("wordllama")
    monkeypatch.setattr(meaning_model, "DEFAULT", "no-such-package")
    with pytest.raises(UserError, match="whose wheel has the weights"):
        load_embedder("no-such-package")


def test_vectors_are_unit_or_zero(embedder: Embedder) -> None:
    assert meaning_model.unit([[3.0, 4.0], [0.0, 0.0], [float("nan"), 1.0]]).tolist() == [
        pytest.approx([0.6, 0.8]), [0, 0], [0, 1],
    ]  # fmt: skip
    found = embedder.embed(["a question", "", "long " * 5000])
    assert numpy.linalg.norm(found, axis=1) == pytest.approx([1, 0, 1])


def test_the_examples_of_the_docs() -> None:
    assert doctest.testmod(meaning_facts).failed == 0
