"""Two tiny models and problems for ``benchmarks.partial_kills``.

``greedy_model`` is a random Llama of two layers whose next token depends on all tokens before it. ``phase_model`` ends its
responses itself, and its distribution is known exactly: a response goes through ``PHASES`` phases, each of which ends after
a token with probability ``1 / PHASE_TOKENS``; each token of a phase is one of its ``WORDS`` words, the j-th with
probability proportional to 1/j. The length has mean PHASES * PHASE_TOKENS. The ranks j of all tokens are independent and
identically distributed.
"""

from __future__ import annotations

import json
import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any

from samples import model as embedded

PHASES, PHASE_TOKENS, WORDS = 10, 130, 30
VOCABULARY, WIDTH, EOS = 2048, 64, 2
NEVER = -60.0
"""Logit of a token that does not follow."""


def tokenizer(folder: Path) -> Path:
    """Write the embedded model's tokenizer without its rarer tokens, which cost time when one of them is sampled."""
    folder.mkdir(parents=True, exist_ok=True)
    source = embedded.prepare()
    found = json.loads((source / "tokenizer.json").read_text())
    model = found["model"]
    model["vocab"] = {token: number for token, number in model["vocab"].items() if number < VOCABULARY}
    model["merges"] = [pair for pair in model["merges"] if "".join(pair) in model["vocab"]]
    (folder / "tokenizer.json").write_text(json.dumps(found))
    for path in source.glob("*"):
        if path.name in ("tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"):
            shutil.copy(path, folder)
    return folder


def _llama(**changes: Any) -> Any:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=WIDTH, intermediate_size=128, num_attention_heads=2, num_key_value_heads=2,
        head_dim=32, max_position_embeddings=4096, tie_word_embeddings=False, bos_token_id=1, eos_token_id=EOS,
        pad_token_id=EOS, **changes,
    )  # fmt: skip
    return LlamaForCausalLM(config).to(torch.float32)


def greedy_model(folder: Path) -> Path:
    """Write the model; its weights are large, so that greedy texts do not repeat one token."""
    _llama(num_hidden_layers=2, initializer_range=0.3).save_pretrained(folder)
    return tokenizer(folder)


def phase_model(folder: Path) -> Path:
    """Write the model: embeddings that name the phase of a token, layers that add nothing, an output layer of logits."""
    import torch

    model = _llama(num_hidden_layers=1)
    words = word_ids()
    with torch.no_grad():
        model.model.layers[0].self_attn.o_proj.weight.zero_()
        model.model.layers[0].mlp.down_proj.weight.zero_()
        embedding = model.model.embed_tokens.weight
        embedding.zero_()
        embedding[:, 0] = 1.0
        for phase, ids in enumerate(words):
            embedding[ids, 0] = 0.0
            embedding[ids, phase] = 1.0
        logits = torch.full((VOCABULARY, WIDTH), NEVER)
        ranks = torch.arange(1, WORDS + 1, dtype=torch.float64)
        share = torch.log(1 / ranks / (1 / ranks).sum()).float()
        ends, stays = torch.log(torch.tensor([1 / PHASE_TOKENS, 1 - 1 / PHASE_TOKENS]))
        for phase, ids in enumerate(words):
            logits[ids, phase] = stays + share
            if phase + 1 < PHASES:
                logits[words[phase + 1], phase] = ends + share
        logits[EOS, PHASES - 1] = ends
        model.lm_head.weight.copy_(logits / WIDTH**0.5)  # the last norm makes the embedding so long
    model.save_pretrained(folder)
    return tokenizer(folder)


@cache
def word_ids() -> list[list[int]]:
    """The ids of the words of each phase: a space and letters, so that a text has one word per token."""
    found = json.loads((embedded.prepare() / "tokenizer.json").read_text())["model"]["vocab"]
    ids = [number for token, number in found.items() if number < VOCABULARY and re.fullmatch("Ġ[A-Za-z]+", token)]
    assert len(ids) >= PHASES * WORDS
    return [ids[phase * WORDS : (phase + 1) * WORDS] for phase in range(PHASES)]


@cache
def ranks_of_words() -> dict[str, int]:
    """Word -> its rank in its phase, from 0."""
    found = json.loads((embedded.prepare() / "tokenizer.json").read_text())["model"]["vocab"]
    spelled = {number: token.removeprefix("Ġ") for token, number in found.items()}
    return {spelled[number]: rank for ids in word_ids() for rank, number in enumerate(ids)}


def problems(path: Path, count: int) -> Path:
    """Write a dataset file of numbered problems."""
    path.write_text("".join(json.dumps({"problem": f"Problem {n}.", "answer": "1"}) + "\n" for n in range(count)))
    return path
