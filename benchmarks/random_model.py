"""A model of two layers with random weights and the embedded model's tokenizer: hardly any work per token."""

from __future__ import annotations

from pathlib import Path

from samples import model


def random_model(folder: Path, context: int = 4096, dtype: str = "float32") -> Path:
    """Write the model; returns the folder."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=49152, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, head_dim=32, max_position_embeddings=context, tie_word_embeddings=True,
        bos_token_id=1, eos_token_id=2, pad_token_id=2,
    )  # fmt: skip
    LlamaForCausalLM(config).to(getattr(torch, dtype)).save_pretrained(folder)
    AutoTokenizer.from_pretrained(model.prepare()).save_pretrained(folder)
    return folder
