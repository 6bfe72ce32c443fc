"""Answers in words: synonyms, and the key by which two are the same."""

from __future__ import annotations

import re

SAME_TEXT = {
    "true": "yes", "correct": "yes", "false": "no", "incorrect": "no", "nosolutions": "emptyset",
    "nosolution": "emptyset", "norealsolutions": "emptyset", "norealsolution": "emptyset", "none": "emptyset",
    "emptyset": "emptyset", "theemptyset": "emptyset", "nosuchvalues": "emptyset", "nosolutionexists": "emptyset",
    "dne": "doesnotexist", "thelimitdoesnotexist": "doesnotexist", "allrealnumbers": "setR", "allreals": "setR",
    "therealnumbers": "setR", "realnumbers": "setR", "allrealnumber": "setR", "infinitelymanysolutions": "infinitelymany",
}  # fmt: skip
"""Key of a text answer -> key of its synonym."""
_START = re.compile(r"^\s*(?:an?|the|there (?:is|are)|it is|it's)\s+")


def text_key(words: str) -> str:
    """The key of a text answer: its letters and digits, the same for synonyms."""
    key = re.sub(r"[^\w]|_", "", _START.sub("", words.casefold()))
    return SAME_TEXT.get(key, key)
