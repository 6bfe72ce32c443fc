"""Load the output of convert_to_data.py with LLaMA-Factory.

    pip install llamafactory                       # in a separate environment: it needs older libraries
    python benchmarks/llamafactory_loads.py DIR    # the folder of --output, with its dataset_info.json

Loads every dataset in the folder's dataset_info.json as training does, and prints the first prompt
of each.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main() -> None:
    from llamafactory.data.loader import _get_merged_dataset
    from llamafactory.hparams import DataArguments, ModelArguments
    from transformers import TrainingArguments

    folder = Path(sys.argv[1]).resolve()
    for name in json.loads((folder / "dataset_info.json").read_text(encoding="utf-8")):
        data = DataArguments(dataset=name, dataset_dir=str(folder), preprocessing_num_workers=1)
        model = ModelArguments(model_name_or_path="none")
        training = TrainingArguments(output_dir=str(folder / ".llamafactory"), use_cpu=True)
        found = _get_merged_dataset(data.dataset, model, data, training, stage="sft")
        row = found[0]
        assert [turn["role"] for turn in row["_prompt"]] == ["user"]
        assert [turn["role"] for turn in row["_response"]] == ["assistant"]
        assert row["_system"]
        assert row["_response"][0]["content"].startswith("<|begin_of_thought|>")
        print(f"{name}: {len(found)} rows; first prompt {row['_prompt'][0]['content'][:60]!r}")


if __name__ == "__main__":
    main()
