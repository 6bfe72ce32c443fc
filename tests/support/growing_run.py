"""A run that grows on command: writes a journal with the store, one step for each line on standard input.

    python -m support.growing_run RESULT.json PROBLEMS N

Steps: "N" adds N responses with verdicts, "fail" a failed one, "partial" tokens in flight, "torn" half a line that a later
step completes, "final" the result file, "end" ends. It prints "ok" after each.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from util.records import ERROR, LENGTH, Increment, Response, SampleId, Usage, Verdict
from util.results.journal_lines import line_of
from util.results.store import ResultStore


def manifest(problems: int, n: int) -> dict[str, object]:
    settings = {"model": "models/tiny", "dataset": "AIME", "rows": f"{problems} problems (x)", "n": n, "temperatures": ["0.7"], "max_tokens": 100}  # fmt: skip
    engine = {"backend": "openai", "price": [1.0, 2.0]}
    return {"settings": settings, "command": "python eval.py", "selection": {"split": "train"}, "engine": engine}


def main() -> None:
    path, problems, n = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    store = ResultStore(path, partial_tokens=1)
    store.check_settings(manifest(problems, n)["settings"])  # type: ignore[arg-type]
    store.begin(manifest(problems, n))
    samples = iter([SampleId(f"Problem {number}", 0.7, index) for index in range(n) for number in range(problems)])
    torn = b""
    for word in map(str.strip, sys.stdin):
        if torn:
            with store.paths.journal.open("ab") as file:
                file.write(torn)
            torn = b""
        if word == "end":
            break
        if word == "fail":
            failure = Response(
                content="", finish_reason=ERROR, error="the server refused: sk-abcdefgh12345678", final=True
            )
            store.add(next(samples), failure)
        elif word == "partial":
            assert store.partials is not None
            store.partials.append(SampleId("in flight", 0.7, 0), "x", Increment([1] * 40, start=0))
        elif word == "torn":
            line = line_of({"type": "note", "note": {"x": "é" * 50}})
            with store.paths.journal.open("ab") as file:
                file.write(line[:80])
            torn = line[80:]
        elif word == "final":
            keys = [f"Problem {number}" for number in range(problems)]
            store.finalize(store.entry(key, {"problem": key}, key) for key in keys)
        else:
            for _ in range(int(word)):
                sample = next(samples)
                number = int(sample.key.split()[1])
                cut = number % 5 == 4
                text = (
                    f"<think>\nSo {number}.\n</think>\n\nThe answer is \\boxed{{{number}}} <img src=x onerror=alert(1)>"
                )
                response = Response(content=text, finish_reason=LENGTH if cut else "stop", usage=Usage(10, 50))
                store.spending.sent(sample, 10)
                store.add(sample, response)
                right = None if number % 7 == 6 else number % 2 == 0 and not cut
                store.add_verdict(sample, text, Verdict(right, "the checker broke" if right is None else "compared"))
        asyncio.run(store.sync())
        os.write(1, b"ok\n")
    store.close()


if __name__ == "__main__":
    main()
