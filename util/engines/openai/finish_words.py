"""Why an answer ended, in the words of every server, as one of five kinds."""

from __future__ import annotations

import re
from enum import Enum


class Ending(Enum):
    """What a server's finish reason means for the text."""

    FINISHED = "the model ended the text"
    TRUNCATED = "a token limit cut it"
    REPETITION = "the server cut it since it repeated itself"
    FILTERED = "a content filter withheld it or cut it"
    BROKEN = "the server could not finish it"


# In this order: "max_tokens_error" is broken, "context_filter" filtered. What no pattern names is finished: a complete
# text with an unknown word must not be bought again.
_KINDS = (
    (
        Ending.BROKEN,
        r"error|abort|cancel|fail|interrupt|time_?d?_?out|overload|unavailable|killed|preempt|resource|malformed|"
        r"disconnect|shutdown",
    ),
    (
        Ending.FILTERED,
        r"filter|safety|unsafe|block|prohibit|recitation|policy|moderat|flag|spii|sensitive|refus|censor|harm",
    ),
    (Ending.REPETITION, r"repet|repeat|loop|degenerat"),
    (
        Ending.TRUNCATED,
        r"length|max_?(?:imum)?_?(?:output|new|completion|gen\w*|response)?_?(?:tokens?|len)|(?:token|output|context|"
        r"completion)s?_?(?:limit|budget|window|exceed)|truncat|incomplete|context|too_?long|^limit|_limit$",
    ),
)
_PATTERNS = [(kind, re.compile(pattern)) for kind, pattern in _KINDS]


def ending_of(word: str) -> Ending:
    """The kind of a finish reason; "" (none was given) counts as finished.

    >>> [ending_of(word).name for word in ("stop", "MAX_TOKENS", "eos_token", "model_length", "SAFETY", "abort")]
    ['FINISHED', 'TRUNCATED', 'FINISHED', 'TRUNCATED', 'FILTERED', 'BROKEN']
    """
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])|[\s.-]+", "_", word.strip()).lower()
    return next((kind for kind, pattern in _PATTERNS if pattern.search(plain)), Ending.FINISHED)
