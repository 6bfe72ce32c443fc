"""One letter for what became of a response, and its name: the page's data, its marks and its charts use them."""

from __future__ import annotations

from util.records import NO_ANSWER, Response

NAMES = {"r": "right", "w": "wrong", "n": "no answer", "t": "truncated", "u": "not judged", "e": "failed"}
CLASSES = {"r": "right", "w": "wrong", "n": "noanswer", "t": "truncated", "u": "unjudged", "e": "failed"}
"""Classes of report.css, which give each its colour."""


def verdict_code(response: Response) -> str:
    """r right, w wrong, t truncated, n no answer, u not judged, e failed."""
    if response.failed:
        return "e"
    if response.correct is True:
        return "r"
    if response.truncated:
        return "t"
    if response.correct is None:
        return "u"
    return "n" if response.reason in NO_ANSWER else "w"
