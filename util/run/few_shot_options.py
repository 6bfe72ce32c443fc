"""Options of worked examples before each question."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from util.system.arguments import non_negative_int
from util.system.errors import UserError
from util.system.options import option


@dataclass(frozen=True)
class FewShotOptions:
    """How many examples, and from where."""

    num_fewshot: int = option(
        "show K solved problems before each question, as turns of the conversation: the first ones of the benchmark's own "
        "train or dev split (of the same subject for MMLU), never one of the rows asked",
        default=0, type=non_negative_int, metavar="K",
    )  # fmt: skip
    fewshot_file: Path | None = option(
        "take the examples of --num-fewshot from this file or folder of rows, in the form of --dataset-path",
        type=Path, metavar="FILE",
    )  # fmt: skip

    def check(self) -> None:
        """Check that the options are complete.

        Raises:
            UserError: a file is given, and no number.
        """
        if self.fewshot_file is not None and not self.num_fewshot:
            raise UserError(f"--fewshot-file {self.fewshot_file} needs --num-fewshot K: how many of its rows to show.")
