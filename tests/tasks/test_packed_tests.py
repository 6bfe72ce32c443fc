"""LiveCodeBench's packed tests: what is read, and that nothing else is."""

from __future__ import annotations

import base64
import json
import os
import pickle
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks import TASK_HANDLERS, packed_tests
from tasks.code import UnusableTests
from tasks.packed_tests import pickled_text, unpacked
from util.task import CheckOptions

PUBLIC = json.dumps([{"input": "1 2", "output": "3", "testtype": "stdin"}])
ADDS = "```python\nprint(sum(map(int, input().split())))\n```"


def packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode()


@given(st.text(st.characters(codec=None)), st.sampled_from(range(6)))
def test_every_text_of_every_protocol_is_read(text: str, protocol: int) -> None:
    assert pickled_text(pickle.dumps(text, protocol)) == text
    assert unpacked(packed(pickle.dumps(text, protocol))) == text


@pytest.mark.parametrize("size", [255, 256, 65_535, 65_536, 70_000, 3 * 2**20])
@pytest.mark.parametrize("protocol", range(6))
def test_long_texts_are_read(size: int, protocol: int) -> None:
    text = "é" + "7" * size
    assert unpacked(packed(pickle.dumps(text, protocol))) == text


def text_or_none(text: str) -> str | None:
    """The text in a packed text; None where it is refused with a reason."""
    try:
        return unpacked(text)
    except UnusableTests as error:
        return None if str(error) else "refused without a reason"


def by_pickle(data: bytes) -> object:
    """What pickle itself makes of data that our reader takes for a text; None where it refuses."""
    try:
        return pickle.loads(data)
    except (pickle.UnpicklingError, ValueError, EOFError):
        return None


@given(st.binary(max_size=200))
def test_any_bytes_are_a_text_or_refused(data: bytes) -> None:
    for source in (data, b"\x80\x04" + data, b"\x80\x04\x8c" + data):
        found = text_or_none(packed(source))
        assert found is None or by_pickle(source) in (found, None)
    for text in (base64.b64encode(data).decode(), data.decode("latin-1")):
        assert text_or_none(text) is None


@given(st.integers(0, 10**6), st.integers(0, 255), st.booleans())
def test_a_changed_byte_is_read_as_pickle_reads_it_or_refused(place: int, byte: int, in_stream: bool) -> None:
    good = pickle.dumps(PUBLIC)
    data = bytearray(zlib.compress(good) if in_stream else good)
    data[place % len(data)] = byte
    found = text_or_none(base64.b64encode(data).decode() if in_stream else packed(bytes(data)))
    assert found is None or found == PUBLIC or (not in_stream and by_pickle(bytes(data)) in (found, None))
    row = {"question_content": "q", "public_test_cases": PUBLIC, "private_test_cases": packed(bytes(data))}
    verdict = TASK_HANDLERS["LiveCodeBench"]().checker(CheckOptions()).check(row, "no code")
    assert verdict.reason.startswith(("not judgeable: ", "no code found"))


class Runs:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch /tmp/sky-t1-test-was-run",)


@pytest.mark.parametrize(
    "value",
    [Runs(), print, 5, None, ["a"], ("a",), {"a": "b"}, b"a", {"a"}, True],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("protocol", range(6))
def test_other_objects_are_refused_and_never_made(value: object, protocol: int) -> None:
    with pytest.raises(UnusableTests, match="cannot be decoded"):
        unpacked(packed(pickle.dumps(value, protocol)))
    assert not os.path.exists("/tmp/sky-t1-test-was-run")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b".",
        b"\x80\x04.",
        pickle.dumps("a") + b"x",
        pickle.dumps("a")[:-1],
        b"\x8c\x01a\x8c\x01b.",
        b"\x8c\x05a.",
        b"\x8c\x01\xff.",
        b"\x8d" + b"\xff" * 8 + b"a.",
        b"X\xff\xff\xff\xffa.",
        b"Va",
        b"\x8c\x01ap0",
        b"V\\uZZZZ\n.",
    ],
)
def test_malformed_pickles_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any
        pickled_text(data)
    with pytest.raises(UnusableTests):
        unpacked(packed(data))


@pytest.mark.parametrize(
    "text",
    [
        "not base64!",
        "é",
        "AAAA",
        packed(pickle.dumps("[]"))[:-8],
        base64.b64encode(zlib.compress(pickle.dumps("[]")) + b"more").decode(),
        base64.b64encode(zlib.compress(pickle.dumps("[]"))[:-4]).decode(),
    ],
)
def test_malformed_streams_are_refused(text: str) -> None:
    with pytest.raises(UnusableTests, match="cannot be decoded"):
        unpacked(text)


def bomb(megabytes: int) -> str:
    """A zlib stream that expands to so many MiB of zeros, a thousandth of that long."""
    packer = zlib.compressobj()
    head = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return base64.b64encode(head + block * (megabytes - 1)).decode()


def test_a_zlib_bomb_takes_little_memory() -> None:
    text = bomb(3000)
    assert len(text) < 5 * 2**20
    tracemalloc.start()
    try:
        with pytest.raises(UnusableTests, match="larger than 256 MiB"):
            unpacked(text)
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()


def test_the_bound_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    text = packed(pickle.dumps("7" * 1000))
    size = len(pickle.dumps("7" * 1000))
    monkeypatch.setattr(packed_tests, "MAX_BYTES", size)
    assert unpacked(text) == "7" * 1000
    monkeypatch.setattr(packed_tests, "MAX_BYTES", size - 1)
    with pytest.raises(UnusableTests):
        unpacked(text)


@pytest.mark.parametrize(
    "private",
    [
        bomb(300),
        packed(pickle.dumps("{}")),
        packed(pickle.dumps("[" * 100_000)),
        packed(pickle.dumps("[1]")),
        packed(pickle.dumps('[{"input": "1"}]')),
        packed(pickle.dumps('[{"input": 1, "output": "1"}]')),
        packed(pickle.dumps("nonsense")),
        "[{]",
        {"a": 1},
        5,
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_row_with_unusable_tests_has_no_verdict(private: object) -> None:
    row = {"question_content": "q", "public_test_cases": PUBLIC, "private_test_cases": private}
    verdict = TASK_HANDLERS["LiveCodeBench"]().checker(CheckOptions()).check(row, ADDS)
    assert verdict.correct is None
    assert verdict.reason.startswith("not judgeable: ")


def test_functional_values_that_are_no_json_have_no_verdict() -> None:
    for value in ("[" * 100_000, "nope", "7" * 5000):
        case = json.dumps([{"input": value, "output": "1", "testtype": "functional"}])
        row = {"question_content": "q", "public_test_cases": case, "metadata": '{"func_name": "f"}'}
        verdict = (
            TASK_HANDLERS["LiveCodeBench"]().checker(CheckOptions()).check(row, "```python\ndef f(x): return 1\n```")
        )
        assert verdict.correct is (True if value.startswith("7") else None)
