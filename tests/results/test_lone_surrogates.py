"""Half a surrogate pair in rows, responses, old journals and other tools' files: what is written is strict UTF-8."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.scripts import ROOT, script

from util.hub import local_rows
from util.records import Response, SampleId, Verdict
from util.results.json_file import read_results
from util.results.paths import ResultPaths
from util.results.store import ResultStore
from util.results.writing import write_atomically
from util.run.rows import RowIndex

HALF, PAIR = "a\ud800b", "a\ud83d\ude00b"
WHOLE, CHARACTER = "a\ufffdb", "a\U0001f600b"


def strict(path: Path) -> Any:
    """The JSON of a file, as a strict reader takes it: no bytes and no escapes of lone surrogates."""
    with path.open(encoding="utf-8") as file:
        value = json.load(file) if path.suffix == ".json" else [json.loads(line) for line in file]
    json.dumps(value, ensure_ascii=False).encode()
    return value


def raw(value: Any) -> bytes:
    """JSON with surrogates as bytes, as earlier versions wrote them."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def test_what_is_stored_is_whole_and_found_again(tmp_path: Path) -> None:
    store = ResultStore(tmp_path / "r.json")
    store.begin({"settings": {"system": HALF}})
    sample = SampleId(HALF, 0.0, 0)
    stored = store.add(sample, Response(content=PAIR + HALF, extra={HALF: [HALF, 1]}))
    assert (stored.content, stored.extra) == (CHARACTER + WHOLE, {WHOLE: [WHOLE, 1]})
    store.add_verdict(sample, PAIR + HALF, Verdict(True, HALF, {"found": HALF}))
    assert store.finished(SampleId(WHOLE, 0.0, 0))
    assert store.response(sample) == stored
    assert store.verdict(sample, stored.content) == Verdict(True, WHOLE, {"found": WHOLE})
    store.finalize([store.entry(HALF, {"problem": PAIR}, HALF)])
    store.close()
    lines = strict(ResultPaths(store.path).journal)
    assert [line.get("key") for line in lines] == [None, WHOLE, WHOLE, None]
    assert strict(store.path)[WHOLE]["problem"] == CHARACTER


def test_samples_of_an_old_journal_are_not_generated_again(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    completion = {"type": "completion", "key": HALF, "temperature": "0", "sample_index": 0}
    completion |= {"response": {"content": HALF, "finish_reason": "stop"}, "usage": {}}
    lines = [{"type": "manifest", "settings": {"model": "m"}}, completion]
    escaped = json.dumps(completion | {"key": "c\ud800"}).encode()
    ResultPaths(path).journal.write_bytes(b"".join(raw(line) + b"\n" for line in lines) + escaped + b"\n")
    store = ResultStore(path)
    for key in (HALF, WHOLE, "c\ufffd"):
        assert store.finished(SampleId(key, 0.0, 0))
        assert store.response(SampleId(key, 0.0, 0)).content == WHOLE
    store.close()


def test_rows_are_whole_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = [(HALF, {"problem": PAIR, HALF: [HALF, {"n": 1}], "number": 3}), ("c", {"problem": "c"})]
    with RowIndex(source, tmp_path) as rows:
        assert list(rows.items()) == [(WHOLE, {"problem": CHARACTER, WHOLE: [WHOLE, {"n": 1}], "number": 3}), source[1]]
    assert "half a surrogate pair in 2 texts, replaced by U+FFFD" in capsys.readouterr().err


@pytest.mark.parametrize("layout", ["lines", "indented", "escaped", "marked", "marked lines"])
def test_result_files_of_every_layout_are_read(tmp_path: Path, layout: str) -> None:
    entry = {"problem": HALF, "responses": {"0.7": [{"content": PAIR, "note": HALF}]}}
    data = {
        "lines": b'{\n"a' + "\ud800".encode("utf-8", "surrogatepass") + b'b": ' + raw(entry) + b"\n}\n",
        "indented": json.dumps({HALF: entry}, ensure_ascii=False, indent=2).encode("utf-8", "surrogatepass"),
        "escaped": json.dumps({HALF: entry}, indent=4).encode(),
        "marked": b"\xef\xbb\xbf" + json.dumps({HALF: entry}).encode(),
        "marked lines": b"\xef\xbb\xbf{\n" + json.dumps(HALF).encode() + b": " + raw(entry) + b"\n}\n",
    }
    path = tmp_path / "r.json"
    path.write_bytes(data[layout])
    [found] = read_results(path)
    assert (found.key, found.row) == (WHOLE, {"problem": WHOLE})
    assert found.responses[0.7] == [Response(content=CHARACTER, finish_reason="", final=False, extra={"note": WHOLE})]


def test_outputs_are_strict_whatever_they_are_given(tmp_path: Path) -> None:
    write_atomically(tmp_path / "x.csv", [HALF, ",", PAIR])
    assert (tmp_path / "x.csv").read_text("utf-8") == f"{WHOLE},{CHARACTER}"


@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl", "rows.csv"])
def test_byte_order_marks_of_rows_are_accepted(tmp_path: Path, name: str) -> None:
    text = {"rows.json": '[{"problem": "x"}]', "rows.jsonl": '{"problem": "x"}\n', "rows.csv": "problem\nx\n"}[name]
    (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert list(local_rows(tmp_path / name, "train")) == [{"problem": "x"}]


CONTENT = "We add.\n\nSo it is two, the answer is\n\n\\boxed{2}"


@pytest.mark.parametrize("as_escape", [False, True])
def test_a_file_with_half_a_character_is_converted_checked_and_merged(tmp_path: Path, as_escape: bool) -> None:
    """In its first 8 KiB, in the question and in the response."""
    data = tmp_path / "data"
    data.mkdir()
    row = {"problem": f"1+1? {HALF}", "answer": "2", "solution": "\\boxed{2}"}
    entry = row | {"responses": {"0.7": [{"content": f"{HALF} {CONTENT}", "finish_reason": "stop"}]}}
    results = {row["problem"]: entry}
    path = data / "m_MATH500_test_all_0_-1.json"
    path.write_bytes(json.dumps(results).encode() if as_escape else raw(results))
    rows = tmp_path / "rows.jsonl"
    rows.write_bytes(raw(row) + b"\n")
    done = script("convert_format.py", "--input_dir", data, "--rewriter", "rules")
    assert done.returncode == 0, done.stderr
    assert "1 of 1 converted" in done.stdout
    assert done.stderr.count("U+FFFD") == 1
    check = ["inference_and_check.py", "--dataset", "MATH500", "--model", "m", "--dataset-path", rows]
    done = script(*check, "--result-dir", data, "--check")
    assert done.stdout.endswith('{"acc": 1.0}\n'), done.stderr
    extra = tmp_path / "extra.jsonl"
    turns = [{"from": "human", "value": HALF}, {"from": "gpt", "value": PAIR}]
    extra.write_bytes(raw({"conversations": turns}) + b"\n")
    for name in ("train.json", "train.jsonl"):
        lines = ["--jsonl"] if name == "train.jsonl" else []
        output = tmp_path / "out" / name
        done = script("convert_to_data.py", "--input_dir", data, "--output", output, "--extra", extra, *lines)
        assert done.returncode == 0, done.stderr
        assert len(strict(output)) == 2
        assert any(CHARACTER in json.dumps(item, ensure_ascii=False) for item in strict(output))
    for written in data.glob("*.json*"):
        if written != path:
            strict(written)


def test_a_result_file_that_cannot_be_read_is_named_and_fails(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(json.dumps({"q": {"responses": {"0.7": [{"content": CONTENT}]}}}))
    (tmp_path / "cut.json").write_text('{\n"q": {"responses": {"0.7": [{"content": "x')
    done = script("convert_format.py", "--input_dir", tmp_path, "--rewriter", "rules")
    assert done.returncode == 1
    assert "cut.json" in done.stderr
    assert (tmp_path / "converted_m.json").exists()
    assert not (ROOT / "cut.json").exists()
