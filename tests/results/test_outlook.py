"""What a dry run says of a rerun."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from util.records import Increment, Response, SampleId
from util.results.outlook import Outlook, outlook
from util.results.paths import ResultPaths
from util.results.store import ResultStore


def test_a_rerun_is_foreseen_without_a_lock(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    assert outlook(ResultPaths(path)) is None
    store = ResultStore(path, partial_tokens=2)
    with closing(store):
        store.check_settings({"model": "m", "max_tokens": 10, "n": 1, "temperatures": ["0"]})
        store.begin({"settings": {"model": "m", "max_tokens": 10, "n": 1, "temperatures": ["0"]}})
        assert store.partials is not None
        for key in "abc":
            store.partials.append(SampleId(key), "request", Increment([1, 2, 3], start=0))
        store.partials.append(SampleId("c"), "request", Increment([4, 5], start=3))
        store.add(SampleId("a"), Response(content="A"))
        store.add(SampleId("d"), Response(content="D", finish_reason="length"))
        store.add(SampleId("e"), Response(content="", finish_reason="error", error="no", final=False))
        store.write_held()
        found = outlook(ResultPaths(path))
        assert found == Outlook(finished=2, truncated=1, unfinished=2, tokens=8)
        assert str(found) == (
            "2 responses are there; 2 unfinished ones go on from 8 tokens; 1 truncated ones go on with a higher --max-tokens"
        )
