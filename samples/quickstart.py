"""Run the whole pipeline on the embedded model and problems: generate, format, check, training data, benchmarks, report.

    ./quickstart.sh             64 problems, 4 responses each: under 3 minutes on 2 cores, after the set-up
    ./quickstart.sh --small     fewer and shorter responses: about a minute

Each stage runs one of the scripts, and prints its command first. Rerun it to go on after an interruption.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from util.system import cli
from util.system.errors import UserError

if TYPE_CHECKING:
    from util.records import Response

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Size:
    """folder: below the checkout. end: first problem that is left out, -1 for none. limit: problems of each benchmark."""

    folder: str
    end: int
    n: int
    max_tokens: int
    limit: int | None


FULL = Size("quickstart_data", -1, 4, 256, None)
SMALL = Size("quickstart_small", 24, 4, 128, 8)


@dataclass(frozen=True)
class Stage:
    """count: what the stage made, in words."""

    name: str
    command: list[str]
    count: Callable[[], str]


def main(arguments: Sequence[str]) -> int:
    parser = cli.ScriptParser(__doc__)
    parser.add_argument("--small", action="store_true", help="a run of about a minute, in quickstart_small")
    size = SMALL if parser.parse_args(arguments).small else FULL
    from samples import model

    start = time.monotonic()
    folder = model.prepare()
    data, table = ROOT / size.folder, [("prepare the model", time.monotonic() - start, str(folder.relative_to(ROOT)))]
    stages = _stages(size, folder.relative_to(ROOT), data)
    for number, stage in enumerate(stages, 1):
        table.append((stage.name, _run(f"{number}/{len(stages)} {stage.name}", stage.command), stage.count()))
    if not json.loads((data / "train_data.json").read_text(encoding="utf-8")):
        raise UserError("No response passed its check, so there is no training data. Rerun with another --seed.")
    _print(table, data)
    return 0


def _stages(size: Size, model: Path, data: Path) -> list[Stage]:
    common = [
        "--dataset",
        "NUMINA",
        "--model",
        str(model),
        "--source",
        "all",
        "--n",
        str(size.n),
        "--end",
        str(size.end),
    ]
    common += [
        "--max-tokens",
        str(size.max_tokens),
        "--dataset-path",
        "samples/numina.jsonl",
        "--result-dir",
        data.name,
    ]
    training = ["convert_to_data.py", "--input-dir", data.name, "--output", f"{data.name}/train_data.json"]
    report = ["-m", "util.report", data.name, f"{data.name}/eval", "--output", f"{data.name}/report.html"]

    def counted(pattern: str, wanted: Callable[[Response], bool], words: str) -> Callable[[], str]:
        return lambda: words.format(*_count(data, pattern, wanted))

    return [
        Stage(
            "generate",
            ["inference_and_check.py", *common, "--inference"],
            counted("SmolLM2*.json", bool, "{1} responses"),
        ),
        Stage(
            "format",
            ["convert_format.py", "--input-dir", data.name, "--rewriter", "rules"],
            counted("converted_*.json", lambda response: bool(response.rewritten), "{0} of {1} converted"),
        ),
        Stage(
            "check",
            ["inference_and_check.py", *common, "--check"],
            counted("converted_*.json", lambda response: response.correct is True, "{0} of {1} right"),
        ),
        Stage("training data", training, lambda: _conversations(data)),
        Stage("evaluate", _evaluation(size, model, data.name), lambda: _scores(data)),
        Stage("report", report, lambda: f"{(data / 'report.html').stat().st_size / 2**20:.1f} MiB"),
    ]


def _evaluation(size: Size, model: Path, data: str) -> list[str]:
    command = [
        "eval.py",
        "--model",
        str(model),
        "--evals",
        "MATH500,MMLU,GPQADiamond",
        "--max-tokens",
        str(size.max_tokens),
    ]
    for name, file in (("MATH500", "math500"), ("MMLU", "mmlu"), ("GPQADiamond", "gpqa")):
        command += ["--dataset-path", f"{name}=samples/{file}.jsonl"]
    command += ["--limit", str(size.limit)] if size.limit else []
    return [*command, "--result-dir", f"{data}/eval", "--output-file", f"{data}/eval/results.txt"]


def _run(title: str, command: list[str]) -> float:
    print(f"\n== {title}\n$ python {shlex.join(command)}", flush=True)
    start = time.monotonic()
    status = subprocess.run([sys.executable, *command], cwd=ROOT, check=False).returncode
    if status != 0:
        raise UserError(f"Stage '{title}' failed (status {status}, message above). Rerun to resume at this stage.")
    return time.monotonic() - start


def _count(data: Path, pattern: str, wanted: Callable[[Response], bool]) -> tuple[int, int]:
    """(responses that match ``wanted``, all responses) in the files of the quickstart folder."""
    from util.results.json_file import read_results

    responses = [
        response for path in data.glob(pattern) for entry in read_results(path) for _, response in entry.samples()
    ]
    return sum(map(wanted, responses)), len(responses)


def _conversations(data: Path) -> str:
    return f"{len(json.loads((data / 'train_data.json').read_text(encoding='utf-8')))} conversations"


def _scores(data: Path) -> str:
    scores = json.loads((data / "eval" / "results.txt").read_text(encoding="utf-8"))
    return ", ".join(f"{name} {'no score' if score is None else f'{score:.1%}'}" for name, score in scores.items())


def _print(table: list[tuple[str, float, str]], data: Path) -> None:
    print(f"\n{'stage':<20}{'seconds':>8}  result")
    for name, seconds, result in table:
        print(f"{name:<20}{seconds:>8.1f}  {result}")
    print(f"{'total':<20}{sum(seconds for _, seconds, _ in table):>8.1f}")
    print(f"\ntraining data: {data / 'train_data.json'}")
    print(
        f"report:        {(data / 'report.html').as_uri()}\n               open it in a browser: every problem, response and verdict"
    )
    print("next:          your own model, API or dataset: README.md; python inference_and_check.py --help")


if __name__ == "__main__":
    cli.run(main)
