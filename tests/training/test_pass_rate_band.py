"""``--pass-rate``: which problems are used for training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from support.scripts import script

from util.results.json_file import dumps
from util.text.thought import assemble

VERDICTS = {"r": True, "w": False, "n": None}


def problem(question: str, *by_temperature: str, gold: str = "1") -> dict[str, Any]:
    """A problem whose responses have these verdicts: right, wrong, not judged."""
    responses = {
        str(temperature): [
            {
                "content": f"{question} {temperature} {i}", "correctness": VERDICTS[letter], "reason": "r",
                "processed_content": assemble(f"{question} {temperature} {i} think", "so \\boxed{1}"),
                "finish_reason": "stop",
            }
            for i, letter in enumerate(letters)
        ]
        for temperature, letters in enumerate(by_temperature)
    }  # fmt: skip
    return {
        "problem": question,
        "answer": gold,
        "prompt": f"Solve: {question}",
        "responses": responses,
        "token_usages": {},
    }


def write(folder: Path, name: str, problems: list[dict[str, Any]]) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / f"converted_{name}_NUMINA_train_all_0_-1.json"
    path.write_text("{\n" + ",\n".join(f"{dumps(p['problem'])}: {dumps(p)}" for p in problems) + "\n}\n")


def convert(folder: Path, *options: object) -> Any:
    out = folder / "train.json"
    return script("convert_to_data.py", "--input-dir", folder, "--output", out, "--keep-near-duplicates", *options), out


def questions(out: Path) -> set[str]:
    return {row["conversations"][0]["value"].removeprefix("Solve: ") for row in json.loads(out.read_text())}


def test_rates_count_all_files_and_temperatures_with_bounds_included(tmp_path: Path) -> None:
    write(tmp_path, "a", [
        problem("always", "rrrr"), problem("low bound", "r", "wwww"), problem("high bound", "rrrrw"),
        problem("never", "wwww"), problem("both files", "rrrr"), problem("no verdict counts", "rnnnn"),
        problem("unjudged", "nn"), problem("below", "rwwwww"),
    ])  # fmt: skip
    write(tmp_path, "b", [problem("both files", "wwww"), problem("always", "r", gold="2")])
    done, out = convert(tmp_path, "--pass-rate", "0.2:0.8", "--rejected", tmp_path / "rejected.jsonl")
    assert done.returncode == 0, done.stderr
    assert questions(out) == {"low bound", "high bound", "both files"}
    assert (
        "pass rates: 3 problems above 0.2:0.8, 2 problems below 0.2:0.8, 3 problems in 0.2:0.8, 1 problems not judged"
        in done.stdout
    )
    rejected = [json.loads(line) for line in (tmp_path / "rejected.jsonl").read_text().splitlines()]
    assert {(r["stage"], r["key"], r["reason"], r["detail"]) for r in rejected} == {
        ("pass-rate", "always", "the pass rate of its problem is above 0.2:0.8", "4 of 4 right"),
        ("pass-rate", "always", "the pass rate of its problem is above 0.2:0.8", "1 of 1 right"),
        ("pass-rate", "no verdict counts", "the pass rate of its problem is above 0.2:0.8", "1 of 1 right"),
        ("pass-rate", "below", "the pass rate of its problem is below 0.2:0.8", "1 of 6 right"),
    }
    assert "6 dropped by pass-rate: the pass rate of its problem is above 0.2:0.8" in done.stdout


def test_rows_of_extra_files_have_no_rate_and_are_dropped_with_a_reason(tmp_path: Path) -> None:
    write(tmp_path, "a", [problem("half", "rw")])
    extra = tmp_path / "extra.jsonl"
    extra.write_text(
        dumps({"conversations": [{"from": "user", "value": "x?"}, {"from": "assistant", "value": "y"}]}) + "\n"
    )
    done, out = convert(tmp_path, "--pass-rate", "0.1:0.8", "--extra", extra)
    assert done.returncode == 0, done.stderr
    assert questions(out) == {"half"}
    assert "1 dropped by pass-rate: its problem is not judged" in done.stdout


def test_a_band_without_problems_writes_nothing_and_says_where_they_are(tmp_path: Path) -> None:
    write(tmp_path, "a", [problem("always", "rr")])
    done, out = convert(tmp_path, "--pass-rate", "0.1:0.8")
    assert done.returncode == 1
    assert "1 above 0.1:0.8" in done.stderr
    assert not out.exists()
    done, _ = convert(tmp_path, "--pass-rate", "0.8:0.1")
    assert done.returncode == 2
    assert "must be LOW:HIGH" in done.stderr
