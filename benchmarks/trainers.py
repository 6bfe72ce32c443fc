"""Compare what is said to be trained with the labels of the trainers' real loaders, token by token.

    python -m benchmarks.trainers                                   # makes the environments in .cache/trainers (2 GB)
    python -m benchmarks.trainers --only trl verl --environment trl=PATH

For every form that convert_to_data.py writes, under templates in the styles of Qwen3, DeepSeek-R1, gpt-oss, Llama 3 and
SmolLM2 (benchmarks/chat_templates), and for every entry of util/training/trainers_table.py under the templates that TRL
ships, TRL 1.16 (SFTTrainer and DPOTrainer), LLaMA-Factory 0.9.5, axolotl 0.20 and verl 0.9.1 prepare the file on the CPU.
Exit status 1 if a trainer's labels are not those of util.training.prove, or an entry of the table is wrong.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.trainer_cases import TrainerCase, cases, write_files
from benchmarks.trainer_environments import PACKAGES, environment, given_python
from benchmarks.trainer_students import FAMILIES, student_folder
from util.system import cli
from util.system.errors import UserError
from util.training.prove_rows import training_rows
from util.training.rendering import load_student
from util.training.rendering_llamafactory import llamafactory_template
from util.training.trainers_rules import TRAINERS, Judged, Reader, judged
from util.training.trainers_table import READINGS

EQUAL, SAME_TEXT, DIFFERS, RAISES, BOTH = "equal", "same text", "DIFFERS", "RAISES", "both refuse"
LOADERS = Path(__file__).with_name("trainer_loaders.py")
CACHE = Path(__file__).resolve().parent.parent / ".cache" / "trainers"


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = cli.ScriptParser(__doc__)
    parser.add_argument("--only", nargs="+", choices=list(PACKAGES), default=list(PACKAGES), help="these trainers")
    parser.add_argument(
        "--environment", nargs="+", default=[], metavar="TRAINER=PATH", help="environments that are there already"
    )
    parser.add_argument("--folder", type=Path, default=CACHE, help="where environments are made")
    return parser.parse_args(arguments)


def ours(case: TrainerCase) -> list[Judged] | str:
    """The conversations of a file as util.training.prove reads them, or why it refuses them."""
    student = load_student(str(case.student), case.template)
    pieces = llamafactory_template(case.named) if case.trainer == "llamafactory" else None
    reader = Reader(TRAINERS[case.trainer], student, pieces)
    try:
        return [one for row in training_rows(case.file) for one in judged(reader, row)]
    except UserError as error:
        return str(error)


def compared(case: TrainerCase, mine: list[Judged] | str, result: dict[str, Any]) -> str:
    """How the trainer's labels relate to ours; an error of the trainer is only right where we refuse too."""
    if "error" in result:
        stops = isinstance(mine, str) or any(not one.rendering.is_whole for one in mine)
        return BOTH if stops else RAISES
    if isinstance(mine, str) or len(mine) != len(result["rows"]):
        return DIFFERS
    pairs = list(zip(mine, result["rows"], strict=True))
    if all(one.rendering.ids == row["ids"] and one.rendering.labels == row["labels"] for one, row in pairs):
        return EQUAL
    decode = load_student(str(case.student), case.template).tokenizer.decode

    def text(labels: list[int]) -> str:
        return str(decode([label for label in labels if label != -100])).strip()

    return SAME_TEXT if all(text(one.rendering.labels) == text(row["labels"]) for one, row in pairs) else DIFFERS


def single_faults(mine: list[Judged] | str) -> list[str]:
    """What is wrong with the conversation of one turn, the first of a file."""
    return ["the template refuses the conversation"] if isinstance(mine, str) else mine[0].faults


def run_loader(trainer: str, found: list[TrainerCase], python: Path, folder: Path) -> list[dict[str, Any]]:
    jobs, results = folder / f"{trainer}.jobs.json", folder / f"{trainer}.results.json"
    jobs.write_text(json.dumps([case.job for case in found]), encoding="utf-8")
    done = subprocess.run(
        [str(python), str(LOADERS), str(jobs), str(results)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UserError(f"The loader of {trainer} failed in {python}:\n{done.stderr[-2000:]}")
    loaded: list[dict[str, Any]] = json.loads(results.read_text(encoding="utf-8"))
    return loaded


def shipped_templates(pythons: dict[str, Path]) -> Path | None:
    """TRL's folder of chat templates, from an environment that has TRL 1.16."""
    if "trl" not in pythons:
        return None
    code = "import importlib.util, pathlib; print(pathlib.Path(importlib.util.find_spec('trl').origin).parent)"
    where = subprocess.run([str(pythons["trl"]), "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    return Path(where) / "chat_templates"


def tell(trainer: str, found: list[TrainerCase], results: list[dict[str, Any]]) -> int:
    """Print a line per case; return the number of those that contradict us."""
    counts: Counter[str] = Counter()
    wrong = 0
    for case, result in zip(found, results, strict=True):
        mine = ours(case)
        how, faults = compared(case, mine, result), single_faults(mine)
        says = "right" if not faults else "refused: " + ", ".join(faults)
        note = f" ({result['error'].splitlines()[0][:90]})" if how in (RAISES, BOTH) else ""
        if case.row is not None and bool(READINGS[case.row].wrong[case.column]) != bool(faults):
            how, note = DIFFERS, f" (the table says {READINGS[case.row].cells!r})"
        template = case.named or case.student.name + (" for training" if case.template else "")
        print(f"{trainer:<13}{template:<34}{case.form:<18}{case.column:<18}{how:<12}{says}{note}", flush=True)
        counts[f"{how}, {'right' if not faults else 'refused'}"] += 1
        wrong += how in (DIFFERS, RAISES)
    print(
        f"{trainer}: {len(found)} cases: "
        + "; ".join(f"{number} {name}" for name, number in sorted(counts.items()))
        + "\n"
    )
    return wrong


def main(arguments: Sequence[str]) -> int:
    args = parse(arguments)
    given = dict(text.partition("=")[::2] for text in args.environment)
    pythons = {
        name: given_python(name, Path(given[name])) if name in given else environment(name, args.folder)
        for name in args.only
    }
    wrong = 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        files = write_files(folder)
        for family in FAMILIES:
            student_folder(family, folder)
        shipped = shipped_templates(pythons)
        for trainer in args.only:
            found = list(cases(trainer, files, folder, shipped))
            wrong += tell(trainer, found, run_loader(trainer, found, pythons[trainer], folder))
    if wrong:
        raise UserError(f"{wrong} cases differ from what util.training.prove or the table says.")
    print("Every trainer trains what util.training.prove says.")
    return 0


if __name__ == "__main__":
    cli.run(main)
