"""Result files, journals, converted files and labels of commit c0346e8 are read, continued and checked as it did.

What is expected was recorded by that commit itself (tests/fixtures/c0346e8/make.py): the requests with their seeds,
the exit status, the new lines of the journal, and what changes in the files.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support import old_files
from support.batch_server import BatchServer
from support.old_files import FIXTURES, Replay

NUMINA = "stub_NUMINA_train_math_0_-1_4_9"
CONVERTED = "converted_stub_NUMINA_train_math_0_-1"
MATH500 = "stub_MATH500_test_all_0_-1"


@dataclass(frozen=True)
class Seen:
    """What a command did. added: journal -> new completions and verdicts. changes: file -> what is new or other."""

    stdout: str
    stderr: str
    asked: list[dict[str, Any]]
    added: dict[str, dict[str, int]]
    changes: dict[str, Any]
    recorded: dict[str, Any]


@dataclass(frozen=True)
class Old:
    """A copy of the fixtures in ``top``, and the server of its commands. stamped: see ``old_files.copied``."""

    top: Path
    server: Replay
    stamped: bool = True

    def go_on(
        self,
        case: str,
        step: str,
        *,
        url: str = "",
        mark: str = "\ue000",
        sent: dict[str, Any] | None = None,
        judged_again: int = 0,
    ) -> Seen:
        """Run a command on the copy; it must do what c0346e8 did.

        mark: stands for U+E000 in what was recorded. sent: fields of requests that have other values since then.
        judged_again: how many verdicts are new, only because the rules' number rose; only their times may differ.
        """
        folder = self.top / case
        text = (FIXTURES / "expected" / f"{case}.{step}.json").read_text("utf-8")
        recorded = json.loads(text.replace("\ue000", mark))
        files, lines = old_files.contents(folder), old_files.journals(folder)
        for exchange in recorded["asked"]:
            exchange["request"] |= sent or {}
        self.server.expect(recorded["asked"])
        done = old_files.run(case, step, self.top, url or self.server.url)
        asked, after = self.server.asked, old_files.contents(folder)
        added = {
            name: old_files.added(lines.get(name, b""), content) for name, content in old_files.journals(folder).items()
        }
        changes = old_files.changes(old_files.plain(files), old_files.plain(after))
        assert done.returncode == recorded["exit"], done.stderr
        assert in_order(asked) == in_order([exchange["request"] for exchange in recorded["asked"]])
        assert changes == old_files.plain(recorded["files"])
        if judged_again:
            [counts] = recorded["added"].values()
            counts["verdict"] = judged_again
        if self.stamped:
            assert added == recorded["added"]
        assert judged_again or [name for name in files if after[name] != files[name] and name not in changes] == []
        if (last := recorded["stdout"].rstrip().rpartition("\n")[2]).startswith('{"'):
            assert done.stdout.rstrip().rpartition("\n")[2] == last
        return Seen(done.stdout, done.stderr, asked, added, changes, recorded)


def in_order(requests: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(request, sort_keys=True) for request in requests)


def numbers(text: str) -> list[str]:
    return re.findall(r"[+-]?\d+\.\d+", text)


@pytest.fixture(scope="module")
def server() -> Iterator[Replay]:
    replay = Replay()
    yield replay
    replay.close()


@pytest.fixture
def old(tmp_path: Path, server: Replay) -> Old:
    return Old(old_files.copied(tmp_path / "old"), server)


def test_a_finished_run_asks_again_only_what_failed_and_judges_only_that(old: Old) -> None:
    seen = old.go_on("judged", "again")
    assert [request["seed"] for request in seen.asked] == [1939612658]
    assert seen.added == {f"{NUMINA}.journal.jsonl": {"completion": 1, "verdict": 1}}
    assert list(seen.changes[f"{NUMINA}.json"]) == ["How many primes are below 10?"]
    assert seen.stdout.endswith('{"acc": 0.65}\n')
    checked = old.go_on("judged", "check")
    assert not checked.changes
    assert checked.stdout.endswith('{"acc": 0.65}\n')


def test_a_file_that_was_copied_without_its_time_keeps_all_verdicts(tmp_path: Path, server: Replay) -> None:
    """The journal tells the file's time; after a download it is another one."""
    old = Old(old_files.copied(tmp_path / "old", stamped=False), server, stamped=False)
    seen = old.go_on("judged", "again")
    assert seen.added[f"{NUMINA}.journal.jsonl"]["verdict"] == 1


def test_more_samples_are_added_behind_the_old_ones(old: Old) -> None:
    seen = old.go_on("judged", "more")
    assert len(seen.asked) == 5 * 2 + 1
    for key, changed in seen.changes[f"{NUMINA}.json"].items():
        for temperature, responses in changed["responses"].items():
            failed = {"1"} if key.startswith("How many primes") and temperature == "1" else set()
            assert responses.keys() == {"2"} | failed


@pytest.mark.parametrize(
    ("case", "step", "named"),
    [
        ("judged", "other_tokens", "max-tokens was 2000, is now 1000"),
        ("judged", "fewer_temperatures", "0.3"),
        ("labels", "other_model", "gpt-4o-mini, is now gpt-4o"),
        ("api", "other_model", "gpt-4o-mini, is now gpt-4o"),
    ],
)
def test_other_settings_are_refused_by_name(old: Old, case: str, step: str, named: str) -> None:
    before = old_files.journals(old.top / case)
    seen = old.go_on(case, step)
    assert named in seen.stderr
    assert not seen.asked
    assert old_files.journals(old.top / case) == before


def test_an_interrupted_run_is_continued_after_its_torn_line(old: Old) -> None:
    """The line is torn inside a character, the dead run's lock is still there, and a text holds a lone surrogate."""
    mark = "\ud800"
    journal = old.top / "interrupted" / f"{MATH500}.journal.jsonl"
    text = journal.read_text("utf-8").replace("\ue000", mark)
    journal.write_bytes(text.encode("utf-8", "surrogatepass") + "ß".encode()[:1])
    (old.top / "interrupted" / f".{MATH500}.json.lock").write_text("4242")
    seen = old.go_on("interrupted", "again", mark="\ufffd")
    assert seen.added == {journal.name: {"completion": 4, "verdict": 5}}
    entries = seen.changes[f"{MATH500}.json"]
    seeds = [response["seed"] for entry in entries.values() for response in entry["responses"]["0.7"]]
    assert seeds == [1282720351, 151531914, 1995410520, 2015608391, 1463541088, 910855997, 722173949, 1057957288]
    assert {request["seed"] for request in seen.asked} == {seeds[3], *seeds[5:]}
    assert "\ufffd" in entries["What is $10 + 5$?"]["responses"]["0.7"][0]["content"]


@pytest.mark.parametrize("step", ["check", "full"])
def test_code_that_was_not_judged_is_judged_alike(old: Old, step: str) -> None:
    seen = old.go_on("unjudged", step)
    assert seen.added == {"stub_APPS_test_all_0_-1.journal.jsonl": {"completion": 0, "verdict": 8}}
    verdicts = [
        (response["correctness"], response["reason"])
        for entry in seen.changes["stub_APPS_test_all_0_-1.json"].values()
        for response in entry["responses"]["0.7"].values()
    ]
    assert [right for right, _ in verdicts] == [True, False, False] * 2 + [True, False]
    assert verdicts[2][1] == "no code found"
    assert seen.stdout.endswith('{"acc": 0.3333}\n')


@pytest.mark.parametrize(
    ("case", "step", "verdicts"),
    [
        ("taco", "eval", 6),  # programs are found by other rules since then, so that all are judged again
        ("livecodebench", "again", 4),
        ("evaluated", "again", 0),
    ],
)
def test_finished_benchmarks_need_no_request_and_keep_their_verdicts(
    old: Old, case: str, step: str, verdicts: int
) -> None:
    """With scores by log-probability and by a reward model, and with shuffled options."""
    seen = old.go_on(case, step, judged_again=verdicts)
    assert not seen.asked
    assert sum(counts["verdict"] for counts in seen.added.values()) == verdicts
    before = [line for line in seen.recorded["stdout"].splitlines() if not line.startswith("rejection sampling")]
    # An evaluation no longer prints that line, and the table at its end has some of the numbers again.
    missing = set(map(float, numbers("\n".join(before)))) - set(map(float, numbers(seen.stdout)))
    assert not missing


@pytest.mark.parametrize(("step", "asked"), [("check", 0), ("more", 3)])
def test_the_first_format_is_judged_and_continued(old: Old, step: str, asked: int) -> None:
    """One response instead of a list, at "1.0", without a journal."""
    seen = old.go_on("first_format", step)
    assert len(seen.asked) == asked
    for entry in old_files.contents(old.top / "first_format")[f"{MATH500}.json"].values():
        assert list(entry["responses"]) == ["1"]
        assert entry["responses"]["1"][0]["content"].startswith("Ältere Antwort")


def test_conversion_by_rules_gives_the_same_file_and_keeps_verdicts(old: Old) -> None:
    before = old_files.contents(old.top / "rules")
    old.go_on("rules", "convert")
    seen = old.go_on("rules", "check")
    assert seen.added[f"{CONVERTED}.journal.jsonl"]["verdict"] == 0
    assert old_files.plain(old_files.contents(old.top / "rules")) == old_files.plain(before)


def test_rewrites_by_an_api_are_not_asked_for_again(old: Old) -> None:
    converted = old.go_on("api", "convert")
    assert len(converted.asked) == 1
    seen = old.go_on("api", "check")
    assert seen.added[f"{CONVERTED}.journal.jsonl"] == {"completion": 0, "verdict": 1}
    data = old.go_on("api", "data")
    assert len(data.changes["out/train.json"]) == 3


def test_training_data_of_old_converted_files_is_the_same(old: Old) -> None:
    data = old.go_on("rules", "data")
    assert len(data.changes["out/train.json"]) == 3
    pairs = old.go_on("rules", "pairs")
    assert len(pairs.changes["out/pairs.jsonl"]) == 2


def test_finished_labels_need_no_request(old: Old) -> None:
    seen = old.go_on("labels", "again")
    assert not seen.asked
    assert not seen.changes


def test_interrupted_labels_are_continued(old: Old) -> None:
    seen = old.go_on("labels_cut", "again", sent={"max_tokens": 1024})  # it was 256, and could not be chosen
    assert len(seen.asked) == 5
    rows = seen.changes["labeled_math_0_-1.json"]
    assert [row["gpt_difficulty_parsed"] for row in rows] == [1.0, 6.5, 2.0, -1, 2.5, -1]


def test_old_labels_select_rows(old: Old) -> None:
    seen = old.go_on("labels", "use")
    [selected] = re.findall(r"(\d+) selected", seen.stdout)
    assert int(selected) == 3


@pytest.mark.parametrize("noted", [True, False])
def test_a_batch_in_flight_is_fetched_and_not_sent_again(old: Old, noted: bool) -> None:
    """Also where the run did not live to note the batch that it had created."""
    journal = old.top / "batch" / f"{MATH500}.journal.jsonl"
    if not noted:
        lines = journal.read_text("utf-8").splitlines(keepends=True)
        assert '"batch": "batch_0"' in lines.pop()
        journal.write_text("".join(lines), "utf-8")
    server = BatchServer()
    server.add_file((FIXTURES / "batch" / "sent.jsonl").read_bytes())
    server.create("file-1")
    try:
        seen = old.go_on("batch", "again", url=server.url)
    finally:
        server.close()
    assert list(server.batches) == ["batch_0"]
    assert list(server.answered.values()) == [1] * 4
    assert seen.added == {journal.name: {"completion": 4, "verdict": 4}}


def test_a_batch_in_flight_is_not_paid_twice(old: Old) -> None:
    seen = old.go_on("batch", "without")
    assert "batch_0" in seen.stderr
    assert "--batch" in seen.stderr


def test_comparisons_and_reports_show_the_same_numbers(old: Old) -> None:
    compared = old.go_on("judged", "compare")
    assert numbers(compared.stdout) == numbers(compared.recorded["stdout"])
    seen = old.go_on("rules", "report")
    page = old_files.visible((old.top / "rules" / "report.html").read_text("utf-8").split('id="browse"')[0])
    shares = re.findall(r"\d+\.\d%", page)
    assert shares[:3] == ["50.0%", "1.3%", "98.7%"]
    missing = Counter(re.findall(r"\d+\.\d%", seen.recorded["page"])) - Counter(shares)
    assert not missing.keys() - {"0.0%"}  # newer pages show more, as charts have tables, and zeros otherwise


def test_an_old_file_still_tells_its_command(old: Old) -> None:
    seen = old.go_on("judged", "reproduce")
    assert "git checkout c0346e8" in seen.stdout
    assert "inference_and_check.py --dataset-path /tmp/c0346e8/judged/rows.jsonl" in seen.stdout
