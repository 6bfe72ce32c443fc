"""How other languages than English say "the answer is"."""

from __future__ import annotations

import re
from collections.abc import Callable

from util.answers.extraction.patterns import pattern

Phrase = tuple[str, Callable[[], re.Pattern[str]]]
"""A word that the phrase holds, and what follows that word up to the value."""

ASCII: tuple[Phrase, ...] = (
    ("espuesta", pattern(r"(?i)(?:\s(?:final|correcta))?\s?(?:es|[:：])(?![a-z])")),
    ("esposta", pattern(r"(?i)(?:\s(?:final|correta))?\s?(?:é|è|[:：])(?![a-z])")),
    ("ntwort", pattern(r"(?i)\s?(?:ist|lautet|[:：])(?![a-z])")),
    ("eponse", pattern(r"(?i)(?:\s(?:finale|correcte))?\s?(?:est|[:：])(?![a-z])")),
)
OTHERS: tuple[Phrase, ...] = (
    ("答案", pattern(r"\s?(?:就是|便是|即为|应该是|应当是|应为|应是|选择|等于|只能是|是|为|选|[:：=】])+")),
    ("故选", pattern(r"\s?[:：]?")),
    ("最终结果", pattern(r"\s?(?:是|为|[:：=])+")),
    ("答えは", pattern(r"\s?")),
    ("答え", pattern(r"\s?[:：]")),
    ("정답은", pattern(r"\s?")),
    ("답은", pattern(r"\s?")),
    ("твет", pattern(r"\s?(?:[:：]|[–—-]\s)")),
    ("éponse", pattern(r"(?i)(?:\s(?:finale|correcte))?\s?(?:est|[:：])(?![a-z])")),
)
