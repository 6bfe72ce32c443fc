"""Readers of other tools' files: the same samples in every format are the same records; damage is one message."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from support.scripts import ROOT

from foreign.shapes import SHAPES, jsonl
from util.foreign.readers import foreign_files
from util.foreign.sample import ForeignSample
from util.system.errors import UserError

SAMPLES = [
    ("What is 3 + 4?", "<think>\nsum\n</think>\n\nIt is \\boxed{7}.", "7", 1.0),
    ("Half of three?", "It is $\\boxed{\\frac{3}{2}}$.", "1.5", 0.0),
    ("<b>2 & 2?</b>", "I give up.", "4", 0.0),
]


def read(path: Path, columns: dict[str, str]) -> list[ForeignSample]:
    return [sample for file in foreign_files([path], columns) for sample in file.samples()]


@pytest.mark.parametrize("form", SHAPES)
def test_every_format_gives_the_same_records(form: str, tmp_path: Path) -> None:
    path = SHAPES[form](tmp_path / "x", SAMPLES)
    [file] = foreign_files([path], {})
    assert file.form == form.removesuffix(" archive")
    found = list(file.samples())
    assert [(s.question, s.response, s.gold, s.score) for s in found] == SAMPLES
    assert len({s.problem for s in found}) == 3
    assert len({s.set_name for s in found}) == 1


@pytest.mark.parametrize("form", [name for name in SHAPES if name != "a plain table"])
def test_a_folder_gives_the_files_of_known_formats_once(form: str, tmp_path: Path) -> None:
    SHAPES[form](tmp_path / "x", SAMPLES)
    (tmp_path / "x" / "config.json").write_text('{"a": 1}')
    (tmp_path / "x" / "notes.jsonl").write_text('{"b": 1}\n')
    if form == "inspect_ai archive":
        (tmp_path / "x" / "json").rename(tmp_path / "other")
    [file] = foreign_files([tmp_path / "x"], {})
    assert len(list(file.samples())) == 3


@pytest.mark.parametrize("form", SHAPES)
def test_a_file_that_is_cut_off_is_one_message(form: str, tmp_path: Path) -> None:
    path = SHAPES[form](tmp_path / "x", SAMPLES)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(UserError) as caught:
        read(path, {"response": "completion"} if form == "a plain table" else {})
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("form", ["lm-eval", "NeMo-Skills", "Qwen2.5-Math", "verl rollouts"])
def test_rows_of_another_shape_are_one_message(form: str, tmp_path: Path) -> None:
    path = SHAPES[form](tmp_path / "x", SAMPLES)
    path.write_text(path.read_text() + '{"score": [1]}\n[1, 2]\n')
    with pytest.raises(UserError, match=r"expected an object|another shape"):
        read(path, {})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "none of its columns|no result file|There are no|empty"),
        ('{"text": "x"}\n', "none of its columns is known to hold responses: text"),
        ("not json\n", "not JSON"),
    ],
)
def test_unknown_files_name_the_way_out(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(content)
    files = foreign_files([path], {})
    if content:
        with pytest.raises(UserError, match=message):
            list(files[0].samples())
    else:
        assert list(files[0].samples()) == []


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        foreign_files([tmp_path / "no"], {})
    with pytest.raises(UserError, match="no result file of a known format among 0 files"):
        foreign_files([tmp_path], {})
    (tmp_path / "a.eval").write_text("no archive")
    with pytest.raises(UserError, match=r"expected \.json"):
        foreign_files([tmp_path / "a.eval"], {})


def test_columns_are_named_or_refused(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "t.jsonl", [{"q": "1+1?", "out": "2", "right answer": "2", "ok": "yes", "n": 3}])
    [file] = foreign_files([path], {"response": "out", "gold": "right answer", "score": "ok", "question": "q"})
    [sample] = file.samples()
    assert (sample.question, sample.response, sample.gold, sample.score) == ("1+1?", "2", "2", 1.0)
    assert sample.row == {"q": "1+1?", "right answer": "2", "ok": "yes", "n": 3}
    with pytest.raises(UserError, match=r"has no column 'outt'\. Its columns: q, out"):
        list(foreign_files([path], {"response": "outt"})[0].samples())


def test_several_responses_of_a_problem_are_samples_of_it(tmp_path: Path) -> None:
    row = {"idx": 4, "question": "q", "gt": "7", "code": ["a", "b"], "pred": ["7", "8"], "score": [True, False]}
    [file] = foreign_files([jsonl(tmp_path / "q.jsonl", [row])], {})
    assert [(s.problem, s.response, s.answer, s.score) for s in file.samples()] == [
        ("4", "a", "7", 1.0),
        ("4", "b", "8", 0.0),
    ]


def test_a_score_of_several_responses_is_not_the_score_of_each(tmp_path: Path) -> None:
    row = {
        "doc_id": 0,
        "doc": {},
        "target": "7",
        "resps": [["a", "b"]],
        "filter": "first",
        "metrics": ["acc"],
        "acc": 1.0,
    }
    [file] = foreign_files([jsonl(tmp_path / "samples_t.jsonl", [row])], {})
    assert [s.score for s in file.samples()] == [1.0, None]


def test_likelihoods_are_no_responses(tmp_path: Path) -> None:
    row = {
        "doc_id": 0,
        "doc": {"choices": ["x", "y"]},
        "target": "0",
        "resps": [[[-1.5, False]], [[-2.0, False]]],
        "acc": 1.0,
    }
    [file] = foreign_files([jsonl(tmp_path / "samples_t.jsonl", [row])], {})
    assert all(s.row["not_generated"] and s.response == "" for s in file.samples())


def test_thoughts_that_are_kept_apart_stand_between_think_tags(tmp_path: Path) -> None:
    path = SHAPES["inspect_ai"](tmp_path, SAMPLES[:1])
    log = json.loads(path.read_text())
    log["samples"][0]["output"]["choices"][0]["message"]["content"] = [
        {"type": "reasoning", "reasoning": "3+4"}, {"type": "text", "text": "7"},
    ]  # fmt: skip
    path.write_text(json.dumps(log))
    assert next(iter(foreign_files([path], {})[0].samples())).response == "<think>\n3+4\n</think>\n\n7"


def test_a_log_that_runs_still_says_so(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps({"version": 2, "status": "started", "eval": {"task": "t"}, "plan": {}, "samples": []}))
    with pytest.raises(UserError, match="no samples: its run has the status 'started'"):
        list(foreign_files([path], {})[0].samples())


def test_an_archive_without_a_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.eval"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x", "y")
    with pytest.raises(UserError, match=r"without header\.json"):
        list(foreign_files([path], {})[0].samples())


def test_livecodebench_outputs_have_a_verdict_each(tmp_path: Path) -> None:
    path = tmp_path / "Scenario.codegeneration_2_0.2_eval_all.json"
    row = {
        "question_id": "abc301_a", "question_content": "q", "output_list": ["```python\n1\n```", "x"],
        "code_list": ["1", ""], "graded_list": [True, False], "pass@1": 0.5,
    }  # fmt: skip
    path.write_text(json.dumps([row]))
    [file] = foreign_files([path], {})
    assert file.form == "LiveCodeBench"
    assert [(s.problem, s.score, s.answer) for s in file.samples()] == [("abc301_a", 1.0, "1"), ("abc301_a", 0.0, "")]


REAL = {"lm-eval": 8, "lighteval": 8, "evalscope": 8, "inspect_ai": 8}


@pytest.mark.parametrize("form", REAL)
def test_files_that_the_real_tools_wrote(form: str) -> None:
    """lm-eval 0.4.13, lighteval 0.13.0, evalscope 1.14.1 and inspect_ai 0.3.285 asked the embedded model behind
    ``vllm serve`` eight sums; docs/evidence.md has the commands."""
    folder = ROOT / "tests" / "fixtures" / "foreign" / form
    [file] = foreign_files([folder], {})
    assert file.form == form
    found = list(file.samples())
    assert len({sample.problem for sample in found}) == len(found) == REAL[form]
    assert all(sample.question.endswith("Put the final answer in \\boxed{}.") for sample in found)
    assert {sample.gold for sample in found} == {"7", "13", "16", "12", "25", "5", "4"}
    assert all(sample.response and sample.score is not None and "smollm2" in sample.model for sample in found)
    if form == "lm-eval":
        assert {sample.task for sample in found} == {"mine"}


def test_evalscope_says_in_another_file_what_was_cut_off(tmp_path: Path) -> None:
    reviews = SHAPES["evalscope"](tmp_path, SAMPLES)
    predictions = tmp_path / "predictions" / "m" / "mine_default.jsonl"
    lines = [json.loads(line) for line in predictions.read_text().splitlines()]
    lines[0]["model_output"]["choices"][0]["stop_reason"] = "max_tokens"  # of the last sample
    jsonl(predictions, lines)
    assert [sample.finish_reason for sample in read(reviews, {})] == ["", "", "length"]
    reviews.unlink()
    assert next((s.question, s.gold, s.score) for s in read(predictions, {})) == (SAMPLES[2][0], None, None)


def test_an_archive_with_a_damaged_member_is_one_message(tmp_path: Path) -> None:
    real = next((ROOT / "tests" / "fixtures" / "foreign" / "inspect_ai").glob("*.eval"))
    data = bytearray(real.read_bytes())
    place = data.index(b"samples/3_epoch_1.json") + 60
    data[place : place + 40] = bytes(40)
    path = tmp_path / real.name
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"samples/3_epoch_1\.json: cannot be read"):
        read(path, {})
