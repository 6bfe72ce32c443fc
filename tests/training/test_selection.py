"""Selection: which responses of a problem, and how many of each source; stable under added rows and other orders."""

from __future__ import annotations

import argparse
import random
from collections import Counter
from pathlib import Path

import pytest

from util.system.errors import UserError
from util.training.gather import Sample, TrainingProblem
from util.training.select_responses import chosen, farthest
from util.training.select_sources import Candidates, limited, mixed, read_mix
from util.training.selection_options import selection

TEXTS = [
    "we use induction on n and check the base case first of all",
    "we use induction on n and check the base case first of all things",
    "a picture with two triangles of equal area shows it at once to us",
    "modulo seven each of the squares is zero one two or four here then",
]


def problems(*sources: tuple[str, int, int]) -> Candidates:
    """(source, number of problems, responses of each), with hashes that look like those of a pool."""
    found: Candidates = []
    for source, number, responses in sources:
        for one in range(number):
            name = random.Random(f"{source} {one}").randbytes(16)
            problem = TrainingProblem(source, 0)
            found.append((name, [(problem, Sample(one, rank), None) for rank in range(responses)]))
    return found


def mix(folder: Path, text: str, name: str = "mix.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_diverse_takes_texts_that_are_far_from_each_other_in_any_order() -> None:
    assert farthest(TEXTS, 3) == [0, 2, 3]  # the near copy of the first is last
    assert [TEXTS[::-1][place] for place in farthest(TEXTS[::-1], 3)] == [TEXTS[place] for place in farthest(TEXTS, 3)]
    assert sorted(farthest(TEXTS, 9)) == [0, 1, 2, 3]
    assert farthest(["a", "a"], 2) == [0, 1]


def test_diverse_prefers_what_was_judged_here() -> None:
    samples = [Sample(place, len(text), ours=place != 2) for place, text in enumerate(TEXTS)]
    problem = TrainingProblem("s", 0, right=samples)
    found = chosen(problem, "diverse:3", None, lambda sample: TEXTS[sample.place])
    assert [sample.place for sample in found] == [0, 1, 3]
    assert len(chosen(problem, "diverse:4", 2, lambda sample: TEXTS[sample.place])) == 2
    assert [s.place for s in chosen(problem, "diverse:4", None, lambda sample: TEXTS[sample.place])] == [0, 1, 3, 2]


@pytest.mark.parametrize(
    ("wrong", "hint"), [("shortst", "did you mean 'shortest'"), ("diverse", "diverse:4"), ("diverse:0", "diverse:4")]
)
def test_names_of_selections(wrong: str, hint: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=hint):
        selection(wrong)


def test_per_source_is_stable_under_added_rows_and_any_order() -> None:
    small, large = problems(("A", 50, 2), ("B", 5, 1)), problems(("A", 400, 2), ("B", 5, 1))
    chance = random.Random(1)
    before = limited(small, 20)
    assert Counter(items[0][0].source for _, items in before) == {"A": 20, "B": 5}
    assert [name for name, _ in before] == [name for name, _ in small if name in dict(before)]  # the order stays
    shuffled = chance.sample(small, len(small))
    assert set(dict(limited(shuffled, 20))) == set(dict(before))
    # Of the old problems only those go whose place a new one with a smaller hash takes.
    after = set(dict(limited(large, 20)))
    last = max(name for name, items in limited(large, 20) if items[0][0].source == "A")
    assert {name for name, _ in before} - after == {
        name for name, items in before if items[0][0].source == "A" and name > last
    }
    assert limited(small, None) is small


def test_a_mix_by_numbers_caps_repeats_and_says_so(tmp_path: Path) -> None:
    rows = problems(("NUMINA/math", 30, 2), ("NUMINA/aime", 10, 1), ("APPS", 10, 1))
    items, lines = mixed(rows, read_mix(mix(tmp_path, '"NUMINA/math" = 12\nNUMINA = 5\nAPPS = 25\nmax_repeats = 2')))
    assert Counter(problem.source for problem, _, _ in items) == {"NUMINA/math": 12, "NUMINA/aime": 5, "APPS": 20}
    assert {sample.size for problem, sample, _ in items if problem.source == "NUMINA/math"} == {
        0
    }  # first responses first
    assert [problem.source for problem, _, _ in items[-10:]] == ["APPS"] * 10  # the second pass follows the first
    assert (
        lines[2]
        == "mix: 20 rows of APPS, 10 of 10 different ones, each at most 2 times; 25 were wanted, but max_repeats is 2"
    )


def test_a_mix_by_shares_is_as_large_as_its_rarest_source_allows(tmp_path: Path) -> None:
    rows = problems(("A", 90, 1), ("B", 10, 1), ("C", 7, 1))
    items, _ = mixed(rows, read_mix(mix(tmp_path, "A = 0.75\nB = 0.25\nC = 0.0")))
    assert Counter(problem.source for problem, _, _ in items) == {"A": 30, "B": 10}
    items, _ = mixed(rows, read_mix(mix(tmp_path, '{"A": 0.75, "B": 0.25, "C": 0.0, "total": 11}', "mix.json")))
    assert Counter(problem.source for problem, _, _ in items) == {"A": 8, "B": 3}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A = 5\nB = 0.5", "mixes numbers"),
        ("A = 0.5\nB = 0.6", "add up to 1.1"),
        ("A = -1", "must be a number of rows"),
        ("A.x = 5", 'quotation marks: "A/..."'),
        ("A = 5\ntotal = 3", "for shares"),
        ("A = 5\nmax_repeats = 0", "at least 1"),
        ("", "has no source"),
        ("A: 5", "is not TOML"),
    ],
)
def test_what_is_no_mix_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_mix(mix(tmp_path, text))


def test_sources_and_entries_must_belong_to_each_other(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no entry for APPS"):
        mixed(problems(("APPS", 3, 1)), read_mix(mix(tmp_path, "APP = 5")))
    with pytest.raises(UserError, match="no rows of B are left"):
        mixed(problems(("A", 3, 1)), read_mix(mix(tmp_path, "A = 0.5\nB = 0.5")))
    with pytest.raises(UserError, match="cannot be read"):
        read_mix(tmp_path / "none.toml")
