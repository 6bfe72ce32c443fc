"""BIG-Bench Hard: 27 sets of questions with short exact answers (Suzgun et al. 2022)."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tasks.bbh_answers import YES_NO, closers, closing_of, options_in, right_letter, same_word, same_words
from tasks.math import MathChecker, MathTask
from util.answers.chosen_option import choose
from util.answers.extract import extract
from util.hub import SOURCES, HubSource
from util.hub.sources import BBH_CONFIGS
from util.prompting.prompts import BRACKETS, CHOICE, fill
from util.records import NO_FINAL_ANSWER, NO_OPTION, NOT_JUDGEABLE, Row, Verdict
from util.system.errors import UserError
from util.task import CheckOptions, Selection
from util.text.thought import after_reasoning

LETTER, WORD, WORDS, CLOSERS, OTHER = "letter", "word", "words", "closing brackets", "other"


class BbhTask(MathTask):
    """``--source`` is a set ("word_sorting"). What a right answer is follows from the row's target: a letter of its options,
    one of yes and no (or valid and invalid, true and false), a sorted list of words, closing brackets, or a number.

    A row::

        {"input": "What is 6 * 7?", "target": "42", "config": "multistep_arithmetic_two"}
    """

    name = "BBH"
    version = 1
    hub = SOURCES["BBH"]
    required = ("input", "target")
    question_field = "input"
    texts = ("target",)
    source_field = "config"
    source_names = ("config", "task")

    def hub_source(self, selection: Selection) -> HubSource:
        if selection.source == "all":
            return self.hub
        config = self.source_of([selection.source])
        files = tuple(path for path in self.hub.files["test"] if path.startswith(f"{config}/"))
        rows = self.hub.rows[f"test:{config}"]
        return replace(self.hub, files={"test": files}, rows={"test": rows}, alternatives=())

    def source_of(self, words: Sequence[str]) -> str:
        """The name of a set, in any case and with spaces or hyphens."""
        source = super().source_of(words)
        plain = source.lower().removeprefix("bbh_").replace(" ", "_").replace("-", "_")
        if plain != "all" and plain not in BBH_CONFIGS:
            near = difflib.get_close_matches(plain, BBH_CONFIGS, 1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise UserError(f"{self.name} has no set {source!r}; {hint}there are {', '.join(BBH_CONFIGS)}.")
        return plain

    def matches(self, row: Row, source: str) -> bool:
        return bool(row.get("config") == source)

    def gold(self, row: Row) -> str | None:
        return row["target"].strip() or None

    def prompt(self, row: Row) -> str:
        kind = kind_of(row)
        if kind == LETTER:
            return fill(CHOICE, question=row["input"], choices="").rstrip()
        return fill(BRACKETS if kind == CLOSERS else self.template, question=row["input"])

    def prompt_texts(self) -> list[str]:
        return [self.template, CHOICE, BRACKETS]

    def example(self, row: Row) -> str | None:
        kind, gold = kind_of(row), self.gold(row)
        if kind == CLOSERS:
            return f"Answer: {gold}"
        letter = right_letter(row["input"], gold or "") if kind == LETTER else None
        return super().example(row | {"solution": "", "target": letter or row["target"]})

    def checker(self, options: CheckOptions) -> BbhChecker:
        return BbhChecker(self, super().checker(options).policy)


def kind_of(row: Row) -> str:
    """What the target of a row is."""
    target = str(row["target"]).strip()
    if options_in(row["input"]):
        return LETTER
    if same_word(target, YES_NO):
        return WORD
    if closers(target):
        return CLOSERS
    if "sort" in row["input"].lower() and _sorted_from(target.casefold().split(), row["input"]):
        return WORDS
    return OTHER


def _sorted_from(words: list[str], question: str) -> bool:
    """Whether all words stand in the question, in another order or the same."""
    return len(words) > 1 and not Counter(words) - Counter(question.casefold().split())


@dataclass(frozen=True)
class BbhChecker(MathChecker):
    """By kind of target; numbers and other answers as ``MathChecker``."""

    task: BbhTask

    @property
    def rules(self) -> str:
        return f"{super().rules} bbh 1"

    def check(self, row: Row, response: str) -> Verdict:
        kind = kind_of(row)
        if kind == LETTER:
            return self._letter(row, response)
        if kind == CLOSERS:
            return _brackets(row, response)
        if kind == OTHER:
            return super().check(row, response)
        gold = row["target"].strip()
        answer = extract(response, lenient=self.policy.lenient).answer
        evidence = {"answer": answer, "gold": gold}
        if answer is None:
            return Verdict(False, NO_FINAL_ANSWER, evidence)
        if kind == WORD:
            said = same_word(answer, YES_NO)
            return Verdict(
                said == same_word(gold, YES_NO), "the word" if said else "another word than the two asked for", evidence
            )
        right = same_words(answer, gold)
        return Verdict(right, "the words in their order" if right else "other words, or in another order", evidence)

    def _letter(self, row: Row, response: str) -> Verdict:
        options = options_in(row["input"])
        right = right_letter(row["input"], row["target"])
        if right is None:
            return Verdict(
                None, f"{NOT_JUDGEABLE}the target {row['target'].strip()!r} is none of the question's options"
            )
        chosen = choose(response, options)
        evidence = {"answer": chosen.letter, "gold": right}
        if chosen.letter is None:
            return Verdict(False, NO_OPTION, {**evidence, "why": chosen.reason})
        is_right = chosen.letter == right
        return Verdict(is_right, "the right option" if is_right else "a wrong option", evidence)


def _brackets(row: Row, response: str) -> Verdict:
    """The closing brackets alone, or the whole sequence of the question with them."""
    text, gold = after_reasoning(response), closers(row["target"])
    answer = closing_of(text) if text is not None else None
    evidence = {"answer": answer, "gold": gold}
    if not answer:
        return Verdict(False, NO_FINAL_ANSWER, evidence)
    opened = closing_of(row["input"].rpartition("Input:")[2], alone=True) or ""
    right = answer == gold or (bool(opened) and answer == opened + (gold or ""))
    return Verdict(right, "the closing brackets" if right else "other brackets", evidence)
