"""Rows of local JSON files: lists with one row per line are read as a stream, every other layout as before."""

from __future__ import annotations

import json
import os
import sys
import threading
import tracemalloc
from pathlib import Path

import pytest

from util.hub.local_files import local_rows, read_file
from util.system.errors import UserError

BIG = "9" * 5000
GOOD = {
    "by line": '[\n{"a": 1},\n{"a": "é \\u2028"}\n]\n',
    "byte order mark": '\ufeff[\n{"a": 1},\n{"a": 2}\n]',
    "windows": '[\r\n{"a": 1},\r\n{"a": 2}\r\n]\r\n',
    "one": '[\n{"a": 1}\n]',
    "empty": "[\n]\n",
    "empty in a line": "[]",
    "indented": '[\n  {\n    "a": 1\n  },\n  {"a": 2}\n]',
    "indented later": '[\n{"a": 1},\n{\n"a": 2},\n{"a": 3}\n]',
    "two in a line": '[\n{"a": 1}, {"a": 2},\n{"a": 3}\n]',
    "comma first": '[\n{"a": 1}\n,{"a": 2}\n]',
    "blank lines": '[\n\n{"a": 1},\n\n{"a": 2}\n\n]\n\n',
    "large integers": f'[\n{{"a": {BIG}}},\n{{"a": 2}}\n]',
    "a bracket in a text": '[\n{"a": "]\\n["},\n{"a": "},"}\n]',
}
BAD = {
    "no comma": '[\n{"a": 1}\n{"a": 2}\n]',
    "comma at the end": '[\n{"a": 1},\n]',
    "no end": '[\n{"a": 1},\n{"a": 2}\n',
    "more behind": '[\n{"a": 1}\n]\n{}',
    "torn": '[\n{"a": 1},\n{"a": ',
}


@pytest.mark.parametrize("name", GOOD)
def test_rows_are_those_of_the_json(tmp_path: Path, name: str) -> None:
    path = tmp_path / "rows.json"
    path.write_text(GOOD[name], encoding="utf-8")
    sys.set_int_max_str_digits(0)
    expected = json.loads(GOOD[name].removeprefix("\ufeff"))
    assert list(read_file(path)) == [(f"{path}, row {n}", row) for n, row in enumerate(expected, 1)]


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_json_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "rows.json"
    path.write_text(BAD[name], encoding="utf-8")
    with pytest.raises(UserError, match="not JSON"):
        list(read_file(path))


def test_a_list_by_line_is_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text("[\n" + ",\n".join([json.dumps({"a": "x" * 10_000})] * 1_000) + "\n]\n")
    tracemalloc.start()
    assert sum(1 for _ in read_file(path)) == 1_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 500_000


def test_all_rows_of_a_pipe_are_read(tmp_path: Path) -> None:
    """As of ``<(zcat rows.gz)``: what looks at a file's first bytes must not take them from a pipe."""
    pipe = tmp_path / "rows.jsonl"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=('{"a": 1}\n{"a": 2}\n',), daemon=True)
    writer.start()
    assert list(local_rows(pipe, "train")) == [{"a": 1}, {"a": 2}]
    writer.join(10)
