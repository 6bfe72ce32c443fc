"""Tiny random checkpoints of real model families: the architecture, the options of the chat template, special tokens.

The tokenizer is the embedded model's, with the family's special tokens added. The chat templates are written here and
only take the arguments that the family's own template takes; they are not the makers' templates.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from samples import model

CONTEXT = 4096
_HEAD = {"vocab_size": 49280, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2}
_SIZES = _HEAD | {
    "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2,
    "num_key_value_heads": 2, "head_dim": 32, "max_position_embeddings": CONTEXT,
}  # fmt: skip
_TURNS = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
_ASK = "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
CHATML = _TURNS + _ASK
THINK = ("<think>", "</think>")
SWITCHED = CHATML + (
    "{% if add_generation_prompt and enable_thinking is defined and not enable_thinking %}"
    "<think>\n\n</think>\n\n{% endif %}"
)
EFFORT = "<|im_start|>system\nReasoning: {{ reasoning_effort or 'medium' }}<|im_end|>\n" + CHATML
OPENED = CHATML + "{% if add_generation_prompt %}<think>\n{% endif %}"
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}" + CHATML


@dataclass(frozen=True)
class Family:
    """An architecture of transformers, as small as vLLM takes it.

    name: of the configuration and model classes, without Config and ForCausalLM; architecture: where the model class has
    another name. sizes: beyond the common ones. template: chat template. words: tokens that the real tokenizer has beyond
    text; special: whether they vanish from texts. sampling: generation_config.json, as the makers publish it. finish:
    changes the files at the end.
    """

    name: str
    sizes: Mapping[str, Any] = field(default_factory=dict)
    template: str = CHATML
    words: tuple[str, ...] = ()
    special: bool = False
    sampling: Mapping[str, Any] = field(default_factory=dict)
    finish: Callable[[Path], None] | None = None
    architecture: str = ""

    @property
    def model_class(self) -> str:
        """The name of its class, as vLLM's list of architectures has it."""
        return self.architecture or f"{self.name}ForCausalLM"


def write(family: Family, folder: Path) -> Path:
    """Write a checkpoint with random weights; returns the folder."""
    import torch
    import transformers

    torch.manual_seed(0)
    config = getattr(transformers, f"{family.name}Config")(**{**_SIZES, **family.sizes})
    network = getattr(transformers, family.model_class)(config)
    network.to(torch.bfloat16).save_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(model.prepare())
    tokenizer.add_tokens([transformers.AddedToken(word, special=family.special) for word in family.words])
    tokenizer.chat_template = family.template
    tokenizer.save_pretrained(folder)
    path = folder / "generation_config.json"
    path.write_text(json.dumps({"do_sample": True, "eos_token_id": 2, **family.sampling} if family.sampling else {}))
    if family.finish is not None:
        family.finish(folder)
    return folder


def write_adapter(base: Path, folder: Path, rank: int = 8) -> Path:
    """A random LoRA adapter of the query and value projections, as PEFT writes it; returns the folder."""
    import torch
    from safetensors.torch import save_file

    config = json.loads((base / "config.json").read_text())
    hidden = config["hidden_size"]
    out = {"q_proj": config["num_attention_heads"], "v_proj": config["num_key_value_heads"]}
    weights = {}
    for layer in range(config["num_hidden_layers"]):
        for name, heads in out.items():
            key = f"base_model.model.model.layers.{layer}.self_attn.{name}"
            weights[f"{key}.lora_A.weight"] = torch.randn(rank, hidden)
            weights[f"{key}.lora_B.weight"] = torch.randn(heads * config["head_dim"], rank)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / "adapter_model.safetensors")
    adapter = {
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": str(base), "r": rank,
        "lora_alpha": 2 * rank, "target_modules": list(out), "bias": "none", "lora_dropout": 0.0,
    }  # fmt: skip
    (folder / "adapter_config.json").write_text(json.dumps(adapter))
    return folder


def quantised_int8(folder: Path) -> None:
    """Rewrite a checkpoint as compressed-tensors W8A8: int8 weights with a scale per row, activations by the token."""
    weights = {"num_bits": 8, "type": "int", "strategy": "channel", "symmetric": True, "dynamic": False}
    inputs = {"num_bits": 8, "type": "int", "strategy": "token", "symmetric": True, "dynamic": True}
    group = {"targets": ["Linear"], "weights": weights, "input_activations": inputs}
    _rewrite(
        folder,
        _int8,
        {
            "quant_method": "compressed-tensors", "format": "int-quantized", "config_groups": {"group_0": group},
            "ignore": ["lm_head"], "quantization_status": "compressed",
        },
    )  # fmt: skip


def quantised_gptq(folder: Path) -> None:
    """Rewrite a checkpoint as GPTQ with random 4-bit weights in groups of 32."""
    settings = {"bits": 4, "group_size": 32, "desc_act": False, "sym": True, "lm_head": False}
    _rewrite(folder, _gptq, {"quant_method": "gptq", **settings})


def quantised_awq(folder: Path) -> None:
    """Rewrite a checkpoint as AWQ with random 4-bit weights in groups of 32."""
    settings = {"bits": 4, "group_size": 32, "zero_point": True, "version": "gemm"}
    _rewrite(folder, _awq, {"quant_method": "awq", **settings})


def _rewrite(folder: Path, change: Callable[[Any], dict[str, Any]], settings: dict[str, Any]) -> None:
    from safetensors.torch import load_file, save_file

    weights: dict[str, Any] = {}
    for name, tensor in load_file(folder / "model.safetensors").items():
        if name.endswith("_proj.weight"):
            weights |= {name.removesuffix("weight") + part: value for part, value in change(tensor).items()}
        else:
            weights[name] = tensor
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"quantization_config": settings}))


def _int8(tensor: Any) -> dict[str, Any]:
    import torch

    scale = tensor.float().abs().amax(dim=1, keepdim=True) / 127
    return {"weight": (tensor.float() / scale).round().to(torch.int8), "weight_scale": scale.to(torch.bfloat16)}


def _gptq(tensor: Any) -> dict[str, Any]:
    import torch

    rows, columns = tensor.shape
    return {
        "qweight": _noise(columns // 8, rows),
        "qzeros": torch.full((columns // 32, rows // 8), 0x77777777, dtype=torch.int32),
        "scales": torch.full((columns // 32, rows), 0.01, dtype=torch.float16),
        "g_idx": torch.arange(columns, dtype=torch.int32) // 32,
    }


def _awq(tensor: Any) -> dict[str, Any]:
    import torch

    rows, columns = tensor.shape
    return {
        "qweight": _noise(columns, rows // 8),
        "qzeros": torch.full((columns // 32, rows // 8), 0x77777777, dtype=torch.int32),
        "scales": torch.full((columns // 32, rows), 0.01, dtype=torch.float16),
    }


def _noise(*shape: int) -> Any:
    import torch

    return torch.randint(-(2**31), 2**31 - 1, shape, dtype=torch.int32)
