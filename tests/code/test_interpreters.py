"""What programs can import, and which interpreter runs them."""

from __future__ import annotations

import sys

import pytest

from tasks.apps import AppsTask
from util.code.interpreters import interpreter
from util.code.judge import judge
from util.code.problem import Judging, Limits, Tests, Wanted
from util.system.errors import UserError
from util.task import CheckOptions

NEEDED = {
    "sortedcontainers": "from sortedcontainers import SortedList\nprint(SortedList([3, 1, 2])[0] + 1)",
    "more_itertools": "import more_itertools\nprint(len(list(more_itertools.chunked(range(4), 2))))",
    "atcoder": "from atcoder.dsu import DSU\nd = DSU(3)\nd.merge(0, 1)\nprint(d.size(0))",
    "atcoder segment tree": "from atcoder.segtree import SegTree\nprint(SegTree(max, 0, [1, 2]).all_prod())",
    "numpy": "import numpy as np\nprint(np.arange(3).max())",
    "scipy": "from scipy.special import comb\nprint(int(comb(2, 1)))",
}
PYPY = interpreter("pypy3")
OTHER = next((path for name in ("3.13", "3.12", "3.10", "3.9") if (path := interpreter(name))), None)


@pytest.mark.parametrize("name", NEEDED)
def test_modules_that_accepted_programs_import(name: str) -> None:
    verdict = judge(NEEDED[name], Tests([""] * 2, ["2\n"] * 2), Judging(limits=Limits(cpu=20, wall=60)))
    assert verdict.correct is True, verdict


def test_numba_with_a_cache_compiles_anew() -> None:
    pytest.importorskip("numba")
    code = "from numba import njit\n@njit('i8(i8)', cache=True)\ndef f(x): return 2 * x\nprint(f(int(input())))"
    verdict = judge(code, Tests(["1\n", "2\n"], ["2\n", "4\n"]), Judging(limits=Limits(cpu=60, wall=120)))
    assert verdict.correct is True, verdict


def test_names_of_interpreters() -> None:
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for name in ("3", own, f"python{own}", f"cpython-{own}", f"{own}.1"):
        assert interpreter(name) == ""
    assert interpreter(sys.executable) == sys.executable
    for name in ("python3.0", "2.7", "no such thing", "/etc/passwd", "true"):
        assert interpreter(name) is None


def test_an_unknown_interpreter_is_refused_before_anything_runs() -> None:
    with pytest.raises(UserError, match=r"--python 2\.7: there is no such interpreter"):
        CheckOptions(python="2.7").judging  # noqa: B018


def test_a_row_can_ask_for_a_version() -> None:
    row = {"question": "q", "difficulty": "x", "input_output": '{"inputs": ["1"], "outputs": ["1"]}'}
    checker = AppsTask().checker(CheckOptions())
    response = "```python\nprint(input())\n```"
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert checker.check(row | {"python_version": own}, response).correct is True
    verdict = checker.check(row | {"python_version": "2.7"}, response)
    assert (verdict.correct, verdict.reason) == (
        None,
        "not judgeable: it needs Python 2.7, which is not installed here",
    )


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(PYPY, marks=pytest.mark.skipif(PYPY is None, reason="no PyPy here"), id="pypy"),
        pytest.param(
            OTHER, marks=pytest.mark.skipif(OTHER is None, reason="no other version here"), id="other version"
        ),
        pytest.param(sys.executable, id="by its path"),
    ],
)
@pytest.mark.parametrize("namespaces", [True, False])
def test_another_interpreter_has_the_same_layers(path: str, namespaces: bool) -> None:
    from util.code.judge import box_for
    from util.code.selftest import canaries

    wanted = Wanted(python=path, namespaces=namespaces)
    assert box_for(wanted).level in ("strong", "full")
    judging = Judging(wanted, Limits(cpu=3, wall=20))
    for canary in canaries("/etc/hostname"):
        if canary.quick and "planted" not in canary.code:
            assert judge(canary.code, canary.tests, judging).reason == canary.reason, canary.what
    deep = "def f(n):\n    return 0 if n == 0 else 1 + f(n - 1)\nprint(f(int(input())))"
    verdict = judge(deep, Tests(["50000\n"], ["50000\n"]), judging)
    assert verdict.correct is True, verdict
    assert verdict.evidence["python"].split()[0] in ("cpython", "pypy")
