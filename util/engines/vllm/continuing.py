"""How a response goes on in vLLM from the tokens that it has: the parameters of the rest, and the text of the whole.

The tokens so far become part of the prompt. What counts tokens of the output alone (limits, penalties) must be told of
them, or cannot go on; see ``why_anew``. Facts of vLLM 0.32.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

_OUTPUT_ONLY = ("presence_penalty", "frequency_penalty", "bad_words")
"""Parameters that vLLM applies to the output alone, so that the tokens so far would not count."""


def why_anew(args: Mapping[str, Any]) -> str:
    """Why a response with these sampling parameters cannot go on from its tokens, "" where it can.

    >>> why_anew({"top_k": 20, "presence_penalty": 0})
    ''
    """
    found = [name for name in _OUTPUT_ONLY if args.get(name)]
    return f"{' and '.join(found)} would not count the tokens so far" if found else ""


def seed_at(seed: int | None, position: int) -> int | None:
    """A seed of 31 bits for the rest of a response: with its own seed it would draw its first numbers again.

    position: tokens so far. vLLM's second model runner draws by seed and position; there a response keeps its seed.
    """
    if seed is None or position == 0:
        return seed
    return int.from_bytes(hashlib.sha256(f"{seed}\x1f{position}".encode()).digest()[:4], "big") >> 1


def rest_args(args: Mapping[str, Any], position: int) -> dict[str, Any]:
    """The further sampling parameters of a rest that begins behind ``position`` tokens."""
    found = dict(args)
    if position and found.get("min_tokens"):
        found["min_tokens"] = max(0, found["min_tokens"] - position)
    return found


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
