"""Finish reasons of servers that are known, and words of the same kinds."""

from __future__ import annotations

import pytest

from util.engines.openai.finish_words import Ending, ending_of

WORDS = {
    Ending.FINISHED: "stop STOP eos <eos> </s> <|im_end|> im_end end_turn EndTurn end_of_text stop_sequence stop_str matched_stop "
    "complete COMPLETE completed done finished success ok natural tool_calls function_call FINISH_REASON_STOP FinishReason.STOP "
    "FINISH_REASON_UNSPECIFIED OTHER unknown none 1 true pause_turn endoftext completed_without_errors no_error unfiltered",
    Ending.TRUNCATED: "length MaxTokens max-tokens MAX_LENGTH max_new_tokens max_output_tokens token_limit_reached "
    "context_length_exceeded model_context_window_exceeded limit TRUNCATED length_capped out_of_tokens output_limit max_gen_len "
    "max_seq_len max_model_len num_predict n_predict token_cap tokens_exhausted thinking_budget_exhausted budget_exceeded cutoff "
    "cut_off FINISH_REASON_MAX_TOKENS FinishReason.LENGTH incomplete:max_output_tokens max_time",
    Ending.BROKEN: "error ABORTED cancelled timeout TimedOut deadline_exceeded failed server_error insufficient_system_resource "
    "overloaded interrupted network_error connection_lost disconnected preempted exception crashed oom out_of_memory evicted "
    "rate_limit rate_limited request_limit quota_exceeded max_tokens_error MALFORMED_FUNCTION_CALL",
    Ending.FILTERED: "content_filter contentFilter SAFETY RECITATION PROHIBITED_CONTENT BLOCKLIST SPII content_policy moderation "
    "refusal guardrail GUARDRAIL_INTERVENED sensitive IMAGE_SAFETY LANGUAGE toxicity ERROR_TOXIC copyright jailbreak "
    "inappropriate high_risk context_filter",
    Ending.REPETITION: "repetition repetition_truncation loop_detected degenerate REPETITION max_repetition",
}


@pytest.mark.parametrize(("word", "kind"), [(word, kind) for kind, words in WORDS.items() for word in words.split()])
def test_a_finish_reason_is_of_its_kind(word: str, kind: Ending) -> None:
    assert ending_of(word) is kind
