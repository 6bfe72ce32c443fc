"""Flipped bits of a journal are noticed, and --repair sets aside what they hit."""

from __future__ import annotations

import json
import random
import zlib
from pathlib import Path

import pytest

from util.records import Response, SampleId, Usage, Verdict
from util.results.journal_lines import DamagedLineError, line_of, record_of
from util.results.manifest import runs_of
from util.results.paths import ResultPaths
from util.results.repair import lines_of
from util.results.store import ResultStore
from util.system.errors import UserError

SETTINGS = {"model": "m", "n": 2, "temperatures": ["0.7"]}
SAMPLES = [SampleId(f"Was ist {number}+1? é", 0.7, index) for number in range(4) for index in range(2)]


def made(path: Path) -> bytes:
    """The journal of a run, its second beginning included."""
    store = ResultStore(path)
    store.begin({"settings": SETTINGS, "engine": {"backend": "e"}})
    for number, sample in enumerate(SAMPLES):
        if number == 4:
            store.begin({"settings": SETTINGS, "engine": {"backend": "e"}})
        store.add(sample, Response(content=f"es ist {number} 漢", usage=Usage(3, 5), seed=number))
        store.add_verdict(sample, f"es ist {number} 漢", Verdict(number % 2 == 0, "compared"))
    store.note({"batch": "b"})
    store.finalize([])
    store.close()
    return ResultPaths(path).journal.read_bytes()


def held(store: ResultStore) -> list[object]:
    """All that a store knows."""
    found: list[object] = [store.settings, store.notes, store._final]
    for sample in SAMPLES:
        response = store.response(sample)
        found += [store.finished(sample), response]
        found.append(response and store.verdict(sample, response.content))
    return found


def without_checksums(journal: bytes) -> bytes:
    """The journal as versions before checksums wrote it."""
    records = [json.loads(line) for line in journal.splitlines()]
    for record in records:
        del record["crc"]
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)


def flipped(data: bytes, bit: int) -> bytes:
    return data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :]


def refusal(path: Path) -> str:
    """Why the journal is refused; "" if it is not."""
    try:
        ResultStore(path).close()
    except UserError as error:
        return str(error)
    return ""


def test_a_lines_last_field_is_the_checksum_of_the_bytes_before_it(tmp_path: Path) -> None:
    for line in made(tmp_path / "r.json").splitlines():
        before, _, rest = line.rpartition(b', "crc": ')
        assert rest == b'"%08x"}' % zlib.crc32(before)
        assert "crc" not in record_of(line)
        assert record_of(before + b"}") == record_of(line)  # lines of earlier versions and other tools have none


def test_every_flipped_bit_is_noticed_or_changes_nothing(tmp_path: Path) -> None:
    """And --repair removes the lines that were hit, and no other."""
    path = tmp_path / "r.json"
    good = made(path)
    journal = ResultPaths(path).journal
    store = ResultStore(path)
    everything = held(store)
    store.close()
    last = good[:-1].rfind(b"\n") + 1
    random.seed(5)
    noticed = 0
    for bit in random.sample(range(8 * len(good)), 600):
        journal.write_bytes(flipped(good, bit))
        hit = {good.count(b"\n", 0, bit // 8)}
        if good[bit // 8] == ord("\n"):
            hit.add(min(hit) + 1)
        message = refusal(path)
        if message:
            noticed += 1
            assert f"line {min(hit) + 1}" in message
            assert "--repair" in message
            assert journal.read_bytes() == flipped(good, bit)
            ResultStore(path, repair=True).close()
            left = [line for number, line in enumerate(good.splitlines(keepends=True)) if number not in hit]
            assert 0 in hit or journal.read_bytes() == b"".join(left)
            continue
        store = ResultStore(path)
        if bit // 8 < last:
            assert held(store) == everything
        else:  # as a torn last line
            assert journal.read_bytes() in (good[:last], flipped(good, bit))
        store.close()
    assert noticed > 580


def test_no_flip_in_lines_without_a_checksum_is_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    good = without_checksums(made(path))
    journal = ResultPaths(path).journal
    random.seed(6)
    for bit in random.sample(range(8 * len(good)), 600):
        journal.write_bytes(flipped(good, bit))
        try:
            store = ResultStore(path, repair=True)
            held(store)
            store.close()
        except UserError:
            continue


@pytest.mark.parametrize(
    "line",
    [
        {"type": "completion", "key": "q", "temperature": "0.7", "sample_index": 0, "usage": {}},
        {"type": "completion", "temperature": "0.7", "sample_index": 0, "response": {"content": ""}, "usage": {}},
        {"type": "completion", "key": "q", "temperature": "x", "sample_index": 0, "response": {"content": ""}},
        {"type": "completion", "key": "q", "temperature": "0.7", "sample_index": 0, "response": {"content": ""}},
        {"type": "complftion", "key": "q", "temperature": "0.7", "sample_index": 0, "response": {}, "usage": {}},
        {"type": "verdict", "key": "q", "temperature": "0.7", "sample_index": 0, "text": "x", "verdict": {"a": 1}},
        {"type": "verdict", "key": "q", "temperature": "0.7", "sample_index": 0, "verdict": {"correctness": True}},
        {"type": "manifest", "Settings": {}},
        {"type": "note", "note": 3},
        {"type": "final", "size": 3},
        {"no": "type"},
    ],
)
def test_lines_without_the_fields_of_their_kind_are_damaged(line: dict[str, object]) -> None:
    for data in (json.dumps(line).encode(), line_of(line)):
        if line.get("type") in ("complftion", None) and b"crc" in data:
            continue  # a later version may write other kinds of lines
        with pytest.raises(DamagedLineError):
            record_of(data)


def test_lines_of_other_tools_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    good = made(path)
    ResultPaths(path).journal.write_bytes(good + b'{"type": "remark", "text": "mine"}\n' + line_of({"type": "later"}))
    store = ResultStore(path)
    assert store.finished(SAMPLES[0])
    store.close()


def test_damage_is_named_and_repair_keeps_it_and_a_backup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "r.json"
    good = made(path)
    paths = ResultPaths(path)
    bad = good.replace(b"es ist 3", b"es ist 7")
    paths.journal.write_bytes(bad)
    with pytest.raises(UserError) as failure:
        ResultStore(path)
    message = str(failure.value)
    assert f"{paths.journal} has 1 damaged line:" in message
    assert 'line 8 (completion, key "Was ist 1+1? é", temperature 0.7, sample 1)' in message
    assert "rerun the same command with --repair" in message
    for number in (1, 2):  # a second repair has other backups, and appends
        store = ResultStore(path, repair=True)
        assert [sample for sample in SAMPLES if not store.finished(sample)] == [SAMPLES[3]]
        store.close()
        assert "1 damaged line moved to r.journal.damaged.jsonl" in capsys.readouterr().err
        assert (tmp_path / f"r.journal.jsonl.bak{'' if number == 1 else 2}").read_bytes() == bad
        assert paths.damaged.read_bytes().count(b"es ist 7") == number
        paths.journal.write_bytes(bad)


def test_damage_after_loading_is_named_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    good = made(path)
    store = ResultStore(path)
    ResultPaths(path).journal.write_bytes(good.replace(b"es ist 3", b"es ist 7"))
    assert store.response(SAMPLES[2]) is not None
    with pytest.raises(UserError, match=r"line 8 \(completion"):
        store.response(SAMPLES[3])
    store.close()


def test_a_damaged_manifest_comes_from_a_later_run_or_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.json"
    good = made(path)
    journal = ResultPaths(path).journal
    journal.write_bytes(good.replace(b'"model": "m"', b'"model": "o"', 1))
    assert [run["type"] for run in runs_of(path)] == ["run"]
    assert "line 1: skipped a damaged manifest" in capsys.readouterr().err
    store = ResultStore(path, repair=True)
    assert store.settings == SETTINGS
    store.close()
    assert [run["type"] for run in runs_of(path)] == ["manifest", "run"]
    alone = b"".join(line for line in good.splitlines(keepends=True) if not line.startswith(b'{"type": "run"'))
    journal.write_bytes(alone.replace(b'"model": "m"', b'"model": "o"', 1))
    with pytest.raises(UserError, match="line 1: the settings of the run are damaged"):
        ResultStore(path, repair=True)
    assert [line.number for line in lines_of(journal) if line.record is None] == [1]
