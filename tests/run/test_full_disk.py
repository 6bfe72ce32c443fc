"""A run whose disk becomes full: nothing more is sent, and what was in flight is kept where there is room again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.small_disk import SmallDisk

from benchmarks.synthetic_engine import completion
from tasks.math500 import Math500Task
from util.engines.base import Completion, Request
from util.engines.options import EngineOptions
from util.records import SampleId
from util.results.repair import lines_of
from util.results.store import ResultStore
from util.run import full_disk
from util.run.options import FileOptions, RunOptions, Sampled
from util.run.runner import run_generation
from util.system.errors import UserError
from util.task import CheckOptions, Selection

IN_FLIGHT = 8


class Rows(Math500Task):
    name = "Rows"

    def select(self, selection: Selection) -> Iterator[tuple[str, dict[str, Any]]]:
        for number in range(60):
            yield f"q{number}", {"problem": f"q{number}", "answer": str(number % 3)}


class Window:
    """An engine with ``IN_FLIGHT`` requests in flight. answered: called before each completion with their number."""

    def __init__(self, answered: Callable[[int], None] = lambda number: None) -> None:
        self.sent: list[SampleId] = []
        self._answered = answered

    def describe(self) -> dict[str, Any]:
        return {"backend": "synthetic"}

    async def generate(self, requests: Iterable[Request]) -> AsyncGenerator[Completion, None]:
        source, running, done = iter(requests), list[Request](), 0
        while True:
            while len(running) < IN_FLIGHT and (request := next(source, None)) is not None:
                running.append(request)
                self.sent.append(request.sample)
            if not running:
                return
            await asyncio.sleep(0.02)
            done += 1
            self._answered(done)
            yield completion(running.pop(0), 8)

    def close(self) -> None:
        """Nothing to end."""


def run(folder: Path, engine: Window, *, check: bool = False) -> None:
    options = RunOptions(
        EngineOptions("synthetic"), Sampled([0.7]), FileOptions(result_dir=folder), CheckOptions(workers=1)
    )
    run_generation(Rows(), Selection("test", dataset_path=folder), options, lambda: engine, check=check)


def journal_of(folder: Path) -> Path:
    [path] = folder.glob("*.journal.jsonl")
    return path


def kept(folder: Path) -> list[str]:
    """Keys of the responses in the journal; every line of it is whole."""
    found = [line.record for line in lines_of(journal_of(folder))]
    assert None not in found
    return [record["key"] for record in found if record and record["type"] == "completion"]


@pytest.mark.parametrize("check", [False, True])
def test_nothing_is_sent_after_the_first_failed_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: bool
) -> None:
    disk = SmallDisk(monkeypatch, 8000)
    engine = Window()
    with pytest.raises(UserError) as failure:
        run(tmp_path, engine, check=check)
    message = str(failure.value)
    found = re.search(r"(\d+) responses of this run are written; (\d+) that arrived later .* are lost", message)
    assert found is not None, message
    written, lost = map(int, found.groups())
    assert "rerun the same command to continue" in message
    assert written == len(kept(tmp_path)) > 5
    assert written + lost == len(engine.sent) < 60
    assert lost <= IN_FLIGHT
    disk.room = 10**9
    again = Window()
    run(tmp_path, again, check=check)
    assert len(again.sent) == 60 - written
    assert len(kept(tmp_path)) == 60


@pytest.mark.parametrize("fault", ["write", "sync"])
def test_room_that_comes_back_saves_what_was_in_flight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    disk = SmallDisk(monkeypatch, 10**9)

    def answered(number: int) -> None:
        if number in (20, 25):
            disk.room = 0 if number == 20 and fault == "write" else 10**9
            disk.no_sync = number == 20 and fault == "sync"

    engine = Window(answered)
    monkeypatch.setattr("util.results.write_queue.SYNC_BYTES", 1)
    with pytest.raises(UserError) as failure:
        run(tmp_path, engine)
    assert len(engine.sent) < 40
    assert kept(tmp_path) == [sample.key for sample in engine.sent]
    assert f"{len(engine.sent)} responses of this run are written. " in str(failure.value)
    assert "lost" not in str(failure.value)
    again = Window()
    run(tmp_path, again)
    assert len(again.sent) == 60 - len(engine.sent)


def test_writes_are_tried_again_without_a_new_response(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_disk, "RETRY_SECONDS", 0.01)
    disk = SmallDisk(monkeypatch, 10**9)
    store = ResultStore(tmp_path / "r.json")
    store.begin({"settings": {}})

    async def wait() -> None:
        async with full_disk.writing(store):
            disk.room = 0
            request = next(Requests.some())
            store.add(request.sample, completion(request, 8).response)
            assert kept(tmp_path) == []
            disk.room = 10**9
            await asyncio.sleep(0.2)
            assert kept(tmp_path) == ["q"]

    asyncio.run(wait())
    assert list(full_disk.until_full(Requests.some(), store)) == []
    store.close()


class Requests:
    @staticmethod
    def some() -> Iterator[Request]:
        from util.engines.base import Sampling

        yield Request(SampleId("q", 0.7, 0), [], Sampling(0.7))


def test_an_interrupted_run_says_what_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    disk = SmallDisk(monkeypatch, 10**9)

    def answered(number: int) -> None:
        disk.room = 0 if number >= 20 else disk.room
        if number == 23:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, Window(answered))
    assert "3 that arrived later could not be written and are lost" in capsys.readouterr().err


def test_a_run_does_not_start_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    SmallDisk(monkeypatch, 100)
    engine = Window()
    with pytest.raises(UserError, match="No space left"):
        run(tmp_path, engine)
    assert engine.sent == []
