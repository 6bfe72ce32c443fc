"""The files of eval.py's scores: one record per model, benchmark and settings, whatever runs wrote them.

With one model, ``results.txt`` is ``{benchmark: accuracy}`` and its details are ``{benchmark: record}``. With several
models, or several settings of one benchmark, both are ``{model: {benchmark: ...}}``, where a model's name is followed
by the settings that tell its records of one benchmark apart: ``M (n=8)``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from util.results.json_file import write_json
from util.results.writing import read_json_object
from util.system.errors import UserError

Record = dict[str, Any]
"""A benchmark's result. benchmark, model, score (None without one), date and settings are read here; a record of an
older version may lack all but the benchmark."""

_UNKNOWN = "unknown model"


def details_path(output: Path) -> Path:
    """Where the details of ``--output-file`` are."""
    return output.with_name(f"{output.stem}_details.json")


def read_records(output: Path) -> list[Record]:
    """The records behind ``--output-file``, in the order of the file; [] if there is none.

    Raises:
        UserError: the file or its details hold something else; they are not changed.
    """
    scores = dict(_flat(read_json_object(output, "--output-file"), output, (int, float, type(None))))
    details = details_path(output)
    found = []
    for place, record in _flat(read_json_object(details, "--output-file"), details, (dict,)):
        model, benchmark = place
        known = _named(model, benchmark)
        old = {"score": scores[place]} if "score" not in record and place in scores else {}
        found.append(known | old | record)
        scores.pop(place, None)
    bare = [_named(*place) | {"score": score} for place, score in scores.items()]
    return bare + found


def _flat(document: Mapping[str, Any], path: Path, leaf: tuple[type, ...]) -> Iterator[tuple[tuple[str, str], Any]]:
    """((group, benchmark), value) of either form; the group is "" in the simple one."""
    for name, value in document.items():
        if _is_leaf(value, leaf):
            yield ("", name), value
        elif isinstance(value, dict) and value and all(_is_leaf(each, leaf) for each in value.values()):
            yield from (((name, benchmark), each) for benchmark, each in value.items())
        else:
            raise UserError(
                f"--output-file {path} exists and holds no scores of eval.py (an object of benchmark to number, or of "
                "model to such an object). Choose another file."
            )


def _named(model: str, benchmark: str) -> Record:
    return {"benchmark": benchmark} | ({"model": model} if model else {})


def _is_leaf(value: Any, leaf: tuple[type, ...]) -> bool:
    """A record is told from a group of records by its values: a group has nothing but objects with facts of a result."""
    if leaf != (dict,):
        return type(value) in leaf
    return isinstance(value, dict) and not (value and all(map(_is_record, value.values())))


def _is_record(value: Any) -> bool:
    return isinstance(value, dict) and bool({"benchmark", "total", "problems"} & value.keys())


def same_result(one: Record, other: Record) -> bool:
    """Whether two records are of one benchmark, model and settings; what a record does not tell is taken as equal.

    The number of responses is no setting where both are what a target of precision took in one result file.
    """
    if one.get("benchmark") != other.get("benchmark"):
        return False
    if one.get("model") and other.get("model") and one["model"] != other["model"]:
        return False
    mine, others = one.get("settings") or {}, other.get("settings") or {}
    targets = all(each.get("target_halfwidth") for each in (one, other)) and one.get("result_file") == other.get(
        "result_file"
    )
    names = (mine.keys() & others.keys()) - ({"n"} if targets else set())
    return all(mine[name] == others[name] for name in names)


def joined(earlier: Iterable[Record], new: Iterable[Record]) -> list[Record]:
    """All records; a new one takes the place of earlier ones of the same benchmark, model and settings."""
    new = list(new)
    return [each for each in earlier if not any(same_result(each, other) for other in new)] + new


def write_records(output: Path, records: list[Record]) -> None:
    """Write the scores and, beside them, the details.

    Raises:
        UserError: a file cannot be written.
    """
    places = [*zip(groups(records), records, strict=True)]
    write_json(output, _nested((group, record["benchmark"], record.get("score")) for group, record in places))
    told = [(group, record) for group, record in places if record.keys() - {"benchmark", "model", "score"}]
    write_json(details_path(output), _nested((group, record["benchmark"], record) for group, record in told))


def _nested(places: Iterable[tuple[str, str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for group, benchmark, value in places:
        (found.setdefault(group, {}) if group else found)[benchmark] = value
    return found


def groups(records: list[Record]) -> list[str]:
    """The group of each record: "" if all are of one model and no benchmark occurs twice."""
    models = {record["model"] for record in records if record.get("model")}
    names = [record["benchmark"] for record in records]
    if len(models) <= 1 and len(set(names)) == len(names):
        return ["" for _ in records]
    alone = next(iter(models)) if len(models) == 1 else _UNKNOWN  # a record without a model, beside those of one
    found: list[str] = []
    for record in records:
        model = record.get("model") or alone
        like = [
            other for other in records
            if other["benchmark"] == record["benchmark"] and (other.get("model") or alone) == model
        ]  # fmt: skip
        label = model if len(like) == 1 else f"{model} ({_difference(record, like)})"
        taken = {
            group for group, other in zip(found, records, strict=False) if other["benchmark"] == record["benchmark"]
        }
        while label in taken:
            label = f"{label}, {record.get('date', 'again')}"
        found.append(label)
    return found


def _difference(record: Record, others: list[Record]) -> str:
    """The settings in which the records differ, as this one has them."""
    settings = [each.get("settings") or {} for each in others]
    names = list(dict.fromkeys(name for each in settings for name in each))
    mine = record.get("settings") or {}
    told = [
        name for name in names if len({_text(each[name]) for each in settings if name in each}) > 1 and name in mine
    ]
    return ", ".join(f"{name}={_text(mine[name])}" for name in told) or "settings unknown"


def _text(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "+".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
