"""Kill runs at random moments, and compare what becomes of their responses with uninterrupted runs.

    python -m benchmarks.partial_kills --engine process [--kills 50] [--seed 1]
    python -m benchmarks.partial_kills --engine ray
    python -m benchmarks.partial_kills --engine server

Two rounds, each with an uninterrupted run and one that is killed again and again (SIGKILL):

- greedy: responses of exactly ``GREEDY_TOKENS`` tokens, one request at a time, float32. The texts must be equal.
- sampled: responses with an end of their own, ``TOGETHER`` at a time. Seeds of the two runs differ, so that they are
  independent samples.

Tokens made twice are known per response and interruption: vLLM's own output processor is counted, and with a server also
what arrives in the script (``benchmarks.partial_counting``). Of what was known to the script when something was killed
(in process and on Ray: of what was made), at most ``--partial-tokens`` tokens of a response may be made twice. The sum over
both rounds includes what was on its way, and what replicas and servers make until they notice that the script is dead.

The server's engine waits a moment at each step (``benchmarks.partial_pause``), as one does that waits for its device: a tiny
model on a CPU leaves the thread that sends the tokens no time, so that thousands arrive at once (measured with vLLM 0.32:
the second of 1,500 tokens after 4 s, the last 0.03 s later; with 2 ms a step, each as it is made).

What is killed: the process group of the script; on Ray for each third kill a replica instead; with a server for each fifth
kill the server's process group instead.

Tests of the sampled round, each for p > 0.01:

- lengths: Kolmogorov-Smirnov on the tokens of the responses, one number per response.
- tokens: chi-squared on the counts of all tokens, binned by rank. Tokens of one text are not independent in general; those
  of ``phase_model`` are, as far as their rank goes, by construction, so that a token is a valid unit.
- behind cuts: the same for the first ``BEHIND`` tokens behind each interruption, where a fault would show.
- repeated: how often a token behind an interruption has the rank of the token at the same distance from the response's
  start (binomial): a rest that draws the numbers of the start again would repeat it.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.partial_counting import ARRIVED, attempts, losses, made
from benchmarks.partial_engines import ENGINES, InProcess, counting, kill_group, launch
from benchmarks.partial_models import greedy_model, phase_model, problems
from benchmarks.partial_statistics import p_values
from util.records import Response, Usage
from util.results.json_file import read_results

GREEDY, GREEDY_TOKENS, SAMPLED, TOGETHER, MOST_TOKENS = 12, 1500, 512, 32, 3800
EVERY = 48
"""--partial-tokens: a few increments per response, and few enough tokens that one more than that is seen."""
MOST_TWICE, LEAST_P = 0.03, 0.01
HANGS = 900.0
"""Seconds after which a run is taken for hanging."""


@dataclass(frozen=True)
class Round:
    """A model and what is asked of it. extra: words of the command line."""

    name: str
    model: Path
    data: Path
    at_once: int
    extra: tuple[str, ...]


@dataclass
class Found:
    """What a run has given. seconds: from the first token to the end. made: all tokens of its engines. lost: see ``losses``,
    at the moment of each kill; unkept: those of them that had reached the script."""

    responses: dict[int, Response] = field(default_factory=dict)
    seconds: float = 0.0
    made: int = 0
    lost: list[int] = field(default_factory=list)
    unkept: list[int] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    left: list[str] = field(default_factory=list)

    @property
    def whole(self) -> int:
        return sum(tokens_of(response) for response in self.responses.values())


def tokens_of(response: Response) -> int:
    return (response.usage or Usage()).completion_tokens


@dataclass
class Bench:
    """One engine, and the files of its runs in a folder."""

    engine: InProcess
    folder: Path
    rng: random.Random
    baseline: Path | None = None
    """The folder of an earlier call, whose uninterrupted runs are used."""

    def run(self, task: Round, name: str, seed: int, kills: int = 0, mean: float = 0.0) -> Found:
        """A run to its end, killed so many times at moments that lie ``mean`` seconds of generation apart."""
        if not kills and self.baseline is not None:
            return self._earlier(name)
        counted = self.engine.counted = self.folder / f"counted-{name}"
        (counted / ARRIVED).mkdir(parents=True)
        out, log = self.folder / name, self.folder / f"{name}.log"
        words, found = counting("script", *self._words(task, out, seed)), Found()
        self.engine.ends, self.engine.slowest = {}, 0.0
        self.engine.serve(task.model)
        process = launch(words, counted, log)
        try:
            start = self._wait_for_tokens(process, counted)
            while found.killed.total() < kills:
                time.sleep(self.rng.uniform(0.0, 2 * mean))
                if process.poll() is not None:
                    break
                kind = self.engine.kill(process)
                found.killed[kind] += 1
                print(f"{name}: kill {found.killed.total()} ({kind}), {made(counted):,} tokens made", flush=True)
                if process.poll() is not None:
                    process = launch(words, counted, log)
                if kind != "replica":  # the other one is at work
                    self._wait_for_tokens(process, counted)
            status = process.wait(HANGS)
        finally:
            kill_group(process)
        found.seconds = time.monotonic() - start
        if status:
            sys.exit(f"{name}: exit status {status}\n{log.read_text()[-3000:]}")
        time.sleep(1.0)  # replicas and servers end what they are at
        found.responses = responses_in(out)
        found.made = made(counted)
        final = {number: tokens_of(response) for number, response in found.responses.items()}
        found.lost = losses(counted, final, self.engine.ends)
        found.unkept = losses(counted / ARRIVED, final, {}) if attempts(counted / ARRIVED) else found.lost
        found.left = [path.name for path in out.glob("*.partial.jsonl")]
        found.slowest = self.engine.slowest
        (self.folder / f"{name}.seconds").write_text(str(found.seconds))
        return found

    def _earlier(self, name: str) -> Found:
        assert self.baseline is not None
        seconds = float((self.baseline / f"{name}.seconds").read_text())
        return Found(responses_in(self.baseline / name), seconds)

    def _words(self, task: Round, out: Path, seed: int) -> list[str]:
        return [
            "--inference", "--dataset", "MATH500", "--dataset-path", str(task.data), "--result-dir", str(out), "--seed", str(seed),
            "--partial-tokens", str(EVERY), *self.engine.words(task.model, task.at_once), *task.extra,
        ]  # fmt: skip

    def _wait_for_tokens(self, process: subprocess.Popen[bytes], counted: Path) -> float:
        """Wait until a request that begins from now on has tokens, or the process has ended; returns the time.

        Replicas and servers go on for a moment with the requests of a script that was killed.
        """
        now, deadline = time.time(), time.monotonic() + HANGS
        while process.poll() is None and not any(attempt.begun > now for attempt in attempts(counted)):
            if time.monotonic() > deadline:
                sys.exit(f"no token was made in {HANGS:.0f} s")
            time.sleep(0.05)
        return time.monotonic()


def responses_in(out: Path) -> dict[int, Response]:
    """Number of a problem -> its response."""
    [path] = out.glob("*_MATH500_*.json")
    samples = [(entry.key, response) for entry in read_results(path) for _, response in entry.samples()]
    return {int(key.split()[1].rstrip(".")): response for key, response in samples}


class Table:
    """Rows of (what, found, wanted), and whether each was met."""

    def __init__(self) -> None:
        self.met, self.twice, self.whole = True, 0, 0

    def row(self, what: str, found: str, wanted: str = "", met: bool = True) -> None:
        self.met &= met
        print(f"{what:<34}{found:<58}{wanted:<22}{'' if met else 'NOT MET'}".rstrip(), flush=True)


def shown(table: Table, name: str, found: Found, complete: int, wanted: int) -> None:
    """The rows that both rounds have."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(found.killed.items()))
    table.row(f"{name}: kills", f"{found.killed.total()} ({kinds})")
    table.row(f"{name}: responses complete", f"{complete} of {wanted}", "all", complete == wanted and not found.left)
    twice = found.made - found.whole
    least = min((tokens_of(response) for response in found.responses.values()), default=0)
    long = sum(tokens_of(response) >= 1000 for response in found.responses.values())
    table.row(
        f"{name}: tokens", f"{found.whole:,}; at least {least} per response, {long} of {wanted} with 1,000 and more"
    )
    text = f"{twice:,} = {twice / found.whole:.2%}, {twice - sum(found.lost):,} of them after a kill of the script (it took up to {found.slowest:.1f} s to die)"
    table.row(f"{name}: made twice", text)
    table.twice, table.whole = table.twice + twice, table.whole + found.whole
    table.row(f"{name}: lost per interruption", spread(found.lost), "", min(found.lost, default=0) >= 0)
    sound = max(found.unkept, default=0) <= EVERY
    table.row(f"{name}: of these known to script", spread(found.unkept), f"at most {EVERY}", sound)


def spread(lost: list[int]) -> str:
    over = sorted(tokens for tokens in lost if tokens > EVERY)
    mean, most = sum(lost) / max(len(lost), 1), max(lost, default=0)
    return f"mean {mean:.1f}, from {min(lost, default=0)} to {most}; more than {EVERY}: {len(over)} of {len(lost)} {over[-5:]}"


def greedy_round(bench: Bench, table: Table, kills: int, seed: int) -> None:
    data = problems(bench.folder / "greedy.jsonl", GREEDY)
    extra = ("--temperatures", "0", "--max-tokens", str(GREEDY_TOKENS), "--sampling-args", "ignore_eos=true")
    task = Round("greedy", greedy_model(bench.folder / "greedy-model"), data, 1, extra)
    whole = bench.run(task, "greedy", seed)
    killed = bench.run(task, "greedy-killed", seed, kills, 0.8 * whole.seconds / (kills + 1))
    complete = sum(r.truncated and tokens_of(r) == GREEDY_TOKENS for r in killed.responses.values())
    shown(table, "greedy", killed, complete, GREEDY)
    pairs = [(whole.responses[n].content, response.content) for n, response in killed.responses.items()]
    equal = sum(one == other for one, other in pairs)
    cut = sum(bool(response.continued) for response in killed.responses.values())
    text = f"{equal} of {GREEDY} ({cut} were interrupted, {sum(len(r.continued) for r in killed.responses.values())} times)"
    table.row("greedy: texts equal", text, "all", equal == GREEDY)


def sampled_round(bench: Bench, table: Table, kills: int, seed: int) -> None:
    data = problems(bench.folder / "sampled.jsonl", SAMPLED)
    extra = ("--temperatures", "1", "--max-tokens", str(MOST_TOKENS))
    task = Round("sampled", phase_model(bench.folder / "phase-model"), data, TOGETHER, extra)
    whole = bench.run(task, "sampled", 2 * seed)
    killed = bench.run(task, "sampled-killed", 2 * seed + 1, kills, 0.8 * whole.seconds / (kills + 1))
    shown(table, "sampled", killed, sum(r.stopped for r in killed.responses.values()), SAMPLED)
    for name, (text, p) in p_values(list(whole.responses.values()), list(killed.responses.values())).items():
        table.row(f"sampled: {name}", f"{text}, p = {p:.3f}", f"p > {LEAST_P}", p > LEAST_P)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=ENGINES, default="process")
    parser.add_argument("--kills", type=int, default=50, help="three tenths of them in the greedy round")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", nargs="+", choices=("greedy", "sampled"), default=["greedy", "sampled"])
    parser.add_argument("--folder", type=Path, help="keep the files of the runs here")
    parser.add_argument(
        "--baseline", type=Path, help="take the uninterrupted runs from the --folder of an earlier call"
    )
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as name:
        folder: Path = args.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        engine = ENGINES[args.engine](folder, folder, rng)
        bench, table = Bench(engine, folder, rng, args.baseline), Table()
        greedy = args.kills * 3 // 10
        try:
            if "greedy" in args.rounds:
                greedy_round(bench, table, greedy, args.seed)
            if "sampled" in args.rounds:
                sampled_round(bench, table, args.kills - greedy, args.seed)
        finally:
            engine.close()
    share = table.twice / max(table.whole, 1)
    table.row(
        "all: made twice", f"{table.twice:,} = {share:.2%}", f"at most {MOST_TWICE:.0%}", 0 <= share <= MOST_TWICE
    )
    sys.exit(0 if table.met else 1)


if __name__ == "__main__":
    main()
