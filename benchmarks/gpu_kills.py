"""The steps of ``gpu_check`` that kill a run: a whole one that is continued, and the script alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.family import Process, keep_orphans, reap_orphans, running
from benchmarks.gpu_setup import CONTEXT, POLL_SECONDS, Job, StepFailedError, StepResult, memory_used, seconds_until
from util.records import BEGUN_ANEW, Response, SampleId
from util.results.entries import sample_of
from util.results.json_file import read_results
from util.results.partials import tokens_in
from util.results.paths import ResultPaths
from util.results.repair import lines_of
from util.system.project import ROOT

GONE_SECONDS = 30.0
"""How long the engine's processes may outlive a killed script, and its memory may stay taken."""
SPARE_MIB = 256
"""Memory that may be in use beyond what was before: drivers keep a little."""


@dataclass(frozen=True)
class Moment:
    """The files of a run at one moment. finished: its complete responses. unfinished: tokens of the others."""

    finished: set[SampleId]
    unfinished: dict[SampleId, int]
    journal: bytes


def command(job: Job, folder: Path) -> list[str]:
    """A run with responses of one length, greedy and sampled."""
    sizes = job.sizes
    return [
        sys.executable, "inference_and_check.py", "--inference", "--dataset", "NUMINA", "--model", str(job.model),
        "--source", "all", "--engine-args", "load_format=dummy", "--max-model-len", str(CONTEXT),
        "--max-num-seqs", str(sizes.sequences), "--sampling-args", "ignore_eos=true", "--temperatures", "0", "1",
        "--n", str(sizes.n), "--max-tokens", str(sizes.tokens), "--partial-tokens", str(sizes.every),
        "--end", str(sizes.rows), "--dataset-path", str(ROOT / "samples" / "numina.jsonl"), "--result-dir", str(folder),
    ]  # fmt: skip


def moment(folder: Path) -> Moment:
    """What the run's files have now."""
    found = next(folder.glob("*.partial.jsonl"), None)
    if found is None:
        return Moment(set(), {}, b"")
    journal = ResultPaths(found.with_name(found.name.replace(".partial.jsonl", ".json"))).journal
    unfinished = tokens_in(found)
    lines = list(lines_of(journal)) if journal.exists() else []
    finished = {sample_of(x.record) for x in lines if x.record is not None and x.record.get("type") == "completion"}
    whole = b"".join(line.raw for line in lines if line.record is not None)
    return Moment(finished, {s: n for s, n in unfinished.items() if s not in finished}, whole)


def started(words: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(words, cwd=ROOT, stdin=subprocess.DEVNULL, start_new_session=True)


def wait_until_generating(process: subprocess.Popen[bytes], folder: Path, finished: int, tokens: int) -> None:
    """Return once so many responses are finished and the others have so many tokens.

    Raises:
        StepFailedError: the run ended first.
    """
    while True:
        now = moment(folder)
        if len(now.finished) >= finished and sum(now.unfinished.values()) >= tokens:
            return
        if process.poll() is not None:
            raise StepFailedError(f"the run ended by itself with status {process.returncode} before it could be killed")
        time.sleep(POLL_SECONDS)


def kill_and_continue(job: Job) -> StepResult:
    """Kill a run with all its processes in the middle, run the same command again, and check every response."""
    sizes, out = job.sizes, job.folder / "out"
    out.mkdir()
    words, start = command(job, out), time.monotonic()
    process = started(words)
    # One batch is finished, and the responses of the next have a quarter of their tokens.
    second = min(sizes.sequences, sizes.responses - sizes.sequences)
    wait_until_generating(process, out, sizes.sequences, second * sizes.tokens // 4)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    first_seconds, killed = time.monotonic() - start, moment(out)
    start = time.monotonic()
    status = started(words).wait()
    if status != 0:
        raise StepFailedError(f"the second run ended with status {status}")
    return _compared(job, out, killed, first_seconds, time.monotonic() - start)


def _compared(job: Job, out: Path, killed: Moment, first: float, second: float) -> StepResult:
    """Check the responses of the continued run against the files of the killed one.

    Raises:
        StepFailedError: a response is missing, of another length, was not continued, or was made twice.
    """
    sizes = job.sizes
    [path] = out.glob("*_NUMINA_*.json")
    found = {sample: response for entry in read_results(path) for sample, response in entry.samples()}
    whole = sum(_tokens(response) == sizes.tokens and not response.failed for response in found.values())
    continued = {s for s, tokens in killed.unfinished.items() if tokens in found[s].continued}
    anew = [s for s, r in found.items() if BEGUN_ANEW in r.extra or (s in killed.unfinished and s not in continued)]
    kept = sum(killed.unfinished[sample] for sample in continued)
    journal = ResultPaths(path).journal.read_bytes()
    again = sum(line.record["type"] == "completion" for line in lines_of(ResultPaths(path).journal) if line.record)
    figures = {
        "responses": len(found), "complete": whole, "tokens_each": sizes.tokens,
        "finished_before_the_kill": len(killed.finished), "in_flight_with_tokens": len(killed.unfinished),
        "continued": len(continued), "tokens_continued": kept, "begun_anew": len(anew),
        "seconds_until_the_kill": first, "seconds_of_the_second_run": second,
    }  # fmt: skip
    faults = [
        f"{whole} of {sizes.responses} responses are complete" if whole != sizes.responses else "",
        f"{len(anew)} responses were begun anew" if anew else "",
        "lines of the killed run's journal were changed" if not journal.startswith(killed.journal) else "",
        f"{again - len(found)} responses were generated twice" if again != len(found) else "",
    ]
    if fault := "; ".join(filter(None, faults)):
        raise StepFailedError(f"{fault} ({figures})")
    return StepResult(
        [
            f"{whole} of {sizes.responses} responses have exactly {sizes.tokens} tokens",
            f"killed after {first:.1f} s: {len(killed.finished)} finished, {len(killed.unfinished)} unfinished",
            f"{len(continued)} continued with {kept:,} tokens, {len(anew)} begun anew; second run {second:.1f} s",
        ],
        figures,
    )


def _tokens(response: Response) -> int:
    return response.usage.completion_tokens if response.usage is not None else 0


def kill_the_script_alone(job: Job) -> StepResult:
    """Kill -9 the script while its engine generates; the guard must end the engine's process and free the GPU."""
    if not job.gpu:  # on a CPU the engine is part of the script unless these are set; as on GPUs, it is a process here
        os.environ |= {"VLLM_ENABLE_V1_MULTIPROCESSING": "1", "VLLM_WORKER_MULTIPROC_METHOD": "spawn"}
    before, out = memory_used() if job.gpu else None, job.folder / "out"
    out.mkdir()
    with keep_orphans():
        process = started(command(job, out))
        wait_until_generating(process, out, 0, 1)
        engines = {found.pid for found in running(process.pid) if _is_engine(found)}
        taken = memory_used() if job.gpu else None
        start = time.monotonic()
        os.kill(process.pid, signal.SIGKILL)  # not its group
        process.wait()
        if not engines:
            raise StepFailedError("the engine has no process of its own, so there is nothing to guard")
        in_time = seconds_until(lambda: not engines & {found.pid for found in running()}, GONE_SECONDS)
        ended = time.monotonic() - start
        if in_time is None or seconds_until(_none_left, GONE_SECONDS) is None:
            left = ", ".join(f"{each.pid} ({_words(each)[:80]})" for each in running())
            raise StepFailedError(f"{GONE_SECONDS:.0f} s after the script was killed, these still run: {left}")
        gone = time.monotonic() - start
    lines = [
        f"script killed alone: {len(engines)} engine process ended {ended:.1f} s later, the last helper {gone:.1f} s"
    ]
    figures = {"engine_processes": len(engines), "engine_gone_seconds": ended, "all_gone_seconds": gone}
    if before is None or taken is None:
        return StepResult(lines, figures)
    line, more = _memory_back(before, taken, start)
    return StepResult([*lines, line], figures | more)


def _memory_back(before: int, taken: int, start: float) -> tuple[str, dict[str, float]]:
    """Wait until the GPU's memory is as before the run.

    Raises:
        StepFailedError: it is not, or the figures do not show the engine at all.
    """
    if taken <= before + SPARE_MIB:
        raise StepFailedError(
            f"the engine is not in the figures of memory: {before} MiB before it, {taken} MiB with it"
        )
    free = seconds_until(lambda: (memory_used() or 0) <= before + SPARE_MIB, GONE_SECONDS)
    after, seconds = memory_used() or 0, time.monotonic() - start
    if free is None:
        raise StepFailedError(f"{after} MiB of the GPU's memory are still in use; before the run it was {before} MiB")
    figures = {"mib_before": before, "mib_while_running": taken, "mib_after": after, "free_seconds": seconds}
    return f"GPU memory {before} MiB before, {taken} MiB at the kill, {after} MiB {seconds:.1f} s after it", figures


def _none_left() -> bool:
    reap_orphans()
    return not running()


def _is_engine(process: Process) -> bool:
    words = _words(process)
    return "EngineCore" in words or "spawn_main" in words


def _words(process: Process) -> str:
    """Name and command line of a process; vLLM changes the name."""
    try:
        found = psutil.Process(process.pid)
        return " ".join([found.name(), *found.cmdline()])
    except psutil.Error:  # it has ended
        return ""
