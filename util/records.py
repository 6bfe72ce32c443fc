"""The records of the domain: typed, frozen, shared by engines, checkers and result files.

What a file calls their fields is decided in ``util/results`` alone, what an API calls them in
the engines' own wire modules.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

Row = dict[str, Any]
"""One row of a dataset: column -> value."""

NO_FINAL_ANSWER = "no final answer found"
NO_OPTION = "no option was chosen"
NO_CODE = "no code found"
NO_GOLD = "the row has no gold answer"
UNREADABLE_GOLD = "the gold answer cannot be read"
NOT_JUDGEABLE = "not judgeable: "
"""Start of the reason of a verdict without a result where the dataset's row is the cause, such as missing tests."""
NO_ANSWER = frozenset((NO_FINAL_ANSWER, NO_OPTION, NO_CODE))
"""Reasons of a rejection that found nothing to judge."""

STOP, LENGTH, REPETITION, ERROR = "stop", "length", "repetition", "error"
"""Finish reasons, see ``Response``."""

BEGUN_ANEW, LOST_TOKENS = "begun_anew", "lost_tokens"
"""Extra fields of a response: why tokens that an earlier run had made of it were of no use, and how many there were."""

THOUGHT_CUT = "thought_cut"
"""Extra field of a response: the position, in tokens, at which its thinking budget closed its thought."""


class Message(Struct, frozen=True):
    """One turn of a conversation. role: "system", "user" or "assistant"."""

    role: str
    content: str


class SampleId(Struct, frozen=True):
    """Names one sample: the problem's key, the temperature, and the number from 0 among its n."""

    key: str
    temperature: float = 0.0
    index: int = 0

    @property
    def label(self) -> str:
        """The temperature as result files spell it."""
        return temperature_label(self.temperature)


class Usage(Struct, frozen=True):
    """Tokens of one completion, as the engine counted them.

    extra: other counts that a file had; "estimated" is true where a server did not count.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    extra: dict[str, Any] = {}

    @property
    def estimated(self) -> bool:
        return bool(self.extra.get("estimated"))


class Gained(Struct, frozen=True):
    """Tokens of a response in flight.

    continued: the positions, in tokens, at which the response was continued. logprob: the sum of its log-probabilities so
    far, where it was asked for. Of a server also: text and thought, as it tells them apart; prompt: the prompt's tokens;
    counted: how many tokens there are, where it does not tell which.
    """

    ids: list[int]
    continued: list[int] = []
    logprob: float | None = None
    text: str = ""
    thought: str = ""
    prompt: list[int] = []
    counted: int = 0

    @property
    def tokens(self) -> int:
        return len(self.ids) or self.counted


class Partial(Gained, frozen=True):
    """A response as far as it goes. logged: how many of its tokens are in the journal of partial responses."""

    logged: int = 0


class Increment(Gained, frozen=True, kw_only=True):
    """What a response in flight has gained. start: how many tokens it had before; from 0 on it begins anew."""

    start: int


NOTHING_YET = Partial([])
"""A response that has not begun."""


class Verdict(Struct, frozen=True):
    """What a check says about one response.

    correct: True only for a verified pass, None where it could not be judged. reason: why, in a few
    words. evidence: what a reader may want to see (the extracted answer, the failing test), as plain
    JSON values.
    """

    correct: bool | None
    reason: str
    evidence: dict[str, Any] = {}


class ModelVerdict(Struct, frozen=True):
    """What a judge model says about a response that the rules could not decide. It never replaces a ``Verdict``.

    correct: None where the judge gave no clear answer. reason: why, in a few words, and the judge's own. model: its name.
    prompt: version of the judge's prompt. text, gold: hashes of the response and of the gold answer that it is about.
    calibration: how the model agreed with the rules where those decide, as plain JSON values.
    """

    correct: bool | None
    reason: str
    model: str
    prompt: int
    text: str
    gold: str
    calibration: dict[str, Any] = {}


class GroundTruth(Struct, frozen=True):
    """What responses to a problem are checked against.

    kind: "math" (answer is the gold answer), "choice" (answer is the right option's letter) or "code". inputs, outputs: of
    the tests, texts for programs that read standard input; for a function, the positional arguments and the result. in_class:
    whether the function is a method of ``class Solution``.
    """

    kind: str
    answer: str = ""
    inputs: list[Any] = []
    outputs: list[Any] = []
    function: str | None = None
    in_class: bool = False


class Response(Struct, frozen=True, kw_only=True):
    """One response of a model, or the record of a request that has none.

    finish_reason: "stop", "length" (truncated), "repetition" (cut by the engine since it repeated itself) or "error";
    files of other tools may hold other words, or none (""), which counts as "stop".
    With "error" the content is empty, ``error`` says why, and ``final`` whether another try could not
    help. logprob: the sum over the tokens' log-probabilities, if it was asked for. rewritten: the text
    in thought and solution sections. conversion: how it was rewritten, or why not. reward: the score by
    ``reward_model``, None where that refused. judge: see ``ModelVerdict``. continued: the positions, in tokens, at which a rerun continued it. extra:
    fields of one step or of other tools, kept as they are.
    """

    content: str
    finish_reason: str = STOP
    usage: Usage | None = None
    seed: int | None = None
    logprob: float | None = None
    error: str = ""
    final: bool = True
    rewritten: str | None = None
    conversion: str | None = None
    reward: float | None = None
    reward_model: str | None = None
    verdict: Verdict | None = None
    judge: ModelVerdict | None = None
    continued: tuple[int, ...] = ()
    extra: dict[str, Any] = {}

    @property
    def failed(self) -> bool:
        """Whether there is no text."""
        return self.finish_reason == ERROR

    @property
    def stopped(self) -> bool:
        """Whether the model ended the text itself."""
        return self.finish_reason in (STOP, "")

    @property
    def truncated(self) -> bool:
        """Whether the text was cut: at a token limit, or since it repeated itself."""
        return self.finish_reason in (LENGTH, REPETITION)

    @property
    def repeats(self) -> bool:
        """Whether the engine cut it since it repeated itself."""
        return self.finish_reason == REPETITION

    @property
    def finished(self) -> bool:
        """Whether it needs no further try: it has a text, or failed for good."""
        return not self.failed or self.final

    @property
    def correct(self) -> bool | None:
        """The verdict's answer; None where there is no verdict."""
        return self.verdict.correct if self.verdict is not None else None

    @property
    def reason(self) -> str:
        """The verdict's reason, "" where there is no verdict."""
        return self.verdict.reason if self.verdict is not None else ""

    @property
    def unjudgeable(self) -> bool:
        """Whether it has no verdict because of the dataset's row: a gold answer or tests that no checker can use."""
        row_is_at_fault = self.reason in (NO_GOLD, UNREADABLE_GOLD) or self.reason.startswith(NOT_JUDGEABLE)
        return self.correct is None and not self.failed and row_is_at_fault

    @property
    def judged_text(self) -> str:
        """What a checker looks at: the rewritten text where there is one."""
        return self.rewritten or self.content


def temperature_label(temperature: float) -> str:
    """How result files spell a temperature: one spelling for one number.

    >>> temperature_label(0.7), temperature_label(1.0), temperature_label(0.0)
    ('0.7', '1', '0')
    """
    return f"{temperature:g}"
