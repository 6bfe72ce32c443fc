"""Run every hostile program and compare the machine before and after it.

    PYTHONPATH=tests python -m support.hostile.world [--without namespaces]

Prints one JSON line per program. Needs only the standard library and msgspec, so that any interpreter that an
unprivileged user can start will do.

Other programs may run beside it, so only what belongs to this process counts: processes that descend from it,
orphans included (``benchmarks.family``); everything in a temporary folder of its own; and in places that the whole
machine shares, entries that carry its mark or belong to a user id that only its sandboxes have.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import family
from support.hostile.programs import ATTACKS, PRELUDE, SLOW, TIME, Attack
from support.waiting import wait_for
from util.code.judge import box_for, close_boxes, judge
from util.code.problem import Judging, Limits, Run, Tests, Wanted
from util.records import Verdict
from util.system.processes import hide_memory, remove_tree

SECRET = f"secret-{os.getpid()}-only-here"
EXPECTED = "4 and nothing else"
LIMITS = Limits(cpu=1, wall=2, memory=256 * 2**20)
MARK = f"hostile-{os.getpid()}"
"""Part of every name that a program tries to create outside of its own folder."""
KEY = 0x40000000 + os.getpid()
"""The key of the System V objects that programs try to create."""
SHARED = ("/dev/shm", "/var/tmp", "/run", "/run/lock", "/mnt", "/tmp", "/")
RESTART_SECONDS = 5.0
LOOKS = 10


@dataclass
class World:
    """What hostile programs would like to reach. temporary: the folder for this process's temporary files."""

    folder: Path
    temporary: Path
    victim: subprocess.Popen[bytes]
    sockets: list[socket.socket]
    names: dict[str, str]
    uids: set[int] = field(default_factory=set)
    """User ids that only this process's sandboxes have had."""

    def state(self) -> dict[str, Any]:
        """Everything that no program may change."""
        processes = family.running()
        self.uids |= {uid for process in processes for uid in _uids(process.pid)} - {0, os.getuid()}
        return {
            "files": [(str(f), *_marks(f)) for f in sorted(self.folder.rglob("*"))],
            "shared": [f"{place}/{name}" for place in SHARED for name in self._ours(place)],
            "temporary": sorted(
                name for name in os.listdir(self.temporary) if not name.startswith(f"solution-{os.getpid()}-")
            ),
            "ipc": [self._ours_of_kind(kind) for kind in ("shm", "sem", "msg")],
            "mounts": [line for line in Path("/proc/self/mounts").read_text().splitlines() if self._in_reach(line)],
            "victim": self.victim.poll(),
            "contacts": len(select.select(self.sockets, [], [], 0)[0]),
            "processes": len(processes),
        }

    def close(self) -> None:
        """End the victim and remove every file."""
        tempfile.tempdir = None
        self.victim.kill()
        self.victim.wait()
        for listener in self.sockets:
            listener.close()
        shutil.rmtree(self.folder)
        remove_tree(str(self.temporary))

    def _ours(self, place: str) -> list[str]:
        try:
            with os.scandir(place) as entries:
                return sorted(entry.name for entry in entries if MARK in entry.name or _owner(entry.path) in self.uids)
        except OSError:
            return []

    def _ours_of_kind(self, kind: str) -> list[str]:
        """Rows of /proc/sysvipc with our key, or made by a sandbox's user."""
        head, *rows = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()
        users = [number for number, name in enumerate(head.split()) if name in ("uid", "cuid")]
        cells = [row.split() for row in rows]
        return [row[1] for row in cells if int(row[0]) == KEY or self.uids & {int(row[user]) for user in users}]

    def _in_reach(self, mount: str) -> bool:
        """Whether a line of /proc/self/mounts is about a place that programs try."""
        point = mount.split()[1]
        return point in (*SHARED, "/proc", "/dev") or point.startswith((str(self.folder), str(self.temporary)))


def build() -> World:
    """Make the surroundings; from here to ``World.close`` this process's temporary files go to a folder of their own."""
    folder, temporary = (Path(tempfile.mkdtemp(prefix=f"{name}-")) for name in ("world", "temporary"))
    folder.chmod(0o777)
    temporary.chmod(0o1777)
    tempfile.tempdir = str(temporary)
    for name in ("secret", "victim"):
        (folder / name).write_text(SECRET)
        (folder / name).chmod(0o666)
    tcp, udp = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    port = tcp.getsockname()[1]
    udp.bind(("127.0.0.1", port))
    sockets = [tcp, udp]
    for kind, address in ((1, str(folder / "stream")), (2, str(folder / "datagram")), (1, f"\0{MARK}")):
        listener = socket.socket(socket.AF_UNIX, kind)
        listener.bind(address)
        if kind == 1:
            listener.listen()
        if not address.startswith("\0"):
            os.chmod(address, 0o777)
        sockets.append(listener)
    victim = subprocess.Popen(["sleep", "3600"], env={"KEY": SECRET})
    names = {
        "SECRET_FILE": str(folder / "secret"),
        "VICTIM_FILE": str(folder / "victim"),
        "OUTSIDE": str(folder),
        "PROJECT": os.getcwd(),
        "EXPECTED": EXPECTED,
        "WORKER": str(os.getpid()),
        "VICTIM": str(victim.pid),
        "PORT": str(port),
        "UNIX": str(folder / "stream"),
        "UNIX_DATAGRAM": str(folder / "datagram"),
        "ABSTRACT": MARK,
        "MARK": MARK,
        "KEY": str(KEY),
    }
    return World(folder, temporary, victim, sockets, names)


def attack(world: World, program: Attack, wanted: Wanted, outputs: list[Run], count: int = 1) -> dict[str, Any]:
    """Judge one program on ``count`` tests and a correct one after it; "faults" lists what went wrong."""
    code = PRELUDE + program.code
    for name, value in world.names.items():
        code = code.replace(f"@{name}@", value)
    # 4 is the expected output where a program or function ought to double 2.
    tests = Tests([[2]] * count, [4] * count, "f") if program.call else Tests(["2\n"] * count, [EXPECTED] * count)
    before, judging = world.state(), Judging(wanted=wanted, limits=LIMITS)
    outputs.clear()
    verdict = judge(code, tests, judging)
    following, delay = _next_verdict(judging)
    after = _after(world, before)
    faults = [f"{name}: {before[name]} then {after[name]}"[:600] for name in before if before[name] != after[name]]
    if any(SECRET.encode() in run.stdout + run.stderr + repr(run.records).encode() for run in outputs):
        faults.append("the secret got out")
    if verdict.correct is not False or not (
        verdict.reason.startswith(program.reasons) or _out_of_time(verdict, program)
    ):
        faults.append(f"verdict {verdict}")
    if following.correct is not True or (delay > RESTART_SECONDS and delay > RESTART_SECONDS + 3 * _restart(judging)):
        faults.append(f"the next verdict: {following} after {delay:.1f} s")
    if any(b"open" in run.stdout[:4] for run in outputs):
        faults.append("a system call that must be denied was allowed")
    return {"name": f"{program.name}, {count} tests", "reason": verdict.reason, "faults": faults}


def _next_verdict(judging: Judging) -> tuple[Verdict, float]:
    """A correct program's verdict, and how many seconds it took."""
    start = time.monotonic()
    verdict = judge("print(int(input()) * 2)", Tests(["2\n"], ["4\n"]), judging)
    return verdict, time.monotonic() - start


def _out_of_time(verdict: Verdict, program: Attack) -> bool:
    """Whether a program that was to run out of CPU time was killed by the kernel, which counts it in ticks.

    Beside busy programs the kernel's count runs ahead of the exact clock, and the judge names the signal alone.
    """
    killed = str(verdict.evidence.get("detail", "")).startswith("killed by SIGKILL")
    return TIME in program.reasons and killed and verdict.evidence["cpu_seconds"] > 0.7 * LIMITS.cpu


def _restart(judging: Judging) -> float:
    """How long a verdict takes here and now with a new sandbox: what a delay is measured by on a busy machine."""
    close_boxes()
    return _next_verdict(judging)[1]


def _after(world: World, before: dict[str, Any]) -> dict[str, Any]:
    """The state after a program. A killed process may need a moment to end: the processes are counted again."""
    state = world.state()
    for _ in range(LOOKS):
        if state["processes"] == before["processes"]:
            break
        time.sleep(0.05)
        state = world.state()
    return state


def main() -> None:
    without = sys.argv[2:] if "--without" in sys.argv else []
    wanted = Wanted("strong", *(name not in without for name in ("namespaces", "landlock", "seccomp")))
    os.environ["KEY"] = SECRET
    hide_memory()
    family.adopt(True)
    world = build()
    box = box_for(wanted)
    outputs: list[Run] = []
    run = box.run

    def recorded(*args: Any, **options: Any) -> Run:
        outputs.append(run(*args, **options))
        return outputs[-1]

    box.run = recorded  # type: ignore[method-assign]
    try:
        print(json.dumps({"level": box.level, "layers": box.layers, "uid": os.getuid()}), flush=True)
        for program in ATTACKS:
            print(json.dumps(attack(world, program, wanted, outputs)), flush=True)
            if not program.reasons[0].startswith(SLOW):
                print(json.dumps(attack(world, program, wanted, outputs, 3)), flush=True)
    finally:
        close_boxes()
        left = os.listdir(world.temporary)
        world.close()
    with contextlib.suppress(AssertionError):
        wait_for(lambda: not family.running(), 10)
    print(json.dumps({"name": "what is left", "faults": [*left, *map(str, family.running())]}), flush=True)


def _uids(pid: int) -> list[int]:
    """Real, effective, saved and file system user id of a process."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return []
    return [int(word) for line in lines if line.startswith("Uid:") for word in line.split()[1:]]


def _owner(path: str) -> int:
    try:
        return os.lstat(path).st_uid
    except OSError:
        return -1


def _marks(path: Path) -> tuple[Any, ...]:
    status = path.lstat()
    content = path.read_bytes() if path.is_file() else b""
    return status.st_mode, status.st_uid, status.st_mtime_ns if path.is_file() else 0, status.st_size, content


if __name__ == "__main__":
    main()
