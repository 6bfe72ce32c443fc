"""Do verl's own rewards accept right responses to our RL rows, and reject wrong ones?

    pip download --no-deps verl==0.9.1 && unzip -q verl-*.whl -d verl && pip install --no-deps --target verl pylatexenc
    python -m benchmarks.rl_rewards --verl verl

Makes rows of ``--format verl`` from the embedded samples, answers each with its gold answer in a box or its reference program,
and once wrongly, and asks ``default_compute_score`` with the row's data_source. Reference programs run without a sandbox.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import types
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tasks import TASK_HANDLERS
from tasks.ground_truth import ground_truth
from util.records import GroundTruth, Message, Row
from util.task import Selection
from util.training.rl_rows import PromptRecord, rl_row

SAMPLES = {"NUMINA": "numina", "MATH500": "math500", "MMLU": "mmlu", "GPQADiamond": "gpqa", "APPS": "apps"}
Score = Callable[[str, str, str], float]


def rewards_of(folder: Path) -> Score:
    """verl's default_compute_score, without the rest of verl, whose imports need a GPU environment."""
    for name in ("verl", "verl.utils"):
        module = types.ModuleType(name)
        module.__path__ = [str(folder.joinpath(*name.split(".")))]
        sys.modules[name] = module
    imports = types.ModuleType("verl.utils.import_utils")
    imports.__dict__["deprecated"] = lambda *_: lambda function: function
    sys.modules["verl.utils.import_utils"] = imports
    sys.path.append(str(folder))
    score: Score = importlib.import_module("verl.utils.reward_score").default_compute_score
    return score


def rows_of(dataset: str) -> Iterator[tuple[Row, GroundTruth, dict[str, Any]]]:
    """(row of the dataset, what is right, row for verl) of the samples."""
    task = TASK_HANDLERS[dataset]()
    path = Path("samples") / f"{SAMPLES[dataset]}.jsonl"
    for index, (key, row) in enumerate(task.select(Selection(task.default_split, "all", dataset_path=path))):
        truth = ground_truth(dataset, row)
        if isinstance(truth, str):
            print(f"{dataset}: {truth}: {key[:60]!r}")
            continue
        source = f"{dataset}/{row['source']}" if isinstance(row.get("source"), str) else dataset
        record = PromptRecord(dataset, source, key, 0, 0, truth)
        yield row, truth, rl_row("verl", record, [Message("user", task.prompt(row))], index, None)


def responses(row: Row, truth: GroundTruth) -> tuple[str, str] | None:
    """A right and a wrong response; None where the row has no reference program."""
    if truth.kind == "code":
        programs = row.get("solutions") or "[]"
        known = json.loads(programs) if isinstance(programs, str) else programs
        return (f"```python\n{known[0]}\n```", "```python\nprint('no idea')\n```") if known else None
    wrong = next(letter for letter in "AB" if letter != truth.answer) if truth.kind == "choice" else "987654321"
    return f"So it is \\boxed{{{truth.answer}}}.", f"So it is \\boxed{{{wrong}}}."


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--verl", type=Path, required=True, help="folder that holds the package verl")
    score = rewards_of(parser.parse_args().verl)
    counts: dict[tuple[str, str], Counter[str]] = {}
    for dataset in SAMPLES:
        for row, truth, made in rows_of(dataset):
            count = counts.setdefault((dataset, made["data_source"]), Counter())
            both = responses(row, truth)
            if both is None:
                count["without a reference"] += 1
                continue
            right, wrong = (score(made["data_source"], text, made["reward_model"]["ground_truth"]) for text in both)
            count.update({"rows": 1, "right is 1": int(right == 1), "wrong is 0": int(wrong == 0)})
            if right != 1 or wrong != 0:
                print(f"{dataset}: {truth.answer[:60]!r}: right {right}, wrong {wrong}")
    columns = ("rows", "right is 1", "wrong is 0", "without a reference")
    print(f"{'dataset':<14}{'data_source':<26}" + "".join(f"{name:>22}" for name in columns))
    for (dataset, source), count in counts.items():
        print(f"{dataset:<14}{source:<26}" + "".join(f"{count[name]:>22}" for name in columns))
    return int(
        any(count["rows"] != count["right is 1"] or count["rows"] != count["wrong is 0"] for count in counts.values())
    )


if __name__ == "__main__":
    raise SystemExit(main())
