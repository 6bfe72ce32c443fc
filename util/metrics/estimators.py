"""Estimators of one problem: pass@k, all-of-k, cons@k, best-of-n.

Each function returns a number from 0 to 1 for one problem; a metric is the mean over problems.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from math import comb
from typing import Any

from util.records import Response, Usage

SUBSETS = 500
"""Maximum number of subsets of k samples that cons@k averages over; if there are more, they are drawn at random."""
MOST_COMPARED = 32
"""Maximum number of different wrong answers of a problem that each further one is compared with."""


def pass_at_k(n: int, right: int, k: int) -> float:
    """Unbiased estimate of the probability that at least one of k samples is right, given ``right`` of ``n``.

    Chen et al. 2021, "Evaluating Large Language Models Trained on Code", section 2.1.
    """
    if n - right < k:
        return 1.0
    return 1.0 - comb(n - right, k) / comb(n, k)


def all_of_k(n: int, right: int, k: int) -> float:
    """Unbiased estimate of the probability that all k samples are right (pass^k, Yao et al. 2024, "tau-bench")."""
    return comb(right, k) / comb(n, k)


def ballots(responses: Sequence[Response], same: Callable[[str, str], bool]) -> list[int] | None:
    """The answer that each sample votes for: 0 the right one, 1, 2, ... wrong ones, -1 none.

    The checker extracted the answers (``evidence``). Samples judged right all equal the gold answer, and
    so each other; wrong answers are grouped by ``same``. Truncated, failed and unjudged samples do not
    vote. None if the checker extracts no answers (code).
    """
    if not any("answer" in _evidence(response) for response in responses):
        return None
    votes, wrong = [], list[str]()
    for response in responses:
        answer = _evidence(response).get("answer")
        if response.correct is True:
            votes.append(0)
        elif response.correct is None or not isinstance(answer, str):
            votes.append(-1)
        else:
            known = wrong[:MOST_COMPARED]
            number = next((n for n, other in enumerate(known) if other == answer or same(other, answer)), len(wrong))
            if number == len(wrong):
                wrong.append(answer)
            votes.append(number + 1)
    return votes


def majority(votes: Iterable[int]) -> float:
    """1 if the right answer wins the majority vote, 1/m if m answers tie for the first place with it, else 0."""
    counts: dict[int, int] = {}
    for vote in votes:
        if vote >= 0:
            counts[vote] = counts.get(vote, 0) + 1
    top = max(counts.values(), default=0)
    winners = [answer for answer, count in counts.items() if count == top]
    return 1 / len(winners) if 0 in winners else 0.0


def cons_at_k(votes: Sequence[int], k: int) -> float:
    """Mean of ``majority`` over subsets of k samples (Wang et al. 2022, "Self-Consistency").

    Uses all subsets if there are at most ``SUBSETS``, else that many random ones with a fixed seed.
    """
    if comb(len(votes), k) <= SUBSETS:
        results = [majority(subset) for subset in combinations(votes, k)]
    else:
        rng = random.Random(k)
        results = [majority(rng.sample(list(votes), k)) for _ in range(SUBSETS)]
    return sum(results) / len(results)


def best_of_n(by: str, responses: Sequence[Response], votes: Sequence[int] | None) -> float | None:
    """1 if the sample that a scorer picks is right, else 0 (the mean over ties); None if nothing was scored.

    by: one of ``SCORERS``. It picks among finished responses with a score; the value is 0 if there is none.
    Lengths are completion tokens; "logprob" is the mean log-probability per token.
    """
    if by == "majority":
        return None if votes is None else majority(votes)
    finished = [response for response in responses if response.stopped]
    if not finished:
        return 0.0
    scores = [(_score(by, response), response) for response in finished]
    if all(score is None and not (by == "reward" and response.reward_model) for score, response in scores):
        return None  # no response was scored
    known = [(score, response) for score, response in scores if score is not None]
    best = max((score for score, _ in known), default=0.0)
    chosen = [response for score, response in known if score == best]
    if not chosen:
        return 0.0
    return sum(response.correct is True for response in chosen) / len(chosen)


def _evidence(response: Response) -> dict[str, Any]:
    return response.verdict.evidence if response.verdict is not None else {}


def _score(by: str, response: Response) -> float | None:
    tokens = (response.usage or Usage()).completion_tokens or len(response.content)
    if by in ("shortest", "longest"):
        return float(tokens) * (1 if by == "longest" else -1)
    if by == "logprob":
        total = response.logprob
        return total / max(1, tokens) if total is not None and math.isfinite(total) else None
    return response.reward if response.reward is not None and math.isfinite(response.reward) else None
