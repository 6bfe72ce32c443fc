"""Files that a command names and that are not what it needs: each is one message with what, why, and what to do."""

from __future__ import annotations

import gzip
import importlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.scripts import SAMPLES

from util.system.errors import UserError
from util.system.named_files import kind_of

MATH = SAMPLES / "math500.jsonl"
ROW = b'{"problem": "1+1?", "answer": "2", "solution": "2"}\n'
WEB_PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>\n"
IS_PAGE = "a web page (a login or error page that was saved in its place)"
IS_UTF16 = "UTF-16 text (save it as UTF-8)"
PLAN = ["--dataset", "MATH500", "--model", "m", "--dry-run"]

CONTENT: list[tuple[str, bytes, str]] = [
    ("a.jsonl", b"", "--dataset-path {path} has no rows: the selection is empty."),
    ("a.jsonl", b"\n\n", "--dataset-path {path} has no rows: the selection is empty."),
    ("a.json", b"[]", "--dataset-path {path} has no rows: the selection is empty."),
    ("a.csv", b"problem,answer\n", "--dataset-path {path} has no rows: the selection is empty."),
    ("a.jsonl", WEB_PAGE, "{path} is " + IS_PAGE + ". Expected JSON with one row per line."),
    ("a.json", b"\n  " + WEB_PAGE, "{path} is " + IS_PAGE + ". Expected JSON with one row per line."),
    ("a.csv", WEB_PAGE, "{path} is " + IS_PAGE + ". Expected CSV with one row per line."),
    ("a.parquet", WEB_PAGE, "{path} is " + IS_PAGE + ". Expected a Parquet file, as its name says."),
    ("a.arrow", ROW, "{path} is not an Arrow stream. Expected an Arrow stream, as its name says."),
    ("a.parquet", b"", "{path} is an empty file. Expected a Parquet file, as its name says."),
    ("a.jsonl", ROW.decode().encode("utf-16"), "{path} is " + IS_UTF16 + ". Expected JSON with one row per line."),
    ("a.jsonl", ROW.decode().encode("utf-16-le"), "{path} is " + IS_UTF16 + ". Expected JSON with one row per line."),
    ("a.jsonl", ROW + b'{"problem": "caf\xe9"}\n', "{path}, line 2: not UTF-8 text (invalid continuation byte)."),
    ("a.jsonl", gzip.compress(ROW, mtime=0), "{path} is a gzip file. Expected JSON with one row per line."),
    ("a.jsonl", b"PK\x03\x04rest", "{path} is a zip archive. Expected JSON with one row per line."),
    ("a.jsonl", b"version https://git-lfs.github.com/spec/v1\n", "{path} is a Git LFS pointer (fetch the file itself with "
     "`git lfs pull`). Expected JSON with one row per line."),
    ("a.jsonl.gz", ROW, "{path} is not compressed. Expected a gzip file, as its name says."),
    ("a.jsonl.gz", gzip.compress(ROW * 9, mtime=0)[:40], "{path} cannot be read: Compressed file ended before the end-of-stream marker "
     "was reached."),
    ("a.jsonl.gz", gzip.compress(WEB_PAGE, mtime=0), "{path} is " + IS_PAGE + ". Expected JSON with one row per line."),
    ("a.jsonl", b"[1]\n", "{path}, line 1: expected an object with the row's fields, found list."),
    ("a.jsonl", b"NaN\n", "{path}, line 1: expected an object with the row's fields, found float."),
    ("a.json", b"5", "{path}: expected a list of rows, found int."),
    ("a.json", b"[1, 2]", "{path}, row 1: expected an object with the row's fields, found int."),
    ("a.jsonl", ROW + b'{"problem": "1', "{path}, line 2, column 13: not JSON (Unterminated string starting at). Expected one "
     "JSON object per row."),
    ("a.csv", b"problem;answer\n1+1?;2\n", "{path}, line 1: the columns are separated by ';'. Expected commas."),
    ("a.csv", b"problem,answer\n1+1?,2,3\n", "{path}, line 2: line 1 names 2 columns, but this row has a different number."),
    ("a.csv", b"question,answer\n1+1?,2\n", "{path}, line 2: the field 'problem' is missing; MATH500 needs problem, answer, "
     "and this row has question, answer."),
    ("a.txt", ROW, "--dataset-path {path} must be a .json, .jsonl, .jsonl.gz, .csv, .parquet, .arrow file, or a folder of such "
     "files."),
]  # fmt: skip


def error_of(script: str, *words: object) -> str:
    with pytest.raises(UserError) as raised:
        importlib.import_module(script).main([str(word) for word in words])
    return str(raised.value)


@pytest.mark.parametrize(("name", "content", "message"), CONTENT)
def test_rows_that_are_something_else(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert error_of("inference_and_check", *PLAN, "--dataset-path", path) == message.format(path=path)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inference = importlib.import_module("inference_and_check")
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + ROW)
    assert inference.main([*PLAN, "--dataset-path", str(tmp_path / "a.jsonl"), "--result-dir", str(tmp_path)]) == 0
    assert "1+1?" in capsys.readouterr().out


def test_known_beginnings_are_no_text_files() -> None:
    assert kind_of(b"plain text") is None
    assert kind_of(b"\xef\xbb\xbf{}") is None
    assert kind_of("é漢".encode()) is None
    assert kind_of(b"\x00\x01\x02\x03") == "a binary file"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--dataset-path", "{rows}0"], "--dataset-path {rows}0 does not exist. Did you mean {rows}?"),
        (["--dataset-path", "{tmp}/no/where.jsonl"], "--dataset-path {tmp}/no/where.jsonl does not exist. There is no folder {tmp}/no."),
        (["--dataset-path", "{rows}", "--split", "tset"], "--split tset: no file of --dataset-path {rows} is named after it, and "
         "the dataset has no such split; did you mean test? there are test."),
        (["--dataset-path", "{rows}", "--split", "mine"], "--split mine: no file of --dataset-path {rows} is named after it, and "
         "the dataset has no such split; there are test."),
        (["--dataset-path", "{splits}"], "--dataset-path {splits} has files of the splits train, dev, and none of 'test'. Give "
         "--split train, or name one file to read it whatever it is called."),
        (["--dataset-path", "{rows}", "--system-prompt", "{tmp}/no"], "--system-prompt {tmp}/no cannot be read: it does not "
         "exist. Expected a file with the text of the prompt."),
        (["--dataset-path", "{rows}", "--system-prompt", "{tmp}"], "--system-prompt {tmp} cannot be read: it is a folder. "
         "Expected a file with the text of the prompt."),
        (["--dataset-path", "{rows}", "--system-prompt", "{utf16}"], "--system-prompt {utf16} cannot be read: it is UTF-16 text "
         "(save it as UTF-8). Expected a file with the text of the prompt."),
        (["--dataset-path", "{rows}", "--chat-template", "{page}x"], "--chat-template {page}x cannot be read: it does not exist. "
         "Did you mean {page}? Expected a Jinja template."),
    ],
)  # fmt: skip
def test_files_of_options(words: list[str], message: str, tmp_path: Path) -> None:
    places = {name: tmp_path / name for name in ("rows.jsonl", "utf16", "page", "splits")}
    shutil.copy(MATH, places["rows.jsonl"])
    places["utf16"].write_bytes("Think.".encode("utf-16"))
    places["page"].write_bytes(WEB_PAGE)
    places["splits"].mkdir()
    for split in ("train-0001", "dev"):
        shutil.copy(MATH, places["splits"] / f"{split}.jsonl")
    known = {name.partition(".")[0]: path for name, path in places.items()} | {"tmp": tmp_path}
    found = error_of("inference_and_check", *PLAN, "--result-dir", tmp_path, *[word.format(**known) for word in words])
    assert found == message.format(**known)


def test_labels_are_named_by_their_own_option(tmp_path: Path) -> None:
    words = [
        "--dataset",
        "NUMINA",
        "--model",
        "m",
        "--dry-run",
        "--filter-difficulty",
        "--difficulty-labels",
        tmp_path / "absent",
    ]
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"problem": "1?", "solution": "\\boxed{1}", "source": "math"}) + "\n")
    assert error_of("inference_and_check", *words, "--dataset-path", rows) == (
        f"--difficulty-labels {tmp_path / 'absent'} does not exist."
    )


# -- result files and outputs


def result_file(folder: Path, temperature: str = "0.7") -> Path:
    response: dict[str, Any] = {"content": "\\boxed{2}", "correctness": True, "reason": "", "finish_reason": "stop"}
    path = folder / "m_MATH500_test_all_0_-1.json"
    path.write_text(json.dumps({"1+1?": {"problem": "1+1?", "answer": "2", "responses": {temperature: [response]}}}))
    return path


def test_a_check_at_other_temperatures_than_the_files(tmp_path: Path) -> None:
    path = result_file(tmp_path)
    words = ["--dataset", "MATH500", "--model", "m", "--result-dir", tmp_path, "--check", "--temperatures", "0.2"]
    assert error_of("inference_and_check", *words) == (
        f"--temperatures 0.2: {path} has no responses of it, only of 0.7. --check judges all responses of the file: leave "
        "--temperatures out, or choose the file with --result-dir."
    )


FOREIGN: list[tuple[str, list[str], str, str]] = [
    ("util.report.__main__", ["{result}", "--output", "{other}"], "--output", "a report of this suite"),
    ("convert_to_data", ["--input-dir", "{result}", "--output", "{other}"], "--output", "training data of convert_to_data.py"),
    ("convert_to_data", ["--input-dir", "{result}", "--output", "{new}", "--rejected", "{other}"], "--rejected",
     "a file that --rejected wrote"),
    ("convert_to_data", ["--input-dir", "{result}", "--output", "{new}", "--passport", "{other}"], "--passport",
     "a file that --passport wrote"),
    ("convert_to_data", ["--input-dir", "{result}", "--output", "{new}", "--card", "{other}"], "--card", "a dataset card"),
    ("eval", ["--compare", "{result}", "{result}", "--csv", "{other}"], "--csv", "a table that --csv wrote"),
    ("eval", ["--model", "m", "--evals", "MATH500", "--dataset-path", str(MATH), "--output-file", "{new}", "--report", "{other}"], "--report",
     "a report of this suite"),
    ("eval", ["--model", "m", "--evals", "MATH500", "--dataset-path", str(MATH), "--output-file", "{new}", "--csv", "{other}"], "--csv",
     "a table that --csv wrote"),
    ("inference_and_check", ["--dataset", "MATH500", "--model", "m", "--report", "{other}"], "--report", "a report of this suite"),
]  # fmt: skip


@pytest.mark.parametrize(("script", "words", "option", "kind"), FOREIGN)
def test_a_file_of_others_is_not_replaced(
    script: str, words: list[str], option: str, kind: str, tmp_path: Path
) -> None:
    other = tmp_path / "mine.txt"
    other.write_bytes(ROW)
    places = {"result": result_file(tmp_path), "other": other, "new": tmp_path / "new.json"}
    assert error_of(script, *[word.format(**places) for word in words]) == (
        f"{option} {other} exists and is not {kind}: it would be lost. Choose another name, or remove that file."
    )
    assert other.read_bytes() == ROW
    assert not places["new"].exists()


@pytest.mark.parametrize("option", ["--output", "--rejected", "--passport"])
def test_outputs_inside_a_file_are_noticed_before_the_run(option: str, tmp_path: Path) -> None:
    path = result_file(tmp_path)
    words = {"--output": tmp_path / "new.json"} | {option: path / "r.txt"}
    given = [word for pair in words.items() for word in pair]
    assert error_of("convert_to_data", "--input-dir", path, *given) == (
        f"{option} {path / 'r.txt'} cannot be written: {path} is not a folder. Choose another file."
    )


def test_a_device_is_written_and_not_replaced(tmp_path: Path) -> None:
    path, full = result_file(tmp_path), Path("/dev/full")
    before = full.stat()
    found = error_of("util.report.__main__", path, "--output", full)
    assert re.match(r"/dev/full cannot be written: No space left on device\.", found)
    assert full.stat().st_rdev == before.st_rdev


def test_folders_that_are_missing_are_not_compared(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    result_file(tmp_path / "results")
    found = error_of("eval", "--compare", tmp_path / "results", tmp_path / "resluts")
    assert found == (
        f"--compare {tmp_path / 'resluts'} does not exist. Did you mean {tmp_path / 'results'}? Give result files, or folders "
        "of them."
    )
    found = error_of("eval", "--reproduce", tmp_path)
    assert found == f"--reproduce {tmp_path} is a folder. Give a result file in it, or a report."
