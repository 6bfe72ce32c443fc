"""Students to try trainers with: the embedded model's tokenizer, with the control tokens and chat templates of families."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samples.model import prepare

TEMPLATES = Path(__file__).parent / "chat_templates"

_CONTROL = re.compile(r"<[|｜][^<>'\"{} ]+?[|｜]>|<(?:start|end)_of_turn>|\[gMASK\]|<sop>")


@dataclass(frozen=True)
class TemplateFamily:
    """bos, eos: control tokens; "" leaves the embedded model's EOS and sets no BOS, unless the template is its own.
    llamafactory: the name of its template. file: of the chat template that TRL ships, if there is one."""

    name: str
    bos: str = ""
    eos: str = ""
    llamafactory: str = ""
    file: str = ""


FAMILIES = (
    TemplateFamily("qwen3", llamafactory="qwen3"),
    TemplateFamily("deepseek", "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "deepseekr1"),
    TemplateFamily("gpt_oss", "<|startoftext|>", "<|return|>", "gpt_oss"),
    TemplateFamily("llama3", "<|begin_of_text|>", "<|eot_id|>", "llama3"),
    TemplateFamily("smollm2", llamafactory="smollm2"),
)
"""With chat templates of this folder in their style; smollm2 has the embedded model's own."""

PUBLISHED = (
    TemplateFamily("qwen3", file="qwen3"),
    TemplateFamily("qwen3-instruct-2507", file="qwen3_instruct_2507"),
    TemplateFamily("qwen3.5", file="qwen3_5_think"),
    TemplateFamily("qwen3.6", file="qwen3_6"),
    TemplateFamily("qwen3.8", file="qwen3_8"),
    TemplateFamily("qwen2.5", file="qwen2_5"),
    TemplateFamily(
        "deepseek-r1-distill", "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", file="deepseek_r1_distill"
    ),
    TemplateFamily("gpt-oss", "<|startoftext|>", "<|return|>", file="gptoss"),
    TemplateFamily("llama3", "<|begin_of_text|>", "<|eot_id|>", file="llama3"),
    TemplateFamily("gemma3", "<bos>", "<eos>", file="gemma3"),
    TemplateFamily("glm4-moe", "", "<|endoftext|>", file="glm4moe"),
    TemplateFamily("nemotron-3-nano", file="nemotron_3_nano"),
    TemplateFamily("smollm2"),
    TemplateFamily("chatml"),
)
"""Families of the table in util/training/trainers_table.py, with the tokens of their tokenizers."""


def student_folder(family: TemplateFamily, folder: Path, template: Path | None = None) -> Path:
    """Write a student's tokenizer files; return its folder.

    template: its chat template; by default that of ``TEMPLATES``, else the embedded model's own.
    """
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(str(prepare()))
    path = template or TEMPLATES / f"{family.name}.jinja"
    if path.exists():
        tokenizer.chat_template = path.read_text(encoding="utf-8")
        if not family.bos:
            tokenizer.bos_token = None
        controls = sorted(set(_CONTROL.findall(tokenizer.chat_template)))
        named = {"bos_token": family.bos, "eos_token": family.eos}
        tokenizer.add_special_tokens({name: token for name, token in named.items() if token})
        tokenizer.add_special_tokens({"extra_special_tokens": controls})
    target = folder / family.name
    tokenizer.save_pretrained(target)
    (target / "config.json").write_text('{"model_type": "llama"}\n', encoding="utf-8")
    return target


def training_template(family: TemplateFamily, folder: Path = TEMPLATES) -> Path | None:
    """The family's template with generation markers, if there is one."""
    path = folder / f"{family.file or family.name}_training.jinja"
    return path if path.exists() else None
