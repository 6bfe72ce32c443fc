"""Problems of several result files, found by key in any order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from util.results.entries import Entry
from util.results.entry_index import EntryIndex
from util.results.json_file import write_results
from util.system.errors import UserError


def test_problems_are_found_by_key_in_every_layout(tmp_path: Path) -> None:
    ours, theirs, empty = tmp_path / "ours.json", tmp_path / "theirs.json", tmp_path / "empty.json"
    write_results(ours, (Entry(f"k{n} \u2028 \U0001f600", {"answer": n}, f"p{n}") for n in range(50)))
    theirs.write_text(json.dumps({"k7 \u2028 \U0001f600": {"answer": "x", "responses": {}}, "é": {}}, indent=1))
    write_results(empty, [])
    with EntryIndex([ours, theirs, empty]) as index:
        assert len(index) == 52
        found = [(path.name, entry.row["answer"]) for path, entry in index.find("k7 \u2028 \U0001f600")]
        assert found == [("ours.json", 7), ("theirs.json", "x")]
        assert [path.name for path, _ in index.find("k7 \u2028 \U0001f600", "ours.json")] == ["ours.json"]
        assert [entry.key for n in (49, 0, 20) for _, entry in index.find(f"k{n} \u2028 \U0001f600")] == [
            f"k{n} \u2028 \U0001f600" for n in (49, 0, 20)
        ]
        assert not list(index.find("k50"))
    with EntryIndex([ours], lambda entry: entry.question) as index:
        assert [entry.row["answer"] for _, entry in index.find("p3")] == [3]


def test_damaged_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "torn.json"
    write_results(path, (Entry(f"k{n}", {}) for n in range(3)))
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(UserError, match=r"torn\.json"):
        EntryIndex([path])
    with pytest.raises(UserError, match=r"none\.json"):
        EntryIndex([tmp_path / "none.json"])
