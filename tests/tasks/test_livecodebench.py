"""LiveCodeBench's ``--source``: releases, windows of contest dates, difficulties."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import pytest

from tasks import TASK_HANDLERS
from tasks.livecodebench import FILES, BenchmarkPart, contest_date, part_of
from util.system.errors import UserError
from util.task import Selection

ALL = tuple(FILES)
AUGUST_TO_MAY = (date(2024, 8, 1), date(2025, 5, 31))


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("release_v2", BenchmarkPart(ALL[:2])),
        ("v3", BenchmarkPart(ALL[2:3])),
        ("all", BenchmarkPart(ALL)),
        ("release_latest", BenchmarkPart(ALL)),
        ("hard", BenchmarkPart(ALL[:2], "hard")),
        ("release_v5-hard", BenchmarkPart(ALL[:5], "hard")),
        ("2024-08..2025-05", BenchmarkPart(ALL, None, *AUGUST_TO_MAY)),
        ("2024-08..2025-05-easy", BenchmarkPart(ALL, "easy", *AUGUST_TO_MAY)),
        ("release_v6:2024-08..2025-05-hard", BenchmarkPart(ALL, "hard", *AUGUST_TO_MAY)),
        ("v6:2025-02..2025-02", BenchmarkPart(ALL[5:], None, date(2025, 2, 1), date(2025, 2, 28))),
        ("release_v5:2024-08-15..2024-12", BenchmarkPart(ALL[:5], None, date(2024, 8, 15), date(2024, 12, 31))),
        ("2024-02..2024-02-29", BenchmarkPart(ALL, None, date(2024, 2, 1), date(2024, 2, 29))),
    ],
)
def test_a_source_names_files_window_and_difficulty(source: str, part: BenchmarkPart) -> None:
    assert part_of(source) == part


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("release_v9", "no release 'release_v9'"),
        ("easy-hard", "no release 'easy'"),
        ("2024-08", "no release '2024-08'"),
        ("2024-08..", "not a window"),
        ("..2025-05", "not a window"),
        ("2024-8..2025-5", "not a window"),
        ("2024-13..2025-01", "month must be in"),
        ("2024-02-30..2025-01", "day"),
        ("2025-05..2024-08", "ends before it begins"),
        ("release_v6:hard", "'hard' is not a window"),
        ("release_v9:2024-08..2025-05", "no release 'release_v9'"),
        ("٢٠٢٤-08..2025-05", "not a window"),
    ],
)
def test_a_bad_source_is_refused_with_an_example(source: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as raised:
        part_of(source)
    assert "2024-08..2025-05" in str(raised.value)


def rows(path: Path, dates: list[object]) -> Path:
    case = json.dumps([{"input": "1", "output": "1", "testtype": "stdin"}])
    path.write_text(
        "".join(
            json.dumps({"question_content": str(day), "public_test_cases": case, "contest_date": day, "difficulty": "hard" if n % 2 else "easy"}) + "\n"
            for n, day in enumerate(dates)
        )
    )  # fmt: skip
    return path


def chosen(path: Path, source: str) -> list[str]:
    handler = TASK_HANDLERS["LiveCodeBench"]()
    return [key for key, _ in handler.select(Selection("test", source, dataset_path=path))]


def test_a_window_takes_both_ends(tmp_path: Path) -> None:
    dates = ["2024-07-31T23:59:00", "2024-08-01T00:00:00", "2024-12-07 00:00:00", "2025-05-31", "2025-06-01T00:00:00"]
    path = rows(tmp_path / "rows.jsonl", [*dates])
    assert chosen(path, "2024-08..2025-05") == dates[1:4]
    assert chosen(path, "2024-08-02..2025-05-30") == dates[2:3]
    assert chosen(path, "release_v6:2024-08..2025-05-hard") == [dates[1], dates[3]]
    with pytest.raises(UserError, match="empty"):
        chosen(path, "2023-01..2023-02")


def test_a_window_needs_dates(tmp_path: Path) -> None:
    path = rows(tmp_path / "rows.jsonl", ["2024-08-01", "soon"])
    assert len(chosen(path, "all")) == 2
    with pytest.raises(UserError, match="no readable contest_date"):
        chosen(path, "2024-08..2025-05")
    with pytest.raises(UserError, match="no readable contest_date"):
        contest_date({})


def test_dates_that_a_reader_has_parsed_are_read() -> None:
    assert contest_date({"contest_date": datetime(2024, 8, 3, 12)}) == date(2024, 8, 3)
    assert contest_date({"contest_date": date(2024, 8, 3)}) == date(2024, 8, 3)
