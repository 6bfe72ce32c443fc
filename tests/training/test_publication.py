"""The dataset card, the plot of lengths and the passport of a training file."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from support.scripts import script
from test_training import LONG, response, rows, write

from util.results.entries import text_hash
from util.text.thought import assemble
from util.training.build import build
from util.training.generations import UNKNOWN, generation_of
from util.training.length_plot import length_plot
from util.training.lengths import Lengths
from util.training.options import DataOptions
from util.training.passport import read_passport
from util.training.published_rows import published_row, published_rows, written_hash

MANIFEST: dict[str, Any] = {
    "type": "manifest",
    "settings": {
        "model": "/home/someone/models/QwQ",
        "dataset": "NUMINA",
        "prompt_hash": "f00d",
        "temperatures": ["0.7"],
        "n": 2,
    },
    "selection": {"split": "train", "source": "math"},
    "engine": {"backend": "vllm"},
    "dataset": {"id": "AI-MO/NuminaMath-CoT", "commit": "c" * 40},
    "checks": {"rules": 3, "verifier": "math 3 False False"},
    "versions": {"vllm": "0.30"},
}


def results(folder: Path, **row: Any) -> Path:
    """A judged file of NUMINA with its journal: two right responses, a wrong one and one without a verdict."""
    problems = {
        "one plus one": [response("a"), response("b b", right=False)],
        LONG.format(7): [response("c c c")],
        "two": [response("d", right=None)],
    }
    path = write(folder, problems, source="math", answer="1", **row)
    path.with_name(path.stem + ".journal.jsonl").write_text(json.dumps(MANIFEST) + "\n")
    return path


def options(folder: Path, **values: Any) -> DataOptions:
    return DataOptions([results(folder / "in")], folder / "out.json", datasets=("NUMINA",), **values)


def test_the_passport_has_a_line_for_each_row_in_order(tmp_path: Path) -> None:
    extra = tmp_path / "more.jsonl"
    extra.write_text(
        json.dumps({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "z"}]})
    )
    build(options(tmp_path, passport=tmp_path / "p.jsonl", extra=[extra], shuffle=True, seed=5))
    lines = [record for _, record in read_passport(tmp_path / "p.jsonl")]
    written = list(published_rows(tmp_path / "out.json"))
    assert [line.row for line in lines] == [1, 2, 3]
    assert [line.written for line in lines] == [row.written for row in written]
    assert [line.text for line in lines] == [text_hash(row.text or "") for row in written]
    mine = next(line for line in lines if line.key == "one plus one")
    assert (mine.file, mine.temperature, mine.sample) == ("converted_m_NUMINA_train_all_0_-1.json", 0.7, 0)
    assert (mine.correct, mine.reason, mine.rules) == (True, "r", "math 3 False False")
    assert (mine.dataset, mine.source, mine.model, mine.prompts) == ("NUMINA", "NUMINA/math", "QwQ", "f00d")
    assert mine.response == text_hash(assemble("a", "so \\boxed{1}"))
    other = next(line for line in lines if not line.is_ours)
    assert (other.file, other.correct, other.rules) == ("more.jsonl", None, "")
    assert str(tmp_path) not in (tmp_path / "p.jsonl").read_text()


def test_a_pair_names_both_responses(tmp_path: Path) -> None:
    build(options(tmp_path, form="preference", passport=tmp_path / "p.jsonl"))
    [(_, line)] = list(read_passport(tmp_path / "p.jsonl"))
    assert line.rejected is not None
    assert (line.correct, line.rejected.correct, line.sample, line.rejected.sample) == (True, False, 0, 1)


def test_without_the_options_only_the_training_file_is_written(tmp_path: Path) -> None:
    build(options(tmp_path))
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {"dataset_info.json", "out.json"}


def test_no_passport_stays_of_a_build_that_fails(tmp_path: Path) -> None:
    (tmp_path / "out.json").mkdir()
    with pytest.raises(Exception, match=r"out\.json"):
        build(options(tmp_path, passport=tmp_path / "p.jsonl"))
    assert not list(tmp_path.glob("p.jsonl*"))


def test_a_card_says_what_is_known_and_what_is_not(tmp_path: Path) -> None:
    results(tmp_path / "in")
    benchmark = tmp_path / "bench.jsonl"
    benchmark.write_text(json.dumps({"problem": "And so: " + LONG.format(9), "answer": "1", "solution": "1"}) + "\n")
    extra = tmp_path / "more.jsonl"
    extra.write_text(json.dumps({"question": "q", "combined_text": assemble("t", "s"), "domain": "puzzle"}))
    done = script(
        "convert_to_data.py", "--input-dir", tmp_path / "in", "--output", tmp_path / "train.jsonl", "--jsonl", "--card",
        "--decontaminate", f"MATH500={benchmark}", "--extra", extra, "--select", "shortest",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "train.card.md").read_text()
    for part in (
        "data_files: train.jsonl", "2 rows in the `sharegpt` format", "python convert_to_data.py", "--select shortest", "| `--select` | shortest |", "| `--near-duplicates` | 0.9 |",
        "| 1 | NUMINA (train, math) | QwQ |", "f00d", "- NUMINA: `math 3 False False` (1 rows)", "decontaminated",
        "| MATH500 | 1 | 1 |", "NUMINA, from `AI-MO/NuminaMath-CoT` at `cccccccccccc`: Apache-2.0",
        "- `more.jsonl`: unknown", "![Lengths of thoughts, answers and rows](train.lengths.svg)", "In characters.",
    ):  # fmt: skip
        assert part in text, part
    assert "| thought | 2 |" in text
    ET.fromstring((tmp_path / "train.lengths.svg").read_text())
    assert "/home/someone" not in text


def test_a_card_or_passport_never_replaces_an_input(tmp_path: Path) -> None:
    path = results(tmp_path / "in")
    before = path.read_bytes()
    for name in ("--passport", "--card", "--rejected"):
        done = script("convert_to_data.py", "--input-dir", tmp_path / "in", "--output", tmp_path / "o.json", name, path)
        assert done.returncode == 1
        assert "would replace another file" in done.stderr
    assert path.read_bytes() == before


def test_without_manifests_a_card_says_unknown(tmp_path: Path) -> None:
    found = generation_of(write(tmp_path, {"q": [response("a")]}), ["NUMINA"])
    assert (found.dataset, found.model, found.verifier, found.licence) == ("NUMINA", UNKNOWN, UNKNOWN, UNKNOWN)


def test_lengths_are_of_the_nearest_rank() -> None:
    lengths = Lengths()
    for number in range(1, 101):
        lengths.add("x" * number, None, "y" * 10 * number)
    thought, row = lengths.summaries()
    assert (thought.part, thought.number, thought.low, thought.median, thought.high) == ("thought", 100, 5, 50, 95)
    assert (row.longest, row.total, row.mean) == (1000, 50_500, 505)


@pytest.mark.parametrize("sizes", [[], [1], [5, 5, 5], [1, 100_000], list(range(1, 500))])
def test_the_plot_is_svg_whose_bars_count_every_row(sizes: list[int]) -> None:
    lengths = Lengths(lambda texts: [int(text) for text in texts], unit="tokens of <&>")
    for size in sizes:
        lengths.add(None, str(size), str(size))
    drawing = ET.fromstring(length_plot(lengths))
    titles = [int((title.text or "0").replace(",", "")) for title in drawing.iter("{http://www.w3.org/2000/svg}title")]
    assert sum(titles) == 2 * len(sizes)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"system": "s", "conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]}, ("s", "q", "a", None)),
        ({"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "q"}, {"role": "assistant", "content": "a", "reasoning_content": "t"}]}, ("s", "q", "<think>\nt\n</think>\n\na", None)),
        ({"prompt": [{"role": "user", "content": "q"}], "completion": [{"role": "assistant", "content": "a", "thinking": "t"}]}, ("", "q", "<think>\nt\n</think>\n\na", None)),
        ({"prompt": "q", "completion": "a"}, ("", "q", "a", None)),
        ({"prompt": [{"role": "user", "content": "q"}], "chosen": [{"role": "assistant", "content": "a"}], "rejected": [{"role": "assistant", "content": "b"}]}, ("", "q", "a", "b")),
        ({"conversations": [{"from": "user", "value": "q"}], "chosen": {"from": "gpt", "value": "a"}, "rejected": {"from": "gpt", "value": "b"}}, ("", "q", "a", "b")),
        ({"prompt": [{"role": "user", "content": "q"}], "data_source": "x"}, ("", "q", None, None)),
        ({"messages": [{"role": r, "content": c} for r, c in (("user", "q"), ("assistant", "a"), ("user", "r"), ("assistant", "b"))]}, ("", "q\n\na\n\nr", "b", None)),
    ],
)  # fmt: skip
def test_rows_of_every_format_are_read(row: dict[str, Any], expected: tuple[Any, ...]) -> None:
    found = published_row(1, row, "row 1")
    assert (found.system, found.question, found.text, found.rejected) == expected
    assert written_hash(row) == written_hash(dict(reversed(row.items())) | {"none": None})


def test_output_rows_are_the_same_with_and_without_a_passport(tmp_path: Path) -> None:
    build(options(tmp_path / "a"))
    build(options(tmp_path / "b", passport=tmp_path / "b/p.jsonl", measured=True))
    assert rows(tmp_path / "a/out.json") == rows(tmp_path / "b/out.json")
