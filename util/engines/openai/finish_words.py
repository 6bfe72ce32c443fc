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
    (Ending.FINISHED, r"(?:no|without)_(?:any_)?errors?$|unfiltered"),
    (
        Ending.BROKEN,
        r"error(?!_toxic)|abort|cancel|fail|interrupt|time_?d?_?out|overload|unavailable|killed|preempt|resource|malformed|"
        r"disconnect|shutdown|deadline|lost$|exception|crash|out_of_memory|(?:^|_)oom$|evict|(?:rate|request)s?_limit|quota",
    ),
    (
        Ending.FILTERED,
        r"filter|safety|unsafe|block|prohibit|recitation|policy|moderat|flag|spii|sensitive|refus|censor|harm|guard_?rail|"
        r"toxic|copyright|jailbreak|inappropriat|(?:^|_)risk|^language$|forbidden",
    ),
    (Ending.REPETITION, r"repet|repeat|loop|degenerat"),
    (
        Ending.TRUNCATED,
        r"length|max_?(?:imum)?_?(?:output|new|completion|gen\w*|response|seq\w*|model)?_?(?:tokens?|len)|max_?time|"
        r"(?:token|output|context|completion)s?_?(?:limit|budget|window|exceed|cap|exhaust)|truncat|incomplete|context|"
        r"too_?long|^limit|_limit$|budget|cut_?off|out_of_tokens|n(?:um)?_predict",
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
