"""IFEval as a benchmark: thoughts, verdicts, sources, faults of rows, and the three other accuracies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.ifeval import IfevalTask
from util.metrics.intervals import ratio_estimate, share_estimate
from util.metrics.tally import Tally
from util.records import NO_FINAL_ANSWER, Response, Row, Verdict
from util.results.entries import Entry
from util.system.errors import UserError
from util.task import CheckOptions, Selection

pytest.importorskip("py3langid")

ROW: Row = {
    "prompt": "Answer.",
    "instruction_id_list": ["length_constraints:number_words", "startend:end_checker"],
    "kwargs": [{"num_words": 3, "relation": "less than"}, {"end_phrase": "done"}],
}


def judged(response: str, **changes: Any) -> Verdict:
    return IfevalTask().checker(CheckOptions()).check(ROW | changes, response)


def test_the_thought_does_not_count_and_the_prompt_is_sent_as_it_is() -> None:
    assert judged("<think>\nMany words, many words.\n</think>\n\nAll done").correct is True
    assert judged("All done").correct is True
    unfinished = judged("<think>\nAll done")
    assert (unfinished.correct, unfinished.reason) == (False, NO_FINAL_ANSWER)
    assert judged("<think>x</think>").correct is False
    prompt = "Use {braces} and \\boxed{5}."
    assert IfevalTask().prompt(ROW | {"prompt": prompt}) == prompt


def test_a_verdict_says_which_instructions_were_followed() -> None:
    found = judged("All is done")
    assert (found.correct, found.reason) == (False, "not followed: length_constraints:number_words")
    first, second = found.evidence["instructions"]
    assert first == {"instruction": "length_constraints:number_words", "strict": False, "loose": False}
    assert second["strict"] is True
    loose = judged("So:\ndone")
    assert (loose.correct, loose.evidence["loose"]) == (True, True)
    loose = judged("done\nBye!")
    assert (loose.correct, loose.evidence["loose"]) == (False, True)


def test_what_cannot_be_told_is_null_unless_another_instruction_is_missed() -> None:
    ids = ["made:up", "startend:end_checker"]
    open_ = judged("done", instruction_id_list=ids)
    assert open_.correct is None
    assert open_.reason == "not judgeable: made:up: unknown instruction"
    assert judged("no", instruction_id_list=ids).correct is False


def test_sources_are_families_and_instructions(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(
        json.dumps(ROW)
        + "\n"
        + json.dumps(ROW | {"prompt": "b", "instruction_id_list": ["a:b", "punctuation:no_comma"]})
    )
    task = IfevalTask()

    def keys(source: str) -> list[str]:
        return [key for key, _ in task.select(Selection("train", source, dataset_path=path))]

    assert keys("all") == ["Answer.", "b"]
    assert keys("punctuation") == keys("punctuation:no_comma") == ["b"]
    assert task.source_of(["startend", "end_checker"]) == "startend:end_checker"
    with pytest.raises(UserError, match=r"Did you mean punctuation\?"):
        keys("punctuaton")
    for bad, words in (
        ({"kwargs": [{}]}, "2 instructions and 1 kwargs"),
        ({"kwargs": "x"}, "'kwargs' must be a list of objects"),
        ({"instruction_id_list": []}, "at least one name"),
    ):
        path.write_text(json.dumps(ROW | bad))
        with pytest.raises(UserError, match=words):
            keys("all")
    path.write_text(json.dumps(ROW | {name: json.dumps(ROW[name]) for name in ("kwargs", "instruction_id_list")}))
    assert keys("startend") == ["Answer."]  # CSV holds lists as JSON text


def test_the_other_accuracies_are_among_the_metrics() -> None:
    """Instruction-level over all instructions of all prompts; a truncated response follows none."""
    tally = Tally()
    one = ROW | {"instruction_id_list": ["startend:end_checker"], "kwargs": [{"end_phrase": "done"}]}
    for key, row, text in (("a", ROW, "done\nBye!"), ("b", ROW, "All is done"), ("c", one, "done"), ("d", ROW, None)):
        verdict = judged(text, **row) if text else Verdict(False, "truncated")
        tally.add(Entry(key, row, responses={0.0: [Response(content=text or "x", verdict=verdict)]}))
    found = tally.metrics(0.0)
    assert list(found) == ["pass@1", "prompt loose", "instruction strict", "instruction loose"]
    assert [found[name].value for name in found] == [0.25, 0.5, 3 / 7, 4 / 7]
    assert all(each.low < each.value < each.high for each in found.values())
    plain = Tally()
    plain.add(Entry("a", {}, responses={0.0: [Response(content="x", verdict=Verdict(True, ""))]}))
    assert list(plain.metrics(0.0)) == ["pass@1"]


def test_a_ratio_of_sums_is_the_share_where_all_problems_are_alike() -> None:
    ones = [1.0] * 30 + [0.0] * 70
    assert ratio_estimate(ones, [1.0] * 100).value == share_estimate(30, 100).value
    assert ratio_estimate(ones, [1.0] * 100).low == pytest.approx(share_estimate(30, 100).low, abs=0.005)
    assert ratio_estimate([2.0 * one for one in ones], [2.0] * 100).low == pytest.approx(
        share_estimate(30, 100).low, abs=0.005
    )
    assert ratio_estimate([], []).value == 0.0
