"""The entries that trainers need to read an output: LLaMA-Factory's dataset_info.json, axolotl's YAML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from util.results.json_file import dumps, write_json
from util.results.writing import locked, write_atomically
from util.system.characters import text_of
from util.system.errors import UserError
from util.training.form_options import AXOLOTL, LLAMA_FACTORY
from util.training.formats import Row
from util.training.options import DataOptions


def write_entries(options: DataOptions) -> None:
    """Write the entries of the output beside it; other entries of dataset_info.json are kept.

    Raises:
        UserError: dataset_info.json is not a JSON object, or a file cannot be written.
    """
    entry = dataset_info(options) if LLAMA_FACTORY in options.trainers_with_entries else None
    path = options.output.with_name("dataset_info.json")
    if entry is not None or path.exists():
        with locked(path):  # another output in this folder may be registered at the same time
            _write_entry(path, entry, options)
    if AXOLOTL in options.trainers_with_entries:
        write_atomically(axolotl_file(options.output), [axolotl_yaml(options)])


def entry_texts(options: DataOptions) -> list[str]:
    """The entries as they are printed, each with the name of its file."""
    texts = []
    entry = dataset_info(options) if LLAMA_FACTORY in options.trainers_with_entries else None
    if entry is not None:
        text = json.dumps({options.output.stem: entry}, ensure_ascii=False, indent=2)
        texts.append(f"{options.output.with_name('dataset_info.json')} (LLaMA-Factory):\n{text}")
    if AXOLOTL in options.trainers_with_entries:
        texts.append(f"{axolotl_file(options.output)}:\n{axolotl_yaml(options).rstrip()}")
    return texts


def dataset_info(options: DataOptions) -> Row | None:
    """The dataset_info.json entry of the output; None for what LLaMA-Factory reads in another format or not whole: it drops a
    thought that has a field of its own."""
    form = options.form
    if form in ("sharegpt", "ranking"):
        columns = {"messages": "conversations", "system": "system"}
        tags = {"role_tag": "from", "content_tag": "value"}
    elif form == "messages" and not options.thought_form.is_apart:
        columns, tags = {"messages": "messages"}, {"role_tag": "role", "content_tag": "content", "system_tag": "system"}
    else:
        return None
    tags |= {"user_tag": "user", "assistant_tag": "assistant"}
    entry: Row = {"file_name": options.output.name, "formatting": "sharegpt"}
    if form == "ranking":
        entry["ranking"] = True
        columns |= {"chosen": "chosen", "rejected": "rejected"}
    return entry | {"columns": columns, "tags": tags}


def axolotl_file(output: Path) -> Path:
    return output.with_name(f"{output.stem}.axolotl.yaml")


def axolotl_yaml(options: DataOptions) -> str:
    """The entry of the output in axolotl's configuration. The assistant's turns are trained, each with its end token.

    The fields are those of axolotl's SFTDataset and DPODataset; the latter has no ds_type, and fields that it does not know
    would make the entry one of the former.
    """
    entry: Row = {"path": str(options.output), "split": "train"}
    if options.form == "preference":
        entry |= {"type": "chat_template.default", "field_messages": "prompt"}
        entry |= {"field_chosen": "chosen", "field_rejected": "rejected"}
    else:
        entry["ds_type"] = "parquet" if options.kind == "parquet" else "json"
        entry |= {"type": "chat_template", "roles_to_train": ["assistant"], "train_on_eos": "turn"}
        if options.form == "sharegpt":
            entry["field_messages"] = "conversations"
            entry["message_property_mappings"] = {"role": "from", "content": "value"}
        else:
            entry["field_messages"] = "messages"
        if options.thought_form.is_apart:
            field = options.thought_form.field
            entry |= {"field_thinking": field, "template_thinking_key": field}
            entry["message_property_mappings"] = {"role": "role", "content": "content", field: field}
    head = "rl: dpo\ndatasets:\n" if options.form == "preference" else "datasets:\n"
    lines = [f"    {name}: {dumps(value)}\n" for name, value in entry.items()]
    return head + "  - " + "".join(lines).lstrip()


def _write_entry(path: Path, entry: Row | None, options: DataOptions) -> None:
    known: Any = {}
    if path.exists():
        try:
            known = json.loads(text_of(path.read_bytes()))
        except (OSError, ValueError) as error:
            raise UserError(
                f"{path} is not readable JSON ({error}); {options.output.name} was not added to it."
            ) from error
        if not isinstance(known, dict):
            raise UserError(f"{path} is not a JSON object; {options.output.name} was not added to it.")
    known.pop(options.output.stem, None)
    write_json(path, known | ({options.output.stem: entry} if entry else {}))
