"""Atomic writes, locks, and file systems without locks."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.scripts import ROOT

from util.results.file_lock import FileLock
from util.results.store import ResultStore
from util.results.writing import check_writable, locked, read_json_object, write_atomically
from util.system.errors import UserError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def held_elsewhere(path: Path, seconds: float) -> subprocess.Popen[str]:
    """A process that holds the lock of ``path`` for some time, from now on."""
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom util.results.file_lock import FileLock\n"
        f"lock = FileLock(Path(sys.argv[1]))\nprint('held', flush=True)\ntime.sleep({seconds})\nlock.release()"
    )
    process = subprocess.Popen([sys.executable, "-c", code, path], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_two_writers_of_one_file_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    both = threading.Barrier(2)

    def parts(letter: str) -> Iterator[str]:
        yield letter * 1000
        both.wait(30)
        yield letter * 1000

    threads = [threading.Thread(target=write_atomically, args=(path, parts(letter))) for letter in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() in ("a" * 2000, "b" * 2000)
    assert names(tmp_path) == ["out.json"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("old")

    def parts() -> Iterator[str]:
        yield "new"
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(UserError, match="No space left"):
        write_atomically(path, parts())
    assert path.read_text() == "old"
    assert names(tmp_path) == ["out.json"]


def test_a_written_file_has_the_mode_of_a_normal_one(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / ("漢" * 80), ["x"])
        (tmp_path / "normal").write_text("x")
    finally:
        os.umask(before)
    assert len({path.stat().st_mode for path in tmp_path.iterdir()}) == 1


def test_temporary_files_of_killed_writers_are_removed(tmp_path: Path) -> None:
    old, young, other = (tmp_path / name for name in (".out.json.1f.tmp", ".out.json.2f.tmp", ".else.json.3f.tmp"))
    for path in (old, young, other):
        path.write_text("cut")
    for path in (old, other):
        os.utime(path, (time.time() - 10**5,) * 2)
    write_atomically(tmp_path / "out.json", ["x"])
    assert names(tmp_path) == [other.name, young.name, "out.json"]


def test_a_lock_is_waited_for_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.json"
    with held_elsewhere(path, 1.5) as process:
        with pytest.raises(UserError, match=f"in use by another process .pid {process.pid}."):
            FileLock(path)
        with locked(path):
            assert process.wait(10) == 0
    monkeypatch.setattr("util.results.writing.LOCK_SECONDS", 0.2)
    with held_elsewhere(path, 30) as process:
        with pytest.raises(UserError, match="in use"), locked(path):
            pass
        process.kill()
    with locked(path):  # the lock of a killed process does not stay
        pass
    assert names(tmp_path) == []


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL])
def test_a_file_system_without_locks_has_lock_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    def lockf(fd: int, how: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "lockf", lockf)
    monkeypatch.setattr(FileLock, "_warned", False)
    store = ResultStore(tmp_path / "r.json")
    owner = tmp_path / ".r.json.lock.owner"
    assert owner.read_text().startswith(f"pid {os.getpid()} on ")
    with pytest.raises(UserError, match="in use by another process") as failure:
        ResultStore(tmp_path / "r.json")
    assert f"remove {owner}" in str(failure.value)
    store.close()
    FileLock(tmp_path / "other.json").release()
    assert names(tmp_path) == []
    assert capsys.readouterr().err.count("without locks") == 1


def test_outputs_are_checked_before_a_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    check_writable(tmp_path / "new" / "r.txt", "--csv")
    assert names(tmp_path / "new") == []
    for wrong in (tmp_path / "file" / "r.txt", tmp_path / "folder", Path("/proc/none/r.txt")):
        with pytest.raises(UserError, match=f"--csv {wrong} cannot be written"):
            check_writable(wrong, "--csv")
    for content, expected in (("", {}), ('\ufeff{"AIME": 0.5}', {"AIME": 0.5})):
        (tmp_path / "file").write_text(content, encoding="utf-8")
        assert read_json_object(tmp_path / "file", "--output-file") == expected
    for content in ("notes", "[1]", json.dumps("x")):
        (tmp_path / "file").write_text(content)
        with pytest.raises(UserError, match="not a JSON object"):
            read_json_object(tmp_path / "file", "--output-file")
