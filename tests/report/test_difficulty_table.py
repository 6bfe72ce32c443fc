"""Difficulty labels beside pass rates."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from util.metrics.intervals import Estimate
from util.metrics.rank_correlation import spearman
from util.report.difficulty_table import collected, correlation, main, rank_of, table
from util.results.json_file import dumps
from util.system.errors import UserError


def write(path: Path, problems: dict[str, tuple[Any, str]], field: str = "level") -> Path:
    letters = {"r": True, "w": False, "n": None}
    entries = [
        dumps(key) + ": " + dumps({
            "problem": key, "answer": "1", **({field: label} if label is not None else {}), "token_usages": {},
            "responses": {"0.7": [{"content": "c", "correctness": letters[each], "reason": "r"} for each in verdicts]},
        })
        for key, (label, verdicts) in problems.items()
    ]  # fmt: skip
    path.write_text("{\n" + ",\n".join(entries) + "\n}\n")
    return path


def test_labels_and_rates_of_all_files_are_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = write(
        tmp_path / "a.json", {"a": ("Level 2", "rrrr"), "b": ("Level 10", "ww"), "c": (None, "rw"), "d": (None, "nn")}
    )
    second = write(tmp_path / "b.json", {"a": ("Level 2", "wwww"), "e": ("Level 2", "rwww")})
    labels = collected([first, second], "level", None)
    assert {label: list(found.rates) for label, found in labels.items()} == {
        "Level 2": [0.5, 0.25], "Level 10": [0.0], "(none)": [0.5],
    }  # fmt: skip
    assert (labels["Level 2"].samples, labels["(none)"].unrated) == (12, 1)
    lines = list(table(labels, "level", None))
    assert [line.split("  ")[0] for line in lines[1:]] == ["Level 2", "Level 10", "(none)"]  # by number, not by letter
    assert main([str(first), str(second), "--band", "0.2:0.4"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].split()[-3:] == ["band", "not", "judged"]
    assert [line.split()[-2] for line in shown[1:4]] == ["1", "0", "0"]
    assert "too few problems (3)" in shown[-1]
    assert "1 problems whose label has no order are left out" in shown[-1]


def test_the_correlation_is_that_of_the_ranks_with_an_interval() -> None:
    rng = random.Random(0)
    labels = [float(rng.randrange(1, 10)) for _ in range(400)]
    rates = [round(min(1.0, max(0.0, 1.1 - label / 9 + rng.gauss(0, 0.3))) * 8) / 8 for label in labels]
    found = spearman(labels, rates)
    assert found is not None
    assert -1 < found.low < found.value < found.high < -0.5
    again = []
    for _ in range(300):  # the bootstrap as another way to an interval
        places = [rng.randrange(400) for _ in range(400)]
        estimate = spearman([labels[i] for i in places], [rates[i] for i in places])
        assert estimate is not None
        again.append(estimate.value)
    again.sort()
    assert found.low == pytest.approx(again[7], abs=0.03)
    assert found.high == pytest.approx(again[-8], abs=0.03)
    assert spearman([1.0] * 20, rates[:20]) is None
    assert spearman([1.0, 2.0], [0.0, 1.0]) is None
    assert spearman(list(map(float, range(12))), list(map(float, range(12)))) == Estimate(1.0, 1.0, 1.0, 12)


def test_words_of_known_datasets_have_an_order_and_others_none(tmp_path: Path) -> None:
    assert [rank_of(label) for label in ("introductory", "competition", "EASY", "VERY_HARD", "7.5", "amc_aime")] == [
        0.0, 2.0, 0.0, 4.0, 7.5, None,
    ]  # fmt: skip
    path = write(tmp_path / "a.json", {"a": ("math", "rr"), "b": ("olympiads", "ww")}, "source")
    assert correlation(collected([path], "source", None)) == "no correlation: the labels have no order"
    with pytest.raises(UserError, match=r"Choose a column with --field: answer, problem, source"):
        main([str(path)])
    many = write(tmp_path / "b.json", {str(i): (str(i), "r") for i in range(61)})
    with pytest.raises(UserError, match="more than 60 values"):
        main([str(many), "--field", "level"])
