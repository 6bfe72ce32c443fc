"""Students to try trainers with: the embedded model's tokenizer, with the control tokens and chat templates of families."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samples.model import NAME, prepare

TEMPLATES = Path(__file__).parent / "chat_templates"

CHATML: tuple[str, ...] = ()
DEEPSEEK = ("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>")
HARMONY = ("<|startoftext|>", "<|return|>", "<|start|>", "<|message|>", "<|end|>", "<|channel|>")
LLAMA = ("<|begin_of_text|>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>")


@dataclass(frozen=True)
class TemplateFamily:
    """controls: tokens that the embedded tokenizer lacks, BOS and EOS first. llamafactory: its template of the family.
    has_training: there is a template with generation markers beside the plain one."""

    name: str
    controls: tuple[str, ...]
    llamafactory: str
    has_training: bool = True


FAMILIES = (
    TemplateFamily("qwen3", CHATML, "qwen3"),
    TemplateFamily("deepseek", DEEPSEEK, "deepseekr1"),
    TemplateFamily("gpt_oss", HARMONY, "gpt_oss"),
    TemplateFamily("llama3", LLAMA, "llama3", has_training=False),
    TemplateFamily("smollm2", CHATML, "smollm2", has_training=False),
)


def student_folder(family: TemplateFamily, folder: Path) -> Path:
    """Write a student's tokenizer files, with the family's plain template; return its folder."""
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(str(prepare()))
    if family.controls:
        bos, eos, *others = family.controls
        tokenizer.add_special_tokens({"bos_token": bos, "eos_token": eos, "extra_special_tokens": others})
    path = TEMPLATES / f"{family.name}.jinja"
    if path.exists():  # else the embedded model's own
        tokenizer.chat_template = path.read_text(encoding="utf-8")
    target = folder / family.name
    tokenizer.save_pretrained(target)
    (target / "config.json").write_text('{"model_type": "llama"}\n', encoding="utf-8")
    return target


def training_template(family: TemplateFamily) -> Path | None:
    """The family's template with generation markers, if there is one."""
    return TEMPLATES / f"{family.name}_training.jinja" if family.has_training else None


__all__ = ["FAMILIES", "NAME", "TEMPLATES", "TemplateFamily", "student_folder", "training_template"]
