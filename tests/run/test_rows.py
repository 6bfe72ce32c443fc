"""The one pass over a dataset: rows are read once a run, then from a temporary file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.scripts import script

from benchmarks.synthetic_engine import SyntheticEngine
from tasks.math500 import Math500Task
from util.engines.options import EngineOptions
from util.results.judged_by import row_hash
from util.run.options import FileOptions, RunOptions, Sampled, SamplingOptions, resolved
from util.run.plan import dry_run
from util.run.rows import RowIndex
from util.run.runner import run_check, run_generation
from util.system.errors import UserError
from util.task import CheckOptions, Selection

ROWS = [
    ("a", {"problem": "a", "tests": ["x" * 100_000, 10**30]}),
    ("é 漢 \U0001f600", {"problem": "\x1b", "nested": {"k": [None, 1.5, True]}}),
    ("a #2", {"problem": "a", "bytes": b"\x00"}),
]


def test_rows_come_back_as_they_were_in_any_order(tmp_path: Path) -> None:
    with RowIndex(iter(ROWS), tmp_path) as rows:
        assert len(rows) == 3
        assert list(rows) == [key for key, _ in ROWS]
        assert list(rows.items()) == ROWS
        assert [rows.row(number) for number in (2, 0, 1)] == [ROWS[2][1], ROWS[0][1], ROWS[1][1]]
        first, second = iter(rows), rows.items()  # two iterations side by side
        assert (next(first), next(second)[0], next(first)) == ("a", "a", ROWS[1][0])
        same = RowIndex(iter(ROWS), tmp_path)
        other = RowIndex(iter(ROWS[::-1]), tmp_path)
        assert rows.keys_hash == same.keys_hash != other.keys_hash
        same.close()
        other.close()
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_the_source_ends_it_and_leaves_no_file(tmp_path: Path) -> None:
    def broken() -> Iterator[tuple[str, dict[str, Any]]]:
        yield ROWS[0]
        raise UserError("line 2: not JSON")

    with pytest.raises(UserError, match="line 2"):
        RowIndex(broken(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        RowIndex(iter(ROWS), tmp_path / "file")


def test_a_verdict_is_bound_to_the_rows_content_and_the_rules(tmp_path: Path) -> None:
    with RowIndex(iter(ROWS), tmp_path) as rows:
        by = rows.judged_by(0, "rules 1")
        assert by.key.startswith(row_hash(ROWS[0][1]))
        assert by.accepts(by.key)
        assert not rows.judged_by(1, "rules 1").accepts(by.key)
        assert not rows.judged_by(0, "rules 2").accepts(by.key)


class Counted(Math500Task):
    """Rows of its own, whose passes are counted."""

    name = "Counted"
    passes = 0

    def select(self, selection: Selection) -> Iterator[tuple[str, dict[str, Any]]]:
        Counted.passes += 1
        for number in range(20):
            yield f"q{number}", {"problem": f"q{number}", "answer": str(number % 3)}


def passes_of(run: Any) -> int:
    Counted.passes = 0
    run()
    return Counted.passes


def test_a_run_reads_its_source_once(tmp_path: Path) -> None:
    """Fresh, with nothing to do, extended, and as a plan; --check reads the result file alone."""
    selection = Selection("test", dataset_path=tmp_path / "rows.jsonl")

    def options(n: int = 1) -> RunOptions:
        files = FileOptions(result_dir=tmp_path)
        return RunOptions(EngineOptions("synthetic"), Sampled([0.7], n), files, CheckOptions(workers=1))

    def generated(n: int = 1) -> int:
        return passes_of(lambda: run_generation(Counted(), selection, options(n), SyntheticEngine, check=True))

    assert [generated(), generated(), generated(2)] == [1, 1, 1]
    [path] = tmp_path.glob("*.json")
    path.with_name(f"{path.stem}.journal.jsonl").unlink()
    assert generated(2) == 1  # responses are taken over from the result file
    assert passes_of(lambda: dry_run(Counted(), selection, options())) == 1
    assert passes_of(lambda: run_check(Counted(), selection, options(), again=True)) == 0


def test_a_fault_of_the_source_is_no_fault_of_the_temporary_file(tmp_path: Path) -> None:
    def broken() -> Iterator[tuple[str, dict[str, Any]]]:
        yield ROWS[0]
        open(tmp_path / "labels.json").close()

    with pytest.raises(FileNotFoundError, match="labels"):
        RowIndex(broken(), tmp_path / "results")


def test_nothing_is_made_for_a_selection_that_fails(tmp_path: Path) -> None:
    def wrong() -> Iterator[tuple[str, dict[str, Any]]]:
        raise UserError("no row has source 'nope'")
        yield ROWS[0]

    with pytest.raises(UserError, match="nope"):
        RowIndex(wrong(), tmp_path / "results")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_message(tmp_path: Path) -> None:
    program = (
        "import resource, sys\nfrom pathlib import Path\nfrom util.run.rows import RowIndex\n"
        "from util.system.errors import UserError\nresource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "try:\n    RowIndex(((str(i), {'text': 'x' * 1000}) for i in range(1000)), Path(sys.argv[1]))\n"
        "except UserError as error:\n    print(error)"
    )
    done = script("-c", program, tmp_path)
    assert "Free some space" in done.stdout
    assert done.stderr == ""


def test_a_selection_without_rows_is_refused(tmp_path: Path) -> None:
    class Empty(Counted):
        def select(self, selection: Selection) -> Iterator[tuple[str, dict[str, Any]]]:
            return iter(())

    files = FileOptions(result_dir=tmp_path)
    options = RunOptions(EngineOptions("synthetic"), Sampled([0.7]), files)
    with pytest.raises(UserError, match="empty"):
        run_generation(Empty(), Selection("test", dataset_path=tmp_path), options, SyntheticEngine, check=False)


def test_a_default_temperature_is_rounded_as_files_spell_it() -> None:
    sampled = resolved(SamplingOptions(), EngineOptions("some/model"), 1 / 3)
    assert sampled.temperatures == [0.333333]


@pytest.mark.parametrize(
    ("model", "options", "default", "wanted", "said"),
    [
        ("some/model", SamplingOptions(n=4), 0.0, [0.7], "sampled at temperature 0.7"),
        ("Qwen/QwQ-32B", SamplingOptions(n=4), 0.0, [0.6], "sampled at temperature 0.6 (temperature 0.6"),
        ("some/model", SamplingOptions(n=4), 0.5, [0.5], ""),
        ("some/model", SamplingOptions(), 0.0, [0.0], ""),
        ("some/model", SamplingOptions(n=4, temperatures=[0.0, 1.0]), 0.7, [0.0, 1.0], "are nearly the same"),
        ("some/model", SamplingOptions(n=4, temperatures=[1.0]), 0.0, [1.0], ""),
    ],
)
def test_several_responses_are_not_greedy_unless_asked_for(
    model: str, options: SamplingOptions, default: float, wanted: list[float], said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert resolved(options, EngineOptions(model), default).temperatures == wanted
    err = capsys.readouterr().err
    assert said in err
    assert ("warning" in err) == ("nearly" in said)
    assert ("sampled at" in err) == ("sampled" in said)
