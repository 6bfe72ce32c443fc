"""Rows in the shape that each tool writes, for one problem of mathematics and what a model said of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Sample = tuple[str, str, str, float]
"""question, response, gold, score"""


def jsonl(path: Path, rows: list[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def lm_eval(folder: Path, samples: list[Sample]) -> Path:
    rows = [
        {
            "doc_id": number, "doc": {"q": question}, "target": gold,
            "arguments": {"gen_args_0": {"arg_0": [json.dumps([{"role": "user", "content": question}])], "arg_1": {}}},
            "resps": [[response]], "filtered_resps": [response], "filter": "none", "metrics": ["exact_match"],
            "doc_hash": "x", "exact_match": score,
        }
        for number, (question, response, gold, score) in enumerate(samples)
    ]  # fmt: skip
    return jsonl(folder / "org__model" / "samples_mine_2026-11-26T20-04-45.895347.jsonl", rows)


def lighteval(folder: Path, samples: list[Sample]) -> Path:
    rows = [
        {
            "doc": {
                "query": question, "choices": [gold], "gold_index": [0], "id": str(number), "task_name": "mine|0",
                "specific": {"extracted_predictions": ["7"]},
            },
            "metric": {"extractive_match": score, "tokens": 12.0},
            "model_response": {"text": [response], "reasonings": [None], "input": question},
        }
        for number, (question, response, gold, score) in enumerate(samples)
    ]  # fmt: skip
    return parquet(
        folder / "org" / "model" / "2026-11-26T20-04-45.895347" / "details_mine|0_2026-11-26T20-04-45.parquet", rows
    )


def evalscope(folder: Path, samples: list[Sample]) -> Path:
    reviews = [
        {
            "index": number, "target": [gold],
            "messages": [{"role": "user", "content": question}, {"role": "assistant", "content": response}],
            "sample_score": {
                "score": {
                    "value": {"other": 0.5, "acc": score}, "main_score_name": "acc", "extracted_prediction": "7",
                    "prediction": response,
                },
                "sample_id": number, "group_id": number,
            },
        }
        for number, (question, response, gold, score) in enumerate(samples)
    ]  # fmt: skip
    predictions = [
        {
            "index": number, "messages": [{"role": "user", "content": question}],
            "model_output": {"model": "m", "choices": [{"message": {"content": response}, "stop_reason": "stop"}]},
        }
        for number, (question, response, _, _) in reversed(list(enumerate(samples)))
    ]  # fmt: skip
    jsonl(folder / "predictions" / "m" / "mine_default.jsonl", predictions)
    return jsonl(folder / "reviews" / "m" / "mine_default.jsonl", reviews)


def qwen_math(folder: Path, samples: list[Sample]) -> Path:
    rows = [
        {
            "idx": number, "question": question, "gt_cot": "", "gt": gold, "level": 5,
            "code": [response], "pred": ["7"], "report": [None], "score": [bool(score)],
        }
        for number, (question, response, gold, score) in enumerate(samples)
    ]  # fmt: skip
    return jsonl(folder / "model" / "math500" / "test_cot_-1_seed0_t0.0_s0_e-1.jsonl", rows)


def nemo_skills(folder: Path, samples: list[Sample]) -> Path:
    rows = [
        {
            "id": number, "problem": question, "expected_answer": gold, "generation": response,
            "predicted_answer": "7", "symbolic_correct": bool(score), "num_generated_tokens": 9,
        }
        for number, (question, response, gold, score) in enumerate(samples)
    ]  # fmt: skip
    return jsonl(folder / "mine" / "output-rs0.jsonl", rows)


def inspect_json(folder: Path, samples: list[Sample]) -> Path:
    log = {
        "version": 2, "status": "success", "eval": {"task": "mine", "model": "openai/m"}, "plan": {},
        "samples": [
            {
                "id": f"p{number}", "epoch": 1, "input": question, "target": gold,
                "messages": [{"role": "user", "content": question}],
                "output": {"choices": [{"message": {"role": "assistant", "content": response}, "stop_reason": "stop"}]},
                "scores": {"match": {"value": "C" if score else "I", "answer": "7"}},
            }
            for number, (question, response, gold, score) in enumerate(samples)
        ],
    }  # fmt: skip
    path = folder / "2026-11-26T20-02-33_mine.json"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(log))
    return path


def inspect_eval(folder: Path, samples: list[Sample]) -> Path:
    import zipfile

    log = json.loads(inspect_json(folder / "json", samples).read_text())
    path = folder / "2026-11-26T20-02-33_mine.eval"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for sample in log.pop("samples"):
            archive.writestr(f"samples/{sample['id']}_epoch_1.json", json.dumps(sample))
        archive.writestr("header.json", json.dumps(log))
    return path


def simple_evals(folder: Path, samples: list[Sample]) -> Path:
    pages = [
        f"<h3>Results</h3>\n<p>Correct Answer: {gold}</p>\n<p>Extracted Answer: 7</p>\n<p>Score: {score}</p>"
        for _, _, gold, score in samples
    ]
    convos = [
        [{"role": "user", "content": question}, {"role": "assistant", "content": response}]
        for question, response, _, _ in samples
    ]
    path = folder / "math_gpt-x_20261126_200445_allresults.json"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"score": 0.5, "metrics": {}, "htmls": pages, "convos": convos, "metadata": {}}))
    return path


def trl(folder: Path, samples: list[Sample]) -> Path:
    rows = [
        {
            "step": 1, "prompt": question, "completion": response, "format_reward": 1.0, "accuracy_reward": score,
            "advantage": 0.1, "solution": gold,
        }
        for question, response, gold, score in samples
    ]  # fmt: skip
    return parquet(folder / "run" / "completions" / "completions_00001.parquet", rows)


def verl(folder: Path, samples: list[Sample]) -> Path:
    rows = [
        {"input": question, "output": response, "gts": gold, "score": 2 * score - 1, "acc": bool(score), "step": 1}
        for question, response, gold, score in samples
    ]
    return jsonl(folder / "run" / "validation" / "0.jsonl", rows)


def skythought(folder: Path, samples: list[Sample]) -> Path:
    rows = {
        question: {
            "problem": question, "answer": gold, "prompt": question,
            "responses": {"0.0": [{"content": response, "correctness": bool(score), "reason": "", "finish_reason": "stop"}]},
            "token_usages": {},
        }
        for question, response, gold, score in samples
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "m_MATH500_test_all_0_-1.json"
    path.write_text(json.dumps(rows))
    return path


def table_csv(folder: Path, samples: list[Sample]) -> Path:
    import csv

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "mine.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["question", "completion", "answer", "is_correct"])
        writer.writerows([question, response, gold, bool(score)] for question, response, gold, score in samples)
    return path


SHAPES = {
    "lm-eval": lm_eval, "lighteval": lighteval, "evalscope": evalscope, "Qwen2.5-Math": qwen_math,
    "NeMo-Skills": nemo_skills, "inspect_ai": inspect_json, "inspect_ai archive": inspect_eval,
    "simple-evals": simple_evals, "TRL completions": trl, "verl rollouts": verl, "Sky-T1": skythought,
    "a plain table": table_csv,
}  # fmt: skip
