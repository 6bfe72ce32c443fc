"""Options of decontamination."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from util.system.arguments import fraction
from util.system.errors import UserError
from util.system.options import option

METHODS = ("words", "meaning", "both")
DEFAULT_MODEL = "wordllama"
THRESHOLD = 0.62
"""Measured with ``DEFAULT_MODEL`` (docs/decontamination.md)."""

SameProblem = Callable[[Callable[[], Iterator[tuple[str, str]]]], Iterator[tuple[bool | None, str]]]
"""Judges pairs (training question, benchmark question), which it may read several times: yields for each, in order, whether
they are one problem, or None with the reason."""


@dataclass(frozen=True, kw_only=True)
class ContaminationOptions:
    """questions: returns the (benchmark, question) pairs to remove from the training data; of a choice also its options,
    as a third text. same_problem: the judge of --decontaminate-judge."""

    decontaminate_by: str = option(
        "how --decontaminate compares questions. words: 13 words in a row, or all words of a shorter question, whatever the "
        "layout. meaning: also finds rewritten questions and those with other names, by embeddings; problems that differ in "
        "their numbers, operators, units or in what is asked for are kept. both: words first, then meaning",
        default="words", choices=METHODS,
    )  # fmt: skip
    embedding_model: str = option(
        f"model of --decontaminate-by meaning: {DEFAULT_MODEL} (its package has the weights; needs no network), or a "
        "sentence-transformers or model2vec model, as a folder or a Hub id such as minishlab/potion-base-32M",
        default=DEFAULT_MODEL, metavar="ID",
    )  # fmt: skip
    meaning_threshold: float = option(
        f"score from which a pair without contradicting facts is one problem. The default was measured with {DEFAULT_MODEL}; "
        "other models need another one: see the scores in --decontaminate-pairs",
        default=THRESHOLD, type=fraction, metavar="SCORE",
    )  # fmt: skip
    decontaminate_pairs: Path | None = option(
        "write every pair that was similar enough to be decided on, one JSON object per line: row, benchmark, question, "
        "similarity, decision and why",
        type=Path,
        metavar="FILE",
    )
    decontaminate_judge: str | None = option(
        "let this model decide on similar pairs instead of the threshold: openai/NAME, of an API or of a vLLM server. Its "
        "cost is estimated first and limited by --max-cost; answers are kept in a journal, so that a rerun does not pay twice",
        metavar="openai/NAME",
    )
    questions: Callable[[], Iterable[tuple[str, ...]]] | None = None
    same_problem: SameProblem | None = None


def check_contamination(options: ContaminationOptions) -> None:
    """Raises: UserError: an option without the one that it belongs to."""
    defaults = ContaminationOptions()
    given = {
        name: getattr(options, name) != getattr(defaults, name)
        for name in (
            "decontaminate_by",
            "embedding_model",
            "meaning_threshold",
            "decontaminate_pairs",
            "decontaminate_judge",
        )
    }
    flags = [f"--{name.replace('_', '-')}" for name, changed in given.items() if changed]
    if flags and options.questions is None:
        raise UserError(
            f"{flags[0]}: no benchmark is named. Add --decontaminate, for example --decontaminate AIME,MATH500."
        )
    needing = [
        f"--{name.replace('_', '-')}"
        for name in ("embedding_model", "meaning_threshold", "decontaminate_judge")
        if given[name]
    ]
    if needing and options.decontaminate_by == "words":
        raise UserError(f"{needing[0]} has no effect on words. Add --decontaminate-by meaning, or both.")
