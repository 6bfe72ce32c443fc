"""Token counts: missing, impossible, or in another place."""

from __future__ import annotations

import math
from typing import Any

from servers.answers import ABSENT, TOKENS, Answer, Dialect
from servers.scenario import ANY, COUNTED, STREAM, Record, Scenario, up_to
from util.prompting.prompts import THOUGHT_SOLUTION_SYSTEM

UNUSABLE: dict[str, Any] = {
    "missing": ABSENT,
    "null": None,
    "empty": {},
    "a text": "15 tokens",
    "a list": [10, 5],
    "negative": {"prompt_tokens": -10, "completion_tokens": -5, "total_tokens": -15},
    "NaN": {"prompt_tokens": math.nan, "completion_tokens": math.nan},
    "infinite": {"prompt_tokens": math.inf, "completion_tokens": -math.inf},
    "giant": {"prompt_tokens": 2**60, "completion_tokens": 10**30},
    "texts": {"prompt_tokens": "ten", "completion_tokens": "five"},
    "nulls": {"prompt_tokens": None, "completion_tokens": None},
    "true": {"prompt_tokens": True, "completion_tokens": True},
    "lists": {"prompt_tokens": [10], "completion_tokens": {"text": 5}},
}
MONEY = ("--price-input", "1000", "--price-output", "1000", "--concurrency", "1")

SCENARIOS = [
    *(Scenario(f"usage {name}", [Answer(usage=usage)], Record(usage=COUNTED)) for name, usage in UNUSABLE.items()),
    *(
        Scenario(f"usage in {place}", [Answer(dialect=Dialect(usage=place))], modes=STREAM)
        for place in ("finish", "every", "null")
    ),
    Scenario(
        "usage with details of every kind",
        [
            Answer(
                usage={
                    **TOKENS,
                    "prompt_tokens_details": {"cached_tokens": 4},
                    "cost": 0.01,
                    "completion_tokens_details": None,
                }
            )
        ],
        Record(usage=(10, 5)),
    ),
    Scenario("usage without a total", [Answer(usage={"prompt_tokens": 10, "completion_tokens": 5})]),
    Scenario("usage in the choice", [Answer(usage=ABSENT, choice={"usage": TOKENS})], Record(usage=ANY)),
    # About 20 words an answer and 170 tokens a prompt at a tenth of a cent each: a dollar is a handful of requests.
    Scenario(
        "no usage, and a limit in dollars",
        [Answer(usage=ABSENT)],
        None,
        rows=30,
        requests=up_to(12),
        status=1,
        says=(r"(?i)max-cost|budget",),
        options=(*MONEY, "--max-cost", "1", "--max-tokens", "100"),
        system=THOUGHT_SOLUTION_SYSTEM,
    ),
    Scenario(
        "giant usage does not end the run",
        [Answer(usage={"prompt_tokens": 2**70, "completion_tokens": 2**70})],
        Record(usage=COUNTED),
        rows=3,
        requests=3,
        options=(*MONEY, "--max-cost", "100", "--max-tokens", "100"),
    ),
]
