"""HumanEval+ and MBPP+: rows of EvalPlus' releases and of the Hub's sets, on small made-up problems."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tasks import TASK_HANDLERS
from tasks.code import UnusableTests
from tasks.evalplus_rows import of_text
from tasks.mbpp_types import converted
from util.system.errors import UserError
from util.task import CheckOptions, Selection

PROMPT = (
    "import math\nfrom typing import List\n\n\ndef half(x: float) -> float:\n    return x / 2\n\n\n"
    'def halves(numbers: List[float]) -> List[float]:\n    """ Half of each number.\n    >>> halves([4.0])\n    [2.0]\n    """\n'
)
RELEASE = {
    "task_id": "HumanEval/900", "prompt": PROMPT, "entry_point": "halves", "contract": "\n    assert numbers\n", "atol": 0,
    "canonical_solution": "    return [half(x) for x in numbers]\n", "base_input": [[[4.0]], [[]]],
    "plus_input": [[[0.1, 0.3]], [[float("inf")]], [[1, 2]]],
}  # fmt: skip
ASSERTION = "import numpy as np\n\ndef is_floats(x) -> bool:\n    return False\n\ndef assertion(out, exp, atol):\n    assert out == exp\n\n\n"
ON_THE_HUB = {
    **{name: RELEASE[name] for name in ("task_id", "prompt", "entry_point", "canonical_solution")},
    "test": ASSERTION + "def check(candidate):\n    inputs = [[[4.0]], [[]], [[0.1, 0.3]], [[inf]], [[-1, 2]]]\n"
    "    results = [[2.0], [], [0.05, 0.15], [inf], [-0.5, 1.0]]\n"
    "    for i, (inp, exp) in enumerate(zip(inputs, results)):\n        assertion(candidate(*inp), exp, 1e-06)\n",
}  # fmt: skip
CROSSED = ON_THE_HUB | {
    "test": ASSERTION + "def ref_func(numbers):\n    return None\n\ndef check(candidate):\n    inputs = [[[4.0]], [[2]]]\n"
    "    for i, inp in enumerate(inputs):\n        assertion(candidate(*inp), ref_func(*inp), 0)\n",
}  # fmt: skip

MBPP = {
    "task_id": "Mbpp/70", "entry_point": "same_lengths", "atol": 0, "contract": "", "assertion": "",
    "prompt": '"""\nWrite a function to tell whether all tuples have one length.\nassert same_lengths([(1, 2), (3, 4)]) == True\n"""\n',
    "canonical_solution": "\ndef same_lengths(tuples):\n    assert all(type(t) is tuple for t in tuples)\n    return len(set(map(len, tuples))) < 2\n",
    "base_input": [[[[1, 2], [3, 4]]], [[[1], [2, 3]]]], "plus_input": [[[]]],
}  # fmt: skip
MBPP_ON_THE_HUB = {
    "task_id": 70, "code": MBPP["canonical_solution"], "prompt": "Write a function to tell whether all tuples have one length.",
    "source_file": "Benchmark.ipynb", "test_imports": [], "test_list": ["assert same_lengths([(1, 2), (3, 4)]) == True", "assert 1"],
    "test": "import numpy as np\nfrom math import inf\n\n" + ASSERTION + "inputs = [[[(1, 2), (3, 4)]], [[(1,), (2, 3)]]]\nresults = [True, False]\n"
    "for i, (inp, exp) in enumerate(zip(inputs, results)):\n    assertion(same_lengths(*inp), exp, 0)\n",
}  # fmt: skip


def selected(name: str, row: dict[str, Any], folder: Path) -> dict[str, Any]:
    path = folder / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n")
    [(key, found)] = TASK_HANDLERS[name]().select(Selection("test", dataset_path=path))
    assert key == found["prompt"]
    json.dumps(found, allow_nan=False)  # a result file is strict JSON
    return found


def check(name: str, row: dict[str, Any], code: str) -> Any:
    return TASK_HANDLERS[name]().checker(CheckOptions()).check(row, f"So:\n```python\n{code}\n```\nDone.")


@pytest.mark.parametrize("row", [RELEASE, ON_THE_HUB, CROSSED], ids=["release", "hub", "crossed"])
def test_humaneval_rows_of_every_form(row: dict[str, Any], tmp_path: Path) -> None:
    found = selected("HumanEvalPlus", row, tmp_path)
    whole = PROMPT + "    return [number / 2 for number in numbers]\n"
    assert check("HumanEvalPlus", found, whole).correct is True
    # What the prompt has before the function need not be repeated.
    alone = "def halves(numbers: List[float]):\n    return [half(x) * math.cos(0) for x in numbers]"
    assert check("HumanEvalPlus", found, alone).correct is True
    assert check("HumanEvalPlus", found, f"from __future__ import annotations\n{whole}").correct is True
    for wrong in (
        "return tuple(x / 2 for x in numbers)",
        "return [x / 2.001 for x in numbers]",
        "return numbers",
        "pass",
    ):
        assert check("HumanEvalPlus", found, f"def halves(numbers):\n    {wrong}").correct is False
    assert check("HumanEvalPlus", found, "    return [x / 2 for x in numbers]").correct is False
    assert check("HumanEvalPlus", found, "def other(numbers):\n    return numbers").correct is False


@pytest.mark.parametrize("row", [MBPP, MBPP_ON_THE_HUB], ids=["release", "hub"])
def test_mbpp_rows_of_both_forms(row: dict[str, Any], tmp_path: Path) -> None:
    found = selected("MBPPPlus", row, tmp_path)
    right = (
        "def same_lengths(t):\n    assert all(isinstance(x, tuple) for x in t)\n    return len({len(x) for x in t}) < 2"
    )
    assert check("MBPPPlus", found, right).correct is True
    assert (
        check("MBPPPlus", found, "def same_lengths(t):\n    return 1 if len({len(x) for x in t}) < 2 else 0").correct
        is True
    )
    assert check("MBPPPlus", found, "def same_lengths(t):\n    return True").correct is False
    prompt = TASK_HANDLERS["MBPPPlus"]().prompt(found)
    assert "Task: Write a function to tell whether all tuples have one length.\n" in prompt
    assert prompt.endswith("```python\nassert same_lengths([(1, 2), (3, 4)]) == True\n```")
    assert "function `same_lengths`" in prompt


def test_the_prompt_shows_the_whole_function_and_no_test(tmp_path: Path) -> None:
    found = selected("HumanEvalPlus", ON_THE_HUB, tmp_path)
    prompt = TASK_HANDLERS["HumanEvalPlus"]().prompt(found)
    assert PROMPT in prompt
    assert "Define the function `halves` exactly as named" in prompt
    assert "results" not in prompt


def test_a_compressed_release_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "HumanEvalPlus.jsonl.gz"
    path.write_bytes(
        gzip.compress("".join(json.dumps(RELEASE | {"prompt": PROMPT + "\n" * i}) + "\n" for i in range(3)).encode())
    )
    handler = TASK_HANDLERS["HumanEvalPlus"]()
    assert len(list(handler.select(Selection("test", dataset_path=path)))) == 3
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match="cannot be read"):
        list(handler.select(Selection("test", dataset_path=path)))
    path.write_bytes(b"{}\n")
    with pytest.raises(UserError, match="is not compressed"):
        list(handler.select(Selection("test", dataset_path=path)))


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("HumanEvalPlus", {"base_input": [], "plus_input": []}, "no tests"),
        ("HumanEvalPlus", {"base_input": {"a": 1}}, "not a list of argument lists"),
        ("HumanEvalPlus", {"base_input": [1]}, "not a list of argument lists"),
        ("HumanEvalPlus", {"atol": "much"}, "atol is 'much'"),
        ("HumanEvalPlus", {"atol": -1}, "atol is -1"),
        ("HumanEvalPlus", {"entry_point": "a b"}, "does not name the function"),
        ("HumanEvalPlus", {"canonical_solution": "    return 1 / 0\n"}, "the reference solution fails: runtime error on test 1"),
        ("MBPPPlus", {"entry_point": ""}, "does not name the function"),
        ("MBPPPlus", {"base_input": [[[1]]]}, "does not have the types of its problem"),
    ],
)  # fmt: skip
def test_unusable_rows_have_no_verdict(name: str, change: dict[str, Any], reason: str, tmp_path: Path) -> None:
    row = selected(name, (RELEASE if name == "HumanEvalPlus" else MBPP) | change, tmp_path)
    code = "def halves(numbers):\n    return numbers\ndef same_lengths(t):\n    return True"
    verdict = check(name, row, code)
    assert verdict.correct is None
    assert verdict.reason.startswith("not judgeable: ")
    assert reason in verdict.reason


def test_rows_without_tests_are_named(tmp_path: Path) -> None:
    row = {name: RELEASE[name] for name in ("task_id", "prompt", "entry_point", "canonical_solution")}
    with pytest.raises(UserError, match="neither 'test'"):
        selected("HumanEvalPlus", row, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "inputs = [[__import__('os').system('touch /tmp/sky-t1-test-was-run')]]", "inputs = [[x]]", "inputs = 5", "inputs = [5]", "x = 1",
        "inputs = [", "inputs = " + "[" * 500, "inputs = [[{[1]}]]", "inputs = [[-'a']]", "inputs = [[f'{1}']]", "inputs = [[1 + 2]]",
        "inputs = [[{**{}}]]", "inputs = [[...]]",
    ],
)  # fmt: skip
def test_test_texts_are_parsed_and_never_run(text: str) -> None:
    with pytest.raises(UnusableTests):
        of_text(text)
    assert not Path("/tmp/sky-t1-test-was-run").exists()


def test_every_literal_of_a_test_text_is_read() -> None:
    found = of_text(
        "inputs = [[-1, +2.5, 1e400, -inf, 'a', b'b', None, True], [(1,), {2}, set(), {'k': [3]}, (1+2j), (-0-1j)]]\n"
        "results = [Counter({'a': 1}), 2]\n"
        "for i, (inp, exp) in enumerate(zip(inputs, results)):\n    assertion(f(*inp), exp, 0.0001)\n"
    )
    inf = float("inf")
    assert found.inputs == [[-1, 2.5, inf, -inf, "a", b"b", None, True], [(1,), {2}, set(), {"k": [3]}, 1 + 2j, -1j]]
    assert found.results is None  # not all are literals: the reference solution is run
    assert (found.function, found.atol) == ("f", 1e-4)
    special = of_text(
        "inputs = [[1]]\nresults = [1, 2]\nfor i, (inp, exp) in enumerate(zip(inputs, results)):\n"
        "    assertion(surface_Area(*inp), exp, _surface_Area(*inp), 0)\n"
    )
    assert (special.results, special.function, special.atol) == (None, "surface_Area", 0)
    zero = of_text("def check(candidate):\n    inputs = [[[1, 2]]]\n    results = [-0.5]\n    for i, (inp, exp) in enumerate(zip(inputs, results)):\n        assert _poly(*candidate(*inp), inp) <= 0.0001\n")  # fmt: skip
    assert (zero.inputs, zero.results, zero.atol) == ([[[1, 2]]], [-0.5], 1e-4)


@pytest.mark.parametrize(
    ("problem", "arguments", "python"),
    [
        (2, [[1, 2], [3]], [(1, 2), (3,)]),
        (63, [[[1, 2], [3, 4]]], [[(1, 2), (3, 4)]]),
        (75, [[[1, 2]], 3], [[(1, 2)], 3]),
        (106, [[1], [2]], [[1], (2,)]),
        (115, [[[1, 1], []]], [[{1}, {}]]),
        (124, ["1", "2j"], [1.0, 2j]),
        (250, [[1], 2], [(1,), 2]),
        (252, ["1+2j"], [1 + 2j]),
        (259, [[[1], [2]], [[3]]], [((1,), (2,)), ((3,),)]),
        (278, [[1, [2, 3]]], [(1, (2, 3))]),
        (307, [[1], 2, 3], [(1,), 2, 3]),
        (580, [[1, [2, [3]]]], [(1, (2, (3,)))]),
        (722, [{"a": [1, 2]}, 3], [{"a": (1, 2)}, 3]),
        (3, [[1]], [[1]]),
    ],
)
def test_inputs_of_mbpp_get_their_types(problem: int, arguments: list[Any], python: list[Any]) -> None:
    [found] = converted(problem, [arguments])
    assert found == python
    assert repr(found) == repr(python)


def test_find_zero_takes_every_root(tmp_path: Path) -> None:
    row = RELEASE | {
        "prompt": "def find_zero(xs: list):\n", "entry_point": "find_zero", "atol": 1e-4, "base_input": [[[-4, 0, 1]]],
        "canonical_solution": "    return 2.0\n", "plus_input": [],
    }  # fmt: skip
    found = selected("HumanEvalPlus", row, tmp_path)
    for answer, correct in (("2.0", True), ("-2", True), ("2.00001", True), ("2.1", False), ("None", False)):
        assert check("HumanEvalPlus", found, f"def find_zero(xs):\n    return {answer}").correct is correct
