"""Results of calls: encoded in the child, decoded and compared by the judge, in linear time."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tasks import TASK_HANDLERS
from tasks.code import CodeTask, UnusableTests, input_output_tests
from util.code import allowance, call_values, lenient
from util.code.compare_values import ValueRules, same_value
from util.code.inside import values
from util.code.judge import judge
from util.code.outcome import Outcome, comparison_for
from util.code.problem import Booleans, Judging, Tests


class Colour(IntEnum):
    RED = 1
    BLUE = 2


class Text(str):
    def __eq__(self, other: object) -> bool:
        return True

    def __str__(self) -> str:
        return "something else"

    __hash__ = str.__hash__


class Number(int):
    """Every conversion that a reader could call gives another value."""

    def __int__(self) -> int:
        return 99

    __index__ = __add__ = __pos__ = __abs__ = __hash__ = __int__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return True

    def __repr__(self) -> str:
        return "99"


class Real(float):
    def hex(self) -> str:
        return "0x1p99"

    __float__ = __pos__ = lambda self: 99.0  # type: ignore[assignment]


class Items(list[Any]):
    def __iter__(self) -> Any:
        while True:
            yield 1

    def __len__(self) -> int:
        return 10**9


class Table(dict[Any, Any]):
    def items(self) -> Any:
        raise AssertionError("called")

    keys = __iter__ = __getitem__ = items  # type: ignore[assignment]


class Fake:
    """It says that it is an integer."""

    __class__ = int  # type: ignore[assignment]


class Plain(Enum):
    ONE = 1


Point = namedtuple("Point", "x y")


def same(expected: Any, result: Any, **rules: Any) -> bool:
    """Whether a result is right, by way of its encoding."""
    return same_value(expected, call_values.loads(values.dumps(result)), ValueRules(**rules))


@pytest.mark.parametrize(
    ("expected", "result", "wrong"),
    [
        (2, Colour.BLUE, Colour.RED),
        ("a", Text("a"), Text("b")),
        (5, Number(5), Number(99)),
        (10**30, Number(10**30), Number(10**30 + 1)),
        (0.5, Real(0.5), Real(0.6)),
        ([1, 2], Items([1, 2]), Items([1, 1])),
        ([1, 2], Point(1, 2), Point(2, 1)),
        ({"a": 1}, Table(a=1), Table(a=2)),
        ({"1": 2}, {Colour.RED: 2}, {Colour.BLUE: 2}),
        ([1, 2], deque([1, 2]), deque([2, 1])),
        ({"a": [1]}, defaultdict(list, a=[1]), defaultdict(list, a=[2])),
        ({"a": 2}, Counter("aa"), Counter("a")),
        ({"a": 1, "b": 2}, OrderedDict(b=2, a=1), OrderedDict(b=1, a=2)),
        ([1.5, 2], [Decimal("1.5"), Fraction(2)], [Decimal("1.5"), Fraction(5, 2)]),
        (2, Decimal("2.00"), Decimal("2.0000001")),
        (10**20, Decimal(10**20), Decimal(10**20 + 1)),
        (1 / 3, Fraction(1, 3), Fraction(1, 2)),
        (0.1, Decimal("0.1000000001"), Decimal("0.1001")),
        (float("inf"), Decimal("Infinity"), Decimal("-Infinity")),
        ([1, 2.5, True], [np.int64(1), np.float32(2.5), np.bool_(True)], [np.int64(1), np.float32(2.5), np.bool_(False)]),
        ([[1, 2]], np.array([[1, 2]]), np.array([[2, 1]])),
        ("1", np.str_("1"), np.str_("2")),
    ],
)  # fmt: skip
def test_values_count_by_their_base_type(expected: Any, result: Any, wrong: Any) -> None:
    assert same(expected, result)
    assert not same(expected, wrong)
    assert same([expected], [result])
    assert not same([expected], [wrong])


@pytest.mark.parametrize(
    "result",
    [Fake(), Plain.ONE, object(), 1j, b"1", range(2), (n for n in "ab"), Decimal("1e3000")],
    ids=["fake", "enum", "object", "complex", "bytes", "range", "generator", "decimal"],
)
def test_other_objects_have_no_value(result: Any) -> None:
    with pytest.raises(TypeError):
        values.dumps([result])


@pytest.mark.parametrize(
    ("expected", "result"),
    [
        ([1, 2], {1, 2}),
        ([1, 2], frozenset([1, 2])),
        ([], set()),
        ({"1": "a"}, {1: "wrong", "1": "a"}),
        ({"1": "a"}, {"1": "a", 1: "wrong"}),
        ({"1": "a", "2": "b"}, {1: "a"}),
        ({1: "a", "1": "b"}, {1: "a", "1": "b"}),
        ({"1.0": 1}, {1.0: 1}),
        ({"a": 1}, {("a",): 1}),
        (0.5, 10**400),
        (0.5, -(10**400)),
        (0.5, Fraction(10**400)),
        (float("inf"), 10**400),
        (float("nan"), 1.0),
        (1.0, float("nan")),
        (10**400, float("inf")),
        (10**9 + 1, 1e9),
        ("1", 1),
        (1, "1"),
        (None, 0),
        (0, None),
        ([], None),
        (None, []),
        ([1], 1),
        (1, [1]),
    ],
    ids=repr,
)
def test_these_are_different(expected: Any, result: Any) -> None:
    assert not same(expected, result)
    assert not same([expected], [result])


def test_keys_of_dicts_compare_as_json_writes_them() -> None:
    assert same({1: "a", 2: "b"}, {"1": "a", "2": "b"})
    assert same({"1": "a", "x": "b"}, {1: "a", "x": "b"})
    assert same({"true": 1, "null": 2}, {True: 1, None: 2})
    assert not same({"1": 1}, {True: 1})
    assert not same({1: 1}, {True: 1})


@pytest.mark.parametrize(
    ("mode", "one_for_true", "true_for_one"),
    [("exact", False, False), ("declared", True, False), ("equal", True, True)],
)
def test_booleans_compare_as_the_data_set_says(mode: Booleans, one_for_true: bool, true_for_one: bool) -> None:
    assert same(True, 1, booleans=mode) is one_for_true
    assert same([False, True], [0, 1], booleans=mode) is one_for_true
    assert same(1, True, booleans=mode) is true_for_one
    assert same([0], [False], booleans=mode) is true_for_one
    for expected, result in (
        (True, 2),
        (True, 1.0),
        (1.0, True),
        (True, False),
        (1, False),
        (False, ""),
        (True, "True"),
    ):
        assert same(expected, result, booleans=mode) is False
    assert same([True, False], [True, False], booleans=mode) is True


def call_row(outputs: list[Any], starter: str = "", name: str = "f") -> Tests:
    import json

    return input_output_tests(
        json.dumps({"inputs": [[1]] * len(outputs), "outputs": outputs, "fn_name": name}), starter
    )


def test_values_are_unwrapped_only_if_every_output_of_the_problem_is() -> None:
    assert call_row([[3], [4]]).wrapped
    assert not call_row([3, [4]]).wrapped
    assert not call_row([[3], [4, 5]]).wrapped
    assert not call_row([[3], []]).wrapped
    assert not call_row([[3]], "class Solution:\n    def f(self, x: int) -> List[int]:\n        ").wrapped
    assert not call_row([[3]], "def f(x: int) -> 'list[int]':").wrapped
    assert call_row([[[3]]], "def f(x: int) -> List[int]:").wrapped
    assert not call_row([[[3]]], "def f(x: int) -> Optional[List[List[int]]]:").wrapped
    assert not call_row([[[1, 2]], [[]]], "def f(self, x: Dict[str, int]={'a': 1}) -> List[List[int]]:").wrapped
    assert call_row([[3]], "def f(x: int) -> int:").wrapped
    assert call_row([[3]], "def f(x):\n\t").wrapped
    assert call_row([[3]], "def g(x) -> List[int]:").wrapped


@pytest.mark.parametrize(("code", "right"), [("def f(x): return 3", True), ("def f(x): return [3]", False)])
def test_a_wrapped_value_has_one_form(code: str, right: bool) -> None:
    assert judge(code, call_row([[3], [3]])).correct is right
    assert judge(code, call_row([[3], [3]], "def f(x) -> List[int]:")).correct is not right
    assert judge(code, call_row([[3], 3])).correct is False
    assert judge(code, Tests([[1], [1]], [[3], 3], "f", wrapped=True)).correct is False


def row_tests(name: str, row: dict[str, Any]) -> Tests:
    task = TASK_HANDLERS[name]()
    assert isinstance(task, CodeTask)
    return task.tests(row)


def test_data_sets_take_booleans_as_their_sites_do() -> None:
    row = {"input_output": '{"inputs": [[1], [2]], "outputs": [true, false], "fn_name": "f"}', "starter_code": ""}
    for name in ("APPS", "TACO"):
        assert judge("def f(n): return n % 2", row_tests(name, row)).correct is True
    case = '[{"input": "1", "output": "%s", "testtype": "functional"}]'
    row = {
        "public_test_cases": case % "true",
        "metadata": '{"func_name": "f"}',
        "starter_code": "def f(n: int) -> bool:",
    }
    assert judge("def f(n): return 1", row_tests("LiveCodeBench", row)).correct is True
    row |= {"public_test_cases": case % "1", "starter_code": "def f(n: int) -> int:"}
    assert judge("def f(n): return True", row_tests("LiveCodeBench", row)).correct is False


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.integers(10**15 - 2, 10**40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(PLAIN)
def test_a_value_equals_itself_after_its_journey(value: Any) -> None:
    assert same(value, value)
    assert same((value,), [value])
    assert call_values.within(values.dumps(value), value)
    assert lenient.same_value([1, 2], call_values.loads(values.dumps([1, 2])))


def changed(value: Any, path: int) -> Any:
    """``value`` with one leaf replaced by a value that differs beyond the tolerance."""
    if isinstance(value, list) and value:
        place = path % len(value)
        return [changed(item, path // 7) if index == place else item for index, item in enumerate(value)]
    if isinstance(value, dict) and value:
        place = sorted(value)[path % len(value)]
        return {key: changed(item, path // 7) if key == place else item for key, item in value.items()}
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return "a text" if value != value or abs(value) > 1e300 else value + 1 + abs(value)
    if isinstance(value, str):
        return value + "x"
    return 0 if value is None else [value]


@given(PLAIN, st.integers(0, 10**4))
def test_a_changed_value_is_never_equal(value: Any, path: int) -> None:
    other = changed(value, path)
    assert not same(value, other)
    assert not same(other, value)
    assert not same(value, [value])
    assume(not isinstance(value, bool))
    for mode in ("declared", "equal"):
        assert not same(value, other, booleans=mode)


@given(st.binary(max_size=60) | st.text('{}[]":,fFiIqdsn0123x-', max_size=30).map(str.encode))
def test_no_record_breaks_the_judge(record: bytes) -> None:
    comparison = comparison_for(Tests([[1]], [[1.5, 2]], "f"), [[1.5, 2]])
    assert comparison.outcome(0, record).kind == "wrong answer"


@pytest.mark.parametrize(
    "record",
    [b'{"q":["1","0"]}', b'{"q":["1"]}', b'{"q":[1,1]}', b'{"q":1}', b'{"f":"x"}', b'{"f":1}', b'{"f":"0x1p99999"}', b'{"i":2}',
     b'{"F":[1]}', b'{"I":[1]}', b'{"I":"1 x"}', b'{"I":""}', b'{"F":"1 x"}', b'{"d":1}', b'{"d":[[1]]}', b'{"d":[["a",1],["a",2]]}', b'{"d":[[{"f":"0x1p1"},1]]}', b"1e5",
     b"1.5", b"NaN", b"Infinity", b"{}", b'{"i":"1","f":"1"}', b"\xff", b"", b'{"q":["%s","1"]}' % (b"f" * 20_000)],
)  # fmt: skip
def test_records_that_no_encoder_writes_equal_nothing(record: bytes) -> None:
    for expected in (1, 1.5, [1], {"a": 1}, {"a": 2}, float("inf"), None, {2: 1}):
        comparison = comparison_for(Tests([[1]], [expected], "f"), [expected])
        assert comparison.outcome(0, record).kind == "wrong answer"


ENDLESS = {
    "iterates for ever": "class L(list):\n    def __iter__(self):\n        while True: yield 1\ndef f(x): return L([x])",
    "lies about its length": "class L(list):\n    def __len__(self): return 10**12\ndef f(x): return L([x])",
}
HOSTILE = {
    "equals everything": "class A:\n    def __eq__(self, o): return True\n    __hash__ = None\ndef f(x): return A()",
    "a list of objects that equal everything": "class A:\n    def __eq__(self, o): return True\ndef f(x): return [A()]",
    "calls itself a list": "class A:\n    __class__ = list\n    def __iter__(self): return iter([1])\ndef f(x): return A()",
    "a metaclass that equals str": (
        "class M(type):\n    def __eq__(self, o): return True\n    def __hash__(self): return hash(str)\n"
        "class A(metaclass=M): pass\ndef f(x): return [A()]"
    ),
    "a metaclass that raises": (
        "class M(type):\n    def __hash__(self): raise SystemExit(0)\nclass A(metaclass=M): pass\ndef f(x): return [A()]"
    ),
    "a metaclass with another order of bases": (
        "class M(type):\n    def mro(cls): return [cls, int, object]\nclass A(metaclass=M): pass\ndef f(x): return [A()]"
    ),
    "tolist raises": "class A:\n    __module__ = 'numpy'\n    def tolist(self): raise KeyboardInterrupt\ndef f(x): return A()",
    "tolist of itself": "class A:\n    __module__ = 'numpy'\n    def tolist(self): return self\ndef f(x): return A()",
    "an error with a hostile text": (
        "class E(ValueError):\n    def __str__(self): raise SystemExit(0)\n"
        "class A:\n    __module__ = 'numpy'\n    def tolist(self): raise E\ndef f(x): return A()"
    ),
    "a list in itself": "def f(x):\n    a = []\n    a.append(a)\n    return a",
    "a Fraction of objects": (
        "from fractions import Fraction\ndef f(x):\n    a = Fraction(1)\n    a._numerator = [1]\n    return a"
    ),
    "a huge Decimal": "from decimal import Decimal\ndef f(x): return Decimal('1e999999')",
    "a wrong float": "def f(x): return 10 ** 400",
}


@pytest.mark.parametrize("name", ENDLESS)
def test_hostile_subclasses_are_read_as_their_base_type(name: str) -> None:
    assert judge(ENDLESS[name], Tests([[1]], [[1]], "f")).correct is True
    assert judge(ENDLESS[name], Tests([[2]], [[1]], "f")).correct is False


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_results_are_wrong_answers(name: str) -> None:
    for expected in ([1], 1.5):
        verdict = judge(HOSTILE[name], Tests([[1]], [expected], "f"))
        assert verdict.correct is False
        assert verdict.reason.startswith("runtime error" if "order of bases" in name else "wrong answer"), verdict


MIB = 2**20
BIG = {
    "a dict with a huge integer": values.dumps({1: 1 << 116_000}),
    "a huge integer": values.dumps([1 << (30 * MIB)]),
    "digits": b"[" + b"1" * (8 * MIB) + b"]",
    "decimals": b"[0." + b"1" * (8 * MIB) + b"]",
    "fractions": b"[" + b",".join([b'{"q":["%s1","%s3"]}' % (b"f" * 15_990, b"e" * 15_990)] * 200) + b"]",
    "a text": b'["' + b"a" * (8 * MIB) + b'"]',
}


@pytest.mark.parametrize("name", BIG)
def test_large_results_are_compared_in_linear_time(name: str) -> None:
    expected = list(range(10**6))
    comparison = comparison_for(Tests([[1]], [expected], "f"), [expected])
    start = time.process_time()
    outcome = comparison.outcome(0, BIG[name])
    assert time.process_time() - start < 2
    assert outcome.kind == "wrong answer"
    assert len(outcome.detail) < 300


def test_messages_are_short() -> None:
    for value in (
        {1: 1 << 10**7},
        [[1 << 10**7] * 50] * 50,
        "x" * 10**7,
        {"a" * 10**6: "b" * 10**6},
        [Fraction(1 << 10**6, 3)],
    ):
        start = time.process_time()
        assert len(call_values.shown(value)) < 90
        assert time.process_time() - start < 0.5
    nested: Any = 1
    for _ in range(3000):
        nested = [nested]
    assert len(call_values.shown(nested)) < 90
    assert call_values.shown({"a": [1, "b", None, Fraction(1, 2)]}) == "{'a': [1, 'b', None, 1/2]}"


def test_the_judge_spends_a_bounded_time_on_a_solution() -> None:
    spent = allowance.allowance_for(1000)
    assert not spent.refuses(10_000)
    with spent.measured():
        sum(range(10**6))
    assert 0 < spent.used < 1
    spent.used = spent.seconds
    assert spent.refuses(1)
    for tests, right, wrong in ((Tests([""], ["0.5"]), b"0.5", b"0.50"), (Tests([[1]], [7], "f"), None, b"7")):
        comparison = comparison_for(tests, [b"0.5"] if right else [7])
        assert comparison.outcome(0, wrong) == Outcome("passed")
        comparison.allowance.used = 10.0
        assert comparison.outcome(0, wrong).kind == "judge limit"
        assert right is None or comparison.outcome(0, right).passed  # equal bytes cost nothing


def test_published_rules_take_python_equality() -> None:
    compat = Judging(lenient=True)
    assert judge("def f(x): return {1: True}", Tests([[1]], [{1: 1}], "f"), compat).correct is True
    assert judge("def f(x): return 3", Tests([[1]], [[3, 4]], "f"), compat).correct is True
    assert judge("def f(x): return 4", Tests([[1]], [[3, 4]], "f"), compat).correct is False


def test_tests_that_do_not_fit_the_declared_types_judge_nothing() -> None:
    starter = "class Solution:\n    def f(self, head: Optional[ListNode]) -> bool:\n        "
    with pytest.raises(UnusableTests, match="not a list"):
        call_row([True], starter)
