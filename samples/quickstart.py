"""The main job on the embedded model: what ./quickstart.sh runs after setting up.

Each stage is the script that a user would call, with its command printed first.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from pathlib import Path

from samples import model as embedded
from util.results.json_file import read_results
from util.results.samples import samples
from util.system import cli
from util.system.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "quickstart_data"


def main(_: object) -> int:
    start = time.monotonic()
    model = embedded.prepare()
    table = [("prepare the model", time.monotonic() - start, str(model.relative_to(ROOT)))]
    common = ["--dataset", "NUMINA", "--model", str(model), "--source", "all", "--n", "4", "--max-tokens", "256"]
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
        ("evaluate", _evaluation(model), lambda: (DATA / "eval" / "results.txt").read_text().replace("\n", "")),
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


def _evaluation(model: Path) -> list[str]:
    command = ["eval.py", "--model", str(model), "--evals", "MATH500,MMLU,GPQADiamond", "--max-tokens", "256"]
    for name, file in (("MATH500", "math500"), ("MMLU", "mmlu"), ("GPQADiamond", "gpqa")):
        command += ["--dataset-path", f"{name}=samples/{file}.jsonl"]
    return [*command, "--result-dir", f"{DATA.name}/eval", "--output-file", f"{DATA.name}/eval/results.txt"]


def _run(title: str, command: list[str]) -> float:
    print(f"\n== {title}\n$ python {shlex.join(command)}", flush=True)
    start = time.monotonic()
    status = subprocess.run([sys.executable, *command], cwd=ROOT, check=False).returncode
    if status != 0:
        raise UserError(f"Stage '{title}' failed (status {status}, message above). Rerun to continue from there.")
    return time.monotonic() - start


def _count(pattern: str, wanted: str) -> tuple[int, int]:
    total = found = 0
    for path in DATA.glob(pattern):
        for key, entry in read_results(path):
            for _, response, _ in samples(key, entry):
                total += 1
                found += bool(response.get(wanted)) and response.get(wanted) is not None
    return found, total


def _responses() -> str:
    return "{} responses".format(_count("SmolLM2*.json", "content")[1])


def _converted() -> str:
    return "{} of {} converted".format(*_count("converted_*.json", "processed_content"))


def _right() -> str:
    return "{} of {} right".format(*_count("converted_*.json", "correctness"))


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
