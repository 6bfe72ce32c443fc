"""Run the pipeline on the embedded model; ./quickstart.sh calls it after the installation.

Each stage runs one of the scripts and prints its command first.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from samples import model
from util.records import Response
from util.results.json_file import read_results
from util.system import cli
from util.system.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "quickstart_data"


def main(_: object) -> int:
    start = time.monotonic()
    folder = model.prepare()
    table = [("prepare the model", time.monotonic() - start, str(folder.relative_to(ROOT)))]
    common = ["--dataset", "NUMINA", "--model", str(folder), "--source", "all", "--n", "4", "--max-tokens", "256"]
    common += ["--dataset-path", "samples/numina.jsonl", "--result-dir", DATA.name]
    training = DATA / "train_data.json"
    stages = [
        ("generate", ["inference_and_check.py", *common, "--inference"], _responses),
        ("format", ["convert_format.py", "--input-dir", DATA.name, "--rewriter", "rules"], _converted),
        ("check", ["inference_and_check.py", *common, "--check"], _right),
        (
            "training data",
            ["convert_to_data.py", "--input-dir", DATA.name, "--output", f"{DATA.name}/{training.name}"],
            _written,
        ),
        ("evaluate", _evaluation(folder), lambda: (DATA / "eval" / "results.txt").read_text().replace("\n", "")),
        (
            "report",
            ["-m", "util.report", DATA.name, f"{DATA.name}/eval", "--output", f"{DATA.name}/report.html"],
            lambda: f"{(DATA / 'report.html').stat().st_size / 2**20:.1f} MiB",
        ),
    ]
    for number, (name, command, count) in enumerate(stages, 1):
        seconds = _run(f"{number}/{len(stages)} {name}", command)
        table.append((name, seconds, count()))
    if not json.loads(training.read_text(encoding="utf-8")):
        raise UserError("No response passed its check, so there is no training data. Rerun with another --seed.")
    _print(table)
    return 0


def _evaluation(folder: Path) -> list[str]:
    command = ["eval.py", "--model", str(folder), "--evals", "MATH500,MMLU,GPQADiamond", "--max-tokens", "256"]
    for name, file in (("MATH500", "math500"), ("MMLU", "mmlu"), ("GPQADiamond", "gpqa")):
        command += ["--dataset-path", f"{name}=samples/{file}.jsonl"]
    return [*command, "--result-dir", f"{DATA.name}/eval", "--output-file", f"{DATA.name}/eval/results.txt"]


def _run(title: str, command: list[str]) -> float:
    print(f"\n== {title}\n$ python {shlex.join(command)}", flush=True)
    start = time.monotonic()
    status = subprocess.run([sys.executable, *command], cwd=ROOT, check=False).returncode
    if status != 0:
        raise UserError(f"Stage '{title}' failed (status {status}, message above). Rerun to resume at this stage.")
    return time.monotonic() - start


def _count(pattern: str, wanted: Callable[[Response], bool]) -> tuple[int, int]:
    """(responses that match ``wanted``, all responses) in the files of the quickstart folder."""
    responses = [
        response for path in DATA.glob(pattern) for entry in read_results(path) for _, response in entry.samples()
    ]
    return sum(map(wanted, responses)), len(responses)


def _responses() -> str:
    return "{} responses".format(_count("SmolLM2*.json", lambda response: True)[1])


def _converted() -> str:
    return "{} of {} converted".format(*_count("converted_*.json", lambda response: bool(response.rewritten)))


def _right() -> str:
    return "{} of {} right".format(*_count("converted_*.json", lambda response: response.correct is True))


def _written() -> str:
    return f"{len(json.loads((DATA / 'train_data.json').read_text(encoding='utf-8')))} conversations"


def _print(table: list[tuple[str, float, str]]) -> None:
    print(f"\n{'stage':<20}{'seconds':>8}  result")
    for name, seconds, result in table:
        print(f"{name:<20}{seconds:>8.1f}  {result}")
    print(f"\ntraining data: {DATA / 'train_data.json'}\nall files:     {DATA}")
    print(f"report:        {DATA / 'report.html'} (open it in a browser)")
    print("next:          python inference_and_check.py --help")


if __name__ == "__main__":
    cli.run(main)
