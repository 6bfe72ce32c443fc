"""Options of what is dropped from the training data for its own sake, and where that is recorded."""

from __future__ import annotations

import argparse
import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from util.system.arguments import fraction, share_or_percent, token_count
from util.system.errors import UserError
from util.system.options import option
from util.training.filter_tokens import TokenRange

FILTERS = {
    "loops": "the thought repeats a passage again and again",
    "scripts": "letters of a script that the question does not have",
    "language": "a paragraph in neither the question's language nor English (needs py3langid)",
    "refusals": "words of a model that declines to answer",
    "prompts": "text of a system prompt, of another turn, of a rewriting prompt",
    "parts": "no thought, or no answer",
    "format": "an open code block or box, control tokens, broken characters",
    "agreement": "right responses to one problem with different answers",
}
"""Name of a filter -> what it drops."""


def filter_names(text: str) -> tuple[str, ...]:
    """Names of filters, separated by commas; "all" is every filter.

    >>> filter_names("format,loops")
    ('loops', 'format')
    """
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in FILTERS and name != "all":
            near = difflib.get_close_matches(name, [*FILTERS, "all"], 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise argparse.ArgumentTypeError(f"{name!r} is not a filter: {hint}Filters: {', '.join(FILTERS)}, or all")
    if not names:
        raise argparse.ArgumentTypeError(f"names no filter. Filters: {', '.join(FILTERS)}, or all")
    return tuple(name for name in FILTERS if name in names or "all" in names)


def token_range(text: str) -> TokenRange:
    """A range of tokens, both ends inclusive, either may be missing.

    >>> token_range("100:8k"), token_range(":512")
    (TokenRange(low=100, high=8000), TokenRange(low=None, high=512))
    """
    low, colon, high = text.partition(":")
    if not colon or not (low or high):
        raise argparse.ArgumentTypeError(f"must be LOW:HIGH, LOW: or :HIGH, such as 100:8k, not {text!r}")
    found = TokenRange(token_count(low) if low else None, token_count(high) if high else None)
    if found.low is not None and found.high is not None and found.low > found.high:
        raise argparse.ArgumentTypeError(f"the lower end of {text!r} is above the upper end")
    return found


def language_codes(text: str) -> tuple[str, ...]:
    """ISO 639-1 codes, separated by commas."""
    codes = tuple(code.strip().lower() for code in text.split(",") if code.strip())
    for code in codes:
        if not re.fullmatch("[a-z]{2}", code):
            raise argparse.ArgumentTypeError(f"{code!r} is not a language code of two letters such as en, zh or de")
    return codes


@dataclass(frozen=True, kw_only=True)
class FilterOptions:
    """near_duplicates: Jaccard threshold, None keeps near-duplicates. rejected: None records nothing."""

    near_duplicates: float | None = option(
        "drop a problem whose question is at least this similar to an earlier one (Jaccard); problems that differ "
        "in their numbers are kept",
        default=0.9, type=fraction, metavar="J",
    )  # fmt: skip
    filters: tuple[str, ...] = option(
        "drop right responses that should not be learned from; names separated by commas, or all: "
        + "; ".join(f"{name}: {what}" for name, what in FILTERS.items()),
        default=(), type=filter_names, metavar="A,B",
    )  # fmt: skip
    foreign_letters: float = option(
        "share of letters of other scripts above which --filters scripts drops a response, passages apart",
        default=0.01, type=share_or_percent, metavar="SHARE",
    )  # fmt: skip
    languages: tuple[str, ...] = option(
        "languages that --filters language allows beside English and the question's, such as zh,de",
        default=(), type=language_codes, metavar="A,B",
    )  # fmt: skip
    tokenizer: str | None = option(
        "the student's tokenizer, in whose tokens lengths are counted: a model folder, a tokenizer.json or a Hub id",
        metavar="STUDENT",
    )  # fmt: skip
    thought_tokens: TokenRange | None = option(
        "keep responses whose thought has so many tokens, such as 100:16k (needs --tokenizer)",
        type=token_range, metavar="LOW:HIGH",
    )  # fmt: skip
    answer_tokens: TokenRange | None = option(
        "keep responses whose answer has so many tokens (needs --tokenizer)", type=token_range, metavar="LOW:HIGH"
    )
    max_tokens_row: int | None = option(
        "keep rows of at most N tokens in all messages; a chat template adds a few tokens to each (needs --tokenizer)",
        type=token_count, metavar="N",
    )  # fmt: skip
    dedup_responses: float | None = option(
        "of responses to one problem that are at least this similar (Jaccard of word 5-grams) keep the shortest",
        type=fraction, metavar="J",
    )  # fmt: skip
    rejected: Path | None = option(
        "write each right response that is dropped to this file, as a line of JSON with the stage and the reason",
        type=Path,
        metavar="FILE",
    )

    @property
    def limits_tokens(self) -> bool:
        return any(value is not None for value in (self.thought_tokens, self.answer_tokens, self.max_tokens_row))

    @property
    def has_filters(self) -> bool:
        return bool(self.filters) or self.limits_tokens or self.dedup_responses is not None

    def check_filters(self) -> None:
        """Raises: UserError: an option lacks another one that it needs."""
        if self.limits_tokens and self.tokenizer is None:
            raise UserError(
                "--thought-tokens, --answer-tokens and --max-tokens-row count the student's tokens: add --tokenizer with "
                "its model folder or Hub id."
            )
