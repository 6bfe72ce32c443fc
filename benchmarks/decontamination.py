"""Recall and false drops of decontamination, by words and by meaning.

    python -m benchmarks.decontamination                  # the held-out half
    python -m benchmarks.decontamination --half tuning --misses
    python -m benchmarks.decontamination --embedding-model minishlab/potion-base-32M --threshold 0.6

The benchmark is every question of samples/ and of benchmarks/paraphrases.jsonl. Rows that must be found: paraphrases by hand,
copies with other names and objects, and copies in another layout. Rows that must be kept: other questions, templates filled
in with other numbers or with the numbers of another question, and, counted apart, problems by hand that differ from a
question in one word. Thresholds and word lists were chosen on the tuning half.
"""

from __future__ import annotations

import argparse
import difflib
import json
import random
import re
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from util.training.contamination import Benchmarks
from util.training.contamination_options import DEFAULT_MODEL, THRESHOLD
from util.training.meaning import BATCH, MeaningIndex
from util.training.meaning_model import load_embedder

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = {"math500": "problem", "gpqa": "Question", "mmlu": "question", "apps": "question", "numina": "problem"}
_NUMBER = re.compile(r"(?<![\w.,])\d+(?![\w,]*\d)")
_WORDS = dict(
    enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
)
_NAMES = {
    "Ben": "Yusuf", "Anna": "Ingrid", "Lea": "Chidi", "Tim": "Aiko", "Eva": "Mateo", "Maria": "Fatima", "pen": "marble",
    "pens": "marbles", "bird": "frog", "birds": "frogs", "tree": "log", "box": "tray", "boxes": "trays", "eggs": "muffins",
    "pages": "chapters", "dog": "horse", "dogs": "horses", "sweets": "grapes", "cups": "plates", "apples": "lemons",
    "bags": "crates", "car": "wagon", "cars": "wagons", "marbles": "beads", "bag": "jar", "train": "truck", "station": "depot",
    "jacket": "scarf", "store": "boutique", "brother": "nephew", "tank": "basin", "people": "guests",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A training question. own: the benchmark question that it comes from; for clean rows, matches with it do not count."""

    kind: str
    text: str
    own: str
    clean: bool


def wrapped(text: str, chance: random.Random) -> str:
    return "\n".join(textwrap.wrap(text, chance.choice((12, 20, 35)), break_long_words=False))


def respaced(text: str, chance: random.Random) -> str:
    spaces = ("  ", "\u00a0", "\t", " \n", "\u2009 ")
    return "".join(chance.choice(spaces) if sign == " " else sign for sign in text)


def in_latex(text: str, chance: random.Random) -> str:
    """Other commands and delimiters for the same formula; where there are none, numbers as formulas."""
    changes = (
        (r"\frac", r"\dfrac"),
        (r"\cdot", r"\times"),
        ("$", r"\("),
        ("(", r"\left("),
        (")", r"\right)"),
        (" = ", r"\;=\;"),
    )
    if "$" not in text and "\\" not in text:
        return _NUMBER.sub(lambda match: rf"\({match[0]}\)", text).replace(" + ", r" \(+\) ")
    open_next = True
    out = []
    for part in re.split(r"(\$)", text):
        if part == "$":
            part, open_next = (r"\(" if open_next else r"\)"), not open_next
        else:
            for old, new in (changes[0], changes[1], changes[3], changes[4], changes[5]):
                part = part.replace(old, new)
        out.append(part)
    return "".join(out)


def in_words(text: str, chance: random.Random) -> str:
    return re.sub(r"(?<![\w.,^{/-])\d+(?![\w.,}/^]|-)", lambda match: _WORDS.get(int(match[0]), match[0]), text)


def in_markdown(text: str, chance: random.Random) -> str:
    words = text.split(" ")
    place = chance.randrange(len(words))
    words[place] = f"**{words[place]}**" if "*" not in words[place] and "$" not in words[place] else words[place]
    return "### Problem\n\n> " + " ".join(words)


def in_unicode(text: str, chance: random.Random) -> str:
    table = {" - ": " − ", "(": "（", ")": "）", "?": "？", "fi": "ﬁ", "^2": "²", " x ": " 𝑥 "}
    for old, new in table.items():
        text = text.replace(old, new)
    return text


LAYOUTS: dict[str, Callable[[str, random.Random], str]] = {
    "re-wrapped": wrapped, "respaced": respaced, "LaTeX variants": in_latex, "numbers in words": in_words,
    "markdown": in_markdown, "Unicode variants": in_unicode,
}  # fmt: skip


def renamed(text: str) -> str:
    """Other names and objects, by rule."""
    return re.sub(r"\b(" + "|".join(_NAMES) + r")\b", lambda match: _NAMES[match[0]], text)


def renumbered(text: str, chance: random.Random) -> str:
    """The template with other numbers."""
    new: dict[str, str] = {}
    taken = set(_NUMBER.findall(text))
    for number in _NUMBER.findall(text):
        value = int(number)
        while str(value) in taken or str(value) in new.values():
            value = max(0, value + chance.randint(-3, 9) * max(1, value // 10))
        new.setdefault(number, str(value))
    return _NUMBER.sub(lambda match: new[match[0]], text)


def with_numbers_of(text: str, other: str) -> str | None:
    """The template of ``text`` with the numbers of another question, if it has as many."""
    mine, theirs = (list(dict.fromkeys(_NUMBER.findall(each))) for each in (text, other))
    if not mine or len(mine) != len(theirs) or set(mine) == set(theirs) or _template(text, other):
        return None
    new = dict(zip(mine, theirs, strict=True))
    return _NUMBER.sub(lambda match: new[match[0]], text)


def _template(text: str, other: str) -> bool:
    """Whether two questions may be one with other numbers and objects, or the same calculation."""
    one, two = (re.findall(r"[a-z]+", each.lower()) for each in (text, other))
    return min(len(one), len(two)) < 5 or difflib.SequenceMatcher(None, one, two, autojunk=False).ratio() >= 0.5


def _known(text: str, benchmark: list[str]) -> bool:
    """Whether a text may be a question of the benchmark with other names."""
    numbers = set(_NUMBER.findall(text))
    return any(set(_NUMBER.findall(question)) == numbers and _template(text, question) for question in benchmark)


def sample_questions() -> list[str]:
    found: dict[str, None] = {}
    for name, field in SAMPLES.items():
        for line in (ROOT / "samples" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            found[json.loads(line)[field]] = None
    return list(found)


def entries() -> list[dict[str, Any]]:
    lines = (ROOT / "benchmarks" / "paraphrases.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def rows(half: str, benchmark: list[str], chance: random.Random) -> Iterator[Row]:
    """The training questions of one half; layouts and other numbers are of every question, since nothing was chosen on them."""
    chosen = [entry for entry in entries() if entry["half"] == half]
    for entry in chosen:
        own = entry["question"]
        yield from (Row("paraphrase, by hand", text, own, False) for text in entry["paraphrases"])
        yield from (Row("other names, by hand", text, own, False) for text in entry["names"])
        yield from (Row("one word differs, by hand", text, own, True) for text in entry["others"])
        if _NUMBER.search(own) and (text := renamed(own)) != own:
            yield Row("other names, by rule", text, own, False)
    known = {frozenset(_NUMBER.findall(question)) for question in benchmark}
    for own in benchmark:
        for name, layout in LAYOUTS.items():
            if (text := layout(own, chance)) != own:
                yield Row(name, text, own, False)
        yield Row("another question", own, own, True)
        if _NUMBER.search(own):
            texts = {
                text
                for text in (renumbered(own, chance) for _ in range(8))
                if frozenset(_NUMBER.findall(text)) not in known
            }
            yield from (Row("template, other numbers", text, own, True) for text in sorted(texts))
    for entry in chosen:
        others = (with_numbers_of(entry["question"], other) for other in benchmark)
        texts = {text for text in others if text and not _known(text, benchmark)}
        yield from (Row("numbers of another question", text, entry["question"], True) for text in sorted(texts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("tuning", "held-out"), default="held-out")
    parser.add_argument("--embedding-model", default=DEFAULT_MODEL)
    parser.add_argument("--threshold", type=float, default=THRESHOLD)
    parser.add_argument("--misses", action="store_true", help="print rows that were decided wrongly")
    args = parser.parse_args()
    benchmark = list(dict.fromkeys([*sample_questions(), *(entry["question"] for entry in entries())]))
    found = list(rows(args.half, benchmark, random.Random(0)))
    words = Benchmarks(("all", question) for question in benchmark)
    embedder = load_embedder(args.embedding_model)
    index = MeaningIndex((("all", question) for question in benchmark), embedder, args.threshold)
    start = time.perf_counter()
    meaning: list[list[str]] = []
    for place in range(0, len(found), BATCH):
        pairs = index.found([row.text for row in found[place : place + BATCH]])
        meaning += [[pair.question for pair in each if pair.same] for each in pairs]
    seconds = time.perf_counter() - start
    print(
        f"{len(benchmark)} benchmark questions, {len(found)} rows ({args.half} half), {embedder.name}, threshold {args.threshold:g}"
    )
    print(f"{seconds / len(found) * 1e3:.2f} ms a row by meaning")
    table(found, words, meaning, args.misses)


def table(found: list[Row], words: Benchmarks, meaning: list[list[str]], misses: bool) -> None:
    counts: dict[tuple[bool, str], list[int]] = {}
    for row, same in zip(found, meaning, strict=True):
        match = words.find(row.text)
        by_words = match is not None and not (row.clean and match.question == row.own)
        by_meaning = any(
            not (row.clean and question == row.own and row.kind == "another question") for question in same
        )
        count = counts.setdefault((row.clean, row.kind), [0, 0, 0, 0])
        for place, hit in enumerate((True, by_words, by_meaning, by_words or by_meaning)):
            count[place] += hit
        if misses and (by_words or by_meaning) == row.clean:
            print(f"{row.kind}: {row.own!r} | {row.text!r} | {same}")
    for clean, title in ((False, "found"), (True, "dropped though clean")):
        print(f"\n{title:<30}{'rows':>7}{'words':>9}{'meaning':>9}{'both':>9}")
        for (is_clean, kind), (total, *hits) in counts.items():
            if is_clean == clean:
                print(f"{kind:<30}{total:>7}" + "".join(f"{hit / total:>9.1%}" for hit in hits))
    clean_kinds = [count for (clean, kind), count in counts.items() if clean and "by hand" not in kind]
    total = sum(count[0] for count in clean_kinds)
    print(
        f"{'all clean rows but by hand':<30}{total:>7}"
        + "".join(f"{sum(c[n] for c in clean_kinds) / total:>9.2%}" for n in (1, 2, 3))
    )


if __name__ == "__main__":
    main()
