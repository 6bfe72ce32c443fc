"""How long the longest repetition in complete texts is, against the rule that ends a response, and what the check costs.

    python -m benchmarks.repetitions [RESULT_FILE ...]

Without arguments: the texts of ``benchmarks.token_estimate``, all Python files of the standard library, and answers that
repeat themselves for a reason (tables, arrays, periodic decimals). Result files: every finished response that was judged
right. "tokens" is the longest stretch with one pattern of up to 512 tokens again and again.
"""

from __future__ import annotations

import argparse
import sysconfig
import time
from collections.abc import Iterator
from decimal import Decimal, getcontext
from pathlib import Path
from typing import Any

from benchmarks.token_estimate import texts
from samples import model as embedded
from util.engines.loops import TOKENS
from util.results.json_file import read_results


def longest(ids: Any) -> tuple[int, int]:
    """(tokens, period) of the longest stretch that repeats a pattern of at most ``TOKENS.longest`` tokens."""
    import numpy as np

    best, period = 0, 0
    array = np.asarray(ids)
    for size in range(1, min(TOKENS.longest, len(array) - 1) + 1):
        differs = np.flatnonzero(array[size:] != array[:-size])
        edges = np.concatenate(([-1], differs, [len(array) - size]))
        same = int(np.diff(edges).max()) - 1
        # Fewer than two whole patterns are no repetition.
        if same >= size and same + size > best:
            best, period = same + size, size
    return best, period


def with_a_reason() -> dict[str, list[str]]:
    """Answers that repeat themselves and are right."""
    getcontext().prec = 1000
    zeros = "[" + ", ".join(["0"] * 600) + "]"
    board = "\n".join(" ".join("." * 30) for _ in range(30))
    table = "| n | value |\n|---|---|\n" + "| 0 | 0 |\n" * 150
    return {
        "1/7 to 1,000 digits": [str(Decimal(1) / 7)],
        "array of 600 zeros": [zeros],
        "empty board of 30 x 30": [board],
        "table of 150 equal rows": [table],
    }


def standard_library() -> list[str]:
    folder = Path(sysconfig.get_paths()["stdlib"])
    files = [path for path in sorted(folder.rglob("*.py")) if "site-packages" not in path.parts]
    return [path.read_text(encoding="utf-8", errors="replace")[:200_000] for path in files]


def right_responses(path: Path) -> Iterator[str]:
    for entry in read_results(path):
        yield from (response.content for _, response in entry.samples() if response.correct and response.stopped)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="RESULT_FILE")
    files = parser.parse_args().files
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(embedded.prepare())
    corpora = {path.name: list(right_responses(path)) for path in files}
    corpora = corpora or {**texts(), "standard library": standard_library(), **with_a_reason()}
    print(f"{'corpus':<40}{'texts':>7}{'tokens':>11}{'longest':>9}{'period':>8}{'ended':>7}")
    checked, seconds, cut = 0, 0.0, 0
    for name, found in corpora.items():
        all_ids = [tokenizer.encode(text, add_special_tokens=False) for text in found]
        best, period = max((longest(ids) for ids in all_ids if len(ids) > 1), default=(0, 0))
        start, ended = time.perf_counter(), 0
        for ids in all_ids:
            places = range(TOKENS.every, len(ids) + 1, TOKENS.every)
            ended += any(TOKENS.pattern(ids[:place]) for place in places)
        seconds += time.perf_counter() - start
        tokens = sum(map(len, all_ids))
        checked, cut = checked + tokens, cut + ended
        print(f"{name[:39]:<40}{len(found):>7}{tokens:>11,}{best:>9,}{period:>8}{ended:>7}", flush=True)
    print(
        f"\nended: {cut}; the rule needs {TOKENS.length:,} tokens. Cost: {1e6 * seconds / max(1, checked):.3f} us per token"
    )


if __name__ == "__main__":
    main()
