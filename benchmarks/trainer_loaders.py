"""Labels from the real loaders of trainers. Runs inside a trainer's own environment, without any module of this project.

    ENVIRONMENT/bin/python benchmarks/trainer_loaders.py JOBS.json RESULTS.json

JOBS.json: a list of {"trainer", "file", "form", "student", "template"?}. RESULTS.json: per job {"rows": [{"ids", "labels"}]},
two entries per pair of responses, or {"error": text}. The calls are those that each trainer makes before training; some are
private, so the versions are pinned (benchmarks/trainer_environments.py).
"""

from __future__ import annotations

import importlib.machinery
import json
import os
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

Job = dict[str, str]
Rows = list[dict[str, list[int]]]


def trl(job: Job) -> Rows:
    """``_prepare_dataset`` of SFTTrainer and DPOTrainer; the trainer's attributes as its ``__init__`` sets them."""
    from datasets import load_dataset
    from trl.chat_template_utils import get_training_chat_template, has_generation_markers
    from trl.trainer.dpo_config import DPOConfig
    from trl.trainer.dpo_trainer import DPOTrainer
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    tokenizer = tokenizer_of(job)
    kind = "parquet" if job["file"].endswith(".parquet") else "json"
    dataset = load_dataset(kind, data_files=job["file"], split="train", cache_dir=job["cache"])
    common = {"output_dir": job["cache"], "use_cpu": True, "bf16": False, "report_to": [], "max_length": 4096}
    if job["form"] == "preference":
        me = types.SimpleNamespace(_tokenizer=tokenizer, _is_vlm=False)
        found = DPOTrainer._prepare_dataset(me, dataset, tokenizer, DPOConfig(**common), "train")
        return [
            {"ids": row["prompt_ids"] + row[name], "labels": [-100] * len(row["prompt_ids"]) + row[name]}
            for row in found
            for name in ("chosen_ids", "rejected_ids")
        ]
    is_pair = "prompt" in dataset.column_names
    template = None
    if not is_pair and not has_generation_markers(tokenizer.chat_template):
        template = get_training_chat_template(tokenizer)
    me = types.SimpleNamespace(
        _tokenizer=tokenizer, chat_template=template, completion_only_loss=is_pair, _is_vlm=False
    )
    config = SFTConfig(assistant_only_loss=not is_pair, **common)
    found = SFTTrainer._prepare_dataset(me, dataset, tokenizer, config, False, None, "train")
    return [{"ids": row["input_ids"], "labels": row["labels"]} for row in found]


def llamafactory(job: Job) -> Rows:
    """``get_dataset`` as the training stages call it; the template is one of LLaMA-Factory's own."""
    module = types.ModuleType("torchaudio")  # imported for audio models only
    module.__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)
    sys.modules.setdefault("torchaudio", module)
    from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
    from llamafactory.hparams import DataArguments, ModelArguments
    from transformers import Seq2SeqTrainingArguments

    tokenizer = tokenizer_of(job)
    path = Path(job["file"])
    data = DataArguments(
        dataset=path.stem, dataset_dir=str(path.parent), template=job["named"], cutoff_len=4096, overwrite_cache=True
    )
    template = get_template_and_fix_tokenizer(tokenizer, data)
    arguments = Seq2SeqTrainingArguments(output_dir=job["cache"], use_cpu=True, report_to=[])
    model = ModelArguments(model_name_or_path=job["student"], cache_dir=job["cache"])
    stage = "rm" if job["form"] == "ranking" else "sft"
    found = get_dataset(template, model, data, arguments, stage=stage, tokenizer=tokenizer)["train_dataset"]
    if stage == "sft":
        return [{"ids": row["input_ids"], "labels": row["labels"]} for row in found]
    return [
        {"ids": row[f"{name}_input_ids"], "labels": row[f"{name}_labels"]}
        for row in found
        for name in ("chosen", "rejected")
    ]


def verl(job: Job) -> Rows:
    """``MultiTurnSFTDataset``, the data set of verl's SFT trainer."""
    from omegaconf import OmegaConf
    from verl.utils.dataset.multiturn_sft_dataset import MultiTurnSFTDataset

    config = OmegaConf.create({"max_length": 4096, "truncation": "error", "pad_mode": "no_padding"})
    dataset = MultiTurnSFTDataset(job["file"], tokenizer_of(job), config)
    rows = []
    for number in range(len(dataset)):
        row = dataset[number]
        ids, mask = row["input_ids"].tolist(), row["loss_mask"].tolist()
        rows.append({"ids": ids, "labels": [token if kept else -100 for token, kept in zip(ids, mask, strict=True)]})
    return rows


def axolotl(job: Job) -> Rows:
    """The strategy of ``type: chat_template``, with the entry that convert_to_data.py wrote."""
    import yaml
    from axolotl.prompt_strategies.chat_template import load
    from axolotl.utils.dict import DictDefault
    from datasets import load_dataset

    tokenizer = tokenizer_of(job)
    config = DictDefault(
        {"sequence_len": 4096, "train_on_inputs": False, "chat_template": job.get("named", "tokenizer_default")}
    )
    [entry] = yaml.safe_load(Path(job["entry"]).read_text(encoding="utf-8"))["datasets"]
    strategy = load(tokenizer, config, DictDefault(entry))
    kind = "parquet" if job["file"].endswith(".parquet") else "json"
    rows = load_dataset(kind, data_files=job["file"], split="train", cache_dir=job["cache"])
    found = [strategy.tokenize_prompt(row) for row in rows]
    return [{"ids": list(row["input_ids"]), "labels": list(row["labels"])} for row in found]


LOADERS: dict[str, Callable[[Job], Rows]] = {
    "trl": trl, "llamafactory": llamafactory, "verl": verl, "axolotl": axolotl,
}  # fmt: skip


def tokenizer_of(job: Job) -> Any:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(job["student"])
    if job.get("template"):
        tokenizer.chat_template = Path(job["template"]).read_text(encoding="utf-8")
    return tokenizer


def main() -> None:
    os.environ |= {"HF_HUB_OFFLINE": "1", "DISABLE_VERSION_CHECK": "1", "TOKENIZERS_PARALLELISM": "false"}
    jobs = Path(sys.argv[1])
    results: list[dict[str, Any]] = []
    for job in json.loads(jobs.read_text(encoding="utf-8")):
        job["cache"] = str(jobs.parent / "cache")
        try:
            results.append({"rows": LOADERS[job["trainer"]](job)})
        except Exception as error:  # whatever a trainer raises is its answer
            results.append({"error": f"{type(error).__name__}: {error}"})
    Path(sys.argv[2]).write_text(json.dumps(results), encoding="utf-8")


if __name__ == "__main__":
    main()
