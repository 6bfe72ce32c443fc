"""Scores of the referee as text, CSV-like JSON and a table of graders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from util.referee.scores import SetScores

REASONS = 4
"""Kinds of reasons shown in each direction."""


def described(scores: SetScores) -> str:
    """One set: the tool's accuracy, each grader's, the paired differences, and why verdicts differ."""
    return "\n".join(_lines(scores))


def _lines(scores: SetScores) -> Iterator[str]:
    yield f"{scores.name} [{scores.form}]: {scores.samples:,} responses to {len(scores.problems):,} problems"
    theirs = scores.their_accuracy()
    width = max(map(len, (*scores.graders, "theirs")))
    note = "" if scores.scored in (0, scores.samples) else f"  (of {scores.scored:,} responses with a score)"
    yield f"  {'theirs':<{width}}  {theirs if theirs else 'the file has no scores'}{note}"
    for name, grader in scores.graders.items():
        accuracy, unjudged = scores.accuracy(name), grader.unjudged.total()
        if accuracy is None:
            yield f"  {name:<{width}}  no verdict: {_reasons(grader.unjudged) or 'does not apply to these questions'}"
            continue
        line = f"  {name:<{width}}  {accuracy}"
        if (difference := scores.difference(name)) is not None:
            line += (
                f"  {difference.value:+.4f} [{difference.low:+.3f}, {difference.high:+.3f}] p={difference.p:.2g}"
                f"  right for them alone {grader.lost.total()}, for {name} alone {grader.won.total()}"
            )
        yield line + (f", not judged {unjudged}" if unjudged else "")
    first = next(iter(scores.graders))
    found = scores.graders[first]
    for label, reasons in (
        (f"right for them alone, {first} says", found.lost),
        (f"right for {first} alone, which says", found.won),
        ("not judged", found.unjudged if found.judged else Counter[str]()),
    ):
        if reasons:
            yield f"    {label}: {_reasons(reasons)}"


def _reasons(reasons: Counter[str]) -> str:
    shown = [f"{reason} ({count})" for reason, count in reasons.most_common(REASONS)]
    rest = reasons.total() - sum(count for _, count in reasons.most_common(REASONS))
    return ", ".join(shown) + (f", others ({rest})" if rest else "")


def as_records(sets: Iterable[SetScores]) -> list[dict[str, Any]]:
    """What ``described`` says, for a JSON file. Accuracies are from 0 to 1, None where there is none."""
    return [
        {
            "set": scores.name,
            "format": scores.form,
            "problems": len(scores.problems),
            "responses": scores.samples,
            "scored": scores.scored,
            "theirs": _estimate(scores.their_accuracy()),
            "graders": {name: _grader(scores, name) for name in scores.graders},
        }
        for scores in sets
    ]


def _grader(scores: SetScores, name: str) -> dict[str, Any]:
    found, difference = scores.graders[name], scores.difference(name)
    return {
        "accuracy": _estimate(scores.accuracy(name)),
        "difference": None if difference is None else vars(difference),
        "right_for_them_alone": dict(found.lost),
        "right_for_it_alone": dict(found.won),
        "not_judged": dict(found.unjudged),
    }


def _estimate(estimate: Any) -> dict[str, float] | None:
    return None if estimate is None else {"value": estimate.value, "low": estimate.low, "high": estimate.high}
