"""How ``benchmarks.partial_kills`` counts tokens made twice, and whether its statistics see a fault."""

from __future__ import annotations

import random
from pathlib import Path

from benchmarks.partial_counting import Counter, at_death, attempts, losses, made
from benchmarks.partial_models import PHASES, WORDS, ranks_of_words
from benchmarks.partial_statistics import p_values
from util.records import Response, Usage


def counter(folder: Path, *made_by: tuple[int, int, int]) -> None:
    """The file of a process that made (problem, start, tokens)."""
    found = Counter(folder)
    for number, (problem, start, tokens) in enumerate(made_by):
        found.begin(str(number), problem, start)
        for _ in range(tokens):
            found.add(str(number), 1)


def test_each_interruption_is_counted_for_its_response(tmp_path: Path) -> None:
    counter(tmp_path, (0, 0, 40), (1, 0, 100), (2, 0, 0))
    counter(tmp_path, (0, 32, 20), (2, 0, 30))
    counter(tmp_path, (0, 48, 12), (2, 30, 70))
    assert len(attempts(tmp_path)) == 6  # a request without a token was not in flight
    assert made(tmp_path) == 272
    # 8 tokens and 4 tokens of response 0, nothing of 1, none of 2 at its interruption.
    assert losses(tmp_path, {0: 60, 1: 100, 2: 100}, {}) == [8, 4, 0]


def test_a_lost_end_and_tokens_that_were_never_made_are_seen(tmp_path: Path) -> None:
    counter(tmp_path, (0, 0, 50), (1, 0, 10))
    counter(tmp_path, (1, 16, 10))
    assert losses(tmp_path, {0: 40, 1: 26}, {}) == [10, -6]


def test_what_is_made_after_the_death_of_the_script_is_told_apart(tmp_path: Path) -> None:
    found = Counter(tmp_path)
    found.begin("a", 0, 0)
    found.add("a", 20)
    ends = at_death(tmp_path, {})
    found.add("a", 30)
    counter(tmp_path, (0, 16, 24))
    assert losses(tmp_path, {0: 40}, at_death(tmp_path, ends)) == [4]
    assert losses(tmp_path, {0: 40}, {}) == [34]


def response(rng: random.Random, words: list[list[str]], cut: int, *, replay: bool = False) -> Response:
    ranks = rng.choices(range(WORDS), [1 / (rank + 1) for rank in range(WORDS)], k=rng.randint(300, 900))
    if replay:
        ranks = ranks[:cut] + ranks[: len(ranks) - cut]
    text = " ".join(words[rank][0] for rank in ranks)
    return Response(content=text, usage=Usage(10, len(ranks) + 1), continued=(cut,))


def test_the_tests_accept_equal_samples_and_see_a_replay() -> None:
    words: list[list[str]] = [[] for _ in range(WORDS)]
    for word, rank in ranks_of_words().items():
        words[rank].append(word)
    assert [len(each) for each in words] == [PHASES] * WORDS
    rng = random.Random(5)
    one, other, replays = (
        [response(rng, words, 100, replay=kind) for _ in range(200)] for kind in (False, False, True)
    )
    assert all(p > 0.001 for _, p in p_values(one, other).values())
    found = p_values(one, replays)
    assert [name for name, (_, p) in found.items() if p < 1e-6] == ["repeated (binomial)"]
