r"""Take off an answer what belongs to the way it is told: labels, quotes, arrows, tags, marks at the end of a proof."""

from __future__ import annotations

import re

from util.answers.extraction.patterns import pattern
from util.answers.trimming import balanced, trimmed

_START = pattern(
    r"(?:[\"“”「」【】`✅➜→⇒⟹∴]|[=-]>|\\(?:Rightarrow|implies|therefore|rightarrow|displaystyle)(?![a-zA-Z])|<[a-zA-Z]{1,6}>|\s"
    r"|(?:\\(?:text|textbf|mathbf|mathrm)\{\s?)?(?:the\s)?(?:final\s)?(?:answer|ans)\s?(?:is\s?:?|:|=)\s?\}?)+",
    re.IGNORECASE,
)
_STYLED = pattern(r"\\(?:mathbf|textbf|boldsymbol|bm|underline|emph)\s?\{(?P<inner>.{2,})\}\Z", re.DOTALL)
_END = pattern(
    r"(?:\s|[\"“”「」【】`。✅✓✔☑🎉∎■□✨👍😊]|\\(?:blacksquare|square|Box|qed|hfill|checkmark)(?![a-zA-Z])|</[a-zA-Z]{1,10}>|<br\s?/?>|\\\\)+\Z"
)


def finished(answer: str) -> str:
    r"""An answer without what surrounds it.

    >>> finished(r"⇒ \text{Answer: } 5 \quad \blacksquare"), finished('"8".'), finished(r"\{1, 2\}\,")
    ('5', '8', '\\{1, 2\\}')
    """
    answer = trimmed(answer)
    if answer.isalnum():
        return answer
    previous = None
    while previous != answer:
        previous = answer
        end = _END().search(answer, max(0, len(answer) - 60))
        answer = answer[: end.start()] if end else answer
        start = _START().match(answer)
        rest = answer[start.end() :] if start else answer
        answer = trimmed(rest) if rest.strip() else answer
        styled = _STYLED().match(answer)
        if styled is not None and balanced(styled["inner"]):
            answer = trimmed(styled["inner"])
    return answer
