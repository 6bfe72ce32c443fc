"""Filters of right responses: what each drops, what it keeps, and what is recorded of it."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import pytest

from util.system.errors import UserError
from util.text.thought import assemble
from util.training.build import build
from util.training.data_report import dropped_lines, funnel_table, no_rows
from util.training.duplicate_responses import near_duplicates
from util.training.filter_agreement import disagreements
from util.training.filter_options import FILTERS, FilterOptions, filter_names, token_range
from util.training.filter_stage import text_filters
from util.training.filter_text import ResponseParts, parts_of
from util.training.options import DataOptions

PROSE = "We add the two numbers and look at the rest, which is what the question asks for in the end. "
VARIED = " ".join(f"Step {n}: add {n} to {n * n}, which is {n * n + n}, and go on." for n in range(60))
GERMAN = (
    "Wir suchen zunächst nach ganzzahligen Nullstellen, denn diese müssen Teiler des konstanten Gliedes sein. Durch Einsetzen "
    "finden wir, dass die Zahl eins eine Nullstelle ist, und danach bleibt nur noch eine quadratische Gleichung übrig."
)


def found(
    name: str, thought: str | None, answer: str | None = "It is $\\boxed{2}$.", question: str = "How much is it?"
) -> Any:
    check = text_filters(FilterOptions(filters=(name,)))[name]
    return check(
        ResponseParts(
            question, thought, answer, "You think long and carefully before you answer each question of ours."
        )
    )


@pytest.mark.parametrize(
    ("name", "thought", "answer"),
    [
        ("loops", PROSE + "Wait, let me check that again. " * 30, None),
        ("loops", VARIED + ("\n\n" + VARIED[:400]) * 4, None),
        ("loops", "让我再检查一遍，这个结果似乎不对，需要重新计算。" * 20, None),
        ("scripts", PROSE + "所以我们得到的答案是十二。", None),
        ("scripts", PROSE + "поэтому ответ равен двенадцати.", None),
        ("refusals", PROSE, "I'm sorry, but I can't help with that."),
        ("refusals", PROSE, "作为一个AI语言模型，我无法回答。"),
        ("refusals", PROSE + "This is against policy, so we must refuse.", None),
        ("prompts", PROSE + "\nUser: and the next one?", None),
        ("prompts", PROSE, "You are a helpful assistant. It is 2."),
        ("prompts", PROSE + "I was told: think long and carefully before you answer each question of theirs", None),
        ("parts", None, "It is 2."),
        ("parts", "...", "It is 2."),
        ("parts", PROSE, "**"),
        ("format", PROSE, "```python\nprint(2)"),
        ("format", PROSE + "<|im_end|>", None),
        ("format", PROSE, "It is $\\boxed{\\frac{1}{2}$."),
        ("format", PROSE + "\ufffd", None),
    ],
)  # fmt: skip
def test_faults_are_found(name: str, thought: str | None, answer: str | None) -> None:
    assert found(name, thought, answer if answer is not None else "It is $\\boxed{2}$.") is not None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("loops", VARIED),
        ("loops", "\n".join(f"Case x = {x}: {x * x} + 3 is not a square, so this gives no solution." for x in range(50))),
        ("loops", "A board:\n" + "\n".join(" ".join("." * 30) for _ in range(30)) + "\n" + "NO\n" * 80),
        ("loops", "\n\n".join([f"Draft:\n```python\n{'x = 1; ' * 200}\n```"] * 5)),
        ("scripts", "The Chinese remainder theorem (中国剩余定理是一个很有名的定理) and «друг познаётся в беде, как говорят» are quoted."),
        ("scripts", "Let ε > 0 and α, β, γ, Δ be real; ℵ₀ and 𝔠 are cardinals, 𝑥 is italic."),
        ("refusals", "I cannot find an integer. I'm sorry, I made a mistake; I can't proceed with this approach. An AI plays it."),
        ("prompts", "Alice: I know.\nBob: The system: of equations. Here is the solution. You are given an array."),
        ("format", "if a<s>b or p <|> q: mean <|x|> and ``` in a line\n~~~\ncode\n~~~"),
    ],
)  # fmt: skip
def test_what_looks_like_a_fault_is_kept(name: str, text: str) -> None:
    assert found(name, text) is None
    assert found(name, PROSE, text) is None or name == "loops"


def test_the_language_of_the_question_is_allowed() -> None:
    pytest.importorskip("py3langid")
    english = "How many integers are there between the two roots of the equation, and what is the largest of them?"
    assert found("language", f"{PROSE}\n\n{GERMAN}", question=english).reason == "another language"
    assert (
        found(
            "language",
            f"{PROSE}\n\n{GERMAN}",
            question="Bestimme alle reellen Nullstellen der Gleichung und begründe dies.",
        )
        is None
    )
    assert found("language", GERMAN, question="1 + 1 = ?") is None  # the whole response: the question is in doubt
    assert found("scripts", "所以我们得到的答案是十二。", question="请问答案是多少？") is None


def test_answers_that_differ_are_found_and_other_forms_are_not() -> None:
    boxes = ["So $\\boxed{1/2}$", "$\\boxed{\\frac12}$, or 0.5", "$\\boxed{0.5}$", "no box", "$\\boxed{1/3}$"]
    assert [flaw is not None for flaw in disagreements(boxes)] == [False, False, False, False, True]
    assert all(disagreements(["$\\boxed{3}$", "$\\boxed{4}$"]))  # no majority
    assert disagreements(["$\\boxed{B}$", "$\\boxed{7}$"]) == [None, None]  # an option and its content


def test_near_duplicate_responses_keep_the_shortest_whatever_the_order() -> None:
    texts = [VARIED + " And done.", VARIED, PROSE]
    assert near_duplicates(texts, 0.9) == [(0, 1)]
    assert near_duplicates(texts[::-1], 0.9) == [(2, 1)]
    assert near_duplicates(["a", "a b"], 0.1) == []


def test_names_and_ranges() -> None:
    assert filter_names("all") == tuple(FILTERS)
    with pytest.raises(argparse.ArgumentTypeError, match="did you mean 'loops'"):
        filter_names("loop")
    for wrong in ("8", ":", "9:3", "a:b"):
        with pytest.raises(argparse.ArgumentTypeError):
            token_range(wrong)


def results(folder: Path, problems: dict[str, list[str]]) -> Path:
    entries = {
        key: {
            "prompt": key,
            "responses": {
                "0.7": [
                    {"content": "c", "processed_content": text, "correctness": True, "reason": "r", "finish_reason": "stop"}
                    for text in responses
                ]
            },
        }
        for key, responses in problems.items()
    }  # fmt: skip
    path = folder / "converted_m_NUMINA_train_all_0_-1.json"
    path.write_text(json.dumps(entries))
    return path


def test_dropped_responses_are_counted_and_recorded(tmp_path: Path) -> None:
    good, refused = assemble(PROSE, "\\boxed{2}"), assemble(PROSE, "I cannot assist with this request.")
    path = results(
        tmp_path,
        {"q": [good, refused, assemble(VARIED, "\\boxed{3}"), assemble(VARIED + " So.", "\\boxed{2}")], "r": [refused]},
    )
    rejected = tmp_path / "rejected.jsonl"
    options = DataOptions(
        [path], tmp_path / "o.json", filters=("refusals", "agreement"), dedup_responses=0.9, rejected=rejected
    )  # fmt: skip
    report = build(options)
    assert dict(report.dropped) == {
        ("refusals", "a refusal"): 2,
        ("agreement", "differs from the answer of most responses"): 1,
    }
    assert report.written == 2
    assert "filtered" in funnel_table(report.funnel)
    assert dropped_lines(report)[0] == "2 dropped by refusals: a refusal"
    rows = [json.loads(line) for line in rejected.read_text().splitlines()]
    assert [(row["stage"], row["key"], row["sample"]) for row in rows] == [
        ("refusals", "q", 1),
        ("refusals", "r", 0),
        ("agreement", "q", 2),
    ]
    assert rows[2]["detail"] == "3 and 2"
    none = build(DataOptions([results(tmp_path, {"r": [refused]})], tmp_path / "p.json", filters=("refusals",)))
    assert "dropped by the filters, most of them by refusals" in no_rows(none)
    assert "filtered" not in funnel_table(build(DataOptions([path], tmp_path / "p.json")).funnel)


def test_exact_duplicates_and_contradictions_are_recorded_too(tmp_path: Path) -> None:
    good = assemble(PROSE, "\\boxed{2}")
    path = results(tmp_path, {"q": [good, good, assemble(VARIED, "\\boxed{2}")]})
    other = tmp_path / "converted_n_NUMINA_train_all_0_-1.json"
    wrong = json.loads(path.read_text().replace("true", "false"))
    wrong["q"]["responses"]["0.7"] = wrong["q"]["responses"]["0.7"][2:]
    other.write_text(json.dumps(wrong))
    rejected = tmp_path / "rejected.jsonl"
    options = DataOptions([path, other], tmp_path / "o.json", form="preference", rejected=rejected)
    report = build(options)
    assert report.left_out == {"exact duplicates of a response": 1, "the same text was judged right and wrong": 1}
    rows = [json.loads(line) for line in rejected.read_text().splitlines()]
    assert [(row["stage"], row["reason"], row["sample"]) for row in rows] == [
        ("duplicates", "exact duplicate of a response", 1), ("duplicates", "the same text was judged right and wrong", 2)
    ]  # fmt: skip
    assert (rows[0]["detail"], rows[1]["detail"]) == (
        f"{path}, temperature 0.7, sample 0",
        f"{other}, temperature 0.7, sample 0",
    )


def test_lengths_are_counted_in_the_students_tokens(tmp_path: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    tokenizer.enable_truncation(5)  # as a stored tokenizer may: lengths must not be cut
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    path = results(
        tmp_path, {"q": [assemble("w " * 8, "a b"), assemble("w " * 30, "a b"), assemble("w " * 9, "a " * 50)]}
    )
    options = DataOptions(
        [path], tmp_path / "o.json", tokenizer=str(tmp_path), thought_tokens=token_range("8:20"), answer_tokens=token_range(":40")
    )  # fmt: skip
    report = build(options)
    assert dict(report.dropped) == {("tokens", "the thought is too long"): 1, ("tokens", "the answer is too long"): 1}
    whole = DataOptions([path], tmp_path / "o.json", tokenizer=str(tmp_path), max_tokens_row=120)
    assert build(whole).written == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"max_tokens_row": 9}, "add --tokenizer"),
        ({"tokenizer": "x"}, "no effect alone"),
        ({"form": "verl", "truth_of": lambda row: None, "filters": ("loops",)}, "without responses"),
        ({"tokenizer": ".", "max_tokens_row": 9}, "has no tokenizer.json"),
    ],
)
def test_options_that_cannot_work_are_refused_before_anything_is_read(
    tmp_path: Path, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        build(DataOptions([tmp_path / "missing.json"], tmp_path / "o.json", **given))


@pytest.mark.parametrize("text", ["`" * 100_000, "\\[" * 30_000, '"中' * 30_000, "I'm sorry, I " * 10_000])
def test_hostile_texts_take_linear_time(text: str) -> None:
    start = time.process_time()
    for name, check in text_filters(FilterOptions(filters=tuple(FILTERS))).items():
        if name != "language":
            check(ResponseParts("q", text, text))
    assert time.process_time() - start < 10  # 100,000 backticks took minutes


def test_parts() -> None:
    assert parts_of("q", assemble("t", "a")) == parts_of("q", "<think>t</think>a") == ResponseParts("q", "t", "a")
    assert parts_of("q", " a ").thought is None
