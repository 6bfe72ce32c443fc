"""A real ``vllm serve`` that is stopped in good order, and then killed, in the middle of one run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.scripts import ROOT, results_in
from support.serving import VllmServer
from support.waiting import wait_for

from benchmarks.partial_counting import made

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("vllm_death")]

COUNT, TOKENS = 16, 300


def test_a_run_outlives_its_server_and_counts_what_it_lost(embedded_model: Path, tmp_path: Path) -> None:
    # On a CPU vLLM 0.32 dies of a seeded request whose prompt it splits.
    options = ("--max-model-len", "1024", "--no-enable-chunked-prefill")
    counted, data, out, log = (tmp_path / name for name in ("counted", "rows.jsonl", "out", "said"))
    counted.mkdir()
    server = VllmServer(embedded_model, "small", tmp_path / "server.log", *options, counted=counted)
    rows = [{"source": "math", "problem": f"Problem {i}: count", "solution": "\\boxed{1}"} for i in range(COUNT)]
    data.write_text("\n".join(map(json.dumps, rows)))
    command = [
        sys.executable, "inference_and_check.py", "--inference", "--dataset", "NUMINA", "--source", "all", "--model",
        "openai/small", "--base-url", server.address, "--dataset-path", data, "--result-dir", out, "--max-tokens",
        TOKENS, "--sampling-args", "ignore_eos=true",
    ]  # fmt: skip
    before, after = list[int](), list[int]()  # tokens made at the moment of an end, and once the server was gone
    try:
        server.start()
        with log.open("w") as said:
            run = subprocess.Popen(
                [*map(str, command)], cwd=ROOT, stdout=said, stderr=said, stdin=subprocess.DEVNULL
            )  # fmt: skip
        for end in (server.stop, server.kill):
            enough = made(counted) + COUNT * TOKENS / 4
            wait_for(lambda: made(counted) > enough or run.poll() is not None, 300, "answers on their way")  # noqa: B023
            assert run.poll() is None, log.read_text()[-3000:]
            before.append(made(counted))
            end()
            after.append(made(counted))
            server.start()
        status = run.wait(300)
    finally:
        server.stop()
    text = log.read_text()
    assert status == 0, text[-3000:]
    # The same moment ends all streams: it is said once for each death.
    assert text.count("cannot be reached") == text.count("answers again") == 2, text
    [path] = out.glob("*_NUMINA_*.json")
    entries = results_in(path).values()
    found = [(entry["responses"]["0.7"][0], entry["token_usages"]["0.7"][0]) for entry in entries]
    assert len(found) == COUNT
    for response, usage in found:
        assert (response["finish_reason"], usage["completion_tokens"]) == ("length", TOKENS)
    # Every response went on where its server had ended, and no token was made twice: what is paid for is what is there.
    continued = [response["continued"] for response, _ in found]
    assert all(first < second for first, second in continued)
    used = re.search(r"prompt and ([\d,]+) completion tokens", text)
    assert used is not None
    wasted = int(used[1].replace(",", "")) - COUNT * TOKENS
    print(f"tokens made before and after each end: {before}, {after}; went on at: {continued}; made twice: {wasted}")
    # Between the two readings a busy machine may do much or little: what was made before had been sent, but for a step or
    # two, and no more can have arrived than was made at all.
    assert 0.9 * before[0] <= sum(first for first, _ in continued) <= after[0]
    assert sum(second for _, second in continued) <= after[1]
    assert 0 <= wasted <= 0.03 * COUNT * TOKENS
