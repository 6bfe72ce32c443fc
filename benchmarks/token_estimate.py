"""Compare the token counts of cost estimates, made without a tokenizer, with two real tokenizers.

    python -m benchmarks.token_estimate

Tekken is Mistral's tokenizer (like tiktoken, with the vocabulary size of o200k_base); that of SmolLM2 is like GPT-2's.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

from samples import model as embedded
from util.distill.difficulty import request
from util.engines import prices

ROOT = Path(__file__).resolve().parent.parent


def texts() -> dict[str, list[str]]:
    rows = [json.loads(line) for line in (ROOT / "samples/numina.jsonl").read_text().splitlines()]
    programs = [json.loads(line) for line in (ROOT / "samples/apps.jsonl").read_text().splitlines()]
    forms = (ROOT / "tests/answers/cases/closed_forms.jsonl").read_text().splitlines()
    return {
        "label requests": [m.content for row in rows for m in request(row["problem"], row).messages],
        "problems and solutions": [row["problem"] + row["solution"] for row in rows],
        "coding problems": [row["question"] + str(row.get("solutions", "")) for row in programs],
        "Python files": [path.read_text() for path in sorted((ROOT / "util").rglob("*.py"))],
        "LaTeX answers": [json.loads(line)["gold"] for line in forms],
        "documentation": [path.read_text() for path in sorted((ROOT / "docs").glob("*.md"))],
    }


def tokenizers() -> dict[str, Callable[[str], int]]:
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer
    from transformers import AutoTokenizer

    spec = importlib.util.find_spec("mistral_common")
    assert spec is not None
    assert spec.origin is not None
    tekken = Tekkenizer.from_file(str(Path(spec.origin).parent / "data" / "tekken_240911.json"))
    smol = AutoTokenizer.from_pretrained(embedded.prepare())
    return {
        "Tekken": lambda text: len(tekken.encode(text, bos=False, eos=False)),
        "SmolLM2": lambda text: len(smol.encode(text, add_special_tokens=False)),
    }


def main() -> None:
    real = tokenizers()
    print(f"{'texts':<26}{'estimate':>10}" + "".join(f"{name:>18}" for name in real))
    for name, group in texts().items():
        guess = sum(map(prices.text_tokens, group))
        counts = [sum(map(count, group)) for count in real.values()]
        print(f"{name:<26}{guess:>10.0f}" + "".join(f"{n:>10} {guess / n - 1:>+6.1%}" for n in counts))


if __name__ == "__main__":
    main()
