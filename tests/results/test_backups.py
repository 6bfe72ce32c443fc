"""--overwrite and --repair never replace an earlier backup."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.scripts import script

from util.records import Response, SampleId
from util.results.paths import ResultPaths
from util.results.store import ResultStore
from util.system import cli
from util.system.advice import rerun


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_all_files_of_one_overwrite_get_the_same_number(tmp_path: Path) -> None:
    paths = ResultPaths(tmp_path / "r.json")
    for number, files in enumerate(([paths.path], [paths.journal], [paths.path, paths.converted.journal])):
        for file in files:
            file.write_text(str(number))
        paths.backup()
    assert names(tmp_path) == ["converted_r.journal.jsonl.bak3", "r.journal.jsonl.bak2", "r.json.bak", "r.json.bak3"]
    assert (tmp_path / "r.json.bak").read_text() == "0"


def test_interrupted_runs_with_overwrite_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    for number in range(3):
        store = ResultStore(path, overwrite=True)
        store.begin({"settings": {}})
        store.add(SampleId("q", 0.7, number), Response(content=f"paid {number}"))
        store._lock.release()  # as if the process had died
    found = [(tmp_path / f"r.journal.jsonl{end}").read_text() for end in (".bak", ".bak2", "")]
    assert [f"paid {number}" in text for number, text in enumerate(found)] == [True] * 3


@pytest.mark.parametrize("word", ["--overwrite", "--n"])
def test_advice_never_repeats_overwrite(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setattr(sys, "argv", ["eval.py", word])
    assert rerun() == "rerun the same command" + (" without --overwrite" if word == "--overwrite" else "")


def test_the_question_names_the_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = ResultPaths(tmp_path / "r.json")
    paths.journal.write_text("{}")  # of an interrupted run: there is no result file yet
    (tmp_path / "r.journal.jsonl.bak").write_text("")
    asked: list[str] = []
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or "y")
    cli.confirm_overwrite(paths.backups())
    assert "r.journal.jsonl.bak2. Start over?" in asked[0]
    cli.confirm_overwrite({})
    assert len(asked) == 1


def test_ctrl_c_says_how_to_continue() -> None:
    code = "import sys\nfrom util.system import cli\ndef main(_): raise KeyboardInterrupt\ncli.run(main)"
    done = script("-c", code, "--overwrite")
    assert done.returncode == 130
    assert "rerun the same command without --overwrite to continue" in done.stderr
