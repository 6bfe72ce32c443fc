"""The journal of responses in flight: what a death leaves of it is used, and nothing else."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from support.small_disk import SmallDisk

from util.records import Increment, Partial, Response, SampleId, Usage
from util.results import partials
from util.results.partials import PartialJournal
from util.results.paths import ResultPaths
from util.results.store import ResultStore
from util.system.errors import UserError

Q = SampleId("q", 0.7, 0)
SETTINGS = {"model": "m", "max_tokens": 10, "n": 1, "temperatures": ["0.7"]}


def opened(path: Path) -> PartialJournal:
    return PartialJournal(path, 4)


def written(path: Path, *increments: Increment, sample: SampleId = Q, request: str = "r") -> PartialJournal:
    journal = opened(path)
    for increment in increments:
        journal.append(sample, request, increment)
    return journal


def ids_in(path: Path, sample: SampleId = Q, request: str = "r") -> list[int] | None:
    found = opened(path).find(sample, request)
    return found.ids if found is not None else None


def store(folder: Path, limit: int = 10, *, partial_tokens: int | None = 4, **settings: object) -> ResultStore:
    made = ResultStore(folder / "r.json", partial_tokens=partial_tokens)
    now = SETTINGS | {"max_tokens": limit} | settings
    made.check_settings(now)
    made.begin({"settings": now})
    return made


def killed(made: ResultStore) -> None:
    made._lock.release()  # as if the process had died


def cut(ids: list[int], **fields: object) -> Response:
    return Response(content="x", finish_reason="length", usage=Usage(3, len(ids)), **fields)  # type: ignore[arg-type]


def test_pieces_become_one_response(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    written(path, Increment([1, 2], [], -0.5, start=0), Increment([3], [2], -0.75, start=2))
    assert opened(path).find(Q, "r") == Partial([1, 2, 3], [2], -0.75, logged=3)
    assert opened(path).tokens == 3


def test_a_response_that_begins_anew_forgets_what_it_had(tmp_path: Path) -> None:
    written(tmp_path / "p", Increment([1, 2], start=0), Increment([7], start=0), Increment([8], start=1))
    assert ids_in(tmp_path / "p") == [7, 8]


def test_another_request_of_the_sample_has_nothing(tmp_path: Path) -> None:
    """The second attempt of a rewrite has another prompt."""
    written(tmp_path / "p", Increment([1, 2], start=0))
    assert ids_in(tmp_path / "p", request="second") is None
    journal = written(
        tmp_path / "p", Increment([3], start=2), request="second"
    )  # no increment of this request stands before it
    assert journal.find(Q, "second") is None
    assert ids_in(tmp_path / "p") == [1, 2]


@pytest.mark.parametrize(
    "torn", [b'{"type": "partial", "key": "q"', b"\0" * 100, b'{"type": "partial"}\n', b"[1]\n", b"\xff\n"]
)
def test_a_torn_end_costs_nothing_else(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "p"
    written(path, Increment([1], start=0), Increment([2], start=1))
    path.write_bytes(path.read_bytes() + torn)
    written(path, Increment([3], start=2))
    assert ids_in(path) == [1, 2, 3]


def test_a_file_cut_at_any_byte_gives_what_is_before(tmp_path: Path) -> None:
    path = tmp_path / "p"
    written(path, *(Increment([start], start=start) for start in range(5)))
    whole = path.read_bytes()
    ends = [i + 1 for i, byte in enumerate(whole) if byte == ord("\n")]
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        lines = sum(end <= size for end in ends)
        assert ids_in(path) == (list(range(lines)) or None)


def test_what_stands_behind_a_damaged_line_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "p"
    written(path, *(Increment([start], start=start) for start in range(4)), Increment([9], start=0))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], lines[1].replace(b"1", b"2", 1), *lines[2:4]]))
    assert ids_in(path) == [0]
    path.write_bytes(b"".join([lines[0], lines[1].replace(b"1", b"2", 1), *lines[2:]]))
    assert ids_in(path) == [9]  # begun anew


def test_the_file_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partials, "MOST_DEAD", 20_000)
    path = tmp_path / "p"
    synced: list[int] = []
    journal = PartialJournal(path, 4, lambda: synced.append(path.stat().st_size))
    rng, truth, number = random.Random(0), {}, 0
    for _ in range(4000):
        if len(truth) < 10:
            number += 1
            truth[SampleId("q", 0.7, number)] = list[int]()
        sample = rng.choice(list(truth))
        ids = [rng.randrange(100_000) for _ in range(20)]
        journal.append(sample, "r", Increment(ids, start=len(truth[sample])))
        truth[sample] += ids
        if rng.random() < 0.1:
            journal.done(sample)
            del truth[sample]
    truth = {sample: ids for sample, ids in truth.items() if ids}
    live = sum(len(str(ids)) for ids in truth.values())
    assert synced
    assert path.stat().st_size < 2 * live + 25_000 + 10 * 2000
    assert {sample: journal.find(sample, "r").ids for sample in truth} == truth  # type: ignore[union-attr]
    journal.close(keep=True)
    assert {sample: ids_in(path, sample) for sample in truth} == truth
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_ends_the_pieces_and_not_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.partial.jsonl"
    journal = written(path, Increment([1], start=0))
    disk = SmallDisk(monkeypatch, 30, ".partial.jsonl")
    journal.append(Q, "r", Increment([2], start=1))
    disk.room = 10**6
    journal.append(Q, "r", Increment([3], start=2))  # a gap, were it written
    assert capsys.readouterr().err.count("No space left") == 1
    assert ids_in(path) == [1]


def test_a_failed_sync_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(partials, "SYNC_SECONDS", 0.0)
    journal = opened(tmp_path / "r.partial.jsonl")
    SmallDisk(monkeypatch, 10**6, ".partial.jsonl").no_sync = True
    for start in range(50):
        journal.append(Q, "r", Increment([start], start=start))
        time.sleep(0.01)
        if "cannot be written" in capsys.readouterr().err:
            return
    pytest.fail("a failed sync was not noticed")


# -- together with the results ---------------------------------------------------------------------------------------------


def test_the_file_is_gone_when_the_run_is_complete(tmp_path: Path) -> None:
    made = store(tmp_path)
    made.partials.append(Q, "r", Increment([1, 2], start=0))  # type: ignore[union-attr]
    made.add(Q, Response(content="x"))
    made.close()
    assert not ResultPaths(tmp_path / "r.json").partial.exists()


@pytest.mark.parametrize("final", [True, False])
def test_a_failure_keeps_what_it_has_unless_it_is_final(tmp_path: Path, final: bool) -> None:
    made = store(tmp_path)
    made.partials.append(Q, "r", Increment([1, 2], start=0))  # type: ignore[union-attr]
    made.add(Q, Response(content="", finish_reason="error", error="e", final=final))
    made.close()
    again = store(tmp_path)
    assert again.partial(Q, "r") == (None if final else Partial([1, 2], logged=2))
    again.close()


def test_a_response_that_was_written_before_the_death_needs_nothing(tmp_path: Path) -> None:
    made = store(tmp_path)
    made.partials.append(Q, "r", Increment([1, 2], start=0))  # type: ignore[union-attr]
    increments = ResultPaths(tmp_path / "r.json").partial.read_bytes()
    made.add(Q, Response(content="x"))
    made.close()
    ResultPaths(tmp_path / "r.json").partial.write_bytes(increments)  # as it was in that moment
    again = store(tmp_path)
    assert again.finished(Q)
    again.close()
    assert not ResultPaths(tmp_path / "r.json").partial.exists()


def test_a_store_that_generates_nothing_leaves_the_file_alone(tmp_path: Path) -> None:
    made = store(tmp_path)
    made.partials.append(Q, "r", Increment([1, 2], start=0))  # type: ignore[union-attr]
    killed(made)
    ResultStore(tmp_path / "r.json").close()
    assert ids_in(ResultPaths(tmp_path / "r.json").partial) == [1, 2]


def test_without_new_pieces_the_old_ones_are_still_used(tmp_path: Path) -> None:
    made = store(tmp_path)
    made.partials.append(Q, "r", Increment([1, 2], start=0))  # type: ignore[union-attr]
    killed(made)
    again = store(tmp_path, partial_tokens=0)
    assert again.partial(Q, "r") == Partial([1, 2], logged=2)
    again.close()


def test_a_higher_limit_goes_on_from_the_kept_tokens(tmp_path: Path) -> None:
    made = store(tmp_path)
    made.add(Q, cut([1, 2, 3], logprob=-1.5, continued=(2,)), partial={"ids": [1, 2, 3]})
    made.close()
    same = store(tmp_path)
    assert same.finished(Q)
    assert same.partial(Q, "r") is None
    same.close()
    more = store(tmp_path, 20)
    assert not more.finished(Q)
    assert more.grown() == 1
    assert more.partial(Q, "r") == Partial([1, 2, 3], [2], -1.5, text="x")
    # Its first increment has all of it, so that a death of this run costs nothing either.
    more.partials.append(Q, "r", Increment([1, 2, 3, 4], [2, 3], -2.0, start=0))  # type: ignore[union-attr]
    killed(more)
    last = store(tmp_path, 20)
    assert last.partial(Q, "r") == Partial([1, 2, 3, 4], [2, 3], -2.0, logged=4)
    last.add(Q, Response(content="whole", continued=(2, 3, 4)))
    last.close()
    assert not ResultPaths(tmp_path / "r.json").partial.exists()
    with ResultPaths(tmp_path / "r.json").journal.open() as lines:
        assert '"continued": [2, 3, 4]' in lines.readlines()[-1]


def test_a_loop_and_an_older_record_are_no_beginning(tmp_path: Path) -> None:
    made = store(tmp_path)
    made.add(Q, cut([1, 2, 3]))  # of a version that kept no tokens
    made.add(SampleId("loop", 0.7, 0), Response(content="xx", finish_reason="repetition"), partial={"ids": [1, 1]})
    made.close()
    more = store(tmp_path, 20)
    assert not more.finished(Q)
    assert more.partial(Q, "r") is None
    assert more.finished(SampleId("loop", 0.7, 0))
    more.close()


def test_other_settings_begin_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = store(tmp_path)
    made.partials.append(Q, "r", Increment([1, 2], start=0))  # type: ignore[union-attr]
    killed(made)
    other = store(tmp_path, model="another")  # allowed, since nothing has finished
    assert other.partial(Q, "r") is None
    assert "1 unfinished responses (2 tokens) were made with other settings" in capsys.readouterr().err
    other.close()


def test_a_refused_run_removes_nothing(tmp_path: Path) -> None:
    """What a run with a higher limit has gained is not needed by the lower one that is refused."""
    made = store(tmp_path)
    made.add(Q, cut([1, 2, 3]), partial={"ids": [1, 2, 3]})
    made.close()
    more = store(tmp_path, 20)
    more.partials.append(Q, "r", Increment([1, 2, 3, 4], [3], start=0))  # type: ignore[union-attr]
    killed(more)
    refused = ResultStore(tmp_path / "r.json", partial_tokens=4)
    with pytest.raises(UserError, match="max-tokens was 20, is now 10"):
        refused.check_settings(SETTINGS)
    refused.close()
    assert ids_in(ResultPaths(tmp_path / "r.json").partial) == [1, 2, 3, 4]


def test_overwrite_keeps_it_as_a_backup(tmp_path: Path) -> None:
    made = store(tmp_path)
    made.partials.append(Q, "r", Increment([1, 2], start=0))  # type: ignore[union-attr]
    killed(made)
    fresh = ResultStore(tmp_path / "r.json", overwrite=True, partial_tokens=4)
    assert fresh.partial(Q, "r") is None
    fresh.close()
    assert ids_in(tmp_path / "r.partial.jsonl.bak") == [1, 2]


def test_a_full_disk_does_not_remove_what_the_results_lack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = store(tmp_path)
    made.partials.append(Q, "r", Increment([1, 2], start=0))  # type: ignore[union-attr]
    SmallDisk(monkeypatch, 0)
    made.add(Q, Response(content="x"))  # held in memory
    made.close()
    assert ids_in(ResultPaths(tmp_path / "r.json").partial) == [1, 2]
