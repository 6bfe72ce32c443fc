"""Thought and solution sections, and the training data made from them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.scripts import script

from util.answers.extract import extract_answer
from util.code.extract_code import extract_code
from util.distill.formatting import by_rules, verified
from util.prompting.prompts import CODE_CALL, CODE_STDIN, fill
from util.text.thought import MARKERS, assemble, sections


@pytest.mark.parametrize(
    "response",
    [
        "<think>\nfirst, 1+1\n</think>\n\nThe answer is \\boxed{2}.",
        "no opening tag </think> The answer is \\boxed{2}.",
        "1 + 1 is two.\nThe final answer is \\boxed{2}.",
        "Think.\n```python\nprint(1)\n```",
        assemble("t", "\\boxed{2}"),
    ],
)
def test_marked_or_separable_responses_are_split(response: str) -> None:
    text = by_rules(response).text
    assert text is not None
    assert [text.count(marker) for marker in MARKERS] == [1, 1, 1, 1]
    assert sections(text) is not None


@pytest.mark.parametrize(
    "response",
    [
        "<think> never ends \\boxed{2}",
        "\\boxed{2}",
        "only words",
        "<|begin_of_thought|> x",
        "</think>",
        "```python\nprint(1)\n```",
    ],
)
def test_others_are_left_with_a_reason(response: str) -> None:
    formatted = by_rules(response)
    assert formatted.text is None
    assert formatted.reason


def test_a_changed_answer_or_code_is_refused() -> None:
    assert verified("1+1\n\\boxed{2}", assemble("1+1", "\\boxed{3}"), "x").text is None
    code = "so\n```python\nprint(1)\n```"
    assert verified(code, assemble("so", "```python\nprint(2)\n```"), "x").text is None
    assert verified(code, assemble("so", "```python\nprint(1)\n```"), "x").text is not None


def test_code_that_is_the_answer_must_stand_in_the_solution() -> None:
    code = "```python\nprint(1)\n```"
    assert verified(f"so\n{code}", assemble(f"so\n{code}", "The program above solves it."), "x").text is None
    # Code on the way to an answer in a box may stay in the thought.
    way = f"we try\n{code}\nso it is\n\\boxed{{1}}"
    assert verified(way, assemble(f"we try\n{code}", "so it is\n\\boxed{1}"), "x").text is not None


CODE, OTHER = "import sys\nfor line in sys.stdin:\n    print(line)", "import sys\nfor line in sys.stdin:\n    print(0)"
SPELLINGS = {
    "plain": "```python\n{}\n```",
    "py": "```py\n{}\n```",
    "pypy3": "```pypy3\n{}\n```",
    "Python": "```Python\n{}\n```",
    "PYTHON": "```PYTHON\n{}\n```",
    "info string": "```python title=sol.py\n{}\n```",
    "bare": "```\n{}\n```",
    "tildes": "~~~\n{}\n~~~",
    "tildes with a language": "~~~python\n{}\n~~~",
    "tildes with an info string": "~~~ Python3 linenos\n{}\n~~~",
    "four ticks": "````python\n{}\n````",
    "indented in a list": "1. This:\n   ```python\n   {}\n   ```",
    "quoted fence": "> ```python\n{}\n> ```",
    "after text": "The code: ```python\n{}\n```",
    "text after it": "```python\n{}\n```.",
    "unclosed before it": "```python\nx\n\nBetter:\n```python\n{}\n```",
    "carriage returns": "```python\r\n{}\r\n```\r\n",
}


def spelled(name: str, code: str) -> str:
    fence = SPELLINGS[name]
    return fence.replace("{}", code.replace("\n", "\n   ") if name.startswith("indented") else code)


@pytest.mark.parametrize("name", SPELLINGS)
def test_other_code_is_refused_however_its_fence_is_spelled(name: str) -> None:
    for before, after in ((name, "plain"), ("plain", name), (name, name)):
        response = f"We loop.\n{spelled(before, CODE)}"
        kept = verified(response, assemble("We loop.", spelled(after, CODE)), "x")
        changed = verified(response, assemble("We loop.", spelled(after, OTHER)), "x")
        assert kept.text is not None, (before, after, kept.reason)
        assert changed.text is None, (before, after)
        assert "code" in changed.reason


def test_quoted_code_is_compared_as_well() -> None:
    quoted = "> ```python\n> print({})\n> ```"
    assert verified(quoted.format(1), assemble("so", quoted.format(1)), "x").text is not None
    assert verified(quoted.format(1), assemble("so", quoted.format(2)), "x").text is None


def test_an_unclosed_block_is_the_code_only_if_it_is_whole() -> None:
    closed, unclosed = f"We loop.\n```python\n{CODE}\n```", f"```python\n{CODE}"
    assert verified(f"We loop.\n{unclosed}", assemble("We loop.", f"```python\n{CODE}\n```"), "x").text is not None
    for code in (OTHER, CODE[:-1]):
        assert verified(closed, assemble("We loop.", f"```python\n{code}"), "x").text is None
        assert (
            verified(f"We loop.\n```python\n{code}", assemble("We loop.", f"```python\n{CODE}\n```"), "x").text is None
        )


@pytest.mark.parametrize("name", SPELLINGS)
def test_rules_split_before_the_code_however_its_fence_is_spelled(name: str) -> None:
    response = f"We loop.\n\n{spelled(name, CODE)}\n\nOutput:\n```\n6\n```"
    text = by_rules(response).text
    assert text is not None
    assert "We loop." in text.split(MARKERS[1])[0]
    assert extract_code(text) == extract_code(response) == f"{CODE}\n"


def test_layout_may_change_but_not_what_it_means() -> None:
    response = "so\n```python\nif x:\n    print('a b')\n    y()\n```"
    wider = "```python\nif x:\n\n        print('a b')\n        y()\n```"
    assert verified(response, assemble("so", wider), "x").text is not None
    for other in ("if x:\n    print('a b')\ny()", "if x:\n    print('ab')\n    y()"):
        assert verified(response, assemble("so", f"```python\n{other}\n```"), "x").text is None


def test_the_function_that_may_be_asked_for_keeps_its_code() -> None:
    function, usage = "```python\ndef f(x):\n    return x\n```", "```python\nprint(f(1))\n```"
    response = f"so\n{function}\nUse it:\n{usage}"
    assert verified(response, assemble("so", f"{function}\n{usage}"), "x").text is not None
    changed = function.replace("return x", "return 0")
    for solution in (f"{changed}\n{usage}", usage, f"{function}\n{usage}\n{changed}\n{usage}"):
        assert verified(response, assemble("so", solution), "x").text is None
    by_rule = by_rules(response).text
    assert by_rule is not None
    assert extract_code(by_rule, "f") == extract_code(response, "f")


@pytest.mark.parametrize("asks", ["Define the function `f` exactly as named.", "```python\ndef f(x):\n    ...\n```"])
def test_a_prompt_says_which_function_is_asked_for(asks: str) -> None:
    draft, final = "```python\ndef slow(x):\n    return x\n```", "```python\ndef f(x):\n    return x\n```"
    response, text = f"try\n{draft}\nbetter:\n{final}", assemble(f"try\n{draft}\nbetter:", final)
    assert verified(response, text, "x").text is None  # "slow" may be asked for
    assert verified(response, text, "x", prompt=asks).text is not None
    assert by_rules(response, asks).text == text
    assert verified(f"try\n{final}\nbetter:\n{draft}", text, "x", prompt=asks).text is None


def test_a_written_answer_needs_no_code_but_bears_no_other() -> None:
    code, other = "```python\nprint(1)\n```", "~~~python\nprint(2)\n~~~"
    response = f"we try\n{code}\nso it is\n\\boxed{{1}}"
    answer = "\\boxed{1}"
    assert verified(response, assemble(f"we try\n{code}", answer), "x").text is not None
    assert verified(response, assemble(f"we try\n{code}", f"{code}\n{answer}"), "x").text is not None
    for thought, solution in ((other, answer), (code, f"{other}\n{answer}"), (other, f"{code}\n{other}\n{answer}")):
        assert verified(response, assemble(f"we try\n{thought}", solution), "x").text is None
    # A line that happens to be valid Python is not code.
    assert by_rules("1 + 1 is two.\nAnswer: 2").text == assemble("1 + 1 is two.", "Answer: 2")
    # Code in the reasoning alone answers nothing.
    hidden = f"<think>{code}</think>\nThe program above solves it."
    assert by_rules(hidden).text is None
    assert verified(hidden, assemble(code, "The program above solves it."), "x").text is None


CODES = [
    "print(1)",
    "def f(x):\n    return x",
    "def f(x):\n    return 0",
    "g = len\nprint(g)",
    ">>> f(1)",
    "import f",
    "6",
]
PROSE = ["We try this.", "So it is.", "Use it:", "<think>", "</think>", "The answer is \\boxed{1}."]
BLOCKS = st.builds(spelled, st.sampled_from([*SPELLINGS]), st.sampled_from(CODES))
TEXTS = st.lists(st.one_of(BLOCKS, st.sampled_from(PROSE)), min_size=1, max_size=5)


@settings(max_examples=300)
@given(st.data())
def test_the_judge_runs_in_a_rewrite_what_it_would_run_in_the_response(data: st.DataObject) -> None:
    parts = data.draw(TEXTS)
    cut = data.draw(st.integers(0, len(parts)))
    # A rewrite keeps the end of the response, or spells the same codes anew, or is another text.
    rewritten = data.draw(st.one_of(st.just(parts[cut:]), st.permutations(parts[cut:]), TEXTS))
    response = "\n".join(parts)
    candidates = [by_rules(response), verified(response, assemble("We try " + response, "\n".join(rewritten)), "x")]
    candidates.append(verified(response, assemble("We try this.", "\n".join(rewritten)), "x"))
    for text in [formatted.text for formatted in candidates if formatted.text is not None]:
        for function in (None, "f", "g", "h"):
            found = extract_code(text, function)
            written = extract_answer(text) is not None  # then the code may stay in the thought section
            assert found == extract_code(response, function) or (written and found is None)


@given(st.sampled_from([*SPELLINGS]), st.sampled_from([*SPELLINGS]), st.sampled_from(CODES), st.sampled_from(CODES))
def test_a_rewrite_is_accepted_exactly_where_its_code_is_the_same(one: str, two: str, before: str, after: str) -> None:
    response, text = spelled(one, before), assemble("We try.", spelled(two, after))
    same = all(extract_code(response, function) == extract_code(text, function) for function in (None, "f", "g", "h"))
    assert (verified(response, text, "x").text is not None) == same


def test_filling_does_not_look_into_values() -> None:
    assert fill("{question} {choices}", question="{choices}", choices="x") == "{choices} x"


def test_only_verified_converted_responses_become_training_data(tmp_path: Path) -> None:
    good, wrong = "1+1 = 2\nThe answer is \\boxed{2}.", "1+1 = 3\nThe answer is \\boxed{3}."
    responses = [
        {"content": good},
        {"content": wrong},
        {"content": "\\boxed{2}"},
        {"content": good, "finish_reason": "length"},
    ]
    entry = {
        "problem": "q",
        "solution": "\\boxed{2}",
        "prompt": "q?",
        "responses": {"0.7": responses},
        "token_usages": {},
    }
    name = "m_NUMINA_train_all_0_-1.json"
    (tmp_path / name).write_text(json.dumps({"q": entry}))
    assert script("convert_format.py", "--input_dir", tmp_path, "--rewriter", "rules").returncode == 0
    # A second run does not take the converted file for input.
    assert script("convert_format.py", "--input_dir", tmp_path, "--rewriter", "rules").returncode == 0
    assert not (tmp_path / f"converted_converted_{name}").exists()
    check = script("inference_and_check.py", "--dataset", "NUMINA", "--model", "m", "--result-dir", tmp_path, "--check")
    assert check.returncode == 0, check.stderr
    assert json.loads(check.stdout.splitlines()[-1]) == {"acc": 0.5}
    output = tmp_path / "train_data.json"
    assert script("convert_to_data.py", "--input_dir", tmp_path, "--output", output).returncode == 0
    [item] = json.loads(output.read_text())
    assert set(item) == {"system", "conversations"}
    assert [turn["from"] for turn in item["conversations"]] == ["user", "assistant"]
    assert item["conversations"][0]["value"] == "q?"
    assert all(marker in item["conversations"][1]["value"] for marker in MARKERS)


F_AND_USAGE = "Think.\n```python\ndef f(x):\n    return x\n```\nUsage:\n```python\nprint(f(1))\n```"
USAGE_ONLY = assemble("Think.", "```python\nprint(f(1))\n```")
CALL = fill(CODE_CALL, target="function `f`", question="Return x.")
STDIN = fill(CODE_STDIN, question="Print it.")


@pytest.mark.parametrize("prompt", [None, "", "Write the function `f(x)`.", "Write the function f(x).", CALL])
def test_a_rewrite_without_the_asked_function_is_refused_whatever_the_prompt_looks_like(prompt: str | None) -> None:
    assert verified(F_AND_USAGE, USAGE_ONLY, "", prompt=prompt).text is None


def test_our_own_prompts_say_what_is_asked_for() -> None:
    """A usage example may go where the function is asked for; where the program is, its function must stay."""
    function_only = assemble("Think.", "```python\ndef f(x):\n    return x\n```")
    assert verified(F_AND_USAGE, function_only, "", prompt=CALL).text == function_only
    assert verified(F_AND_USAGE, USAGE_ONLY, "", prompt=STDIN).text is None
    both = by_rules(F_AND_USAGE, STDIN).text
    assert both is not None
    assert extract_code(both) == extract_code(F_AND_USAGE) == "def f(x):\n    return x\n\n\nprint(f(1))\n"


@pytest.mark.parametrize(
    ("response", "other"),
    [
        ("f = max", "f = min"),
        ("f = partial(pow, 2)", "f = partial(pow, 3)"),
        ("open('/dev/fd/1', 'w').write('1')", "open('/dev/fd/1', 'w').write('2')"),
    ],
)
def test_unfenced_code_is_compared_as_well(response: str, other: str) -> None:
    assert verified(response, assemble("Think.", other), "").text is None
    assert verified(response, assemble("Think.", response), "").text is not None


@pytest.mark.parametrize("behind", ["\nCorrection:\n```python\nprint(2)\n```", "\nso \\boxed{2}"])
def test_what_stands_behind_the_last_marker_is_not_lost(behind: str) -> None:
    response = assemble("Think.", "```python\nprint(1)\n```\n\\boxed{1}") + behind
    assert by_rules(response).text is None


def test_a_program_is_not_dropped_for_an_answer_in_passing() -> None:
    response = "For sample 1 the answer is 5.\n```python\ndef f(x):\n    return x\n```"
    rewrite = assemble(response, "The answer is 5.")
    assert verified(response, rewrite, "", prompt=CALL).text is None


@pytest.mark.parametrize("block", [">>> f(1)\n2", "$ python a.py\n2"])
def test_a_response_whose_only_block_is_a_session_has_no_program_to_keep(block: str) -> None:
    rewrite = by_rules(f"Try it.\n```python\n{block}\n```\nIt prints 2.", STDIN)
    assert rewrite.text is None
    assert rewrite.reason
