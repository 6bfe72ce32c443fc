"""The names of the files that belong to a result file."""

from __future__ import annotations

import json
from pathlib import Path

from util.results.manifest import dataset_of, generating_run, runs_of
from util.results.paths import ResultPaths, dataset_in_name


def test_names(tmp_path: Path) -> None:
    paths = ResultPaths.named(tmp_path, ["m", "APPS", "test", "a/b", "0", "-1"])
    assert paths.path == tmp_path / "m_APPS_test_a-b_0_-1.json"
    assert paths.journal.name == "m_APPS_test_a-b_0_-1.journal.jsonl"
    assert paths.converted.name == "converted_m_APPS_test_a-b_0_-1.json"
    assert paths.converted.journal.name == "converted_m_APPS_test_a-b_0_-1.journal.jsonl"
    assert paths.converted.converted == paths.converted
    assert paths.converted.original == paths.original == paths
    assert paths.converted.token_usage == paths.token_usage == tmp_path / "token_usage" / paths.name
    assert (paths.is_converted, paths.converted.is_converted) == (False, True)


def test_backups_and_the_file_to_check(tmp_path: Path) -> None:
    paths = ResultPaths(tmp_path / "r.json")
    assert paths.to_check() is None
    paths.path.write_text("old")
    assert paths.to_check() == paths
    for path in (paths.journal, paths.converted.path, paths.converted.journal):
        path.write_text("old")
    assert paths.to_check() == paths.converted
    paths.backup()
    names = ["converted_r.journal.jsonl.bak", "converted_r.json.bak", "r.journal.jsonl.bak", "r.json.bak"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_the_dataset_comes_from_the_manifest_and_from_the_name_only_without_one(tmp_path: Path) -> None:
    path = tmp_path / "my_APPS_model_NUMINA_train_math_0_-1.json"
    known = ["APPS", "NUMINA"]
    assert dataset_of(path, known) == dataset_in_name(path, known) == "APPS"  # the name misleads
    manifest = {"type": "manifest", "settings": {"dataset": "NUMINA"}, "engine": {"backend": "vllm"}}
    later = {"type": "run", "check_of": path.name}
    ResultPaths(path).journal.write_text(f"{json.dumps(manifest)}\n{json.dumps(later)}\n" + '{"type": "run", "torn')
    assert dataset_of(path, known) == "NUMINA"
    assert dataset_of(ResultPaths(path).converted.path, known) == "NUMINA"
    assert generating_run(list(runs_of(path))) == manifest
    assert dataset_of(tmp_path / "unknown.json", known) == "unknown"
    assert dataset_in_name(Path("converted_m_NUMINA.json"), known) == "NUMINA"
