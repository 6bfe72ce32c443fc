"""Compare our IFEval rules with another package's copy of the authors' program over made-up responses.

    python -m benchmarks.ifeval_peers --cases cases.jsonl
    PEER/bin/python benchmarks/ifeval_peers.py --judge cases.jsonl --verdicts peer.jsonl
    python -m benchmarks.ifeval_peers --cases cases.jsonl --compare peer.jsonl

The second command runs in an environment of its own, with if-verifiable and NLTK's punkt_tab data, and needs none of this
project's packages. A case is one instruction with its arguments and one response; the same seed makes the same cases.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PIECES = (
    "The old mill stands by the river.", "Dr. Lee paid $3.50 at 5 p.m. on Friday!", "Is it, perhaps, true?", "NASA and the EU agreed.",
    "* first point", "* second point", "- third point", "- fourth, with a comma", "*emphasis* in a line", "**bold words** here",
    "***both*** at once", "***", "---", "* * *", "******", "P.S. I forgot.", "P.P.S. Twice.", "p. s. small", "<<A Title>>", "<< >>",
    "Section 1", "SECTION 2:", "[name] lives in [city].", "[ ]", '{"a": 1}', "My answer is yes.", "My answer is no.", "I start here.",
    "stories and a story, storytelling", "don't stop; it's C++ (really).", "1. Wash it.", "2. Dry it.", "e.g. this, i.e. that",
    "Wait... what?", "Any other questions?", "any other questions", "# Heading", "```json\n[1, 2]\n```", '"quoted"', "word", "U.S. law",
    "\uff0c\u4f60\u597d\u3002\u518d\u89c1\u3002", "ALL CAPS HERE, O'NEIL", "well-known x-ray", "", "   ",
)  # fmt: skip
"""Lines from which responses are made."""


def arguments(name: str, rng: random.Random) -> dict[str, Any]:
    relation, small = rng.choice(("less than", "at least")), rng.randint(1, 4)
    found: dict[str, dict[str, Any]] = {
        "keywords:existence": {"keywords": rng.sample(["story", "river", "C++", "word"], 2)},
        "keywords:frequency": {"keyword": rng.choice(["story", "the", "C++"]), "frequency": small, "relation": relation},
        "keywords:forbidden_words": {"forbidden_words": rng.sample(["story", "mill", "C++", "law"], 2)},
        "keywords:letter_frequency": {"letter": rng.choice("aet#!"), "let_frequency": 3 * small, "let_relation": relation},
        "length_constraints:number_sentences": {"num_sentences": small + 1, "relation": relation},
        "length_constraints:number_paragraphs": {"num_paragraphs": small},
        "length_constraints:number_words": {"num_words": 6 * small, "relation": relation},
        "length_constraints:nth_paragraph_first_word": {"num_paragraphs": small, "nth_paragraph": rng.randint(1, small), "first_word": rng.choice(["the", "I", "word"])},
        "detectable_content:number_placeholders": {"num_placeholders": small},
        "detectable_content:postscript": {"postscript_marker": rng.choice(["P.S.", "P.P.S"])},
        "detectable_format:number_bullet_lists": {"num_bullets": small},
        "detectable_format:number_highlighted_sections": {"num_highlights": small},
        "detectable_format:multiple_sections": {"section_spliter": rng.choice(["Section", "SECTION"]), "num_sections": rng.randint(1, 2)},
        "combination:repeat_prompt": {"prompt_to_repeat": rng.choice(["The old mill", "word"])},
        "startend:end_checker": {"end_phrase": rng.choice(["Any other questions?", "word"])},
        "change_case:capital_word_frequency": {"capital_frequency": small, "capital_relation": relation},
    }  # fmt: skip
    return found.get(name, {})


LANGUAGES = ("language:response_language", "change_case:english_capital", "change_case:english_lowercase")
"""Judged by other identifiers; texts in known languages are in tests/instructions."""


def cases(count: int, seed: int) -> Iterator[dict[str, Any]]:
    from util.instructions.rules import INSTRUCTIONS

    rng = random.Random(seed)
    names = [name for name in INSTRUCTIONS if name not in LANGUAGES]
    for number in range(count):
        name = names[number % len(names)]
        lines = rng.choices(PIECES, k=rng.randint(1, 6))
        text = rng.choice(("\n", "\n\n", " ")).join(lines)
        yield {"instruction": name, "kwargs": arguments(name, rng), "response": text}


def judge_as_peer(path: Path, verdicts: Path) -> None:
    """Judge the cases with if-verifiable; a crash of its rule is recorded as such."""
    from if_verifiable.common import evaluate_instructions
    from if_verifiable.ifeval import instructions_util
    from if_verifiable.ifeval.instructions_registry import INSTRUCTION_DICT
    from nltk.tokenize import PunktTokenizer

    tokenizer = PunktTokenizer("english")
    instructions_util.count_sentences = lambda text: len(tokenizer.tokenize(text))
    with path.open() as lines, verdicts.open("w") as sink:
        for case in map(json.loads, lines):
            try:
                found, _ = evaluate_instructions(
                    response=case["response"], instruction_id_list=[case["instruction"]], kwargs_list=[case["kwargs"]],
                    prompt="", instruction_registry=INSTRUCTION_DICT,
                )  # fmt: skip
                said: Any = [found[0].strict_pass, found[0].loose_pass] if found else [False, False]  # of an empty text
            except Exception as error:  # whatever the other program raises is its result
                said = f"{type(error).__name__}: {error}"
            sink.write(json.dumps(said) + "\n")


def compare(path: Path, verdicts: Path, shown: int) -> None:
    from util.instructions.following import follow

    totals, differ, crashed = Counter[str](), defaultdict[str, list[str]](list), Counter[str]()
    loosely = Counter[str]()
    with path.open() as lines, verdicts.open() as peer:
        for line, other in zip(lines, peer, strict=True):
            case, said = json.loads(line), json.loads(other)
            [ours] = follow([case["instruction"]], [case["kwargs"]], case["response"].strip())
            totals[ours.instruction] += 1
            if isinstance(said, str):
                crashed[ours.instruction] += 1
                continue
            loosely[ours.instruction] += said[1] != ours.loose
            if said[0] != ours.strict:
                differ[ours.instruction].append(
                    f"ours {ours.strict}, theirs {said[0]}: {case['kwargs']} {case['response']!r}"
                )
    print(f"{'instruction':<48}{'cases':>7}{'strict':>8}{'loose':>8}{'crashes':>9}")
    for name, total in totals.items():
        print(f"{name:<48}{total:>7}{len(differ[name]):>8}{loosely[name]:>8}{crashed[name]:>9}")
        for text in differ[name][:shown]:
            print(f"    {text}")
    print(f"{'all':<48}{totals.total():>7}{sum(map(len, differ.values())):>8}{loosely.total():>8}{crashed.total():>9}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, help="write the cases to this file, or with --compare read them")
    parser.add_argument("--count", type=int, default=22_000, help="how many cases to make")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--judge", type=Path, metavar="CASES", help="judge these cases with if-verifiable")
    parser.add_argument("--verdicts", type=Path, help="where to write its verdicts")
    parser.add_argument("--compare", type=Path, metavar="VERDICTS", help="compare ours with these verdicts")
    parser.add_argument("--show", type=int, default=0, help="print that many differences of each instruction")
    args = parser.parse_args()
    if args.judge is not None:
        judge_as_peer(args.judge, args.verdicts)
    elif args.compare is not None:
        compare(args.cases, args.compare, args.show)
    else:
        args.cases.write_text("".join(json.dumps(case) + "\n" for case in cases(args.count, args.seed)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
