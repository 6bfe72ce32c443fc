"""How an output is written: by the ending of its name, as a stream, with the entries that trainers need."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from support.scripts import script
from training.test_forms import response, results, tagged

from util.results.writing import replaced_whole
from util.system.errors import UserError
from util.training.build import build
from util.training.form_options import FORMATS, RL_FORMATS, STYLES, check_form
from util.training.options import DataOptions
from util.training.output_files import write_rows
from util.training.trainer_entries import axolotl_yaml


def problems() -> dict[str, list[dict[str, Any]]]:
    return {f"q{n}": [response(tagged(f"t{n}")), response(tagged("w", "2"), right=False)] for n in range(3)}


def options(folder: Path, name: str, **more: Any) -> DataOptions:
    return DataOptions([results(folder / "in" / "m.json", problems())], folder / name, **more)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("form", [form for form in FORMATS if form not in RL_FORMATS])
def test_every_kind_of_file_holds_the_same_rows(tmp_path: Path, form: str, style: str) -> None:
    from pyarrow import parquet

    if style == "reasoning_content" and form in ("sharegpt", "ranking"):
        pytest.skip("refused by check_form")
    more = {"form": form, "thought_style": style, "near_duplicates": None}
    for name in ("a.json", "b.jsonl", "c.parquet", "d.PARQUET"):
        assert build(options(tmp_path, name, **more)).written == 3
    expected = json.loads((tmp_path / "a.json").read_text())
    assert [json.loads(line) for line in (tmp_path / "b.jsonl").read_text().splitlines()] == expected
    for name in ("c.parquet", "d.PARQUET"):
        assert without_nulls(parquet.read_table(tmp_path / name).to_pylist()) == expected


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def test_jsonl_writes_lines_whatever_the_name(tmp_path: Path) -> None:
    build(options(tmp_path, "a.json", jsonl=True))
    assert len([json.loads(line) for line in (tmp_path / "a.json").read_text().splitlines()]) == 3
    command = ["convert_to_data.py", "--input-dir", tmp_path / "in", "--jsonl", "--output", tmp_path / "a.parquet"]
    done = script(*command)
    assert done.returncode == 1
    assert "--jsonl contradicts" in done.stderr


def test_parquet_is_written_in_row_groups(tmp_path: Path) -> None:
    from pyarrow import parquet

    def rows() -> Any:
        for n in range(2500):
            yield {"system": "", "conversations": [{"from": "user", "value": f"{n} \ud83d"}]}

    output = options(tmp_path, "o.parquet")
    write_rows(output, rows())
    file = parquet.ParquetFile(output.output)
    assert file.num_row_groups == 3
    assert file.read().to_pylist()[2499]["conversations"] == [{"from": "user", "value": "2499 \ufffd"}]


def test_an_older_file_stays_where_writing_fails(tmp_path: Path) -> None:
    output = options(tmp_path, "o.parquet")
    output.output.write_text("old")

    def rows() -> Any:
        yield {"system": "", "conversations": []}
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        write_rows(output, rows())
    with pytest.raises(UserError), replaced_whole(tmp_path / "o.parquet" / "x"):
        pass
    assert output.output.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "o.parquet"]


def test_axolotl_s_entry_names_the_fields_of_the_file(tmp_path: Path) -> None:
    command = ["convert_to_data.py", "--input-dir", tmp_path / "in", "--output", tmp_path / "o.parquet"]
    results(tmp_path / "in" / "m.json", problems())
    style = ["--format", "messages", "--thought-style", "reasoning_content", "--thought-field", "thinking"]
    done = script(*command, *style, "--entries", "axolotl")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "o.axolotl.yaml").read_text()
    assert text in done.stdout
    assert [line.strip(" -") for line in text.splitlines()] == [
        "datasets:", f'path: "{tmp_path}/o.parquet"', 'split: "train"', 'ds_type: "parquet"', 'type: "chat_template"',
        'roles_to_train: ["assistant"]', 'train_on_eos: "turn"', 'field_messages: "messages"', 'field_thinking: "thinking"',
        'template_thinking_key: "thinking"',
        'message_property_mappings: {"role": "role", "content": "content", "thinking": "thinking"}',
    ]  # fmt: skip
    assert not (tmp_path / "dataset_info.json").exists()
    done = script(*command, "--entries", "llamafactory")
    assert '"file_name": "o.parquet"' in done.stdout
    pairs = options(tmp_path, "p.json", form="preference")
    assert axolotl_yaml(pairs).startswith('rl: dpo\ndatasets:\n  - path: "')
    for form, style_name in (
        ("ranking", "think"),
        ("prompt-completion", "think"),
        ("sharegpt", "think"),
        ("preference", "reasoning_content"),
    ):
        with pytest.raises(UserError, match="axolotl"):
            check_form(dataclasses.replace(pairs, form=form, thought_style=style_name, entries=("axolotl",)))
