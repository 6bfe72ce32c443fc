"""The similarity of rewrites that keep, shorten or summarise the reasoning (see --min-similarity).

    python -m benchmarks.similarity quickstart_data/MODEL_NUMINA_....json

Each response of at least 40 words is edited as a rewriter may edit it. The table shows the share of its
word trigrams that the thought section keeps (5th percentile, median, 95th percentile).
"""

from __future__ import annotations

import random
import re
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

from util.distill.formatting import by_rules, similarity
from util.results.json_file import read_results
from util.text.thought import sections

_SENTENCE = re.compile(r"(?<=[.!?\n])\s+")


def split_by_rules(text: str, chance: random.Random) -> str:
    found = sections(by_rules(text).text or "")
    return found[0] if found else text


def without(share: float) -> Callable[[str, random.Random], str]:
    """Drop a share of the sentences."""
    return lambda text, chance: " ".join(part for part in _SENTENCE.split(text) if chance.random() >= share)


def reworded(share: float) -> Callable[[str, random.Random], str]:
    """Replace a share of the words."""
    return lambda text, chance: " ".join("other" if chance.random() < share else word for word in text.split())


def summarised(text: str, chance: random.Random) -> str:
    parts = _SENTENCE.split(text)
    return f"{parts[0]} {parts[-1]}" if len(parts) > 3 else parts[0]


EDITS: dict[str, Callable[[str, random.Random], str]] = {
    "split by rules": split_by_rules,
    "5 % of the words changed": reworded(0.05),
    "10 % of the sentences removed": without(0.1),
    "10 % of the words changed": reworded(0.1),
    "20 % of the words changed": reworded(0.2),
    "half of the sentences removed": without(0.5),
    "40 % of the words changed": reworded(0.4),
    "first and last sentence": summarised,
}


def main() -> None:
    chance = random.Random(0)
    texts = [response.content for entry in read_results(Path(sys.argv[1])) for _, response in entry.samples()]
    texts = [text for text in texts if len(text.split()) >= 40]
    print(f"{len(texts)} responses, {statistics.median(len(text.split()) for text in texts):.0f} words (median)")
    print(f"{'edit':<30}{'5 %':>8}{'median':>8}{'95 %':>8}")
    for name, edit in EDITS.items():
        found = sorted(similarity(text, edit(text, chance)) for text in texts)
        low, high = found[len(found) // 20], found[-1 - len(found) // 20]
        print(f"{name:<30}{low:>8.2f}{statistics.median(found):>8.2f}{high:>8.2f}")


if __name__ == "__main__":
    main()
