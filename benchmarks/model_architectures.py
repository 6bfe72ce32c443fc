"""The families of docs/models.md, by a pattern of the Hub id."""

from __future__ import annotations

import re

from benchmarks.model_checkpoints import (
    CHATML,
    EFFORT,
    NO_SYSTEM,
    OPENED,
    SWITCHED,
    THINK,
    Family,
    quantised_awq,
    quantised_gptq,
    quantised_int8,
)

_MLA = {
    "q_lora_rank": 64, "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
    "head_dim": 64, "n_routed_experts": 4, "num_experts_per_tok": 2, "n_group": 2, "topk_group": 1, "n_shared_experts": 1,
    "moe_intermediate_size": 64, "first_k_dense_replace": 1, "routed_scaling_factor": 1.0, "topk_method": "noaux_tc",
}  # fmt: skip
_V31 = CHATML + "{% if add_generation_prompt %}{{ '<think>' if thinking else '</think>' }}{% endif %}"
_QWEN3_SAMPLING = {"temperature": 0.6, "top_p": 0.95, "top_k": 20}
_EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 64}
_GLM = {
    "n_routed_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 64, "n_shared_experts": 1, "n_group": 1,
    "topk_group": 1, "first_k_dense_replace": 1, "num_nextn_predict_layers": 1,
}  # fmt: skip
_GEMMA4 = "<|im_start|>system\n{% if enable_thinking %}think{% endif %}<|im_end|>\n" + CHATML
_HARMONY = ("<|start|>", "<|channel|>", "<|message|>", "<|end|>", "<|return|>")

FAMILIES: dict[str, Family] = {
    r"AWQ": Family("Qwen3", {}, SWITCHED, THINK, sampling=_QWEN3_SAMPLING, finish=quantised_awq),
    r"GPTQ": Family("Qwen3", {}, SWITCHED, THINK, sampling=_QWEN3_SAMPLING, finish=quantised_gptq),
    r"w8a8": Family("Qwen3", {}, SWITCHED, THINK, sampling=_QWEN3_SAMPLING, finish=quantised_int8),
    r"Thinking-2507": Family("Qwen3Moe", _EXPERTS, OPENED, THINK, sampling=_QWEN3_SAMPLING),
    r"Qwen3-\d+B-A\d+B": Family("Qwen3Moe", _EXPERTS, SWITCHED, THINK, sampling=_QWEN3_SAMPLING),
    r"Qwen3|QwQ": Family("Qwen3", {}, SWITCHED, THINK, sampling=_QWEN3_SAMPLING),
    r"DeepSeek-V3": Family("DeepseekV3", _MLA, _V31, THINK),
    r"DeepSeek-R1-Distill-Qwen": Family("Qwen2", {}, OPENED, THINK, sampling={"temperature": 0.6, "top_p": 0.95}),
    r"DeepSeek-R1": Family("DeepseekV3", _MLA, OPENED, THINK, sampling={"temperature": 0.6, "top_p": 0.95}),
    r"gpt-oss": Family(
        "GptOss",
        {"num_local_experts": 4, "num_experts_per_tok": 2, "head_dim": 64, "sliding_window": 128, "rope_scaling": None},
        EFFORT, _HARMONY, special=True,
    ),
    r"GLM-Z1|GLM-4-\d+B": Family("Glm4", {}, OPENED, THINK),
    r"GLM-4\.\d": Family("Glm4Moe", _GLM, SWITCHED, THINK),
    r"Magistral": Family("Mistral", {}, words=("[THINK]", "[/THINK]"), special=True),
    r"Phi-4": Family("Phi3", {}, words=THINK, sampling={"temperature": 0.8, "top_k": 50, "top_p": 0.95}),
    r"gemma-2": Family("Gemma2", {"query_pre_attn_scalar": 32}, NO_SYSTEM),
    r"gemma-4": Family(
        "Gemma4Text",
        {"vocab_size_per_layer_input": 49280, "hidden_size_per_layer_input": 32, "num_hidden_layers": 6, "sliding_window": 128},
        _GEMMA4, ("<|channel>", "<channel|>"), special=True, architecture="Gemma4ForCausalLM",
    ),
    r"gemma-3": Family(
        "Gemma3Text", {"query_pre_attn_scalar": 32}, sampling={"top_k": 64, "top_p": 0.95}, architecture="Gemma3ForCausalLM"
    ),
}  # fmt: skip
"""Pattern of the Hub id -> family; the first that occurs is taken."""


def family_of(hub_id: str) -> Family:
    """The family of a Hub id.

    >>> family_of("Qwen/Qwen3-30B-A3B").name, family_of("deepseek-ai/DeepSeek-R1-0528").name
    ('Qwen3Moe', 'DeepseekV3')
    """
    return next(family for pattern, family in FAMILIES.items() if re.search(pattern, hub_id))
