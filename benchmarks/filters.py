"""What the filters of training data drop: of clean reasoning (should be nothing), and of the same texts with a fault put in.

    python -m benchmarks.filters [RESULT_OR_CASE_FILE ...]

Files: result files, whose right responses count as clean, or JSON lines with "gold" and "output"
(without those whose thought does not end). Each fault is put into
every clean text with at least 40 words (program texts included), at a place and in a wording drawn by its number.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.clean_reasoning import Clean, texts
from benchmarks.foreign_reasoning import FOREIGN
from util.results.json_file import is_result_file, read_results
from util.training.duplicate_responses import near_duplicates
from util.training.filter_agreement import disagreements
from util.training.filter_options import FILTERS, FilterOptions
from util.training.filter_stage import text_filters
from util.training.filter_text import ResponseParts, parts_of

Inject = Callable[[Clean, random.Random], ResponseParts]


def inserted(text: str, piece: str, chance: random.Random) -> str:
    """``piece`` as a paragraph of its own between two paragraphs, not inside a code block."""
    parts = text.split("\n\n")
    places = [place for place in range(len(parts) + 1) if "\n\n".join(parts[:place]).count("```") % 2 == 0]
    place = chance.choice(places)
    return "\n\n".join([*parts[:place], piece, *parts[place:]])


def _parts(clean: Clean, thought: str | None = None, answer: str | None = None) -> ResponseParts:
    return ResponseParts(
        clean.question, clean.thought if thought is None else thought, clean.answer if answer is None else answer
    )


def loop(clean: Clean, chance: random.Random) -> ResponseParts:
    """The end of the thought again and again; a sentence; a paragraph now and then between others."""
    sentence = chance.choice(
        ("Wait, let me check this again, the sum is still not what it should be.", "So the answer is 12. Let me verify once more.",
         "But we need to consider the other case as well, since x may be negative.", "让我再检查一遍，这个结果似乎不对，需要重新计算。")
    )  # fmt: skip
    kind = chance.randrange(4)
    if kind == 0:
        return _parts(clean, clean.thought + "\n\n" + " ".join([sentence] * chance.randrange(15, 80)))
    if kind == 1:
        return _parts(clean, inserted(clean.thought, "\n".join([sentence] * chance.randrange(15, 80)), chance))
    paragraph = f"Let me recompute everything from the start for {chance.randrange(100)}. " + " ".join(
        f"Adding {chance.randrange(1000)} to what we have gives {chance.randrange(1000)}, and this must be even."
        for _ in range(4)
    )
    if kind == 2:
        return _parts(clean, clean.thought + ("\n\n" + paragraph) * chance.randrange(4, 12))
    pieces = [
        f"{paragraph}\n\nNow with {number} instead, which changes {number * 7} of the terms."
        for number in range(max(8, len(clean.thought) // 300))
    ]
    return _parts(clean, clean.thought + "\n\n" + "\n\n".join(pieces))


def script(clean: Clean, chance: random.Random) -> ResponseParts:
    """A sentence in another script."""
    language = chance.choice([name for name in ("Chinese", "Russian", "Japanese", "Korean") if not _has(clean, name)])
    sentence = chance.choice(chance.choice(FOREIGN[language])[1].replace("。", "。\n").replace(". ", ".\n").split("\n"))
    while len(sentence) < 12 or "\\" in sentence or sentence.isascii() or "`" in sentence:
        sentence = chance.choice(FOREIGN[language][0][1].replace("。", "。\n").replace(". ", ".\n").split("\n"))
    return _parts(clean, inserted(clean.thought, sentence, chance))


def _has(clean: Clean, language: str) -> bool:
    related = {"Chinese": {"Chinese", "Japanese"}, "Japanese": {"Chinese", "Japanese"}}
    return clean.kind in related.get(language, {language})


def language(clean: Clean, chance: random.Random) -> ResponseParts:
    """A paragraph in another language."""
    name = chance.choice([name for name in FOREIGN if name != clean.kind])
    thought = max((text for _, text, _ in FOREIGN[name]), key=lambda text: len(text) * (text.count("```") == 0))
    return _parts(clean, inserted(clean.thought, thought, chance))


REFUSALS = (
    "I'm sorry, but I can't help with that.", "I cannot assist with this request.", "I am unable to provide assistance; as an AI language model, I have no access to it.",
    "As an AI, I cannot answer this question.", "Sorry, I can’t continue with this conversation.", "I'm not able to help you with that request.",
    "This request violates our policy. We must refuse.", "I must decline to assist with this request.", "I won't help with this question.",
    "抱歉，我无法回答这个问题。", "作为一个人工智能语言模型，我无法完成这一任务。", "We can't comply with that request.", "I’m just a language model, so I cannot open the file.",
)  # fmt: skip
LEAKS = (
    "You are a helpful assistant.", "You are ChatGPT, a large language model.", "User: And what about 7?", "Human: solve the next one", "### Instruction:\nSolve it.",
    "**Assistant:** The next one is 5.", "Here is the rewritten response:", "Certainly! Here's the reformatted version of the solution.", "[INST] Solve [/INST]",
    "Knowledge cutoff: 2024-06", "SYSTEM", "用户：再来一题", "### Response:", "You are an expert math assistant.",
)  # fmt: skip
SYSTEM = "You explore each problem by long and careful reasoning, then you state the final solution between the markers that follow."


def refusal(clean: Clean, chance: random.Random) -> ResponseParts:
    words = chance.choice(REFUSALS)
    return (
        _parts(clean, answer=words) if chance.random() < 0.5 else _parts(clean, inserted(clean.thought, words, chance))
    )


def leak(clean: Clean, chance: random.Random) -> ResponseParts:
    words = chance.choice(LEAKS)
    if words == "SYSTEM":
        words = "The instructions say: " + " ".join(SYSTEM.split()[4:])
    found = _parts(clean, inserted(clean.thought, words, chance))
    return ResponseParts(found.question, found.thought, found.answer, SYSTEM)


def part(clean: Clean, chance: random.Random) -> ResponseParts:
    thought = chance.choice((None, "", "...", "Okay."))
    return chance.choice(
        (ResponseParts(clean.question, thought, clean.answer), _parts(clean, answer=chance.choice(("", "...", "**"))))
    )


FORMATS = (
    "```python\nprint(1)", "<|im_end|>", "<|im_start|>assistant", "</think>", "<think>", "<|eot_id|>", "<｜end▁of▁sentence｜>", "\ufffd\ufffd", "<|endoftext|>",
    "~~~\nx", "[gMASK]", "\x00", "<start_of_turn>model",
)  # fmt: skip


def form(clean: Clean, chance: random.Random) -> ResponseParts:
    if chance.random() < 0.1:
        return _parts(clean, answer=f"{clean.answer} So it is $\\boxed{{\\frac{{1}}{{2}}")
    piece = chance.choice(FORMATS)
    if piece.startswith(("```", "~~~")):
        return _parts(clean, answer=f"{clean.answer}\n\n{piece}")
    return _parts(clean, inserted(clean.thought, piece, chance))


FAULTS: dict[str, Inject] = {
    "loops": loop, "scripts": script, "language": language, "refusals": refusal, "prompts": leak, "parts": part, "format": form,
}  # fmt: skip

EQUAL = (
    ("1/2", "0.5"),
    ("\\frac{1}{2}", "\\dfrac12"),
    ("x=3", "3"),
    ("(1,2)", "(1, 2)"),
    ("10\\%", "10"),
    ("C", "\\text{(C)}"),
    ("2\\sqrt{2}", "\\sqrt{8}"),
    ("5 \\text{ cm}", "5"),
    ("\\{1,2\\}", "\\{2,1\\}"),
    ("1,000", "1000"),
)
DIFFERENT = (("1/2", "1/3"), ("3", "4"), ("x+1", "x-1"), ("\\sqrt{2}", "\\sqrt{3}"), ("(1,2)", "(2,1)"), ("\\{1,2\\}", "\\{1,3\\}"), ("C", "D"), ("0.5", "0.7"), ("\\pi", "2\\pi"), ("7", "-7"))  # fmt: skip


def of_files(paths: list[Path]) -> Iterator[Clean]:
    for path in paths:
        if path.suffix == ".jsonl":
            for line in path.read_text().splitlines():
                row = json.loads(line)
                parts = parts_of(str(row.get("gold", "")), str(row["output"]))
                if not any(tag in row["output"] for tag in ("<think>", "<|im_end|>")) or parts.thought:
                    thought = (
                        parts.thought if parts.thought and len(parts.thought.split()) > 2 else "It follows at once."
                    )
                    yield Clean(path.name, parts.question, thought, parts.answer or "")
        elif is_result_file(path):
            for entry in read_results(path):
                for _, response in entry.samples():
                    if response.correct and response.stopped:
                        parts = parts_of(entry.question, response.judged_text)
                        yield Clean(path.name, entry.question, parts.thought or "", parts.answer or "")


def compared() -> None:
    """The filters that compare responses to one problem."""
    sentence = "The value follows from the two equations above, so that {} remains after all is said."
    false = sum(any(disagreements([f"So $\\boxed{{{a}}}$.", f"It is \\boxed{{{b}}}"])) for a, b in EQUAL)
    found = sum(all(disagreements([f"So $\\boxed{{{a}}}$.", f"It is \\boxed{{{b}}}"])) for a, b in DIFFERENT)
    print(f"{'agreement':<12}{false:>10} of {len(EQUAL):<6}{found:>10} of {len(DIFFERENT)}")
    cleans = [clean.thought for clean in texts() if len(clean.thought.split()) >= 80]
    chance = random.Random(0)
    found = false = 0
    for number, text in enumerate(cleans):
        words = text.split()
        words[chance.randrange(len(words))] = "other"
        found += bool(near_duplicates([text, " ".join(words)], 0.8))
        other = cleans[(number + 13) % len(cleans)]
        false += bool(near_duplicates([text, other + sentence], 0.8))
    print(f"{'responses':<12}{false:>10} of {len(cleans):<6}{found:>10} of {len(cleans)}   (--dedup-responses 0.8)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--show", action="store_true", help="print what is wrongly dropped or missed")
    args = parser.parse_args()
    cleans = [*texts(), *of_files(args.files)]
    faulty = [clean for clean in cleans if len(clean.thought.split()) >= 40]
    checks = text_filters(FilterOptions(filters=tuple(FILTERS)))
    print(
        f"{len(cleans)} clean texts, {len(Counter(clean.kind for clean in cleans))} kinds; {len(faulty)} with a fault put in\n"
    )
    print(f"{'filter':<12}{'clean, dropped':>19}{'faults, found':>20}{'ns per character':>20}")
    seconds: dict[str, float] = defaultdict(float)
    characters = sum(len(clean.thought) + len(clean.answer) for clean in cleans)
    for name, check in checks.items():
        check(ResponseParts("q", "x " * 100, "y"))  # loads what it needs
        start = time.process_time()
        wrong = [(clean, flaw) for clean in cleans if (flaw := check(_parts(clean))) is not None]
        seconds[name] = time.process_time() - start
        made = [(clean, FAULTS[name](clean, random.Random(number))) for number, clean in enumerate(faulty)]
        missed = [(clean, parts) for clean, parts in made if check(parts) is None]
        cost = 1e9 * seconds[name] / characters
        print(
            f"{name:<12}{len(wrong):>10} of {len(cleans):<6}{len(made) - len(missed):>10} of {len(made):<7}{cost:>15.0f}"
        )
        if args.show:
            for clean, flaw in wrong:
                print("   dropped:", clean.kind, flaw)
            for clean, parts in missed[:8]:
                print(
                    "   missed:", clean.kind, repr((parts.thought or "")[-300:]), "|", repr((parts.answer or "")[-100:])
                )
    compared()


if __name__ == "__main__":
    main()
