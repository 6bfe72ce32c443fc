"""The judge against a corpus: hostile programs outside and inside, awkward right ones, the original's faults."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from support.hostile import legitimate, world
from support.hostile.programs import ATTACKS, Attack
from support.other_user import AS_OTHER, UNPRIVILEGED, environment, interpreter_for_others
from support.scripts import ROOT
from support.waiting import wait_for

from benchmarks import family
from util.code.judge import box_for, close_boxes, judge
from util.code.problem import Judging, Limits, Run, Tests, Wanted

MODES = ((), ("--without", "namespaces"))
SUMS = Tests(["3\n1\n2\n3\n", "2\r\n40\r\n2\r\n", "1\n-7\n"], ["9\n", "44\n", "-6\n"])
CALLS = Tests([[[1, 2, 3]], [[40, 2]], [[-7]]], [6, 42, -7], "total")
GENEROUS = Limits(cpu=10, wall=30)
SHORT = Limits(cpu=2, wall=4)
"""Not less: the kernel counts the limit in ticks, and beside busy programs may end a program of 1 s at 0.85 s."""


def attacked(command: list[str], **options: Any) -> list[dict[str, Any]]:
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=400, env=environment(), **options
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def assert_unharmed(results: list[dict[str, Any]], mode: tuple[str, ...]) -> None:
    assert len(ATTACKS) >= 60
    assert len(results) >= len(ATTACKS) + 60 + 2
    assert results[0]["level"] == "strong" if mode else results[0]["level"] in ("strong", "full")
    assert [result for result in results[1:] if result["faults"]] == []


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: "-".join(mode) or "all layers")
def test_hostile_programs_do_nothing(mode: tuple[str, ...]) -> None:
    assert_unharmed(attacked([sys.executable, "-m", "support.hostile.world", *mode]), mode)


@pytest.mark.skipif(os.getuid() != 0, reason="this run is unprivileged already")
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: "-".join(mode) or "all layers")
def test_hostile_programs_do_nothing_for_an_unprivileged_user(mode: tuple[str, ...]) -> None:
    python = interpreter_for_others()
    if python is None:
        pytest.skip("no interpreter that another user can start")
    command = [python, "-B", "-m", "support.hostile.world", *mode]
    results = attacked(command, **AS_OTHER)
    assert results[0]["uid"] == UNPRIVILEGED
    assert_unharmed(results, mode)


def test_the_look_at_the_world_sees_leaks_and_passes() -> None:
    """The corpus would prove nothing if its checks saw nothing."""
    surroundings = world.build()
    outputs: list[Run] = []
    box = box_for(Wanted())
    run = box.run

    def recorded(*args: Any, **options: Any) -> Run:
        outputs.append(run(*args, **options))
        return outputs[-1]

    box.run = recorded  # type: ignore[method-assign]
    try:
        told = world.attack(surroundings, Attack("told", f"print({world.SECRET!r})"), Wanted(), outputs)
        assert told["faults"] == ["the secret got out"]
        right = world.attack(surroundings, Attack("right", "print('@EXPECTED@')"), Wanted(), outputs)
        assert "correct=True" in right["faults"][0]
        before = surroundings.state()
        (surroundings.folder / "new").write_text("")
        assert surroundings.state()["files"] != before["files"]
        for place in ("/tmp", "/dev/shm"):
            made = [Path(place, f"{kind}-{os.getpid()}") for kind in ("hostile", "another-program")]
            try:
                made[1].write_text("")
                assert surroundings.state()["shared"] == before["shared"]
                made[0].write_text("")
                assert surroundings.state()["shared"] == [*before["shared"], str(made[0])]
            finally:
                for path in made:
                    path.unlink(missing_ok=True)
        with tempfile.NamedTemporaryFile() as file:
            assert surroundings.state()["temporary"] == [Path(file.name).name]
    finally:
        close_boxes()
        surroundings.close()


ESCAPE = """
import os, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.write(1, str(os.getpid()).encode())
        os.close(1)
        os.execv(sys.executable, [sys.executable, "-c", "import sys; sys.stdin.read()"])
    os._exit(0)
os.wait()
"""
"""A process with other words and a session of its own, whose parent is gone. It ends when its standard input does."""


@pytest.mark.parametrize("adopted", [True, False], ids=["of ours", "of another program"])
def test_the_look_at_the_world_sees_processes_that_escape(adopted: bool) -> None:
    surroundings = world.build()
    family.adopt(adopted)
    try:
        before = surroundings.state()["processes"]
        with subprocess.Popen([sys.executable, "-c", ESCAPE], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
            assert parent.stdout is not None
            assert parent.stdin is not None
            escaped = int(parent.stdout.read())
            assert parent.wait() == 0
            assert (escaped in [process.pid for process in family.running()]) is adopted
            assert surroundings.state()["processes"] == before + adopted
        wait_for(lambda: surroundings.state()["processes"] == before, what="the escaped process has ended")
    finally:
        family.reap_orphans()
        family.adopt(False)
        surroundings.close()


@pytest.mark.parametrize("fresh", [False, True], ids=["batch", "fresh"])
@pytest.mark.parametrize("name", legitimate.STDIN)
def test_awkward_right_programs_pass(name: str, fresh: bool) -> None:
    verdict = judge(legitimate.STDIN[name], SUMS, Judging(fresh=fresh, limits=GENEROUS))
    assert verdict.correct is True, verdict


@pytest.mark.parametrize("fresh", [False, True], ids=["batch", "fresh"])
@pytest.mark.parametrize("name", legitimate.CALL)
def test_awkward_right_functions_pass(name: str, fresh: bool) -> None:
    verdict = judge(legitimate.CALL[name], CALLS, Judging(fresh=fresh, limits=GENEROUS))
    assert verdict.correct is True, verdict


@pytest.mark.parametrize("name", ["input()", "/dev/stdin", "thread with a big stack", "asyncio", "temporary file"])
def test_awkward_right_programs_pass_without_namespaces(name: str) -> None:
    wanted = Wanted(namespaces=False)
    verdict = judge(legitimate.STDIN[name], SUMS, Judging(wanted, GENEROUS))
    assert verdict.correct is True, verdict


FAULTS = {
    "syntax error": ("def f(:", "compile error"),
    "Python 2": ("print 'x'", "compile error"),
    "exception": ("raise ValueError('no')", "runtime error"),
    "endless loop": ("while True: pass", "time limit"),
    "endless loop that catches signals": (
        "import signal\nfor n in set(range(1, 32)) - {9, 19}: signal.signal(n, lambda *_: None)\nwhile True: pass",
        "time limit",
    ),
    "killed as if by the limit": ("import os, signal\nos.kill(os.getpid(), signal.SIGXCPU)", "runtime error"),
    "right output, then a crash": ("print(sum(map(int, open(0))))\n1 / 0", "runtime error"),
    "right output, then a loop": ("print(sum(map(int, open(0))), flush=True)\nwhile True: pass", "time limit"),
    "right output, wrong status": ("print(sum(map(int, open(0))))\nexit(3)", "runtime error"),
    "reads past the end": ("print(sum(int(input()) for _ in range(99)))", "runtime error"),
    "prompt on stdout": ("n = int(input('n? '))\nprint(n + sum(int(input()) for _ in range(n)))", "wrong answer"),
    "killed": ("import os\nos.kill(os.getpid(), 9)", "runtime error"),
    "right on the first tests only": ("x = list(map(int, open(0)))\nprint(sum(x) if x[-1] > 0 else 0)", "wrong answer"),
}


@pytest.mark.parametrize("count", [1, 3], ids=["one test", "three tests"])
@pytest.mark.parametrize("name", FAULTS)
def test_what_the_original_accepted_is_rejected(name: str, count: int) -> None:
    code, reason = FAULTS[name]
    tests = Tests(SUMS.inputs[-count:], SUMS.outputs[-count:])
    verdict = judge(code, tests, Judging(limits=SHORT))
    assert verdict.correct is False
    assert verdict.reason.startswith(reason)


BATCH = (
    "import sys\n"
    "def tests_of(frame):\n"
    "    while frame is not None:\n"
    "        if 'tests' in frame.f_locals: return frame.f_locals['tests']\n"
    "        frame = frame.f_back\n"
    "    return []\n"
    "all_tests = tests_of(sys._getframe())\n"
)
"""What a program in a batch can find out: the inputs of the tests that share its process."""


@pytest.mark.parametrize("fresh", [False, True], ids=["batch", "fresh"])
def test_a_program_gets_one_guess_a_test(fresh: bool) -> None:
    outputs = [f"{word}\n" for word in ["YES", "YES", "NO", "YES", "NO", "YES", "YES", "YES", "NO", "YES", "YES"]]
    code = BATCH + "print('YES' if len(all_tests) > 1 else 'NO')"
    assert judge(code, Tests(["1\n"] * len(outputs), outputs), Judging(fresh=fresh)).correct is False
    call = BATCH.replace("all_tests =", "found =") + "def f(x): return len(tests_of(sys._getframe())) > 1"
    wanted = [True, True, False, True, False]
    assert judge(call, Tests([[1]] * 5, wanted, "f"), Judging(fresh=fresh)).correct is False


def test_marks_of_its_own_do_not_hide_how_a_program_ended() -> None:
    """It knows all inputs of its batch, prints every answer and every mark, and never ends (or crashes)."""
    forge = BATCH + (
        "import os, struct\nsize = 0\n"
        "for data in all_tests:\n"
        "    size += os.write(1, b'%d\\n' % sum(map(int, data.split())))\n"
        "    os.write(63, struct.pack('<cIQ', b'M', 8, size))\n"
    )
    for end in ("while True: pass", "os._exit(3)", "os.kill(os.getpid(), 9)"):
        assert judge(forge + end, SUMS, Judging(limits=Limits(cpu=1, wall=2))).correct is False


def test_state_between_the_tests_of_a_batch_costs_a_right_program_nothing() -> None:
    code = "import math\nn = getattr(math, 'seen', 0)\nmath.seen = n + 1\nx = sum(map(int, open(0)))\nprint(x if n < 2 else 0)"
    assert judge(code, SUMS).correct is True  # wrong in a batch, right alone: all tests are run alone


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ('{"d":[[]]}', [4] * 9),
        ('{"d":[""]}', [4] * 9),
        ('{"x":1}', [4] * 9),
        ("[" * 500 + "]" * 500, [4] * 500),
        ('{"s":[' + ",".join(["[-1,-2]", "[-2,-1]"] * 4000) + "]}", [123456] * 20_000),
        ("1" * 200_000, [123456] * 20_000),
        ('{"i":"0x' + "f" * 100_000 + '"}', [123456] * 20_000),
    ],
    ids=["short pair", "no pair", "unknown tag", "depth", "colliding set", "long integer", "wide integer"],
)
def test_records_of_its_own_are_rejected_in_no_time(record: str, expected: list[int]) -> None:
    """Call results in the harness's own form: malformed, too deep, or slow to decode."""
    code = (
        "import os, struct\ndef f(x):\n"
        f"    data = {record!r}.encode()\n"
        "    os.write(63, struct.pack('<cI', b'V', len(data)) + data)\n    os._exit(0)"
    )
    start = time.process_time()
    assert judge(code, Tests([[1]], [expected], "f")).correct is False
    assert time.process_time() - start < 2


@pytest.mark.parametrize("output", ["'1' * 2_000_000", "'1\\n' * 5_000_000", "'0.' + '1' * 3_000_000"])
def test_long_outputs_are_compared_in_no_time(output: str) -> None:
    start = time.process_time()
    assert judge(f"print({output})", Tests(["", ""], ["0.5\n", "1.5\n"])).correct is False
    assert time.process_time() - start < 2


def test_deep_folders_are_removed(tmp_path: Path) -> None:
    from util.system.processes import remove_tree

    folder = tmp_path / "deep"
    folder.mkdir()
    here = os.open(folder, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    remove_tree(str(folder))
    assert not folder.exists()


def test_values_are_compared_as_their_types_say() -> None:
    def result(value: str, expected: Any, **options: Any) -> bool | None:
        return judge(f"def f(x): return {value}", Tests([[1]], [expected], "f", **options)).correct

    assert result("1000000500.0", 1_000_000_000) is False
    assert result("(2 * 10**18 + 2) / 2", 10**18 + 1) is False
    assert result("5.0", 5) is True
    assert result("float('inf')", float("inf")) is True
    assert result("0.1 + 0.2", 0.3) is True
    assert result("{'1': 2, '2': 1}", {1: 2, 2: 1}) is True
    assert result("[{1: 2}]", [{"1": 2}]) is True
    assert result("{1, 2}", [1, 2]) is False
    assert result("3", [3], wrapped=True) is True
    assert result("3", [3]) is False


def test_functions_need_not_import_what_the_statement_shows() -> None:
    code = (
        "class Solution:\n    def total(self, nums: List[int]) -> Optional[int]:\n"
        "        heap = []\n        for n in nums: heappush(heap, n)\n"
        "        return sum(heap) + int(inf > 1) - 1 + len(defaultdict(int)) + math.gcd(0, 0)"
    )
    assert judge(code, Tests([[[1, 2]]], [3], "total")).correct is True


def test_sets_are_ordered_alike_in_every_sandbox() -> None:
    outputs = []
    for _ in range(2):
        box = box_for(Wanted())
        outputs.append(box.run("run", "print(hash('a'))", [b""], Limits()).stdout)
        close_boxes()
    assert outputs[0] == outputs[1]


def test_missing_function_is_rejected() -> None:
    verdict = judge("def other(x): return sum(x)", CALLS)
    assert (verdict.correct, verdict.evidence["detail"]) == (False, "there is no function total")


def test_evidence_names_the_test_and_the_difference() -> None:
    verdict = judge(FAULTS["right on the first tests only"][0], SUMS)
    assert verdict.reason == "wrong answer on test 3 of 3"
    assert verdict.evidence["test"] == 3
    assert verdict.evidence["detail"] == "line 1: expected '-6', got '0'"
    assert verdict.evidence["sandbox"] in ("strong", "full")
    assert verdict.evidence["cpu_seconds"] > 0


def test_all_tests_lists_every_failure() -> None:
    tests = Tests(["1\n", "2\n", "3\n", "4\n"], ["1\n", "0\n", "3\n", "0\n"])
    verdict = judge("print(input())", tests, Judging(all_tests=True))
    assert verdict.correct is False
    assert verdict.evidence["failed"] == [[2, "wrong answer"], [4, "wrong answer"]]


def test_multiprocessing_is_denied_on_purpose() -> None:
    code = "from multiprocessing import Pool\nprint(Pool(2).apply(sum, ([1, 2],)))"
    verdict = judge(code, Tests([""], ["3\n"]))
    assert verdict.correct is False
    assert verdict.reason.startswith("runtime error")


def test_lenient_rules_accept_what_apps_accepts() -> None:
    tests = Tests([""], ["1 2\n3\n"])
    code = "print('3')\nprint('2 1 1')"
    assert judge(code, tests).correct is False
    assert judge(code, tests, Judging(lenient=True)).correct is True
    assert judge("print('3')\nprint('2 2')", tests, Judging(lenient=True)).correct is False


def test_special_judges_and_row_limits() -> None:
    assert judge("print('YES')", Tests([""], ["Yes\n"], ignore_case=True)).correct is True
    assert judge("print('YES')", Tests([""], ["Yes\n"])).correct is False
    assert judge("print(3.0000001)", Tests([""], ["3\n"], tolerance=1e-6)).correct is True
    slow = "s = 0\nfor i in range(10 ** 9): s += i\nprint(s)"
    assert judge(slow, Tests([""], ["0\n"], cpu=2.0)).reason.startswith("time limit")
    assert judge("x = bytearray(2 ** 27)\nprint(0)", Tests([""], ["0\n"], memory=2**20)).reason.startswith("memory")
    assert judge("x = bytearray(2 ** 27)\nprint(0)", Tests([""], ["0\n"])).correct is True


def test_unusable_tests_are_no_verdict() -> None:
    assert judge("print(1)", Tests([], [])).correct is None
    assert judge("print(1)", Tests(["1"], [])).correct is None


def test_killed_sandboxes_change_no_verdict() -> None:
    """SIGKILL of the zygote between and during verdicts."""
    box = box_for(Wanted())
    for number in range(10):
        assert box._process is not None
        if number % 2:
            os.killpg(box._process.pid, signal.SIGKILL)
        assert judge(legitimate.STDIN["input()"], SUMS).correct is True
        assert judge("print(9)", SUMS).correct is False
    assert box.starts >= 5


def test_nothing_outlives_a_killed_worker(tmp_path: Path) -> None:
    program = "import time\ntime.sleep(600)"
    script = (
        "import sys\nfrom util.code.judge import box_for, judge\nfrom util.code.problem import *\n"
        f"for wanted in (Wanted(namespaces={{}}),):\n    box_for(wanted)\n    print('up', flush=True)\n    sys.stdin.readline()\n"
        f"    judge({program!r}, Tests([''], ['']), Judging(wanted, Limits(wall=600)))\n"
    )
    for namespaces in (True, False):
        with family.keep_orphans():
            assert_a_killed_worker_leaves_nothing(script.format(namespaces))


def assert_a_killed_worker_leaves_nothing(script: str) -> None:
    before = {process.pid for process in family.running()}

    def ours() -> set[int]:
        return {process.pid for process in family.running()} - before

    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        assert worker.stdout.readline() == "up\n"
        resting = len(ours())
        assert resting >= 2  # the worker and its sandbox
        worker.stdin.write("judge\n")
        worker.stdin.flush()
        wait_for(lambda: len(ours()) > resting, what="the program runs in the sandbox")
        worker.kill()
    wait_for(lambda: not ours(), what="every process of the killed worker has ended")


@pytest.mark.parametrize("without", ["seccomp", "landlock and namespaces"])
def test_a_weak_sandbox_refuses(without: str) -> None:
    from util.system.errors import UserError

    off = without.split(" and ")
    layers = {name: name not in off for name in ("namespaces", "landlock", "seccomp")}
    with pytest.raises(UserError, match="does not reach --sandbox strong") as refusal:
        judge("print(9)", SUMS, Judging(Wanted(**layers)))
    assert "--sandbox any" in str(refusal.value)
