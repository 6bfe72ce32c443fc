"""Results before and since a date: sides, bounds of the difference, exact coverage, and the option as a whole."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pytest
from support.faulty_server import FaultyServer
from support.scripts import script

from tasks import TASK_HANDLERS
from tasks.dates import CONTESTS, DATED
from util.metrics.date_split import split_by_date, unpaired
from util.metrics.intervals import Estimate, mean_estimate, share_estimate
from util.records import Response, Row, Verdict
from util.results.entries import Entry

KEY = {"OPENAI_API_KEY": "sk-only-here-9999"}


def entry(key: str, row: Row, *verdicts: bool | None) -> Entry:
    found = [Response(content="x", verdict=Verdict(correct, "")) for correct in verdicts]
    return Entry(key, row, responses={0.6: found})


def test_problems_go_to_their_side_and_doubtful_ones_to_none() -> None:
    def on(day: str) -> Row:
        return {"contest_date": f"{day}T00:00:00"}

    rows = [
        entry("a", on("2024-07-31"), True, True),
        entry("b", on("2024-07-30"), True, False),
        entry("c", on("2024-08-01"), False, None),  # the day itself is since; a null counts as not right
        entry("d", on("2024-09-01"), True, False),
        entry("e", {}, True, True),
        entry("f", on("soon"), True, True),
    ]
    [split] = split_by_date(rows, DATED["LiveCodeBench"], date(2024, 8, 1))
    assert split.before == mean_estimate([1.0, 0.5], 4)
    assert split.since == mean_estimate([0.0, 0.5], 4)
    assert (split.samples, split.undated) == ((4, 4), 2)
    assert split.difference is not None
    assert split.difference.value == -0.5
    assert [problems for *_, problems, _ in split.metrics()] == [2, 2, 4]
    [only] = split_by_date(rows[:2], DATED["LiveCodeBench"], date(2024, 8, 1))
    assert (only.since, only.difference) == (None, None)
    assert "no dated problem since 2024-08-01" in "\n".join(only.lines())


@pytest.mark.parametrize(
    ("name", "url", "period"),
    [
        ("AIME", "https://x/2024_AIME_II_Problems/Problem_3", ("2024-01-01", "2024-02-29")),
        ("AMC23", "https://x/2023_AMC_12B_Problems/Problem_3", ("2023-01-01", "2023-12-31")),
        ("AMC23", "https://x/2021_Fall_AMC_12B_Problems/Problem_3", ("2021-01-01", "2021-12-31")),
        ("AIME25", None, ("2025-02-01", "2025-02-28")),
        ("SMT25", None, ("2025-01-01", "2025-07-31")),  # its day is not known
        ("AIME", None, None),
    ],
)
def test_periods(name: str, url: str | None, period: tuple[str, str] | None) -> None:
    found = DATED[name]({"url": url})
    assert found == (None if period is None else tuple(map(date.fromisoformat, period)))


def test_dates_name_registered_benchmarks_and_every_contest_has_one() -> None:
    assert set(CONTESTS) < set(DATED) <= set(TASK_HANDLERS)
    assert {name for name in TASK_HANDLERS if TASK_HANDLERS[name].__module__ == "tasks.matharena"} <= set(CONTESTS)
    for first, last in CONTESTS.values():
        assert first <= last < date.today()


def coverage(first: tuple[int, float], second: tuple[int, float]) -> float:
    """Exact: the probability over both binomials that the interval contains the true difference."""
    from scipy.stats import binom

    (m, p), (n, q) = first, second
    chances = [binom.pmf(range(size + 1), size, rate) for size, rate in (first, second)]
    ones, twos = ([share_estimate(right, size) for right in range(size + 1)] for size in (m, n))
    total = 0.0
    for a, one in enumerate(ones):
        for b, two in enumerate(twos):
            found = unpaired(one, two)
            total += float(chances[0][a] * chances[1][b]) * (found.low <= q - p <= found.high)
    return total


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((30, 0.5), (30, 0.5)),
        ((30, 0.9), (30, 0.6)),
        ((60, 0.8), (15, 0.5)),
        ((100, 0.3), (100, 0.2)),
        ((30, 0.1), (30, 0.1)),
    ],
)
def test_the_interval_covers(first: tuple[int, float], second: tuple[int, float]) -> None:
    found = coverage(first, second)
    print(first, second, f"{found:.4f}")
    assert 0.935 < found < 0.985


def test_bounds_stay_possible() -> None:
    found = unpaired(Estimate(0.0, 0.0, 0.2, 9), Estimate(1.0, 0.8, 1.0, 9))
    assert (found.value, found.high) == (1.0, 1.0)
    assert 0.7 < found.low < 0.8


def evaluated(server: FaultyServer, folder: Path, evals: str, cutoff: str, *extra: object):  # type: ignore[no-untyped-def]
    rows = folder / "rows.jsonl"
    urls = [f"https://x/{contest}_Problems/Problem_1" for contest in ("2022_AIME_I", "2024_AIME_I", "2024_AIME_II")]
    problems = [{"problem": f"{n}+1?", "answer": "2", "url": url} for n, url in enumerate(urls)]
    rows.write_text("".join(json.dumps(row | {"unique_id": str(n)}) + "\n" for n, row in enumerate(problems)))
    return script(
        "eval.py", "--model", "openai/gpt-x", "--base-url", server.url, "--evals", evals, "--dataset-path", rows,
        "--result-dir", folder / "out", "--output-file", folder / "r.txt", "--cutoff", cutoff, *extra, env=KEY,
    )  # fmt: skip


def test_eval_tells_both_sides(server: FaultyServer, tmp_path: Path) -> None:
    done = evaluated(server, tmp_path, "AIME:all,MATH500", "2023-06-01", "--csv", tmp_path / "m.csv")
    assert done.returncode == 0, done.stderr
    assert "does not split MATH500" in done.stderr
    assert "pass@1 since - before 2023-06-01" in done.stdout
    details = json.loads((tmp_path / "r_details.json").read_text())
    assert "by_date" not in details["MATH500"]
    [found] = details["AIME:all"]["by_date"].values()
    lines = {
        row["metric"]: row for row in csv.DictReader((tmp_path / "m.csv").open()) if row["benchmark"] == "AIME:all"
    }
    for name, metric in found["metrics"].items():
        assert int(lines[name]["problems"]) == metric["problems"]
        assert float(lines[name]["value"]) == metric["value"][0]
    counts = [metric["problems"] for metric in found["metrics"].values()]
    assert counts[-1] == sum(counts[:2]) == 3


def test_a_cutoff_without_dates_is_refused_before_the_run(server: FaultyServer, tmp_path: Path) -> None:
    done = evaluated(server, tmp_path, "MATH500", "2023-06-01")
    assert done.returncode == 1
    assert "--cutoff: the problems of MATH500 have no dates" in done.stderr
    assert evaluated(server, tmp_path, "AMC23", "June").returncode == 2
    assert server.requests == []
