"""Run every hostile program and look at the machine around it.

    PYTHONPATH=tests python -m support.hostile.world [--without namespaces]

Prints one JSON line a program. Needs the standard library and msgspec alone, so that any interpreter
which an unprivileged user can reach will do.
"""

from __future__ import annotations

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

from support.hostile.programs import ATTACKS, PRELUDE, SLOW, Attack
from util.code import Judging, Tests, Wanted, judge
from util.code.judge import box_for, close_boxes
from util.code.limits import Limits
from util.code.run import Run
from util.system.processes import hide_memory

SECRET = f"secret-{os.getpid()}-only-here"
EXPECTED = "4 and nothing else"
LIMITS = Limits(cpu=1, wall=2, memory=256 * 2**20)
SHARED = ("/dev/shm", "/var/tmp", "/run", "/mnt")
RESTART_SECONDS = 5.0


@dataclass
class World:
    """What hostile programs would like to reach."""

    folder: Path
    victim: subprocess.Popen[bytes]
    sockets: list[socket.socket]
    names: dict[str, str]
    leaks: list[str] = field(default_factory=list)

    def state(self) -> dict[str, Any]:
        """Everything that no program may change."""
        files = sorted(self.folder.rglob("*"))
        return {
            "files": [(str(f), *_marks(f)) for f in files],
            "shared": [sorted(os.listdir(place)) for place in SHARED if os.path.isdir(place)],
            "temporary": sorted(
                name for name in os.listdir(tempfile.gettempdir()) if not name.startswith(f"solution-{os.getpid()}-")
            ),
            "ipc": [Path(f"/proc/sysvipc/{kind}").read_text().count("\n") for kind in ("shm", "sem", "msg")],
            "mounts": Path("/proc/self/mounts").read_text(),
            "victim": self.victim.poll(),
            "contacts": len(select.select(self.sockets, [], [], 0)[0]),
            "processes": len(zygotes()),
        }


def build() -> World:
    folder = Path(tempfile.mkdtemp(prefix="world-"))
    folder.chmod(0o777)
    for name in ("secret", "victim"):
        (folder / name).write_text(SECRET)
        (folder / name).chmod(0o666)
    tcp, udp = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    port = tcp.getsockname()[1]
    udp.bind(("127.0.0.1", port))
    sockets = [tcp, udp]
    abstract = f"hostile-{os.getpid()}"
    for kind, address in ((1, str(folder / "stream")), (2, str(folder / "datagram")), (1, f"\0{abstract}")):
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
        "ABSTRACT": abstract,
    }
    return World(folder, victim, sockets, names)


def zygotes() -> list[int]:
    """Processes of sandboxes: all are forks of an interpreter started with the same words."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            words = Path(f"/proc/{entry}/cmdline").read_bytes() if entry.isdigit() else b""
            state = Path(f"/proc/{entry}/stat").read_text() if b"from inside import zygote" in words else ""
        except OSError:
            continue
        if state and ") Z" not in state:
            found.append(int(entry))
    return found


def attack(world: World, program: Attack, wanted: Wanted, outputs: list[Run], count: int = 1) -> dict[str, Any]:
    """Judge one program on ``count`` tests and a right one behind it; what went wrong is in "faults"."""
    code = PRELUDE + program.code
    for name, value in world.names.items():
        code = code.replace(f"@{name}@", value)
    # 4 is the expected output where a program or function ought to double 2.
    tests = Tests([[2]] * count, [4] * count, "f") if program.call else Tests(["2\n"] * count, [EXPECTED] * count)
    before, judging = world.state(), Judging(wanted=wanted, limits=LIMITS)
    outputs.clear()
    verdict = judge(code, tests, judging)
    start = time.monotonic()
    following = judge("print(int(input()) * 2)", Tests(["2\n"], ["4\n"]), judging)
    delay = time.monotonic() - start
    after = world.state()
    faults = [f"{name}: {before[name]} then {after[name]}"[:600] for name in before if before[name] != after[name]]
    if any(SECRET.encode() in run.stdout + run.stderr + repr(run.records).encode() for run in outputs):
        faults.append("the secret got out")
    if verdict.correct is not False or not verdict.reason.startswith(program.reasons):
        faults.append(f"verdict {verdict}")
    if following.correct is not True or delay > RESTART_SECONDS:
        faults.append(f"the next verdict: {following} after {delay:.1f} s")
    if any(b"open" in run.stdout[:4] for run in outputs):
        faults.append("a call that must be shut is open")
    return {"name": f"{program.name}, {count} tests", "reason": verdict.reason, "faults": faults}


def main() -> None:
    without = sys.argv[2:] if "--without" in sys.argv else []
    wanted = Wanted("strong", *(name not in without for name in ("namespaces", "landlock", "seccomp")))
    os.environ["KEY"] = SECRET
    hide_memory()
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
        world.victim.kill()
        world.victim.wait()
        shutil.rmtree(world.folder)
    time.sleep(0.5)
    mine = [name for name in os.listdir(tempfile.gettempdir()) if name.startswith(f"solution-{os.getpid()}-")]
    print(json.dumps({"name": "what is left", "faults": [*mine, *map(str, zygotes())]}), flush=True)


def _marks(path: Path) -> tuple[Any, ...]:
    status = path.lstat()
    content = path.read_bytes() if path.is_file() else b""
    return status.st_mode, status.st_uid, status.st_mtime_ns if path.is_file() else 0, status.st_size, content


if __name__ == "__main__":
    main()
