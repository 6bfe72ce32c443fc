"""A published training file is judged again: whatever was changed since it was written is listed."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from support.scripts import script
from test_training import rows

from tasks import TASK_HANDLERS
from tasks.ground_truth import ground_truth
from util.hub.__main__ import write_parquet
from util.records import Row, Verdict
from util.results.entries import text_hash
from util.results.entry_index import EntryIndex
from util.system.errors import UserError
from util.task import Checker, CheckOptions
from util.text.thought import assemble, with_thought
from util.training.build import build
from util.training.form_options import APART, FORMATS, MARKED, RL_FORMATS, TAGGED
from util.training.options import DataOptions
from util.training.passport_index import PassportIndex
from util.training.row_order import HashTable, row_order
from util.training.verification import RowFinding, Verification
from util.training.verify_checks import checkers_for, judged
from util.training.verify_extra import ExtraRows
from util.training.verify_sources import files_in, files_named

PROBLEMS = 6


def results(folder: Path, *, converted: bool = True) -> Path:
    """A judged file of MATH500: problem n has the answer n; its first two responses are right, the third is wrong."""
    entries = {}
    for n in range(1, PROBLEMS + 1):
        found = []
        for sample, answer in enumerate((n, n, n + 1)):
            words = f"Thought {sample} about {n}." + " more" * sample
            solution = f"So it is $\\boxed{{{answer}}}$."
            response = {"content": with_thought(words, solution), "finish_reason": "stop"}
            response |= {"correctness": answer == n, "reason": "as it was judged"}
            found.append(response | ({"processed_content": assemble(words, solution)} if converted else {}))
        question = f"What is {n} + 0 in the ring of integers?"
        row = {"problem": question, "answer": str(n), "subject": "Algebra"}
        entries[question] = row | {"prompt": f"Solve: {question}", "responses": {"0.7": found}}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{'converted_' if converted else ''}m_MATH500_test_all_0_-1.json"
    path.write_text(json.dumps(entries))
    return path


class Here:
    """Checks in this process."""

    def __init__(self, checker: Checker) -> None:
        self.checker = checker

    async def check(self, row: Row, text: str) -> Verdict:
        await asyncio.sleep(0)
        return self.checker.check(row, text)

    def close(self) -> None: ...


def verified(
    file: Path, folder: Path, passport: Path | None, extra: ExtraRows | None = None
) -> tuple[list[RowFinding], Verification]:
    with ExitStack() as stack:
        lines = stack.enter_context(PassportIndex(passport)) if passport is not None else None
        if lines is not None:
            index = stack.enter_context(EntryIndex(files_named(lines.files, [folder])))
        else:
            index = stack.enter_context(EntryIndex(files_in([folder]), lambda entry: entry.question))
        found = Verification(file, index, lines, tuple(TASK_HANDLERS), extra, ground_truth)
        checker = checkers_for(found.datasets, TASK_HANDLERS, CheckOptions())
        findings: list[RowFinding] = []

        async def run() -> None:
            async for job, verdict in judged(found.jobs(), Here(checker), 3):
                findings.extend(found.settled(job, verdict))

        asyncio.run(run())
        findings.extend(found.rest())
        return findings, found


def kinds(findings: list[RowFinding]) -> list[tuple[int | None, str]]:
    return [(finding.row, finding.kind) for finding in findings]


def published(folder: Path, **values: Any) -> tuple[Path, Path]:
    """(training file, passport)"""
    name = values.pop("name", "train.jsonl")
    path = results(folder / "in", converted=values.pop("converted", True))
    output, passport = folder / name, folder / "p.jsonl"
    values = {"select": "first", "jsonl": name.endswith(".jsonl"), **values}
    build(DataOptions([path], output, datasets=tuple(TASK_HANDLERS), passport=passport, **values))
    return output, passport


def rewrite(path: Path, change: Callable[[list[Any]], Any]) -> None:
    found = rows(path)
    changed = change(found)
    path.write_text("".join(json.dumps(row) + "\n" for row in (found if changed is None else changed)))


def forms() -> Iterator[Any]:
    for form in sorted({*FORMATS} - {*RL_FORMATS}):  # those have no responses
        for style in (None, MARKED, TAGGED, APART):
            if style == APART and form in ("sharegpt", "ranking"):
                continue
            yield pytest.param(form, style, id=f"{form}-{style}")


@pytest.mark.parametrize(("form", "style"), list(forms()))
@pytest.mark.parametrize("converted", [True, False])
def test_a_clean_file_has_no_differences_in_any_form(
    form: str, style: str | None, converted: bool, tmp_path: Path
) -> None:
    output, passport = published(
        tmp_path, form=form, thought_style=style, converted=converted, select="all", shuffle=True, seed=3
    )
    number = len(rows(output))
    assert number == PROBLEMS * 2
    responses = number * (2 if form in ("preference", "ranking") else 1)
    for known in (passport, None):
        findings, found = verified(output, tmp_path / "in", known)
        assert findings == []
        assert (found.counts["rows"], found.counts["judged"]) == (number, responses)


def flipped(found: list[Any]) -> None:
    turn = found[2]["conversations"][-1]
    turn["value"] = turn["value"].replace("\\boxed{3}", "\\boxed{4}")


def reworded(found: list[Any]) -> None:
    found[1]["conversations"][-1]["value"] = found[1]["conversations"][-1]["value"].replace("Thought", "Idea")


def asked(found: list[Any]) -> None:
    found[4]["conversations"][0]["value"] += " Answer in Latin."


def told(found: list[Any]) -> None:
    found[0]["system"] = "You are a pirate."


def added(found: list[Any]) -> None:
    new = {"conversations": [{"from": "user", "value": "x"}, {"from": "assistant", "value": "y"}], "system": ""}
    found.insert(3, new)


def removed(found: list[Any]) -> None:
    del found[1]


def moved(found: list[Any]) -> None:
    found.append(found.pop(0))


def doubled(found: list[Any]) -> None:
    found.insert(1, found[0])


def fielded(found: list[Any]) -> None:
    found[5]["weight"] = 0


CHANGES: list[tuple[Callable[[list[Any]], None], list[tuple[int | None, str]], list[tuple[int | None, str]]]] = [
    # the change; the findings with a passport; those without one
    (flipped, [(3, "text"), (3, "verdict")], [(3, "text")]),
    (reworded, [(2, "text")], [(2, "text")]),
    (asked, [(5, "text")], [(5, "source")]),
    (told, [(1, "text")], [(1, "text")]),
    (added, [(4, "added")], [(4, "source")]),
    (removed, [(None, "removed")], []),
    (moved, [(6, "moved")], []),
    (doubled, [(2, "added")], []),
    (fielded, [(6, "text")], []),
]


@pytest.mark.parametrize(("change", "with_passport", "without"), CHANGES, ids=[c[0].__name__ for c in CHANGES])
def test_what_was_changed_in_the_file_is_listed(
    change: Callable[[list[Any]], None],
    with_passport: list[tuple[int | None, str]],
    without: list[tuple[int | None, str]],
    tmp_path: Path,
) -> None:
    output, passport = published(tmp_path)
    rewrite(output, change)
    assert kinds(verified(output, tmp_path / "in", passport)[0]) == with_passport
    assert kinds(verified(output, tmp_path / "in", None)[0]) == without


def gold(entries: Any) -> None:
    entries["What is 2 + 0 in the ring of integers?"]["answer"] = "7"


def stored_text(entries: Any) -> None:
    response = entries["What is 3 + 0 in the ring of integers?"]["responses"]["0.7"][0]
    response["processed_content"] = response["processed_content"].replace("Thought", "Idea")


def gone(entries: Any) -> None:
    del entries["What is 4 + 0 in the ring of integers?"]


@pytest.mark.parametrize(
    ("change", "with_passport", "without"),
    [
        (gold, [(2, "source"), (2, "verdict")], [(2, "verdict")]),
        (stored_text, [(3, "source"), (3, "text")], [(3, "text")]),
        (gone, [(4, "source")], [(4, "source")]),
    ],
)
def test_what_was_changed_in_the_results_is_listed(
    change: Callable[[Any], None], with_passport: Any, without: Any, tmp_path: Path
) -> None:
    output, passport = published(tmp_path)
    [path] = (tmp_path / "in").glob("*.json")
    entries = json.loads(path.read_text())
    change(entries)
    path.write_text(json.dumps(entries))
    assert kinds(verified(output, tmp_path / "in", passport)[0]) == with_passport
    assert kinds(verified(output, tmp_path / "in", None)[0]) == without


def test_a_verdict_that_changed_says_both_reasons(tmp_path: Path) -> None:
    output, passport = published(tmp_path)
    rewrite(output, flipped)
    [text, verdict] = verified(output, tmp_path / "in", passport)[0]
    assert "boxed{4}" in text.detail
    assert "boxed{3}" in text.detail
    assert verdict.detail.startswith("was right (as it was judged), is now wrong (")
    assert "m_MATH500" in verdict.place


def test_a_rejected_response_that_passes_is_listed(tmp_path: Path) -> None:
    output, passport = published(tmp_path, form="preference", pair_with="incorrect")

    def passing(found: list[Any]) -> None:
        turn = found[0]["rejected"][0]
        turn["content"] = turn["content"].replace("\\boxed{2}", "\\boxed{1}")

    rewrite(output, passing)
    findings, _ = verified(output, tmp_path / "in", passport)
    assert kinds(findings) == [(1, "text"), (1, "verdict")]
    assert findings[1].detail.startswith("rejected: was wrong")


def test_a_wrong_response_among_those_to_learn_is_listed(tmp_path: Path) -> None:
    output, passport = published(tmp_path, form="preference", pair_with="incorrect")

    def swapped(found: list[Any]) -> None:
        found[1]["chosen"], found[1]["rejected"] = found[1]["rejected"], found[1]["chosen"]

    rewrite(output, swapped)
    [finding] = verified(output, tmp_path / "in", None)[0]
    assert (finding.row, finding.kind) == (2, "verdict")
    assert "published as a response to learn, but is wrong" in finding.detail
    assert (2, "verdict") in kinds(verified(output, tmp_path / "in", passport)[0])


def test_what_only_a_judge_model_accepts_need_not_pass_by_rules(tmp_path: Path) -> None:
    path = results(tmp_path / "in", converted=False)
    text, gold = with_thought("Think.", "It is $\\boxed{\\text{every odd prime}}$."), "all odd primes"
    judge = {"verdict": True, "reason": "r", "model": "openai/j", "prompt": 1, "calibration": {"agreement": [1, 1, 1]}}
    judge |= {"text": text_hash(text), "gold": text_hash(gold)}
    response = {
        "content": text,
        "correctness": False,
        "reason": "other words",
        "evidence": {"gold": gold},
        "judge": judge,
    }
    entries = json.loads(path.read_text())
    entries["Which?"] = {"problem": "Which?", "answer": gold, "responses": {"0.7": [response]}}
    path.write_text(json.dumps(entries))
    output, passport = tmp_path / "t.jsonl", tmp_path / "p.jsonl"
    report = build(
        DataOptions([path], output, datasets=tuple(TASK_HANDLERS), passport=passport, accept_judged="prose", jsonl=True)
    )
    assert report.only_judged == {True: 1}
    for known in (passport, None):
        findings, found = verified(output, tmp_path / "in", known)
        assert (findings, found.counts["judged"]) == ([], 2 * PROBLEMS + 1)


def test_rows_of_extra_files_are_compared_as_written_and_not_judged(tmp_path: Path) -> None:
    extra = tmp_path / "more.jsonl"
    turns = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "z"}]
    extra.write_text(json.dumps({"messages": turns}) + "\n")
    output, passport = published(tmp_path, extra=[extra])
    findings, found = verified(output, tmp_path / "in", passport)
    assert (findings, found.counts["extra"], found.counts["judged"]) == ([], 1, PROBLEMS)

    def changed(rows_found: list[Any]) -> None:
        rows_found[-1]["conversations"][-1]["value"] = "zz"

    rewrite(output, changed)
    assert kinds(verified(output, tmp_path / "in", passport)[0]) == [(PROBLEMS + 1, "text")]


@pytest.mark.parametrize("style", [None, MARKED, TAGGED, APART])
def test_rows_of_extra_files_are_recognised_without_a_passport(tmp_path: Path, style: str | None) -> None:
    extra = tmp_path / "more.jsonl"
    turns = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "z"}]
    still = {"question": "p", "combined_text": assemble("t", "s"), "domain": "puzzle"}
    extra.write_text(f"{json.dumps({'messages': turns})}\n{json.dumps(still)}\n")
    output, _ = published(tmp_path, extra=[extra], form="messages", thought_style=style)
    findings, found = verified(output, tmp_path / "in", None, ExtraRows([extra]))
    assert (findings, found.counts["extra"], found.counts["judged"]) == ([], 2, PROBLEMS)
    assert kinds(verified(output, tmp_path / "in", None)[0]) == [(7, "source"), (8, "source")]


def test_one_question_with_two_gold_answers_has_a_right_response(tmp_path: Path) -> None:
    path = results(tmp_path / "in")
    entries = json.loads(path.read_text())
    question = "What is 3 + 0 in the ring of integers?"
    second = json.loads(json.dumps(entries[question])) | {"answer": "4"}
    first = {f"{question} #1": json.loads(json.dumps(second))}
    for entry in (*first.values(), second):
        for response in entry["responses"]["0.7"]:
            response["correctness"] = not response["correctness"]
    path.write_text(json.dumps(first | entries | {f"{question} #2": second}))
    output, passport = tmp_path / "t.jsonl", tmp_path / "p.jsonl"
    build(DataOptions([path], output, datasets=tuple(TASK_HANDLERS), passport=passport, jsonl=True))
    assert verified(output, tmp_path / "in", passport)[0] == []
    assert verified(output, tmp_path / "in", None)[0] == []


@pytest.mark.parametrize("form", RL_FORMATS)
@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_problems_for_reinforcement_learning_are_compared(tmp_path: Path, form: str, ending: str) -> None:
    output, passport = published(tmp_path, form=form, name=f"t.{ending}", truth_of=ground_truth, shuffle=True)
    for known in (passport, None):
        findings, found = verified(output, tmp_path / "in", known)
        assert (findings, found.counts["compared"], found.counts["judged"]) == ([], PROBLEMS, 0)
    if ending == "parquet":
        return

    def other_gold(lines: list[Any]) -> None:
        if form == "rlvr":
            lines[2]["ground_truth"] = "77"
        else:
            lines[2]["reward_model"]["ground_truth"] = "77"

    rewrite(output, other_gold)
    for known in (passport, None):
        [finding] = verified(output, tmp_path / "in", known)[0]
        assert (finding.row, finding.kind) == (3, "text")
        assert "77" in finding.detail


def test_a_row_of_no_known_format_is_listed(tmp_path: Path) -> None:
    output, passport = published(tmp_path)

    def broken(found: list[Any]) -> None:
        found[2] = {"text": "?"}

    rewrite(output, broken)
    assert kinds(verified(output, tmp_path / "in", passport)[0]) == [(3, "added"), (None, "removed")]
    assert kinds(verified(output, tmp_path / "in", None)[0]) == [(3, "source")]
    output.write_text('{"text": "?"}\n')
    with pytest.raises(UserError, match="expected 'conversations'"):
        verified(output, tmp_path / "in", None)


def test_the_fewest_moved_rows_are_named() -> None:
    generator = random.Random(4)
    for _ in range(200):
        lines = [generator.choice("abcdefgh") for _ in range(generator.randrange(9))]
        found = generator.sample(lines, generator.randrange(len(lines) + 1)) + ["z"] * generator.randrange(2)
        generator.shuffle(found)
        tables = HashTable(), HashTable()
        for table, names in zip(tables, (found, lines), strict=True):
            for name in names:
                table.add(f"{ord(name):x}", "1" if name == "z" else "2", f"{ord(name):x}")
        order = row_order(*tables)
        assert len(order.added) == found.count("z")
        assert all(line < 0 or lines[line] == found[row] for row, line in enumerate(order.line_of))
        used = [line for line in order.line_of if line >= 0]
        assert len(set(used)) == len(used)
        assert sorted([*used, *order.removed]) == list(range(len(lines)))
        still = [line for row, line in enumerate(order.line_of) if line >= 0 and row not in order.moved]
        assert still == sorted(still)


def run(*arguments: Any) -> Any:
    return script("-m", "util.training.verify", *arguments, timeout=120)


def programs(folder: Path) -> Path:
    """A judged file of APPS with one right program."""
    question = "Print the sum of two integers."
    tests = json.dumps({"inputs": ["1 2\n"], "outputs": ["3\n"]})
    program = "```python\na, b = map(int, input().split())\nprint(a + b)\n```"
    response = {"content": with_thought("Add them.", program), "correctness": True, "reason": "passed"}
    row = {"question": question, "input_output": tests, "prompt": question}
    path = folder / "m_APPS_test_all_0_-1.json"
    path.write_text(json.dumps({question: row | {"responses": {"0.7": [response]}}}))
    return path


def test_the_command_judges_answers_and_programs_and_writes_a_report(tmp_path: Path) -> None:
    files = [results(tmp_path / "in", converted=False), programs(tmp_path / "in")]
    output, passport, copy = tmp_path / "t.jsonl", tmp_path / "p.jsonl", tmp_path / "copy.parquet"
    form = {"form": "messages", "thought_style": APART, "select": "first", "jsonl": True}
    build(DataOptions(files, output, datasets=tuple(TASK_HANDLERS), passport=passport, **form))  # type: ignore[arg-type]
    write_parquet(copy, lambda: iter(rows(output)))
    done = run(copy, "--passport", passport, "--input-dir", tmp_path / "in", "--check-workers", 1)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no differences" in done.stdout
    assert f"{PROBLEMS + 1} responses judged by: code" in done.stdout

    def wrong(found: list[Any]) -> None:
        found[0]["messages"][-1]["content"] = "So it is $\\boxed{9}$."
        found[-1]["messages"][-1]["content"] = found[-1]["messages"][-1]["content"].replace("a + b", "a - b")

    rewrite(output, wrong)
    report = tmp_path / "r.jsonl"
    done = run(output, "--input-dir", tmp_path / "in", "--passport", passport, "--report", report, "--check-workers", 1)
    assert done.returncode == 1
    assert "row 1: verdict: was right" in done.stdout
    assert "row 7: verdict: was right (passed), is now wrong" in done.stdout
    assert "4 differences" in done.stdout
    assert [line["kind"] for line in rows(report)] == ["text", "verdict"] * 2


def test_missing_inputs_are_named(tmp_path: Path) -> None:
    output, passport = published(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"passport names converted_m_MATH500.*does not have"):
        files_named(["converted_m_MATH500_test_all_0_-1.json"], [tmp_path / "empty"])
    with pytest.raises(UserError, match="has no result file"):
        files_in([tmp_path / "empty"])
    with pytest.raises(UserError, match="not a line of a passport"):
        PassportIndex(output)
    with pytest.raises(UserError, match="cannot be read"):
        PassportIndex(tmp_path / "none.jsonl")
    assert passport.exists()


def test_a_file_of_which_nothing_is_known_is_no_success(tmp_path: Path) -> None:
    results(tmp_path / "in")
    other = tmp_path / "other.jsonl"
    other.write_text(
        json.dumps({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "z"}]})
    )
    done = run(other, "--input-dir", tmp_path / "in", "--texts-only")
    assert done.returncode == 1
    assert "nothing is verified" in done.stderr
    [path] = (tmp_path / "in").glob("*.json")
    before = path.read_bytes()
    done = run(other, "--input-dir", tmp_path / "in", "--texts-only", "--report", path)
    assert done.returncode == 1
    assert "would replace an input" in done.stderr
    assert path.read_bytes() == before
