"""Newer benchmarks through the real Hub libraries, from a small Hub of our own with their real schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.hub_benchmarks import CONTESTS, benchmark_hub
from support.scripts import script

pytest.importorskip("datasets")

LOAD = """
import json, sys
from tasks import TASK_HANDLERS
from util.task import CheckOptions, Selection
from util.system.errors import UserError
for name, source, *responses in json.loads(sys.argv[1]):
    h = TASK_HANDLERS[name]()
    try:
        rows = [row for _, row in h.select(Selection(h.default_split, source or h.default_source))]
        verdicts = [h.checker(CheckOptions()).check(row, text) for row in rows for text in responses]
        print(json.dumps([len(rows), [[v.correct, v.reason] for v in verdicts], [row.get("subject") for row in rows]]))
    except UserError as error:
        print(json.dumps(str(error)))
"""
NAMES = {
    "aime_2026": "AIME26", "hmmt_feb_2025": "HMMT-Feb25", "hmmt_nov_2025": "HMMT-Nov25", "hmmt_feb_2026": "HMMT-Feb26",
    "brumo_2025": "BRUMO25", "smt_2025": "SMT25", "cmimc_2025": "CMIMC25",
}  # fmt: skip


def loaded(home: Path, asked: list[tuple[str, ...]], **env: str) -> list[Any]:
    """What each (dataset, source, responses...) comes to, in one process."""
    hub = benchmark_hub()
    environment = {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "HF_HOME": str(home), "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_XET": "1"} | env  # fmt: skip
    try:
        done = script("-c", LOAD, json.dumps(asked), env=environment, timeout=120)
    finally:
        hub.close()
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_contests_and_question_sets_load_and_are_judged(tmp_path: Path) -> None:
    contests = [(NAMES[key], "", rf"\boxed{{{row['answer']}}}", r"\boxed{-7}") for key, row in CONTESTS.items()]
    others: list[tuple[str, ...]] = [
        ("HMMT-Nov25", "number theory"),
        ("BRUMO25", "Geometry"),
        ("Omni-MATH", "", r"\boxed{2}", r"\boxed{\text{none}}"),
        ("Omni-MATH", "Geometry", r"\boxed{\text{No such function $f$ can exist}}", "I give up."),
        ("SuperGPQA", "Number Theory", r"\boxed{B}", r"\boxed{C}"),
        ("MMLU-Redux", "", r"\boxed{C}"),
        ("MMLU-Redux", "corrected:virology", r"\boxed{A}"),
        ("MMLU-Redux", "all:virology", r"\boxed{C}"),
        ("MMLU-Redux", "anatomy", r"\boxed{C}"),
        ("IFEval", "", "Blue sky", "sky, sea"),
        ("IFEval", "keywords:existence", "sky"),
        ("BBH", "all", r"\boxed{24}"),
        ("BBH", "word_sorting", r"\boxed{ape, bee}", r"\boxed{bee ape}"),
        ("BBH", "dyck_languages", "Answer: ] >"),
        ("BBH", "movie_recommendation", r"\boxed{B}"),
        ("BBH", "navigat"),
    ]
    found = loaded(tmp_path, [*contests, *others])
    for (name, *_), (count, verdicts, _) in zip(contests, found, strict=False):
        assert (name, count, [correct for correct, _ in verdicts]) == (name, 1, [True, False])
    number_theory, no_geometry, omni, prose, gpqa, ok, corrected, every, anatomy, ifeval, keywords, *bbh = found[
        len(contests) :
    ]
    assert number_theory[0] == 1
    assert "No row of MathArena/brumo_2025" in no_geometry
    prose_reason = "not judgeable: the gold answer is prose, and the rules compare words only"
    assert omni[1][:2] == [[True, omni[1][0][1]], [False, omni[1][1][1]]]
    assert omni[1][2:] == [[None, prose_reason]] * 2
    assert [correct for correct, _ in prose[1]] == [True, False]
    assert [correct for correct, _ in gpqa[1]] == [True, False, None, None]  # the second row contradicts itself
    assert ok[0] == 57
    assert {correct for correct, _ in ok[1]} == {True}
    assert len(set(ok[2])) == 57
    assert [correct for correct, _ in corrected[1]] == [False, True, True]
    assert every[1][3] == [None, "not judgeable: MMLU-Redux marks the question as multiple_correct_answers"]
    assert anatomy[0] == 1
    assert [verdict for verdict, _ in ifeval[1]] == [True, False, True, False]
    assert ifeval[1][1][1] == "not followed: punctuation:no_comma"
    assert (keywords[0], keywords[1][0][0]) == (1, True)
    assert bbh[0][0] == 27
    assert [verdict for verdict, _ in bbh[0][1]].count(True) == 23
    assert [[verdict for verdict, _ in each[1]] for each in bbh[1:4]] == [[True, False], [True], [True]]
    assert "did you mean navigate?" in bbh[4]


ADDS = "```python\nprint(sum(map(int, input().split())))\n```"
DOUBLES, SQUARES = ("```python\ndef double(x):\n    return x " + tail + "\n```" for tail in ("+ x", "* x"))
SUBTRACTS = "```python\na, b = map(int, input().split())\nprint(a - b)\n```"


def test_gated_sets_ordered_lists_and_published_tests(tmp_path: Path) -> None:
    asked: list[tuple[str, ...]] = [
        ("HLE", "", r"\boxed{42}", r"\boxed{B}"),
        ("HLE", "multipleChoice", r"\boxed{B}"),
        ("HLE", "all"),
        ("BBEH", "", r"\boxed{10, 3}", r"\boxed{3, 10}", r"\boxed{A}"),
        ("BBEH", "bbeh_boolean_expressions", r"\boxed{A}"),
        ("BBEH", "mini"),
        ("Codeforces", "", ADDS, SUBTRACTS),
        ("Codeforces", "2000-3000"),
        ("LiveCodeBench", "release_v6:2025-01..2025-06", ADDS, SUBTRACTS),
        ("LiveCodeBench", "v6"),
        ("LiveCodeBench", "release_v6:2025-07..2025-08"),
        ("HumanEvalPlus", "", DOUBLES, SQUARES),
        ("MBPPPlus", "", DOUBLES, SQUARES),
        ("GPQAMain", ""),
    ]
    exact, choice, every, bbeh, task, mini, code, hard, *programs, gpqa = loaded(
        tmp_path / "a", asked, HF_TOKEN="hf_member"
    )
    assert exact[0] == 4  # not the one with an image
    correct = [verdict for verdict, _ in exact[1]]
    assert correct[:2] == [True, False]
    assert correct[2:4] == [None, None]  # the name of a plane, and other words
    assert correct[4:6] == [False, True]
    assert exact[1][6] == [None, "not judgeable: the options of the question cannot be read"]
    assert [verdict for verdict, _ in choice[1]] == [True, None]
    assert "--source text" in every
    assert [verdict for verdict, _ in bbeh[1][:3]] == [True, False, False]
    assert bbeh[1][1][1] == "the list is in another order"
    assert [task[0], task[1][0][0], mini[0]] == [1, True, 1]
    assert [verdict for verdict, _ in code[1]] == [True, False, True, None, None, None, None, None, None, None]
    assert "cut off" in code[1][4][1]
    assert hard[0] == 1
    window, v6, later, human, mbpp = programs
    assert [window[0], v6[0]] == [1, 1]
    assert "--source release_v6:2025-07..2025-08" in later
    assert [[verdict for verdict, _ in each[1]] for each in (window, human, mbpp)] == [[True, False]] * 3
    assert gpqa[0] == 1
    [nobody] = loaded(tmp_path / "b", [("HLE", "")])
    assert "hf auth login" in nobody
