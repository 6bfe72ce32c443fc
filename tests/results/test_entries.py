"""Records and the fields of files: what is read is what is written."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from util.records import Response, SampleId, Usage, Verdict
from util.results.entries import (
    Entry,
    entry_of,
    fields_of,
    judged,
    response_fields,
    response_of,
    sample_fields,
    sample_of,
)
from util.results.json_file import is_result_file, read_results, result_files, write_results
from util.results.judged_by import row_hash
from util.system.errors import UserError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
OTHER = st.dictionaries(st.sampled_from(["source", "attempt", "model", "Ü"]), JSON, max_size=2)
VERDICTS = st.builds(
    Verdict, st.none() | st.booleans(), st.text(max_size=8), st.dictionaries(st.text(max_size=4), JSON, max_size=2)
)
RESPONSES = st.builds(
    Response,
    content=st.text(max_size=20),
    finish_reason=st.sampled_from(["stop", "length", "eos", ""]),
    usage=st.builds(Usage, st.integers(0, 99), st.integers(0, 99), st.just({"reasoning_tokens": 3}) | st.just({})),
    seed=st.none() | st.integers(0, 2**31),
    logprob=st.none() | st.integers(-100, 0).map(float),
    final=st.just(False),
    error=st.sampled_from(["", "why"]),
    rewritten=st.none() | st.text(min_size=1, max_size=9),
    conversion=st.none() | st.text(max_size=9),
    verdict=st.none() | VERDICTS,
    extra=OTHER,
)
ROWS = st.dictionaries(st.text(max_size=6).filter(lambda name: name not in ("prompt", "responses", "token_usages")), JSON, max_size=3)  # fmt: skip


@given(st.text(max_size=9), ROWS, st.none() | st.text(max_size=9), st.dictionaries(st.sampled_from([0.0, 0.7, 1.0]), st.lists(RESPONSES, min_size=1, max_size=2), max_size=2))  # fmt: skip
def test_what_is_written_is_read_back(key: str, row: Any, prompt: str | None, responses: Any) -> None:
    entry = Entry(key, row, prompt, responses)
    assert entry_of(key, json.loads(json.dumps(fields_of(entry))), "here") == entry


@given(st.dictionaries(st.text(max_size=6), JSON, max_size=4))
def test_fields_of_other_tools_are_kept(fields: dict[str, Any]) -> None:
    """Whatever else a response has is written again as it was."""
    names = ("content", "finish_reason", "seed", "logprob", "error", "final", "reward", "conversion")
    known = [name for name in fields if name in (*names, "processed_content", "reward_model", "evidence", "reason")]
    item = {name: value for name, value in fields.items() if name not in known} | {"content": "x"}
    assert response_fields(response_of(item)) == item


@pytest.mark.parametrize("value", [1, "true", [True], 0.0])
def test_a_correctness_that_is_no_boolean_is_never_right(value: Any) -> None:
    item = {"content": "x", "correctness": value, "reason": "r"}
    response = response_of(item)
    assert response.correct is None
    assert response_fields(response) == item  # and the field stays as it was, until there is a verdict
    assert response_fields(judged(response, Verdict(False, "new"))) == {
        "content": "x",
        "correctness": False,
        "reason": "new",
    }


@pytest.mark.parametrize(
    "item",
    [
        {"content": "a", "final": "42"},
        {"content": "a", "seed": "s1", "logprob": "-3", "reward": "good"},
        {"content": "a", "seed": True, "conversion": 3, "error": {"code": 1}},
        {"content": "a", "correctness": False, "reason": "r", "evidence": ["a list"]},
        {"content": "a", "reason": "the model says so", "evidence": {"answer": "old"}},
    ],
)
def test_fields_of_another_type_are_another_tools(item: dict[str, Any]) -> None:
    assert response_fields(response_of(item)) == item


def test_a_new_verdict_leaves_nothing_of_an_old_one() -> None:
    old = response_of({"content": "c", "finish_reason": "stop", "evidence": {"answer": "old"}, "reason": "stale"})
    for evidence in ({}, {"answer": "new"}):
        fields = response_fields(judged(old, Verdict(True, "new", evidence)))
        assert fields["reason"] == "new"
        assert fields.get("evidence", {}) == evidence
    assert response_fields(judged(old, None)) == {"content": "c", "finish_reason": "stop"}


@pytest.mark.parametrize(
    "fields",
    [
        [],
        {"responses": ["x"]},
        {"responses": {"hot": [{"content": "x"}]}},
        {"responses": {"0": [{"text": "x"}]}},
        {"responses": {"0": [None]}},
        {"responses": {}, "token_usages": 3},
    ],
)
def test_malformed_entries_are_named(fields: Any) -> None:
    with pytest.raises(UserError, match="the file"):
        entry_of("q", fields, "the file: 'q'")


def test_samples_are_named_by_the_temperature_as_files_spell_it() -> None:
    sample = SampleId("q", 1.0, 3)
    assert sample_fields(sample) == {"key": "q", "temperature": "1", "sample_index": 3}
    assert sample_of({"key": "q", "temperature": "1.0", "sample_index": 3}) == sample


def test_a_folders_result_files_are_told_from_other_files(tmp_path: Path) -> None:
    entry = Entry("q", {"problem": "q"}, "p", {0.0: [Response(content="x")]})
    judged = Entry("q", {"problem": "q"}, "p", {0.0: [Response(content="x", verdict=Verdict(True, "r"))]})
    write_results(tmp_path / "a.json", [judged])
    write_results(tmp_path / "converted_a.json", [entry])  # nobody judged the rewritten texts
    write_results(tmp_path / "b.json", [entry])
    write_results(tmp_path / "converted_b.json", [judged])
    (tmp_path / "labels.json").write_text('[{"problem": "q"}]')
    (tmp_path / "summary.json").write_text('{"acc": 1}')
    assert [path.name for path in result_files([tmp_path])] == ["a.json", "converted_b.json"]
    assert not is_result_file(tmp_path / "labels.json")
    assert not is_result_file(tmp_path / "summary.json")
    (tmp_path / "cut.json").write_text('{"q": {"responses": {"0.7": [{"content": "x')
    with pytest.raises(UserError, match=r"cut\.json, line 1"):
        result_files([tmp_path])
    assert [found.key for found in read_results(tmp_path / "b.json")] == ["q"]


def test_a_rows_hash_is_that_of_its_content() -> None:
    row = {"a": 1, "b": [1.5, None, "ü"]}
    assert row_hash(row) == row_hash({"b": [1.5, None, "ü"], "a": 1}) == row_hash(json.loads(json.dumps(row)))
    assert row_hash(row) != row_hash(row | {"a": 2})
    dated = {"a": datetime.datetime(2026, 1, 2), "b": (1, b"x"), "c": {3: float("nan")}}
    assert row_hash(dated) == row_hash(json.loads(json.dumps(dated, default=str)))
    for unusual in ({"a": "\ud800"}, {"a": 10**400}, {"a": datetime.date(2026, 1, 1)}, {"a": object}):
        assert len(row_hash(unusual)) == 16
        assert row_hash(unusual) != row_hash(row)
