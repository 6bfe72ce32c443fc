"""The text of a response that vLLM has made in pieces."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any


def whole_text(
    tokenizer: Any, prompt: Sequence[int], ids: Sequence[int], params: Any, *, stop_token: bool
) -> tuple[str, int | None]:
    """The text of a response, by vLLM's own detokenizer; and how many tokens it has where a stop string ended it.

    The texts of the increments cannot be joined: a character or a stop string may lie across a cut. params: of the whole
    response. stop_token: whether the last token ended it, which is no part of the text.
    """
    from vllm.v1.engine.detokenizer import IncrementalDetokenizer

    request: Any = SimpleNamespace(
        request_id="", sampling_params=params, prompt_token_ids=list(prompt), prompt_embeds=None
    )
    writer: Any = IncrementalDetokenizer.from_new_request(tokenizer, request)
    for count, token in enumerate(ids, 1):
        ends = stop_token and count == len(ids)
        if writer.update([token], ends) is not None:
            return writer.get_next_output_text(True, False), count
    return writer.get_next_output_text(True, False), None
