"""Result files for tests of the report: many problems, several samples each, hostile texts."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

HOSTILE = (
    "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>"
    "<!-- <script> --> </details></main> $\\href{javascript:window.hacked=3}{x}$ \u2028 ${window.hacked = 4}"
)
THOUGHT = "<|begin_of_thought|>\n\nFirst I look at {n}. Then \\(x^2 = {n}\\).\n\n<|end_of_thought|>"
SOLUTION = "<|begin_of_solution|>\n\nThe square root of {n} gives $\\frac{{{n}}}{{2}}$, so \\boxed{{{n}}}.\n\n<|end_of_solution|>"


def problem(number: int, n: int, rng: random.Random, size: int) -> tuple[str, dict[str, Any]]:
    chance = rng.betavariate(1, 1)
    responses, usages = [], []
    for sample in range(n):
        tokens = int(rng.lognormvariate(6, 0.8)) + 5
        answer = str(number if rng.random() < chance else number + rng.choice((1, 2)))
        text = (THOUGHT + "\n\n" + SOLUTION).format(n=answer) + " word" * (size // 5)
        response: dict[str, Any] = {"content": text, "finish_reason": "stop", "seed": sample}
        right = answer == str(number)
        reason = "the number equals the gold answer" if right else "the number differs from the gold answer"
        response |= {"correctness": right, "reason": reason, "evidence": {"answer": answer, "gold": str(number)}}
        kind = rng.random()
        if kind < 0.04:
            response |= {"finish_reason": "length", "correctness": False, "reason": "truncated: no end", "evidence": {}}
        elif kind < 0.06:
            response |= {"correctness": False, "reason": "no final answer found", "evidence": {"answer": None}}
        elif kind < 0.07:
            response |= {"correctness": None, "reason": "the checker was killed", "evidence": {}}
        responses.append(response)
        usages.append({"prompt_tokens": 50, "completion_tokens": tokens})
    question = f"Problem {number}: what is the number {number} in $\\sqrt{{{number * number}}}$?"
    return question, {
        "problem": question,
        "answer": str(number),
        "level": 1 + number % 5,
        "subject": rng.choice(("Algebra", "Geometry", "Number Theory $x$ <b>")),
        "prompt": f"Solve it.\n\n{question}",
        "responses": {"0.7": responses},
        "token_usages": {"0.7": usages},
    }


def make(path: Path, problems: int, n: int, *, size: int = 200, seed: int = 0, hostile: bool = True) -> Path:
    """Write a result file of ``problems`` with ``n`` samples each, with its journal and token usage file; return ``path``.

    size: characters of filler in each response. hostile: add a problem whose texts try to run scripts in the page.
    """
    rng = random.Random(seed)
    entries = dict(problem(number, n, rng, size) for number in range(1, problems + 1))
    if hostile:
        _, entry = problem(0, n, rng, size)
        for response in entry["responses"]["0.7"]:
            evidence = {"answer": HOSTILE, "got": [float("nan"), {"deep": float("-inf")}], "half": "\ud800"}
            response |= {"content": HOSTILE, "reason": HOSTILE, "evidence": evidence, "correctness": False}
        entries[f"hostile {HOSTILE}"] = entry | {"prompt": HOSTILE, "subject": HOSTILE[:20] + "\ud800"}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(entries))
    manifest = {
        "type": "manifest",
        "settings": {"model": "models/tiny", "dataset": "MATH500", "n": n, "prompt_hash": "abc", "seed": 0},
        "command": "python inference_and_check.py --dataset MATH500 --model models/tiny --n 4",
        "selection": {"split": "test", "source": "all"},
        "engine": {"backend": "vllm", "device": "cpu"},
        "dataset": {"id": "HuggingFaceH4/MATH-500", "commit": "0" * 40},
    }
    path.with_suffix(".journal.jsonl").write_text(json.dumps(manifest) + "\n")
    (path.parent / "token_usage").mkdir(exist_ok=True)
    usage = {"completion_tokens_of_last_run": 90_000, "seconds_of_last_run": 30.0}
    (path.parent / "token_usage" / path.name).write_text(json.dumps(usage))
    return path
