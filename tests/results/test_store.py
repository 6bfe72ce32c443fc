"""Journal and result files: nothing is lost, nothing is mixed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.scripts import results_in

from util.records import Response, SampleId, Usage, Verdict
from util.results.json_file import read_results
from util.results.paths import ResultPaths
from util.results.store import ResultStore
from util.system.errors import UserError

SETTINGS = {"model": "m", "max_tokens": 10, "n": 1, "temperatures": ["0.7"]}


def add(store: ResultStore, key: str = "q", index: int = 0, text: str = "hello") -> None:
    store.add(SampleId(key, 0.7, index), Response(content=text, usage=Usage(3, 5), seed=1))


def finished(store: ResultStore) -> int:
    return sum(place.finished for place in store._index.places())


def opened(path: Path) -> ResultStore:
    store = ResultStore(path)
    store.check_settings(SETTINGS)
    store.begin({"settings": SETTINGS})
    return store


def test_completions_survive_without_any_close(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    store = opened(path)
    add(store)
    store._lock.release()  # as if the process had died
    again = ResultStore(path)
    assert again.finished(SampleId("q", 0.7, 0))
    assert again.response(SampleId("q", 0.7, 0)).content == "hello"


@pytest.mark.parametrize("torn", [b'{"type": "completion", "key": "q2"', b"\x00\x00\x00", b"[1]\n", b'{"a"\n'])
def test_a_torn_last_line_is_cut_off(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "r.json"
    store = opened(path)
    add(store)
    store.close()
    whole = ResultPaths(path).journal.read_bytes()
    ResultPaths(path).journal.write_bytes(whole + torn)
    store = opened(path)
    assert finished(store) == 1
    add(store, "q2")
    store.close()
    assert [json.loads(line)["type"] for line in ResultPaths(path).journal.read_bytes().splitlines()][
        -1
    ] == "completion"


def test_damage_in_the_middle_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    store = opened(path)
    add(store)
    store.close()
    lines = ResultPaths(path).journal.read_text().splitlines()
    damaged = "\n".join([lines[0], "garbage", *lines[1:]]) + "\n"
    ResultPaths(path).journal.write_text(damaged)
    with pytest.raises(UserError, match="line 2"):
        ResultStore(path)
    assert ResultPaths(path).journal.read_text() == damaged


def test_other_settings_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    store = opened(path)
    add(store)
    store.close()
    store = ResultStore(path)
    with pytest.raises(UserError, match="max-tokens was 10, is now 9"):
        store.check_settings(SETTINGS | {"max_tokens": 9})
    with pytest.raises(UserError, match="model was m, is now other"):
        store.check_settings(SETTINGS | {"model": "other"})
    store.check_settings(SETTINGS | {"n": 4, "temperatures": ["0.7", "1"], "max_tokens": 20})
    with pytest.raises(UserError, match=r"0\.7"):
        store.check_settings(SETTINGS | {"temperatures": ["1"]})
    store.close()


def test_settings_that_no_run_has_told_make_nothing_again(tmp_path: Path) -> None:
    """The journal of a check of responses that have none: it tells rules, and no settings."""
    path = tmp_path / "r.json"
    store = ResultStore(path)
    store.begin({"check_of": path.name})
    add(store)
    store.add(SampleId("q", 0.7, 1), Response(content="", finish_reason="error", error="refused"))
    store.close()
    store = ResultStore(path)
    store.check_settings(SETTINGS)
    assert finished(store) == 2
    store.close()


def test_overwrite_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    store = opened(path)
    add(store)
    store.close()
    fresh = ResultStore(path, overwrite=True)
    assert finished(fresh) == 0
    assert (tmp_path / "r.journal.jsonl.bak").exists()
    fresh.close()


def test_final_file_and_adoption_without_journal(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    store = opened(path)
    add(store)
    add(store, index=1, text="two")
    store.add_verdict(SampleId("q", 0.7, 1), "two", Verdict(True, "ok"))
    store.finalize([store.entry("q", {"problem": "q"}, "prompt")])
    store.close()
    entry = results_in(path)["q"]
    assert [r["content"] for r in entry["responses"]["0.7"]] == ["hello", "two"]
    assert entry["responses"]["0.7"][1]["correctness"] is True
    assert entry["token_usages"]["0.7"][0] == {"prompt_tokens": 3, "completion_tokens": 5}
    ResultPaths(path).journal.unlink()
    store = ResultStore(path)
    assert store.adopt() == 2
    verdict = store.verdict(SampleId("q", 0.7, 1), "two")
    assert verdict == Verdict(True, "ok")
    store.close()


def test_the_first_format_of_the_original_is_read(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps({"q": {"responses": {"1.0": {"content": "x"}}, "token_usages": {"1.0": {}}}}, indent=4))
    [entry] = read_results(path)
    assert (entry.key, entry.responses) == ("q", {1.0: [Response(content="x", finish_reason="", final=False)]})


def test_malformed_result_file_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text('{\n"a": {"responses": {}},\n"b": oops\n}')
    with pytest.raises(UserError, match="line 3"):
        list(read_results(path))


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    import subprocess
    import sys

    store = opened(tmp_path / "r.json")
    code = f"from pathlib import Path\nfrom util.results.store import ResultStore\nResultStore(Path({str(tmp_path / 'r.json')!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "in use by another process" in done.stderr
    store.close()


def test_a_full_disk_keeps_every_whole_line(tmp_path: Path) -> None:
    import subprocess
    import sys

    path = tmp_path / "r.json"
    code = f"""
import asyncio, resource
from pathlib import Path
from util.records import Response, SampleId
from util.system.errors import UserError
from util.results.store import ResultStore
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
store = ResultStore(Path({str(path)!r}))
store.begin({{"settings": {{}}}})
written = 0
while not store.full:
    store.add(SampleId("q", 0.7, written), Response(content="x" * 300))
    written += 1
try:
    asyncio.run(store.settle())
except UserError as error:
    print(written - 1, "are kept" in str(error))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    written, message = done.stdout.split()
    assert message == "True"
    store = ResultStore(path)
    assert finished(store) == int(written) > 5
    assert ResultPaths(path).journal.read_bytes().endswith(b"\n")
    store.close()
