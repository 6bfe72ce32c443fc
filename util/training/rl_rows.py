"""Rows for reinforcement learning: a prompt and what its responses are checked against, without a response.

The shapes are those of verl 0.9 (``RLHFDataset``, ``default_compute_score``) and of open-instruct's RLVR data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from util.records import GroundTruth, Message
from util.records import Row as DatasetRow
from util.results.entries import Entry
from util.results.json_file import dumps
from util.training.formats import Row

TruthOf = Callable[[str, DatasetRow], GroundTruth | str]
"""Dataset and row -> what responses are checked against, or why there is nothing."""

_BOXED = "lighteval/MATH"
_NUMINA = ("aops_forum", "synthetic_math", "amc_aime", "synthetic_amc", "cn_k12", "olympiads")
_DATA_SOURCES = {"APPS": "apps", "TACO": "taco", "MATH500": "HuggingFaceH4/MATH-500"}
_PROGRAMS = "codecontests"
"""Names by which verl's default_compute_score chooses a reward. Datasets that it does not know, and those whose reward there
does not read a box (openai/gsm8k), get the name of a reward that compares boxed answers or runs programs."""


@dataclass(frozen=True)
class PromptRecord:
    """A problem as the pool keeps it. source: as in the funnel. right, judged: of its responses in the file."""

    dataset: str
    source: str
    question: str
    right: int
    judged: int
    truth: GroundTruth


def prompt_record(dataset: str, source: str, question: str, entry: Entry, truth_of: TruthOf) -> PromptRecord | str:
    """The record of a problem; a text says why it has none: it has no gold answer, or none that could be read."""
    truth = truth_of(dataset, entry.row)
    if isinstance(truth, str):
        return truth
    unjudgeable = next((response.reason for _, response in entry.samples() if response.unjudgeable), None)
    if unjudgeable is not None:
        return unjudgeable
    verdicts = [response.correct for _, response in entry.samples() if response.correct is not None]
    return PromptRecord(dataset, source, question, sum(verdicts), len(verdicts), truth)


def rl_row(form: str, record: PromptRecord, messages: list[Message], index: int, data_source: str | None) -> Row:
    """The row of a problem. index: its number in the file, from 0. data_source: verl's, instead of the known ones."""
    prompt = [{"role": turn.role, "content": turn.content} for turn in messages]
    if form == "rlvr":
        return {"messages": prompt, "ground_truth": _rlvr_truth(record.truth), "dataset": _rlvr_verifier(record.truth)}
    truth = record.truth
    return {
        "data_source": data_source or data_source_of(record),
        "prompt": prompt,
        "ability": "code" if truth.kind == "code" else "math" if truth.kind == "math" else "choice",
        "reward_model": {"style": "rule", "ground_truth": _verl_tests(truth) if truth.kind == "code" else truth.answer},
        "extra_info": {
            "split": "train",
            "index": index,
            "source": record.source,
            "question": record.question,
            "right": record.right,
            "judged": record.judged,
        },
    }


def data_source_of(record: PromptRecord) -> str:
    """The name by which verl chooses a reward that suits the problem.

    >>> data_source_of(PromptRecord("NUMINA", "NUMINA/olympiads", "q", 0, 0, GroundTruth("math", "1")))
    'numina_olympiads'
    """
    subset = record.source.removeprefix(f"{record.dataset}/")
    if record.dataset == "NUMINA" and subset in _NUMINA:
        return f"numina_{subset}"
    return _DATA_SOURCES.get(record.dataset, _PROGRAMS if record.truth.kind == "code" else _BOXED)


def _verl_tests(truth: GroundTruth) -> str:
    """Tests as verl's prime_code reads them: for calls, an argument per line and the result, each as JSON. A result is put
    into a list, since prime_code takes the first element of a list for right too."""
    if truth.function is None:
        return dumps({"inputs": truth.inputs, "outputs": truth.outputs})
    inputs = ["\n".join(map(dumps, arguments)) for arguments in truth.inputs]
    return dumps(
        {"inputs": inputs, "outputs": [dumps([output]) for output in truth.outputs], "fn_name": truth.function}
    )


def _rlvr_verifier(truth: GroundTruth) -> str:
    """The verifier of open-instruct. Its "gsm8k" takes the last number of a response; "math" reads the box."""
    return "math" if truth.kind != "code" else "code_stdio" if truth.function is None else "code"


def _rlvr_truth(truth: GroundTruth) -> str:
    if truth.kind != "code":
        return truth.answer
    if truth.function is None:
        return dumps(
            [{"input": given, "output": wanted} for given, wanted in zip(truth.inputs, truth.outputs, strict=True)]
        )
    call = f"Solution().{truth.function}" if truth.in_class else truth.function
    return dumps([_assertion(call, *test) for test in zip(truth.inputs, truth.outputs, strict=True)])


def _assertion(call: str, arguments: list[Any], result: Any) -> str:
    return f"assert {call}({', '.join(map(repr, arguments))}) == {result!r}"
