"""Every word for a finished, a truncated, a repeating, a withheld and a failed answer."""

from __future__ import annotations

from servers.answers import ABSENT, RIGHT_TEXT, Answer
from servers.faults import until
from servers.scenario import ANY, CUT_SHORT, NOT_TRUE, Record, Scenario, failed

FINISHED = (
    "stop",
    "eos",
    "eos_token",
    "end_turn",
    "STOP",
    "stop_sequence",
    "something_new",
    "tool_calls",
    "function_call",
)
TRUNCATED = (
    "length", "max_tokens", "MAX_TOKENS", "max_output_tokens", "model_length", "token_limit",
    "model_context_window_exceeded",
)  # fmt: skip
REPEATING = ("repetition", "repetition_truncation")
WITHHELD = ("content_filter", "SAFETY")
UNNAMED = {"empty": "", "null": None, "missing": ABSENT}

SCENARIOS = [
    *(
        Scenario(f"finish reason {word}", [Answer(reason=word)], Record(server_word=None if word == "stop" else word))
        for word in FINISHED
    ),
    *(
        Scenario(f"finish reason {name}", [Answer(reason=word)], Record(server_word=ANY))
        for name, word in UNNAMED.items()
    ),
    *(Scenario(f"truncated by {word}", [Answer(reason=word)], CUT_SHORT, score=0.0) for word in TRUNCATED),
    *(
        Scenario(
            f"cut for {word}",
            [Answer("again and again and again and again", word)],
            Record(
                "again and again and again and again", "repetition", False, reason="repeat|repetition", server_word=ANY
            ),
        )
        for word in REPEATING
    ),
    *(
        Scenario(
            f"withheld by {word}",
            [Answer("", word)],
            failed("filter|withheld|safety", final=True, server_word=ANY),
            status=1,
            rerun=0,
        )
        for word in WITHHELD
    ),
    Scenario(
        "withheld halfway",
        [Answer("So it is", "content_filter")],
        failed("filter|withheld|safety", final=True, server_word=ANY, partial=ANY),
        status=1,
    ),
    Scenario(
        "one withheld of 24",
        [Answer(None, "content_filter")],
        failed("filter|withheld|safety", final=True, server_word=ANY),
        rows=24,
        odd=5,
        requests=24,
        rerun=0,
    ),
    Scenario(
        "refused by the model in a field of its own",
        [Answer(None, message={"refusal": "I cannot help with that."})],
        Record(ANY, ANY, NOT_TRUE, server_word=ANY, usage=ANY),
        status=ANY,
    ),
    Scenario(
        "finish reason error, then right",
        until(1, Answer("So it", "error", headers={})),
        requests=2,
        spent=(20, 10),
    ),
    Scenario(
        "finish reason error always",
        [Answer("So it", "error")],
        failed("error", server_word=ANY, partial=ANY),
        requests=2,
        status=1,
        options=("--max-retries", "1"),
        spent=(20, 10),
    ),
    Scenario(
        "an error inside the choice, beside text and stop",
        until(1, Answer("So it", choice={"error": {"message": "Upstream was lost", "code": 502}})),
        requests=2,
    ),
    Scenario(
        "an error inside the choice always",
        [Answer("So it", "error", choice={"error": {"message": "Upstream was lost", "code": 502}})],
        failed("Upstream was lost", server_word=ANY, partial=ANY),
        requests=2,
        status=1,
        options=("--max-retries", "1"),
    ),
    Scenario(
        "a null error inside the choice is none",
        [Answer(choice={"error": None, "matched_stop": 2, "stop_reason": None})],
    ),
    Scenario(
        "the server's own reason beside the translated one",
        [Answer(choice={"native_finish_reason": "end_turn"})],
        Record(server_word=ANY),
    ),
    Scenario(
        "tool calls beside text",
        [Answer(RIGHT_TEXT, "tool_calls", message={"tool_calls": [{"id": "1", "type": "function", "index": 0}]})],
        Record(server_word="tool_calls"),
    ),
]
