"""Training data: what is taken, what is dropped, and in which form it is written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.scripts import ROOT, script

from util.records import Message
from util.text.thought import assemble
from util.training.build import build
from util.training.contamination import Benchmarks
from util.training.gather import Origin, Sample, TrainingPool, TrainingProblem
from util.training.options import DataOptions
from util.training.select_responses import chosen, pairs

LONG = "A farmer has seventeen sheep and buys some more at the market on a rainy Monday so that he has {} in all; how many did he buy?"


def response(words: str, *, right: bool | None = True, converted: bool = True) -> dict[str, Any]:
    text = assemble(words, "so \\boxed{1}")
    return {"content": words, "correctness": right, "reason": "r", "finish_reason": "stop"} | (
        {"processed_content": text} if converted else {}
    )


def write(
    folder: Path, problems: dict[str, list[dict[str, Any]]], name: str = "NUMINA_train_all_0_-1", **row: Any
) -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    entries = {
        key: {"problem": key, "prompt": f"Solve: {key}", **row, "responses": {"0.7": found}, "token_usages": {}}
        for key, found in problems.items()
    }
    path = folder / f"converted_m_{name}.json"
    path.write_text(json.dumps(entries))
    return path


def rows(path: Path) -> list[Any]:
    text = path.read_text()
    return [json.loads(line) for line in text.splitlines()] if path.suffix == ".jsonl" else json.loads(text)


def test_the_funnel_counts_every_loss_by_source(tmp_path: Path) -> None:
    files = [
        write(
            tmp_path / "a",
            {
                "one plus one": [response("a"), response("a"), response("b", right=False), response("c", right=None)],
                "two": [response("d", converted=False)],
                LONG.format(20): [response("e")],
            },
            source="math",
        ),
        write(tmp_path / "b", {"one  plus one": [response("f")], "x": [response("g")]}, "APPS_test_all_0_-1"),
    ]
    report = build(
        DataOptions(
            files,
            tmp_path / "out.json",
            datasets=("APPS", "NUMINA"),
            questions=lambda: [("AIME", "And so: " + LONG.format(99))],
        )
    )
    assert dict(report.funnel["NUMINA/math"]) == {
        "generated": 6, "passed": 4, "converted": 5, "verified": 3, "deduplicated": 3, "decontaminated": 2, "written": 2,
    }  # fmt: skip
    assert report.funnel["APPS"]["verified"] == 2
    assert report.contaminated == {"AIME": 1}
    assert report.not_judged == 1
    texts = [row["conversations"][1]["value"] for row in rows(tmp_path / "out.json")]
    assert texts == [assemble(words, "so \\boxed{1}") for words in ("a", "f", "g")]
    assert {name for name in (p.name for p in tmp_path.iterdir()) if name.startswith("tmp")} == set()


@pytest.mark.parametrize(
    ("select", "most", "sizes"),
    [
        ("all", None, [5, 2, 9]),
        ("all", 2, [5, 2]),
        ("first", None, [5]),
        ("shortest", None, [2]),
        ("longest", 2, [9, 5]),
    ],
)
def test_selection_per_problem(select: str, most: int | None, sizes: list[int]) -> None:
    problem = TrainingProblem("s", 0, right=[Sample(0, 5), Sample(1, 2), Sample(2, 9)])
    assert [sample.size for sample in chosen(problem, select, most)] == sizes


def test_preferences_set_the_shortest_right_one_against_the_longest() -> None:
    problem = TrainingProblem(
        "s", 0, right=[Sample(0, 5), Sample(1, 2), Sample(2, 9)], wrong=[Sample(3, 1), Sample(4, 4)]
    )
    best = Sample(1, 2)
    assert pairs(problem, "both") == [(best, Sample(2, 9)), (best, Sample(4, 4))]
    assert pairs(problem, "longest") == [(best, Sample(2, 9))]
    assert pairs(problem, "incorrect") == [(best, Sample(4, 4))]
    assert pairs(TrainingProblem("s", 0, right=[best]), "both") == []
    assert pairs(TrainingProblem("s", 0, wrong=[best]), "both") == []


@pytest.mark.parametrize(
    ("other", "kept"),
    [
        (LONG.format(20), 1),
        (LONG.format(20).replace("rainy", "sunny"), 2),  # one word of 27: below 0.9
        (LONG.format(20).replace("?", "??"), 1),
        (LONG.format(21), 2),
        ("Quite another question about a triangle and its circle.", 2),
    ],
)
def test_near_duplicates_have_the_same_numbers(tmp_path: Path, other: str, kept: int) -> None:
    write(tmp_path, {LONG.format(20): [response("a")], other + " #2": [response("b")]})
    options = DataOptions([tmp_path / "converted_m_NUMINA_train_all_0_-1.json"], tmp_path / "o.json")
    build(options)
    assert len(rows(tmp_path / "o.json")) == kept


def test_contamination_needs_thirteen_words_in_a_row_or_the_whole_question() -> None:
    words = [f"word{n}" for n in range(14)]
    benchmarks = Benchmarks([("AIME", " ".join(words)), ("MMLU", "What is 2 + 2?")])
    assert benchmarks.source("First: " + ", ".join(words[1:]).upper() + "!") == "AIME"
    assert benchmarks.source(" ".join(words[2:])) is None
    assert benchmarks.source("what is 2+2") == "MMLU"
    assert benchmarks.source("what is 2+2 really") is None
    short = Benchmarks([("GSM8K", "What is two plus two?")])
    assert short.source("Answer in a box. What is two plus two?") == "GSM8K"
    assert short.source("What is two plus three?") is None


def test_extra_rows_come_in_every_known_form(tmp_path: Path) -> None:
    write(tmp_path / "in", {"q": [response("a")]})
    still = tmp_path / "still2.jsonl"
    domains = ("physics", "puzzle", "code", "math")
    still.write_text(
        "".join(json.dumps({"question": d, "combined_text": assemble("t", d), "domain": d}) + "\n" for d in domains)
    )
    ready = tmp_path / "ready.json"
    ready.write_text(
        json.dumps(
            [
                {"system": "s", "conversations": [{"from": "human", "value": "h"}, {"from": "gpt", "value": "g"}]},
                {"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "v"}]},
            ]
        )
    )
    output = tmp_path / "o.json"
    done = script("convert_to_data.py", "--input_dir", tmp_path / "in", "--output", output, "--extra", still, ready)
    assert done.returncode == 0, done.stderr
    found = rows(output)
    assert [row["conversations"][0]["value"] for row in found] == ["Solve: q", "physics", "puzzle", "h", "u"]
    assert {turn["from"] for row in found for turn in row["conversations"]} == {"user", "assistant"}
    again = [
        "--extra",
        still,
        "--extra_domains",
        "code",
        "--jsonl",
        "--format",
        "messages",
        "--output",
        tmp_path / "m.jsonl",
    ]
    assert script("convert_to_data.py", "--input_dir", tmp_path / "in", *again).returncode == 0
    assert [row["messages"][1]["content"] for row in rows(tmp_path / "m.jsonl")] == ["Solve: q", "code"]


@pytest.mark.parametrize(
    "row",
    [
        {"text": "x"},
        {"messages": [{"role": "user"}]},
        {"conversations": [{"from": "user", "value": "a"}, {"from": "user", "value": "b"}]},
        {"conversations": [{"from": "tool", "value": "a"}]},
        {"messages": []},
    ],
)
def test_a_malformed_extra_row_is_named_and_an_older_output_stays(tmp_path: Path, row: dict[str, Any]) -> None:
    write(tmp_path / "in", {"q": [response("a")]})
    extra, output = tmp_path / "extra.jsonl", tmp_path / "o.json"
    extra.write_text(json.dumps(row) + "\n")
    old = json.dumps(
        [{"system": "s", "conversations": [{"from": "user", "value": "q"}, {"from": "assistant", "value": "a"}]}]
    )
    output.write_text(old)
    done = script("convert_to_data.py", "--input_dir", tmp_path / "in", "--output", output, "--extra", extra)
    assert done.returncode == 1
    assert "extra.jsonl" in done.stderr
    assert "Traceback" not in done.stderr
    assert output.read_text() == old


def test_decontamination_reads_a_task_s_own_rows(tmp_path: Path) -> None:
    question = json.loads((ROOT / "samples" / "math500.jsonl").read_text().splitlines()[0])["problem"]
    write(tmp_path / "in", {question: [response("a")], "q": [response("b")]})
    arguments = ["--input_dir", tmp_path / "in", "--output", tmp_path / "o.json"]
    spec = f"MATH500={ROOT / 'samples' / 'math500.jsonl'}"
    done = script("convert_to_data.py", *arguments, "--decontaminate", spec)
    assert done.returncode == 0, done.stderr
    assert "1 problems dropped because they overlap with MATH500" in done.stdout
    assert len(rows(tmp_path / "o.json")) == 1
    wrong = script("convert_to_data.py", *arguments, "--decontaminate", "AIME24")
    assert wrong.returncode == 1
    assert "MATH500" in wrong.stderr


def test_shuffling_is_repeatable_and_several_folders_merge(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        write(folder, {f"{folder.name} {word}": [response(word)] for word in ("u", "v", "w", "x", "y", "z")})
    orders = []
    for seed in (1, 1, 2):
        output = tmp_path / f"{seed}.json"
        assert (
            script(
                "convert_to_data.py", "--input_dir", *folders, "--output", output, "--shuffle", "--seed", seed
            ).returncode
            == 0
        )
        orders.append([row["conversations"][0]["value"] for row in rows(output)])
    assert orders[0] == orders[1] != orders[2]
    assert len(set(orders[0])) == 12
    assert sorted(orders[0]) == sorted(orders[2]) != orders[0]


def test_llama_factory_s_entry_is_added_to_others(tmp_path: Path) -> None:
    write(tmp_path / "in", {"q": [response("a"), response("a longer one")]})
    (tmp_path / "dataset_info.json").write_text('{"mine": {"file_name": "x.json"}}')
    for name, form in (("s.json", "sharegpt"), ("m.json", "messages"), ("p.json", "preference")):
        assert (
            script(
                "convert_to_data.py", "--input_dir", tmp_path / "in", "--output", tmp_path / name, "--format", form
            ).returncode
            == 0
        )
    known = json.loads((tmp_path / "dataset_info.json").read_text())
    assert set(known) == {"mine", "s", "m"}
    row = rows(tmp_path / "s.json")[0]
    assert set(known["s"]["columns"].values()) == set(row)
    turn = row["conversations"][0]
    assert turn[known["s"]["tags"]["role_tag"]] == known["s"]["tags"]["user_tag"]
    assert turn[known["s"]["tags"]["content_tag"]] == "Solve: q"


def test_trl_s_forms_load_with_datasets(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    write(tmp_path / "in", {"q": [response("a"), response("a longer one"), response("no", right=False)]})
    for form, columns in (("messages", ["messages"]), ("preference", ["prompt", "chosen", "rejected"])):
        output = tmp_path / f"{form}.jsonl"
        done = script(
            "convert_to_data.py", "--input_dir", tmp_path / "in", "--output", output, "--format", form, "--jsonl"
        )
        assert done.returncode == 0, done.stderr
        loaded = datasets.load_dataset("json", data_files=str(output), split="train", cache_dir=str(tmp_path / "cache"))
        assert loaded.column_names == columns
        assert len(loaded) == 2
        last = loaded[0]["chosen" if form == "preference" else "messages"][-1]
        assert last == {"role": "assistant", "content": assemble("a", "so \\boxed{1}")}


def test_memory_does_not_grow_with_the_input(tmp_path: Path) -> None:
    """The peak of 120 MB of input stays within 40 MB of that of 1 MB."""

    def peak(problems: int) -> int:
        folder = tmp_path / str(problems)
        folder.mkdir()
        with (folder / "converted_m_NUMINA_train_all_0_-1.json").open("w") as file:
            file.write("{\n")
            for n in range(problems):
                entry = {"prompt": "p", "responses": {"0": [response(f"{n} " + "word " * 10_000)]}, "token_usages": {}}
                file.write((",\n" if n else "") + f"{json.dumps(f'question {n}')}: {json.dumps(entry)}")
            file.write("\n}\n")
        code = (
            "import resource, sys, convert_to_data as c; c.main(sys.argv[1:]); "
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        arguments = ["--input-dir", str(folder), "--output", str(folder / "o.json")]
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        )
        return int(done.stdout.splitlines()[-1]) // 1024

    assert peak(1200) - peak(10) < 40


def test_a_pool_leaves_no_file(tmp_path: Path) -> None:
    with TrainingPool(tmp_path) as candidates:
        candidates.add("s", "q", ["q"], [Message("user", "q"), Message("assistant", "a")], Origin("f", "q"))
        [problem] = candidates.problems.values()
        assert candidates.question(problem) == "q"
        assert candidates.messages(problem.right[0])[-1].content == "a"
    assert list(tmp_path.iterdir()) == []


def test_the_same_question_with_another_gold_or_other_options_is_another_problem(tmp_path: Path) -> None:
    for name, row in (("A", {"answer": "1"}), ("B", {"answer": "2"})):
        write(tmp_path, {"q": [response(name)]}, f"{name}_test_all_0_-1", **row)
    for name, choices in (("C", ["cats", "dogs"]), ("D", ["dogs", "cats"])):
        write(tmp_path, {"stem": [response(name)]}, f"{name}_test_all_0_-1", choices=choices, answer="A")
    options = DataOptions(
        sorted(tmp_path.glob("converted_*")), tmp_path / "o.json", select="shortest", near_duplicates=None
    )
    assert build(options).written == 4


def test_a_text_judged_both_ways_is_taken_for_neither(tmp_path: Path) -> None:
    write(tmp_path / "a", {"q": [response("x"), response("y")]})
    write(tmp_path / "b", {"q": [response("x", right=False), response("z", right=False)]})
    files = [next((tmp_path / name).glob("converted_*")) for name in ("a", "b")]
    for order in (files, files[::-1]):
        report = build(DataOptions(order, tmp_path / "o.json", form="preference"))
        assert report.left_out == {"the same text was judged right and wrong": 1}
        [row] = rows(tmp_path / "o.json")
        assert (row["chosen"][0]["content"], row["rejected"][0]["content"]) == tuple(
            assemble(word, "so \\boxed{1}") for word in ("y", "z")
        )


def test_what_we_judged_comes_before_what_was_taken_over() -> None:
    ours, theirs = Sample(0, 9), Sample(1, 2, ours=False)
    problem = TrainingProblem("s", 0, right=[theirs, ours])
    assert chosen(problem, "shortest", None) == chosen(problem, "first", None) == [ours]
    assert pairs(problem, "both") == []


def test_dropped_responses_are_recorded_with_stage_and_reason(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a",
        {LONG.format(20): [response("a")], LONG.format(20).replace("?", " ?!"): [response("b")]},
        source="s",
    )
    rejected = tmp_path / "rejected.jsonl"
    options = DataOptions([path], tmp_path / "o.json", datasets=("NUMINA",), rejected=rejected)
    assert build(options).near_duplicates == 1
    [row] = rows(rejected)
    assert (row["stage"], row["reason"]) == ("duplicates", "question nearly equals an earlier one")
    assert (row["source"], row["file"], row["temperature"], row["sample"]) == ("NUMINA/s", str(path), 0.7, 0)
    assert row["response"] == assemble("b", "so \\boxed{1}")


def test_the_old_words_of_rejected_mean_pair_with(tmp_path: Path) -> None:
    from convert_to_data import options_of, parse

    write(tmp_path, {"q": [response("a")]})
    arguments = ["--input-dir", str(tmp_path), "--output", str(tmp_path / "o.json"), "--rejected"]
    old = options_of(parse([*arguments, "incorrect"]))
    assert (old.pair_with, old.rejected) == ("incorrect", None)
    new = options_of(parse([*arguments, str(tmp_path / "r.jsonl")]))
    assert (new.pair_with, new.rejected) == ("both", tmp_path / "r.jsonl")
