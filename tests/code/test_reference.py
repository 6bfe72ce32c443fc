"""Expected outputs from a reference solution, and their cache."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from util.code import reference
from util.code.judge import judge
from util.code.problem import Judging, Limits, Tests
from util.code.reference import with_outputs
from util.records import Verdict

DOUBLES = Tests([[1], [[2, "a"]], [0.5]], [], "f", wrapped=False, reference="def f(x): return x * 2")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SKY_T1_CACHE", str(tmp_path))
    reference._recent.clear()
    return tmp_path


def entries(cache: Path) -> list[Path]:
    return sorted(path for path in cache.rglob("*") if path.is_file())


def complete(tests: Tests, judging: Judging | None = None) -> Tests:
    found = with_outputs(tests, judging or Judging())
    assert isinstance(found, Tests), found
    return found


def test_outputs_are_those_of_the_reference(cache: Path) -> None:
    found = complete(DOUBLES)
    assert found.outputs == [2, [2, "a", 2, "a"], 1.0]
    assert judge("def f(x): return x + x", found).correct is True
    assert judge("def f(x): return x", found).correct is False
    printed = complete(Tests(["1 2\n", "é\n"], [], reference="print(input()[::-1])"))
    assert printed.outputs == ["2 1\n", "é\n"]
    assert len(entries(cache)) == 2
    assert complete(replace(DOUBLES, reference=None, outputs=[7])).outputs == [7]


def test_results_are_kept_on_disk_and_in_memory(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[str] = []

    def counted(code: str, tests: Tests, judging: Judging) -> Verdict:
        runs.append(code)
        return judge(code, tests, judging)

    monkeypatch.setattr(reference, "judge", counted)
    complete(DOUBLES)
    complete(DOUBLES)
    reference._recent.clear()
    assert complete(DOUBLES).outputs[0] == 2
    assert len(runs) == 1
    complete(replace(DOUBLES, inputs=[[1]]))
    complete(replace(DOUBLES, reference="def f(x): return 2 * x"))
    complete(replace(DOUBLES, inputs=[[1.0], [[2, "a"]], [0.5]]))  # equal numbers of other types are other inputs
    assert len(runs) == 4
    for _ in range(3 * reference.IN_MEMORY):
        complete(replace(DOUBLES, inputs=[[len(runs)]]))
    assert len(reference._recent) == reference.IN_MEMORY


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("2", "3", 1) if '"2"' in text else text.replace('"2', '"3'),
        lambda text: "[1, 2]",
        lambda text: "{}",
        lambda text: "[" * 100_000,
        lambda text: '["x", null]',
    ],
)
def test_a_damaged_entry_is_made_again(cache: Path, damage: Any) -> None:
    complete(DOUBLES)
    [entry] = entries(cache)
    good = entry.read_text()
    entry.write_text(damage(good))
    assert entry.read_text() != good
    reference._recent.clear()
    assert complete(DOUBLES).outputs == [2, [2, "a", 2, "a"], 1.0]
    assert entry.read_text() == good


def test_a_cache_that_cannot_be_written_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SKY_T1_CACHE", str(tmp_path / "file"))
    assert complete(DOUBLES).outputs[0] == 2


def test_the_cache_is_in_the_users_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SKY_T1_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/c")
    assert reference.cache_folder() == Path("/c/sky-t1-tools/references")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert reference.cache_folder() == Path("~/.cache/sky-t1-tools/references").expanduser()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def f(x): return 1 / x", "runtime error on test 2 of 3"),
        ("def g(x): return x", "runtime error"),
        ("def f(x:", "compile error"),
        ("def f(x):\n    while x == 0.5: pass", "time limit on test 3 of 3"),
    ],
)
def test_a_reference_that_fails_gives_no_verdict_and_no_entry(cache: Path, code: str, reason: str) -> None:
    judging = Judging(limits=Limits(cpu=2, wall=4))
    found = with_outputs(replace(DOUBLES, reference=code), judging)
    assert isinstance(found, Verdict)
    assert found.correct is None
    assert found.reason.startswith("not judgeable: the reference solution fails: ")
    assert reason in found.reason
    assert entries(cache) == []


def test_a_reference_whose_output_is_no_text_gives_no_verdict() -> None:
    found = with_outputs(Tests(["\n"], [], reference="import os\nos.write(1, bytes([255]))"), Judging())
    assert isinstance(found, Verdict)
    assert "cannot be read" in found.reason
