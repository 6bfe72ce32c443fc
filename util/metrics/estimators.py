"""What one problem's samples say: pass@k, all-of-k, cons@k, best-of-n.

Each function gives a number from 0 to 1 for one problem; a metric is the mean over problems.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from math import comb
from typing import Any

from util.results.json_file import Entry

SUBSETS = 500
"""Of how many subsets of k samples cons@k is the mean, where there are more."""
MOST_COMPARED = 32
"""Different wrong answers of a problem that another one is compared with."""
SCORERS = ("shortest", "longest", "logprob", "majority", "reward")


def pass_at_k(n: int, right: int, k: int) -> float:
    """Unbiased estimate that one of k samples is right, given ``right`` of ``n``.

    Chen et al. 2021, "Evaluating Large Language Models Trained on Code", section 2.1.
    """
    if n - right < k:
        return 1.0
    return 1.0 - comb(n - right, k) / comb(n, k)


def all_of_k(n: int, right: int, k: int) -> float:
    """Unbiased estimate that k samples are all right (pass^k of Yao et al. 2024, "tau-bench")."""
    return comb(right, k) / comb(n, k)


def ballots(responses: Sequence[Entry], same: Callable[[str, str], bool]) -> list[int] | None:
    """For which answer each sample votes: 0 the right one, 1, 2, ... wrong ones, -1 for none.

    Answers are those that the checker found (``evidence``). Samples judged right all equal the gold
    answer and so each other; the wrong ones are grouped by ``same``. Truncated, failed and unjudged
    samples do not vote. None where the checker finds no answers (code).
    """
    if not any("answer" in (response.get("evidence") or {}) for response in responses):
        return None
    votes, wrong = [], list[str]()
    for response in responses:
        answer = (response.get("evidence") or {}).get("answer")
        if response.get("correctness") is True:
            votes.append(0)
        elif response.get("correctness") is None or not isinstance(answer, str):
            votes.append(-1)
        else:
            known = wrong[:MOST_COMPARED]
            number = next((n for n, other in enumerate(known) if other == answer or same(other, answer)), len(wrong))
            if number == len(wrong):
                wrong.append(answer)
            votes.append(number + 1)
    return votes


def majority(votes: Iterable[int]) -> float:
    """The share that the right answer has in the first place of a vote: 1, 0, or split among those that tie."""
    counts: dict[int, int] = {}
    for vote in votes:
        if vote >= 0:
            counts[vote] = counts.get(vote, 0) + 1
    top = max(counts.values(), default=0)
    winners = [answer for answer, count in counts.items() if count == top]
    return 1 / len(winners) if 0 in winners else 0.0


def cons_at_k(votes: Sequence[int], k: int) -> float:
    """Mean of ``majority`` over subsets of k samples (Wang et al. 2022, "Self-Consistency").

    All subsets where there are at most ``SUBSETS``, else that many random ones, the same ones each time.
    """
    if comb(len(votes), k) <= SUBSETS:
        results = [majority(subset) for subset in combinations(votes, k)]
    else:
        rng = random.Random(k)
        results = [majority(rng.sample(list(votes), k)) for _ in range(SUBSETS)]
    return sum(results) / len(results)


def best_of_n(
    by: str, responses: Sequence[Entry], usages: Sequence[Entry], votes: Sequence[int] | None
) -> float | None:
    """Whether the sample that a scorer chooses is right (mean of those that tie); None if nothing was scored.

    by: one of ``SCORERS``. Only finished responses with a score are chosen from; without one it is 0. Lengths are completion
    tokens, "logprob" is the mean log-probability of a token.
    """
    if by == "majority":
        return None if votes is None else majority(votes)
    finished = [
        (response, usage)
        for response, usage in zip(responses, usages, strict=True)
        if response.get("finish_reason", "stop") == "stop"
    ]
    if not finished:
        return 0.0
    scores = [(_score(by, response, usage), response) for response, usage in finished]
    if all(score is None and f"{by}_model" not in response for score, response in scores):
        return None  # nobody was asked
    known = [(score, response) for score, response in scores if score is not None]
    best = max((score for score, _ in known), default=0.0)
    chosen = [response for score, response in known if score == best]
    if not chosen:
        return 0.0
    return sum(response.get("correctness") is True for response in chosen) / len(chosen)


def _score(by: str, response: Entry, usage: Entry) -> float | None:
    tokens: Any = usage.get("completion_tokens") or len(response["content"])
    if by in ("shortest", "longest"):
        return float(tokens) * (1 if by == "longest" else -1)
    if by == "logprob":
        total = response.get("logprob")
        return float(total) / max(1, tokens) if isinstance(total, int | float) and math.isfinite(total) else None
    score = response.get("reward")
    return float(score) if isinstance(score, int | float) and math.isfinite(score) else None
