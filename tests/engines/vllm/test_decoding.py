"""The text of a response in pieces is that of one piece, and its sampling goes on or begins anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from util.engines.base import Request, Sampling
from util.engines.continuing import lost_fields, rest_args, seed_at
from util.engines.vllm.decoding import whole_text
from util.engines.vllm.session import _begun
from util.records import BEGUN_ANEW, LOST_TOKENS, Message, Partial, SampleId


def begun(args: dict[str, Any], partial: Partial | None, *, logprobs: bool = False, limit: int = 50) -> Any:
    sampling = Sampling(0.7, max_tokens=limit, seed=5, logprobs=logprobs, args=args)
    return _begun(1, Request(SampleId("q"), [Message("user", "q")], sampling, partial), [1, 2], limit)


def test_a_response_goes_on_from_its_tokens() -> None:
    found = begun({}, Partial([5, 6, 7], [2], -1.5, logged=2), logprobs=True)
    assert (found.ids, found.start, found.written, found.continued) == ([5, 6, 7], 3, 2, [2, 3])
    assert found.total_logprob == -1.5
    assert begun({}, Partial([5]), logprobs=True).total_logprob is None  # they were not asked for
    assert begun({}, None, logprobs=True).total_logprob == 0.0
    assert begun({}, Partial([5, 6, 7]), limit=2).continued == []  # it has all that it may have


@pytest.mark.parametrize("args", [{"presence_penalty": 0.5}, {"frequency_penalty": -1}, {"bad_words": ["x"]}])
def test_what_counts_the_output_alone_begins_anew(args: dict[str, Any]) -> None:
    found = begun(args, Partial([5, 6, 7]))
    assert (found.ids, found.start) == ([], 0)
    fields = lost_fields(found.anew, found.lost)
    assert fields[LOST_TOKENS] == 3
    assert next(iter(args)) in fields[BEGUN_ANEW]


def test_the_sampling_of_a_rest() -> None:
    assert seed_at(5, 0) == 5
    assert seed_at(None, 7) is None
    assert len({seed_at(5, 7), seed_at(5, 8), seed_at(6, 7), 5}) == 4
    assert rest_args({"min_tokens": 10, "top_k": 3}, 4) == {"min_tokens": 6, "top_k": 3}
    assert rest_args({"min_tokens": 10}, 40) == {"min_tokens": 0}


@pytest.mark.engine
def test_texts_are_those_of_one_piece(embedded_model: Path) -> None:
    from transformers import AutoTokenizer
    from vllm import SamplingParams

    tokenizer = AutoTokenizer.from_pretrained(embedded_model)
    prompt = tokenizer.encode("Say it:")

    def written(
        text: str, *, end: list[int] | None = None, stop_token: bool = False, **args: Any
    ) -> tuple[str, int | None]:
        ids = tokenizer.encode(text, add_special_tokens=False) + (end or [])
        return whole_text(tokenizer, prompt, ids, SamplingParams(max_tokens=100, **args), stop_token=stop_token)

    for text in (" Hello there", "你好, 😀 and 👍🏽", "a\n\n  b"):
        assert written(text) == (text, None)
    assert written("It is 2.", end=[tokenizer.eos_token_id], stop_token=True) == ("It is 2.", None)
    # A stop string that no piece has: wherever the cut was, the whole ends before it.
    text, tokens = written("one two three four", stop=["wo thr"])
    assert text == "one t"
    assert tokens == len(tokenizer.encode("one two three", add_special_tokens=False))
    assert written("one two", stop=["wo"], include_stop_str_in_output=True)[0] == "one two"
    assert written("one two one", stop=["one"], min_tokens=2) == ("one two ", 3)
