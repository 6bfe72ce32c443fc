"""Time and memory of the live view on a long journal.

    python -m benchmarks.live_view [--responses 50000] [--characters 400]

Each response is two lines: the completion and its verdict.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import tracemalloc
from pathlib import Path

from util.metrics.intervals import mean_estimate
from util.records import Response, SampleId, Usage, Verdict
from util.report.live_folder import LiveFolder
from util.results.entries import response_fields, sample_fields, text_hash, usage_fields, verdict_fields
from util.results.journal_lines import line_of
from util.results.paths import ResultPaths


def write_journal(path: Path, responses: int, characters: int) -> int:
    """Write the journal; return its size in bytes."""
    settings = {
        "model": "m",
        "dataset": "AIME",
        "rows": f"{responses // 4} problems (x)",
        "n": 4,
        "temperatures": ["1"],
    }
    with path.open("wb") as file:
        file.write(line_of({"type": "manifest", "settings": settings}))
        for number in range(responses):
            sample = sample_fields(SampleId(f"Problem {number // 4}", 1.0, number % 4))
            text = f"{number} " + "word " * (characters // 5)
            response = response_fields(Response(content=text))
            usage = usage_fields(Usage(20, characters // 4))
            file.write(line_of({"type": "completion", **sample, "response": response, "usage": usage}))
            verdict = verdict_fields(Verdict(number % 3 == 0, "the number equals the gold answer"))
            file.write(line_of({"type": "verdict", **sample, "text": text_hash(text), "verdict": verdict}))
    return path.stat().st_size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--responses", type=int, default=50_000)
    parser.add_argument("--characters", type=int, default=400, help="characters per response")
    parser.add_argument(
        "--memory", action="store_true", help="measure memory, which makes reading several times slower"
    )
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        journal = ResultPaths(Path(name) / "m_AIME_train_all_0_-1.json").journal
        size = write_journal(journal, args.responses, args.characters)
        print(f"{2 * args.responses:,} lines, {size / 1e6:.0f} MB")
        folder = LiveFolder([Path(name)])
        mean_estimate([0.0, 0.5], 4)  # loads scipy, which is not what is measured
        if args.memory:
            tracemalloc.start()
        for label in ("first look", "next look"):
            start = time.process_time()
            folder.read_all()
            print(f"{label}: {time.process_time() - start:.2f} s of one core")
        [run] = folder.state()["runs"]
        print(f"{run['done']:,} responses, accuracy {run['accuracy']['value']:.3f}")
        if args.memory:
            used, peak = tracemalloc.get_traced_memory()
            print(f"memory: {used / args.responses:.0f} bytes per response, at most {peak / 1e6:.0f} MB while reading")


if __name__ == "__main__":
    main()
