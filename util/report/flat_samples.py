"""The flat file of samples: one row per response, which pandas, ``datasets`` and DuckDB read as a table."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

from util.metrics.thinking import has_thought, thinking_tokens
from util.records import Response, SampleId
from util.results.entries import Entry
from util.results.json_file import dumps, read_results
from util.results.manifest import generating_run, runs_of
from util.results.writing import check_writable, replaced_whole
from util.system.characters import utf8, whole
from util.system.errors import UserError
from util.text.thought import sections, split_at_think_tag

ENDS = (".jsonl", ".parquet")
_GROUP = 512
"""Rows per group of a Parquet file; these are in memory."""


@dataclass(frozen=True)
class FlatSample:
    """One row. Texts are null where they are not known; a failed request has an empty response and an ``error``.

    problem: key in the result file; the dataset's own id, if it has one, is ``row_id``. sample: number of the response at its
    temperature, from 0. converted: text in thought and solution sections. thought, solution: of the converted text, else of the
    response. answer, gold: as they were compared; null for code. correct: null without a verdict. judge_correct: the verdict of a judge model.
    tokens_estimated: true where the server did not count. level, subject, source: columns of the dataset, as texts. date: when
    the run that generated the response began.
    """

    file: str
    dataset: str | None
    split: str | None
    model: str | None
    date: str | None
    problem: str
    row_id: str | None
    source: str | None
    subject: str | None
    level: str | None
    prompt: str | None
    temperature: float
    sample: int
    seed: int | None
    response: str
    converted: str | None
    thought: str | None
    solution: str | None
    answer: str | None
    gold: str | None
    correct: bool | None
    reason: str | None
    evidence: str | None
    judge_correct: bool | None
    finish_reason: str
    truncated: bool
    error: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    thinking_tokens: int | None
    tokens_estimated: bool
    logprob: float | None
    reward: float | None


_ID_COLUMNS = ("unique_id", "id", "task_id", "question_id", "problem_id", "question_title", "url")
_COLUMNS = {"source": ("source", "platform"), "subject": ("subject", "subfield", "category", "type"), "level": ("level", "difficulty")}  # fmt: skip


def flat_samples(path: Path) -> Iterator[FlatSample]:
    """The rows of a result file, in its order.

    Raises:
        UserError: it is not a result file.
    """
    run = generating_run(list(runs_of(path)))
    settings = run.get("settings", {})
    facts: dict[str, Any] = {
        "file": path.name,
        "dataset": settings.get("dataset"),
        "split": run.get("selection", {}).get("split"),
        "model": settings.get("model"),
        "date": run.get("started"),
    }
    for entry in read_results(path):
        row = _of_row(entry)
        for sample, response in entry.samples():
            yield _flat(sample, response, {**facts, **row})


def _of_row(entry: Entry) -> dict[str, Any]:
    def first(names: Sequence[str]) -> str | None:
        return next((_text(entry.row[name]) for name in names if entry.row.get(name) not in (None, "")), None)

    columns = {name: first(places) for name, places in _COLUMNS.items()}
    evidence = (each.verdict.evidence for _, each in entry.samples() if each.verdict is not None)
    gold = next(
        (_text(each["gold"]) for each in evidence if each.get("gold") is not None), None
    )  # a truncated one has none
    return {"problem": entry.key, "row_id": first(_ID_COLUMNS), "prompt": entry.prompt, "gold": gold, **columns}


def _flat(sample: SampleId, response: Response, known: dict[str, Any]) -> FlatSample:
    evidence = response.verdict.evidence if response.verdict is not None else {}
    thought, solution = _parts(response)
    usage = response.usage
    return FlatSample(
        **known,
        temperature=float(sample.temperature),
        sample=sample.index,
        seed=response.seed,
        response=response.content,
        converted=response.rewritten,
        thought=thought,
        solution=solution,
        answer=_text(evidence.get("answer")),
        correct=response.correct,
        reason=response.reason or None,
        evidence=dumps(evidence) if evidence else None,
        judge_correct=response.judge.correct if response.judge is not None else None,
        finish_reason=response.finish_reason,
        truncated=response.truncated,
        error=response.error or None,
        prompt_tokens=usage.prompt_tokens if usage is not None else None,
        completion_tokens=usage.completion_tokens if usage is not None else None,
        thinking_tokens=round(thinking_tokens(response)) if has_thought(response) else None,
        tokens_estimated=usage is not None and usage.estimated,
        logprob=response.logprob,
        reward=response.reward,
    )


def _parts(response: Response) -> tuple[str | None, str | None]:
    """(thought, solution) of the sections, else around the closing think tag; (None, None) where neither is there."""
    found = sections(response.judged_text) or split_at_think_tag(response.content)
    return (found[0].strip(), found[1].strip()) if found is not None else (None, None)


def _plain(value: Any) -> Any:
    """The value as strict JSON and Parquet take it: no lone surrogates, no numbers that are not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return whole(value) if isinstance(value, str) else value


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def flat_file(path: Path, option: str = "--samples") -> None:
    """Check before anything is computed that ``path`` can become a file of samples.

    Raises:
        UserError: its end names no form, it cannot be written, or it holds something else.
    """
    if path.suffix not in ENDS:
        raise UserError(f"{option} {path} must end in .jsonl (JSON lines) or .parquet (Parquet).")
    check_writable(path, option)
    if path.exists() and path.stat().st_size and not _is_ours(path):
        raise UserError(
            f"{option} {path} exists and is not a file of samples, so it is not overwritten. Choose another file."
        )


def _is_ours(path: Path) -> bool:
    wanted = {"problem", "sample", "response", "correct"}
    try:
        if path.suffix == ".parquet":
            from pyarrow import parquet

            return wanted <= set(parquet.read_schema(path).names)
        with path.open("rb") as file:
            found = json.loads(file.readline(1 << 26))
    except (OSError, ValueError):  # ArrowInvalid is a ValueError
        return False
    return isinstance(found, dict) and wanted <= found.keys()


def write_samples(output: Path, paths: Iterable[Path]) -> int:
    """Write the samples of result files; return their number. Memory: one problem, for Parquet 512 rows.

    Raises:
        UserError: a file is not a result file, or ``output`` cannot be written.
    """
    count = 0
    with replaced_whole(output) as file, _writer(output, file) as write:
        for path in paths:
            for sample in flat_samples(path):
                write({name: _plain(value) for name, value in asdict(sample).items()})
                count += 1
    return count


@contextmanager
def _writer(output: Path, file: BinaryIO) -> Iterator[Callable[[dict[str, Any]], None]]:
    if output.suffix != ".parquet":
        yield lambda row: (file.write(utf8(dumps(row)) + b"\n"), None)[1]
        return
    import pyarrow
    from pyarrow import parquet

    schema, group = parquet_columns(), list[dict[str, Any]]()
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:

        def write(row: dict[str, Any]) -> None:
            group.append(row)
            if len(group) == _GROUP:
                flush()

        def flush() -> None:
            writer.write_batch(pyarrow.RecordBatch.from_pylist(group, schema=schema))
            group.clear()

        yield write
        flush()


def parquet_columns() -> Any:
    """The pyarrow schema of ``FlatSample``: the same for every file, so that files can be joined."""
    import pyarrow

    kinds = {"str": pyarrow.string(), "float": pyarrow.float64(), "int": pyarrow.int64(), "bool": pyarrow.bool_()}
    return pyarrow.schema([
        pyarrow.field(each.name, kinds[str(each.type).partition(" ")[0]], nullable="None" in str(each.type))
        for each in fields(FlatSample)
    ])  # fmt: skip
